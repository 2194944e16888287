"""The parts of an incoming mail: which of them is its text, which are files."""

import contextlib
import hashlib
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING, Any

from app.adapters import mail_headers as headers
from app.adapters.file_type import media_type_of
from app.adapters.mail_text import clean_html, text_of_html, unflowed
from app.adapters.tnef import NotTnef, is_tnef, opened

MOST_PARTS = 200
DEEPEST = 30

if TYPE_CHECKING:  # only the stubs are generic
    PartMessage = Message[str, str]
else:
    PartMessage = Message


class Unreadable(Exception):  # noqa: N818 (what the mail is)
    """The mail breaks a limit; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Attached:
    """A file inside a mail, with its type, None when it is not accepted, and its digest in hexadecimal."""

    def __init__(self, name: str, content: bytes, media_type: str | None) -> None:
        self.name = name
        self.content = content
        self.media_type = media_type
        self.sha256 = hashlib.sha256(content).hexdigest()


def examined(name: str, content: bytes) -> Attached:
    """A file as it was found in a mail."""
    return Attached(name, content, media_type_of(content))


@dataclass(slots=True)
class Content:
    """What was collected on the way through the parts."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    files: list[Attached] = field(default_factory=list)
    spare_texts: list[str] = field(default_factory=list)  # for a mail without any text of its own
    parts: int = 0
    alternatives: bool = False  # HTML stands beside a plain text that says the same


def collect(part: PartMessage, content: Content, depth: int) -> None:
    """Add what the part holds.

    Raises:
        Unreadable: `too-many-parts`, `too-deep`.
    """
    content.parts += 1
    if depth > DEEPEST:
        raise Unreadable("too-deep")
    if content.parts > MOST_PARTS:
        raise Unreadable("too-many-parts")
    kind = part.get_content_type()
    children = _children(part)
    if children is None:
        _leaf(part, kind, content)
    elif kind == "multipart/alternative":
        _alternative(children, content, depth)
    elif part.get_content_maintype() == "message":
        _file(part, b"".join(child.as_bytes() for child in children), content)
        content.parts += sum(1 for child in children for _ in child.walk())
    else:
        for child in children:
            collect(child, content, depth + 1)


def _children(part: PartMessage) -> list[PartMessage] | None:
    payload = part.get_payload() if part.is_multipart() else None
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else None


def _alternative(children: list[PartMessage], content: Content, depth: int) -> None:
    """The same thing several times: the plain text if there is any, else what HTML says."""
    inner = Content(parts=content.parts, alternatives=True)
    for child in children:
        collect(child, inner, depth + 1)
    content.parts = inner.parts
    plain = "\n".join(inner.texts).strip()
    content.htmls += inner.htmls
    content.texts.append(plain or "\n".join(text_of_html(html) for html in inner.htmls))
    content.files += inner.files
    content.spare_texts += inner.spare_texts


def _leaf(part: PartMessage, kind: str, content: Content) -> None:
    body = body_of(part)
    name = _file_name(part)
    if kind.startswith("multipart/"):  # its boundary does not occur: all that is left is what stands there
        kind = "text/plain"
    if kind in {"text/plain", "text/html"} and part.get_content_disposition() != "attachment" and not name:
        text = headers.storable(headers.text_of(body, parameter(part, "charset")))
        if kind == "text/html":
            cleaned = clean_html(text)
            content.htmls.append(cleaned)
            if not content.alternatives:
                content.texts.append(text_of_html(cleaned))
        elif (parameter(part, "format") or "").lower() == "flowed":
            content.texts.append(unflowed(text, delsp=(parameter(part, "delsp") or "").lower() == "yes"))
        else:
            content.texts.append(text)
    elif body or name:
        _file(part, body, content)


def _file(part: PartMessage, body: bytes, content: Content) -> None:
    if is_tnef(body) and _winmail(body, content):
        return
    kind = part.get_content_type()
    fallback = {"message/rfc822": "message.eml", "text/calendar": "invitation.ics"}.get(kind, kind.replace("/", "."))
    content.files.append(examined(_file_name(part) or fallback, body))


def _winmail(body: bytes, content: Content) -> bool:
    """Outlook's own envelope: its files are the mail's, its text stands in where the mail has none.

    False when nothing can be got out of it: then it stays the file that it is.
    """
    try:
        found = opened(body)
    except NotTnef:
        return False
    text = headers.storable(found.text.strip() or text_of_html(clean_html(found.html)))
    content.parts += len(found.files)
    if content.parts > MOST_PARTS:
        raise Unreadable("too-many-parts")
    content.files += [examined(headers.one_line(name, 200) or "file", data) for name, data in found.files]
    content.spare_texts += [text] if text else []
    return bool(found.files or text)


def body_of(part: PartMessage) -> bytes:
    """The part's bytes, whatever its transfer encoding says."""
    try:
        payload: Any = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        payload = None
    if isinstance(payload, bytes):
        return payload
    text = part.get_payload()
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else b""


def parameter(part: PartMessage, name: str) -> str | None:
    """A parameter of its Content-Type."""
    with contextlib.suppress(ValueError, LookupError, TypeError, IndexError):
        value: Any = part.get_param(name)
        if isinstance(value, tuple):
            value = value[2]
        return str(value) if value else None
    return None


def _file_name(part: PartMessage) -> str:
    with contextlib.suppress(ValueError, LookupError, TypeError, IndexError):
        name = part.get_filename()
        return headers.one_line(headers.decoded(name), 200) if name else ""
    return ""
