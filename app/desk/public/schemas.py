"""Shapes of the public door."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.shapes import Bool, Email, In, Language, Out, Phone
from app.desk.calendar.schemas import Names
from app.desk.tickets.schemas import Body, Company, Lane, Name, SiteUrl, Status, Subject


class PublicTicketIn(In):
    """The website's help form."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Anna Schmit",
                    "email": "anna@boulangerie-schmit.example",
                    "company": "Boulangerie Schmit",
                    "site_url": "https://www.boulangerie-schmit.example",
                    "subject": "The shop's basket is empty",
                    "message": "Since this morning every article disappears from the basket.",
                    "language": "fr",
                },
                {
                    "name": "Tom Weber",
                    "email": "tom@weber-events.example",
                    "subject": "Ticket sale is down",
                    "message": "Nobody can buy tickets, the concert is tonight.",
                    "language": "en",
                    "urgent": True,
                    "urgency_fee_accepted": True,
                },
            ]
        }
    )
    name: Name
    email: Email
    phone: Phone | None = None
    company: Company | None = None
    site_url: SiteUrl | None = None
    subject: Subject
    message: Body
    language: Annotated[Language, Field(description="The acknowledgement's language.")] = "fr"
    urgent: Bool = False
    urgency_fee_accepted: Annotated[
        Bool, Field(description="Must be true for an urgency: its opening fee was shown and accepted (U1).")
    ] = False
    website: Annotated[str | None, Field(max_length=500, description="Leave empty: people do not see this field.")] = (
        None
    )
    altcha: Annotated[
        str | None, Field(max_length=4000, description="Proof of work, when the service asks for it.")
    ] = None


class DeskState(Out):
    """Whether somebody is there now."""

    open: bool
    next_opening_at: datetime | None


class ReceiptOut(Out):
    """What the sender gets at once."""

    number: str = Field(examples=["EC-2026-000042"])
    receipt_token: str = Field(description="Secret: whoever has it can follow the ticket and write on it.")
    receipt_url: str
    lane: Lane
    status: Status
    received_at: datetime
    queue_position: int = Field(description="1 is next.")
    desk: DeskState
    acknowledgement: Literal["queued", "suppressed"]
    acknowledgement_reason: str | None = Field(description="Why no mail was sent, if none was.")
    urgency_fee_cents: int | None = Field(description="Opening fee accepted, excl. VAT; null for standard tickets.")
    currency: Literal["EUR"]
    terms_id: UUID = Field(description="The terms under which it was opened.")


class PublicMessageOut(Out):
    """Something said on the ticket that its requester may read."""

    author: Literal["client", "agent", "system"]
    author_name: str
    body: str
    attachments: list[str] = Field(description="Names of the files that came along.")
    created_at: datetime


class PublicTicketOut(Out):
    """The ticket as its requester sees it."""

    number: str
    subject: str
    status: Status
    lane: Lane
    received_at: datetime
    queue_position: int | None = Field(description="1 is next; null when it does not wait in the queue.")
    desk: DeskState
    messages: list[PublicMessageOut] = Field(description="The last 100, in order.")


class PublicMessageIn(In):
    """A reply of the requester."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"message": "It happens with Firefox only."}]})
    message: Body


class PublicWrittenOut(Out):
    """Where the reply landed: on the ticket, or as a new ticket that follows a long settled one."""

    outcome: Literal["message", "reopened", "ticket"]
    number: str
    receipt_token: str
    receipt_url: str
    status: Status


class HoursOut(Out):
    """Local wall time, Monday to Friday."""

    weekdays: list[int] = Field(description="ISO weekdays, Monday is 1.")
    opens: str = Field(examples=["08:30"])
    closes: str = Field(examples=["17:30"])
    timezone: str = Field(examples=["Europe/Luxembourg"])


class PublicHolidayOut(Out):
    """A day on which the desk is closed."""

    on: date
    name: Names


class DeskOut(Out):
    """When the desk works."""

    open: bool
    now: datetime
    hours: HoursOut
    next_opening_at: datetime | None
    next_closing_at: datetime | None
    next_holidays: list[PublicHolidayOut]


class UrgencyTermsOut(Out):
    """What an urgency costs."""

    opening_fee_cents: int
    hourly_rate_cents: int | None = Field(description="null: the standard rate.")
    included_minutes: int


class PublicTermsOut(Out):
    """The terms in force today; prices exclude VAT."""

    terms_id: UUID
    effective_on: date
    currency: str
    hourly_rate_cents: int
    contract_discount_bp: int
    urgency: UrgencyTermsOut
    billing_increment_minutes: int
    minimum_minutes: int
    quote_threshold_minutes: int
    text: dict[str, Any]


class ChallengeOut(Out):
    """A proof of work to solve before sending the form (ALTCHA); `required` says whether the service asks for it."""

    required: bool
    challenge: dict[str, Any] | None
