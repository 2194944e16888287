"""What an uploaded file really is, told from its bytes; programs and anything unknown are not accepted."""

import puremagic

ACCEPTED = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jfif": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".zip": "application/zip",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
}
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))


def sniff(content: bytes) -> str | None:
    """The media type to serve it with, None when it is not accepted. Text is always served as plain text."""
    if _is_text(content):
        return "text/plain; charset=utf-8"
    try:
        extension = puremagic.from_string(content)
    except (puremagic.PureError, ValueError):
        return None
    return ACCEPTED.get(extension)


def _is_text(content: bytes) -> bool:
    if len(content.translate(None, CONTROLS)) < len(content):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def file_name(given: str) -> str:
    """A name that is safe to show and to save: no folders, no control characters, at most 150 characters."""
    name = given.replace("\\", "/").rpartition("/")[2]
    name = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in name).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if not stem:
        return name[:150] or "file"
    return f"{stem[: 149 - len(extension[:20])]}{dot}{extension[:20]}"
