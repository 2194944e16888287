"""One outgoing mail as bytes: text and HTML, the same bytes for the same input, no smuggled header.

The standard library's modern header classes decode encoded words when a header is set and, before Python
3.11.10 and 3.12.5, wrote a decoded newline out as a new header. So headers are checked here as plain text,
written by the old policy, and the finished message is parsed back and its header names compared before
anybody may send it.
"""

import base64
import hashlib
import io
import quopri
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.parser import BytesParser
from email.utils import format_datetime, formataddr

from app.adapters.mail_address import Unmailable, ascii_address

MAX_REFERENCES = 20
"""Mails of a thread named in References: the first and the newest. Longer chains help no mail program."""

_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.:@\[\]-]{1,240}>")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_PLAIN_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,398}[\x21-\x7e])?")
_MAX_TEXT = 200  # characters of a subject or a display name
_BUILT_HERE = frozenset(
    "from to cc bcc sender reply-to subject date message-id in-reply-to references".split()  # noqa: SIM905
)
_MIME_NAMES = ["MIME-Version", "Content-Type"]
_PART_NAMES = ["Content-Type", "Content-Transfer-Encoding"]
_FILE_NAMES = [*_PART_NAMES, "Content-Disposition"]
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,60}")
_CRLF = policy.compat32.clone(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who a mail is from: a name and an address, both from settings."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along: `name` is plain ASCII of ours, `media_type` such as `application/pdf`."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """Everything a mail is made of. Message ids include their angle brackets; `date` is aware.

    `subject` holds the ticket's number and fixed words only, never a sender's text. `extra_headers` are for
    `Auto-Submitted`, `X-Auto-Response-Suppress` and the like: printable ASCII.
    """

    sender: Mailbox
    to: str
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: Sequence[str] = ()
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()


AUTO_REPLIED: Mapping[str, str] = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
"""For an acknowledgement: an automatic answer to a mail or form (RFC 3834, section 5)."""
AUTO_GENERATED: Mapping[str, str] = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
"""For a notice nobody asked for: an alert, a change of terms."""


def build_mail(mail: OutgoingMail) -> bytes:
    """The mail as RFC 5322 bytes with CRLF line ends, all ASCII.

    Raises `Unmailable` when a value could not stand in its header, or when the message reads back
    differently.
    """
    headers = _headers(mail)
    message: Message[str, str] = Message(_CRLF)
    for name, value in headers:
        message[name] = value
    message["MIME-Version"] = "1.0"
    if mail.attachments:
        message["Content-Type"] = f'multipart/mixed; boundary="{_boundary(mail.message_id + " mixed")}"'
        message.attach(_written(mail, Message(_CRLF)))
        for attachment in mail.attachments:
            message.attach(_file(attachment))
    else:
        _written(mail, message)
    raw = _serialised(message)
    _refuse_if_different(raw, [name for name, _ in headers] + _MIME_NAMES, len(mail.attachments))
    return raw


def _written(mail: OutgoingMail, message: "Message[str, str]") -> "Message[str, str]":
    """The text and its HTML, as the body of `message`."""
    message["Content-Type"] = f'multipart/alternative; boundary="{_boundary(mail.message_id)}"'
    message.attach(_part(mail.text, "plain"))
    message.attach(_part(mail.html, "html"))
    return message


def _file(attachment: Attachment) -> "Message[str, str]":
    if not _FILE_NAME.fullmatch(attachment.name) or not _MEDIA_TYPE.fullmatch(attachment.media_type):
        raise Unmailable("An attachment has a plain name and a media type.")
    part: Message[str, str] = Message(_CRLF)
    part["Content-Type"] = attachment.media_type
    part["Content-Transfer-Encoding"] = "base64"
    part["Content-Disposition"] = f'attachment; filename="{attachment.name}"'
    part.set_payload(base64.encodebytes(attachment.content).decode("ascii"))
    return part


def message_ids_in(header: str) -> tuple[str, ...]:
    """The usable message ids, in order, of a Message-ID, In-Reply-To or References header from outside."""
    return tuple(found for found in _MESSAGE_ID.findall(header) if "=?" not in found)


def _headers(mail: OutgoingMail) -> list[tuple[str, str]]:
    name = _one_line(mail.sender.name)
    headers = [
        ("From", formataddr((name, ascii_address(mail.sender.address)))),
        ("To", ascii_address(mail.to)),
    ]
    if mail.reply_to is not None:
        headers.append(("Reply-To", ascii_address(mail.reply_to)))
    headers.append(("Subject", _encoded(_one_line(mail.subject))))
    headers.append(("Date", _date(mail.date)))
    headers.append(("Message-ID", _message_id(mail.message_id)))
    if mail.in_reply_to is not None:
        headers.append(("In-Reply-To", _message_id(mail.in_reply_to)))
    if mail.references:
        headers.append(("References", " ".join(_message_id(one) for one in _shortened(mail.references))))
    return headers + [_extra_header(name, value) for name, value in mail.extra_headers.items()]


def _one_line(text: str) -> str:
    if not text.isprintable() or "=?" in text or not 0 < len(text.strip()) <= _MAX_TEXT:
        raise Unmailable("A subject or name is one line of printable text without encoded words.")
    return text.strip()


def _encoded(subject: str) -> str:
    return subject if subject.isascii() else Header(subject, "utf-8", header_name="Subject").encode()


def _date(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise Unmailable("The date of a mail needs an offset from UTC.")
    return format_datetime(moment)


def _message_id(message_id: str) -> str:
    if not _MESSAGE_ID.fullmatch(message_id) or "=?" in message_id:
        raise Unmailable("A message id is <…> in printable ASCII.")
    return message_id


def _shortened(references: Sequence[str]) -> list[str]:
    if len(references) <= MAX_REFERENCES:
        return list(references)
    return [references[0], *references[1 - MAX_REFERENCES :]]


def _extra_header(name: str, value: str) -> tuple[str, str]:
    reserved = name.lower() in _BUILT_HERE or name.lower().startswith(("mime-", "content-"))
    if reserved or not _HEADER_NAME.fullmatch(name) or not _PLAIN_VALUE.fullmatch(value) or "=?" in value:
        raise Unmailable(f"The extra header {name!r} cannot be written.")
    return name, value


def _boundary(message_id: str) -> str:
    # Drawn from the id, so that a repeat is the same bytes; "=_" never occurs in quoted-printable text.
    return f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"


def _part(body: str, subtype: str) -> "Message[str, str]":
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    try:
        encoded = quopri.encodestring(lines.encode())
    except UnicodeEncodeError as error:
        raise Unmailable("The text holds characters that do not exist (lone surrogates).") from error
    part: Message[str, str] = Message(_CRLF)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"  # readable in an .eml file, lines ≤ 76 characters
    part.set_payload(encoded.decode("ascii"))
    return part


def _serialised(message: "Message[str, str]") -> bytes:
    buffer = io.BytesIO()
    try:
        BytesGenerator(buffer, mangle_from_=False, policy=_CRLF).flatten(message)
    except MessageError as error:
        raise Unmailable("A header would have become two.") from error
    return buffer.getvalue()


def _refuse_if_different(raw: bytes, expected: list[str], files: int) -> None:
    """What a reader will see are exactly the headers, the two parts and the files that were meant."""
    seen = BytesParser(policy=policy.compat32).parsebytes(raw)
    if seen.keys() != expected or not raw.isascii():
        raise Unmailable("The message reads back with other headers than were written.")
    parts = [part.keys() for part in list(seen.walk())[1:]]
    around = [["Content-Type"]] if files else []
    if parts != [*around, _PART_NAMES, _PART_NAMES, *[_FILE_NAMES] * files]:
        raise Unmailable("The message reads back with other parts than were written.")
