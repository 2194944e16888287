"""A raw mail as what the desk needs of it. Runs in the child process of `mail_parser.py`, never in the service.

Limits hold before the standard library's parser sees anything: it recurses for each multipart, and a mail of 25 MiB
can announce a million of them.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from app.adapters import mail_headers as headers
from app.adapters.mail_blobs import put_back, without_blobs
from app.adapters.mail_parts import MOST_PARTS, Attached, Content, Unreadable, collect, parameter
from app.adapters.mail_reports import report_of
from app.adapters.mail_text import folded, may_quote, tidy
from app.adapters.mail_time import within
from app.domain.inbound_mail import MARKS, Facts, Person, Report

LONGEST_TEXT = 500_000  # characters of body kept as text; the raw mail has the rest
FOLD_SECONDS = 1
_PARSER = BytesParser(policy=policy.compat32)
_BOUNDARY = re.compile(rb"boundary\s*=\s*(?:\"([^\"\r\n]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_DELIMITER = re.compile(rb"^--([^\r\n]{1,200})", re.MULTILINE)
_SIGNS_OF_PARTS = (b"multipart/", b"message/", b"boundary")
_NESTING = re.compile(rb"^content-type:\s*(?:multipart/|message/rfc822)", re.IGNORECASE | re.MULTILINE)

if TYPE_CHECKING:  # only the stubs are generic
    PartMessage = Message[str, str]
else:
    PartMessage = Message
Fields = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A mail, read. `reply` is `text` without what it quotes; `identity` is the same for copies of one mail."""

    facts: Facts
    text: str
    reply: str
    html: str
    sent_at: str | None
    identity: bytes
    parts: int
    attachments: list[Attached] = field(default_factory=list)


def parse(raw: bytes) -> Parsed:
    """Read a mail, whatever it is.

    Raises:
        Unreadable: `too-many-parts`, `too-deep`.
    """
    short, cut = without_blobs(raw)
    check_limits(short)
    message: PartMessage = _PARSER.parsebytes(short)
    put_back(message, cut)
    content = Content()
    collect(message, content, depth=0)
    text = _text(content)
    fields = headers.fields_of(message)
    facts = _facts(message, fields, report_of(message, text))
    return Parsed(
        facts=facts,
        text=text,
        reply=_folded_in_time(text),
        html="\n".join(content.htmls),
        sent_at=_date(fields),
        identity=_identity(facts, fields, text, content.files, raw),
        parts=content.parts,
        attachments=content.files,
    )


def check_limits(raw: bytes) -> None:
    """Count what the mail announces, in one pass over its bytes; most announce no parts at all."""
    lowered = raw.lower()
    if not any(sign in lowered for sign in _SIGNS_OF_PARTS):
        return
    declared = {quoted or plain for quoted, plain in _BOUNDARY.findall(raw)}
    nesting = sum(1 for _ in _NESTING.finditer(raw))
    if len(declared) > MOST_PARTS or nesting > MOST_PARTS:
        raise Unreadable("too-many-parts")
    parts = sum(1 for found in _DELIMITER.finditer(raw) if found[1].rstrip() in declared)
    if parts > MOST_PARTS:
        raise Unreadable("too-many-parts")


def _text(content: Content) -> str:
    texts = [text for text in content.texts if text.strip()] or content.spare_texts
    return tidy(headers.storable("\n\n".join(texts)))[:LONGEST_TEXT]


def _facts(message: PartMessage, fields: Fields, report: Report | None) -> Facts:
    def values(name: str) -> list[str]:
        return fields.get(name, [])

    sender = headers.people(values("from")) or headers.people(values("sender"))
    ids = headers.message_ids(values("message-id"))
    references = headers.message_ids(values("references"))
    answers = dict.fromkeys([*headers.message_ids(values("in-reply-to")), *reversed(references)])
    marks = {name: headers.one_line(fields[name][0], 500) for name in MARKS if name in fields}
    is_report = message.get_content_type() == "multipart/report"
    return Facts(
        sender=sender[0] if sender else None,
        subject=headers.one_line(headers.decoded(headers.first(fields, "subject")), 200),
        message_id=ids[0] if ids else None,
        recipients=tuple(headers.people([*values("to"), *values("cc")])),
        delivered_to=tuple(person.address for name in _DELIVERED for person in headers.people(values(name))),
        answers=tuple(answers),
        marks=marks,
        report_type=(parameter(message, "report-type") or "").lower() if is_report else "",
        report=report,
    )


_DELIVERED = ("delivered-to", "x-original-to", "envelope-to")


def _date(fields: Fields) -> str | None:
    """What the mail says about its time, which orders nothing (T2)."""
    try:
        moment = parsedate_to_datetime(headers.first(fields, "date"))
        return moment.isoformat() if moment.tzinfo and 2000 <= moment.year < 2100 else None  # noqa: PLR2004
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _identity(facts: Facts, fields: Fields, text: str, files: list[Attached], raw: bytes) -> bytes:
    """The same for two deliveries of one mail, however relays stamped them."""
    sender: Person | None = facts.sender
    pieces = [
        facts.message_id or "", sender.address if sender else "", facts.subject,
        headers.first(fields, "date"), text, *[f"{file.name} {file.sha256}" for file in files],
    ]  # fmt: skip
    if not text and not files:  # nothing could be read: then only the same bytes are the same mail
        pieces.append(hashlib.sha256(raw).hexdigest())
    return hashlib.sha256("\0".join(pieces).encode("utf-8", "replace")).digest()


def _folded_in_time(text: str) -> str:
    """Fold quotes away, unless the text was made to keep regular expressions busy."""
    if not may_quote(text):
        return text
    try:
        with within(FOLD_SECONDS):
            return folded(text)
    except (TimeoutError, RecursionError):
        return text
