"""Reports of mail servers about mails of ours that could not be delivered (RFC 3464, and what came before it)."""

from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import TYPE_CHECKING

from app.adapters import mail_headers as headers
from app.domain.inbound_mail import Report

_PARSER = BytesParser(policy=policy.compat32)
_READ = 50_000  # characters of a bounce in plain words

if TYPE_CHECKING:  # only the stubs are generic
    PartMessage = Message[str, str]
else:
    PartMessage = Message


def report_of(message: PartMessage, text: str) -> Report | None:
    """What happened, and which mail it is about: from the machine-readable part, else from the words."""
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        about = headers.message_ids([text[:_READ]]) if "message-id" in text[:_READ].lower() else []
        return Report(about=tuple(about)) if about else None
    about = [
        one for part in _returned(message) for one in headers.message_ids(headers.fields_of(part).get("message-id", []))
    ]
    for block in _blocks(message):
        fields = headers.fields_of(block)
        action = headers.first(fields, "action").strip().lower()
        if action:
            status = headers.one_line(headers.first(fields, "status"), 20)
            return Report(action=action[:20], status=status, about=tuple(about))
    return Report(about=tuple(about))


def _blocks(message: PartMessage) -> Iterator[PartMessage]:
    """One for the server, one for each recipient."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            yield from _inner(part)


def _returned(message: PartMessage) -> Iterator[PartMessage]:
    """The headers of returned mails, whole or alone."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            yield from _inner(part)
        elif kind in {"text/rfc822-headers", "message/rfc822-headers"}:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield _PARSER.parsebytes(content)
            yield from _inner(part)


def _inner(part: PartMessage) -> Iterator[PartMessage]:
    payload = part.get_payload()
    if isinstance(payload, list):
        for inner in payload:
            if isinstance(inner, Message):
                yield inner
