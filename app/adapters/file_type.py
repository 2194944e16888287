"""What an uploaded file really is, told from its bytes; programs and anything unknown are not accepted."""

import codecs
import re

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
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
}
ZIP = b"PK\x03\x04"
OFFICE = "application/vnd.openxmlformats-officedocument."
# Names of files stand in an archive as they are: these tell an office document from any other archive.
INSIDE = {
    b"word/document.xml": f"{OFFICE}wordprocessingml.document",
    b"xl/workbook.xml": f"{OFFICE}spreadsheetml.sheet",
    b"ppt/presentation.xml": f"{OFFICE}presentationml.presentation",
    b"mimetypeapplication/vnd.oasis.opendocument.text": "application/vnd.oasis.opendocument.text",
    b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet": "application/vnd.oasis.opendocument.spreadsheet",
}
# What no text has, apart from line ends, tabs, form feeds and the escapes of ISO-2022.
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\ufffe\uffff]")
# The longer marks first: UTF-32's begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LATIN = re.compile("[\t-\xff]")
SAMPLE = 2000
UNKNOWN = "application/octet-stream"
TEXTS = (f"text/plain; charset={encoding}" for encoding in ("utf-8", "utf-16", "utf-32", "utf-16-le", "utf-16-be"))
TYPES = frozenset({*ACCEPTED.values(), *INSIDE.values(), *TEXTS, "application/zip", UNKNOWN})


def sniff(content: bytes) -> str | None:
    """The media type to serve it with, None when it is not accepted.

    Text is text whatever it claims to be (HTML and scripts too), and in any encoding: without a sign of which one, its
    bytes are served as they came.
    """
    if content.translate(None, CONTROLS) != content:
        return _magic(content) or _wide_text(content)
    if _decodes(content, "utf-8"):
        return "text/plain; charset=utf-8"
    return _magic(content) or _wide_text(content) or UNKNOWN


def media_type_of(content: bytes) -> str | None:
    """The same; an empty file has none."""
    return sniff(content) if content else None


def _magic(content: bytes) -> str | None:
    if content.startswith(ZIP):
        return next((media_type for name, media_type in INSIDE.items() if name in content), "application/zip")
    try:
        extension = puremagic.from_string(content)
    except (puremagic.PureError, ValueError):
        return None
    return ACCEPTED.get(extension)


def _wide_text(content: bytes) -> str | None:
    """Text of two or four bytes a character: by its mark, or because most of it would be Latin letters."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return f"text/plain; charset={encoding}" if _decodes(content, encoding) else None
    for encoding in ("utf-16-le", "utf-16-be"):
        sample = content[: 2 * SAMPLE].decode(encoding, "replace")
        if len(LATIN.findall(sample)) * 2 > len(sample) and _decodes(content, encoding):
            return f"text/plain; charset={encoding}"
    return None


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return NOT_TEXT.search(text) is None


def file_name(given: str) -> str:
    """A name that is safe to show and to save: no folders, no control characters, at most 150 characters."""
    name = given.replace("\\", "/").rpartition("/")[2]
    name = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in name).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if not stem:
        return name[:150] or "file"
    return f"{stem[: 149 - len(extension[:20])]}{dot}{extension[:20]}"
