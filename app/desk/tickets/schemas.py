"""Shapes of tickets, messages, files and history."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from app.core.db import Values
from app.core.shapes import Bool, Email, In, Language, Line, Minutes, Out, Paragraphs, Patch, Phone, unsent
from app.desk.tickets.site_url import site_url

Status = Literal["new", "in_progress", "waiting_client", "waiting_quote", "resolved", "closed", "cancelled", "spam"]
Lane = Literal["urgent", "standard"]
Channel = Literal["form", "email", "phone", "agent"]
Visibility = Literal["public", "internal"]

Name = Annotated[Line, Field(max_length=120)]
Company = Annotated[Line, Field(max_length=200)]
Subject = Annotated[Line, Field(max_length=200)]
Body = Annotated[Paragraphs, Field(max_length=20_000)]
SiteUrl = Annotated[str, StringConstraints(strip_whitespace=True, max_length=490), AfterValidator(site_url)]
Reason = Annotated[Line, Field(max_length=500)]


class RequesterIn(In):
    """Who asks."""

    name: Name
    email: Email
    phone: Phone | None = None
    company: Company | None = None


class Requester(Out):
    """Who asked."""

    name: str
    email: str
    phone: str | None
    company: str | None


class TicketIn(In):
    """A ticket typed in by an agent for somebody, or sent by a client's own portal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": "The shop's basket is empty",
                    "message": "Since this morning every article disappears from the basket.",
                    "requester": {"name": "Anna Schmit", "email": "anna@boulangerie-schmit.example"},
                    "language": "fr",
                },
                {
                    "subject": "The printer's address is wrong",
                    "message": "She rang: the contact page still shows the old street.",
                    "requester": {"name": "Anna Schmit", "email": "anna@boulangerie-schmit.example"},
                    "channel": "phone",
                },
            ]
        }
    )
    subject: Subject
    message: Body
    requester: RequesterIn
    channel: Annotated[
        Literal["phone", "agent"] | None,
        Field(description="How it reached the agent. Not for portals: theirs are `form`."),
    ] = None
    language: Language = "fr"
    client_id: Annotated[UUID | None, Field(description="Default: found by the requester's address.")] = None
    site_id: UUID | None = None
    site_url: SiteUrl | None = None
    urgent: Bool = False
    urgency_requested_by: Annotated[
        Name | None, Field(description="Who asked the agent for the urgency, and so accepts its fee (U1).")
    ] = None
    urgency_fee_accepted: Annotated[
        Bool, Field(description="For portals, which need it: the fee was shown and accepted.")
    ] = False


class TicketPatch(Patch):
    """What an agent changes; only the fields sent count."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"estimated_minutes": 90}, {"status": "resolved"}]})
    status: Status = unsent()
    subject: Subject = unsent()
    language: Language = unsent()
    assignee_id: UUID | None = None
    client_id: UUID | None = None
    site_id: UUID | None = None
    contact_id: UUID | None = None
    estimated_minutes: Minutes | None = None
    reason: Annotated[
        Reason | None, Field(description="Needed to take a ticket out of order; kept in its history.")
    ] = None


class TicketOut(Out):
    """A ticket.

    `flags` may hold unidentified, in_project, permanence (it came in during its client's on-call), quoted_number (a
    mail's subject named another ticket), honeypot.
    """

    id: UUID
    number: str = Field(examples=["EC-2026-000042"])
    status: Status
    lane: Lane
    channel: Channel
    language: Language
    subject: str
    client_id: UUID | None
    site_id: UUID | None
    contact_id: UUID | None
    requester: Requester
    site_url: str | None
    assignee_id: UUID | None
    follows_ticket_id: UUID | None = Field(description="The earlier ticket that this one goes on from.")
    received_at: datetime
    queued_at: datetime = Field(description="Since when it queues: its receipt, or its last reopening.")
    resolved_at: datetime | None
    closed_at: datetime | None
    estimated_minutes: int | None
    flags: list[str]
    urgency_fee_cents: int | None = Field(description="Opening fee accepted for the urgency, excl. VAT.")
    currency: Literal["EUR"]
    urgency_accepted_at: datetime | None
    urgency_accepted_by: str | None
    terms_id: UUID | None = Field(description="The terms in force when it came in.")
    updated_at: datetime
    version: int


def ticket_out(row: Values) -> TicketOut:
    """A row of queries.TICKET as its shape."""
    values: dict[str, Any] = dict(row)
    values["requester"] = {name: values.pop(f"requester_{name}") for name in Requester.model_fields}
    return TicketOut(**values, currency="EUR")


class MessageIn(In):
    """Something to say on a ticket."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"body": "We have found the cause and are repairing it.", "visibility": "public"}]
        }
    )
    body: Body
    visibility: Annotated[
        Visibility, Field(description="`public` is mailed to the requester; `internal` is a note for agents.")
    ] = "public"


class AttachmentOut(Out):
    """A file that came with a message."""

    id: UUID
    message_id: UUID
    file_name: str
    media_type: str
    size_bytes: int
    created_at: datetime


class MessageOut(Out):
    """Something said on a ticket."""

    id: UUID
    ticket_id: UUID
    author: Literal["client", "agent", "system"]
    author_name: str
    agent_id: UUID | None
    visibility: Visibility
    channel: Channel
    body: str
    attachments: list[AttachmentOut]
    created_at: datetime


class WrittenOut(Out):
    """Where a message landed: `message` on the ticket, `reopened` it, or `ticket`: a new one that follows it."""

    outcome: Literal["message", "reopened", "ticket"]
    ticket_id: UUID
    message_id: UUID | None
    number: str
    status: Status


class EventOut(Out):
    """One step of a ticket's history."""

    id: UUID
    type: str = Field(examples=["ticket.opened"])
    actor: dict[str, Any]
    data: dict[str, Any]
    occurred_at: datetime
