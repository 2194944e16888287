"""Shapes of mails that came in, and of those that left because of a ticket."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.db import Row, Values
from app.core.shapes import In, Out

Outcome = Literal["ticket", "message", "quarantined", "ignored"]
MailStatus = Literal["queued", "sent", "suppressed", "failed", "bounced"]


class HandedInOut(Out):
    """What became of a mail."""

    id: UUID
    outcome: Outcome
    reason: str | None = Field(description="Why it was quarantined or ignored, or what kind of message it is.")
    ticket_id: UUID | None
    ticket_number: str | None
    message_id: UUID | None
    copy_of_id: UUID | None = Field(description="The mail that this one is another delivery of.")
    mailbox: str
    received_at: datetime


class MailSender(Out):
    """Who the mail says it is from; not proven."""

    name: str | None
    email: str


class RefusedFile(Out):
    """A file of the mail that was not kept with the message; the raw mail has it."""

    file_name: str
    size_bytes: int


class InboundMessageOut(Out):
    """A mail that came in. `outcome` is null for the moment between keeping and processing it."""

    id: UUID
    mailbox: str = Field(examples=["support@e-connect.lu"])
    recipient: str = Field(description="The envelope's recipient, with its sub-address.")
    outcome: Outcome | None
    reason: str | None
    ticket_id: UUID | None
    ticket_number: str | None
    message_id: UUID | None
    copy_of_id: UUID | None
    sender: MailSender | None
    subject: str | None
    kind: str | None = Field(description="person, auto_reply, auto_generated, mailing_list, bounce and so on.")
    threaded_by: str | None = Field(description="reply-address, message-id, reference or number.")
    header_message_id: str | None
    sent_at: datetime | None = Field(description="The mail's own date, which orders nothing.")
    received_at: datetime
    processed_at: datetime | None
    size_bytes: int
    sha256: str
    refused_files: list[RefusedFile]


class InboundMessageWhole(InboundMessageOut):
    """A mail with its whole text, quotes included, and its HTML without anything that acts or loads."""

    text: str | None
    html: str | None


class ReleaseIn(In):
    """How to let a mail in that was held back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})
    ticket_id: Annotated[UUID | None, Field(description="Add it to this ticket; without it a new one is opened.")] = (
        None
    )


class OurMailOut(Out):
    """A mail of ours, and how far it got."""

    id: UUID
    kind: str = Field(examples=["acknowledgement"])
    recipient: str
    language: Literal["fr", "en", "de"]
    status: MailStatus
    reason: str | None = Field(
        description="Why it was suppressed, bounced or failed, or is late: a stable code, see docs/mail.md.",
        examples=["recipient-refused"],
    )
    smtp_reply: str | None = Field(
        description="The mail server's status and enhanced status, where it gave them.", examples=["550 5.1.1"]
    )
    created_at: datetime
    sent_at: datetime | None


class TicketMailOut(OurMailOut):
    """A mail of ours about a ticket, and how far it got."""

    message_id: UUID | None = Field(description="The message that it carries.")


def our_mail_out(row: Row) -> OurMailOut:
    """A mail of ours as its shape."""
    return OurMailOut(**_told(row))


def ticket_mail_out(row: Row) -> TicketMailOut:
    """A row of queries.mails_of_ticket as its shape."""
    return TicketMailOut(**_told(row))


def _told(row: Row) -> dict[str, Any]:
    code, _, said = (row["reason"] or "").partition(" ")
    return {**row, "reason": code or None, "smtp_reply": said or None}


def handed_in_out(row: Values) -> HandedInOut:
    """A mail, as far as whoever hands mail in may know."""
    return HandedInOut(**{name: row[name] for name in HandedInOut.model_fields})


def _values(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = dict(row)
    email, name = values.pop("sender"), values.pop("sender_name")
    values["sender"] = MailSender(name=name, email=email) if email else None
    values["sha256"] = values["sha256"].hex()
    values["refused_files"] = [RefusedFile(**file) for file in values["refused_files"]]
    return values


def inbound_out(row: Row) -> InboundMessageOut:
    """A row of queries.ITEM as its shape."""
    return InboundMessageOut(**_values(row))


def whole_out(row: Row) -> InboundMessageWhole:
    """A row of queries.read as its shape."""
    return InboundMessageWhole(**_values(row))
