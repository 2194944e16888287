"""Shapes of on-call."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.billing.quotes.schemas import Clause, Lines, Name
from app.core.db import Row
from app.core.shapes import (
    Bool,
    Email,
    In,
    Instant,
    InstantOut,
    Language,
    Line,
    LocalDate,
    Out,
    Paragraphs,
    Patch,
    Phone,
    unsent,
)

Status = Literal["requested", "quoted", "accepted", "scheduled", "done", "refused", "cancelled"]
WhenOpen = Literal["refuse", "cut"]
Sites = Annotated[list[UUID], Field(max_length=50)]
Event = Annotated[Line, Field(max_length=200)]
ID = "019ab000-0000-7000-8000-0000000000a1"


class EventContactIn(In):
    """Whom to call on the client's side."""

    name: Name
    email: Email | None = None
    phone: Phone | None = None


class PermanenceIn(In):
    """A formal request (O1): [starts_at, ends_at) outside opening hours."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "client_id": ID,
                    "event": "Opening night of the wine fair",
                    "site_ids": [],
                    "starts_at": "2031-06-21T18:00:00+02:00",
                    "ends_at": "2031-06-22T02:00:00+02:00",
                    "requested_by": "Jane Miller",
                    "contact": {"name": "Jane Miller", "email": "jane@example.lu", "phone": "+352 621 000 000"},
                }
            ]
        }
    )
    client_id: UUID
    event: Event
    site_ids: Sites
    starts_at: Instant
    ends_at: Instant
    when_open: Annotated[
        WhenOpen, Field(description="Whether a window that overlaps opening hours is refused, or cut.")
    ] = "refuse"
    requested_by: Name
    contact: EventContactIn


class PermanencePatch(Patch):
    """What changes; the window only before a quote was written."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"event": "Opening night", "requested_by": "Jane Miller"}]}
    )
    event: Event = unsent()
    site_ids: Sites = unsent()
    starts_at: Instant = unsent()
    ends_at: Instant = unsent()
    when_open: WhenOpen = unsent()
    requested_by: Name = unsent()
    contact: EventContactIn = unsent()


class PermanenceQuoteIn(In):
    """The quote; without lines, the grid's suggestion is its one line."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": [{"description": "Standby on Saturday night", "quantity": 1, "unit_price_cents": 96000}],
                    "cancellation": [
                        {"from_lead_hours": 48, "charge_bp": 5000},
                        {"from_lead_hours": 0, "charge_bp": 10000},
                    ],
                }
            ]
        }
    )
    lines: Lines | None = None
    valid_until_on: LocalDate | None = None
    language: Language | None = None
    remarks: Annotated[Paragraphs | None, Field(max_length=4000)] = None
    cancellation: Clause = Field(default_factory=list)
    urgency_fee_applies: Bool = False


class ShiftIn(In):
    """An agent, for all the windows, or for one stretch within them."""

    agent_id: UUID
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class ScheduleIn(In):
    """Who stands by from now on, instead of those before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"shifts": [{"agent_id": ID}]}]})
    shifts: Annotated[list[ShiftIn], Field(min_length=1, max_length=50)]


class CancellationReasonIn(In):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The fair was moved to September."}]})
    reason: Annotated[Line, Field(max_length=500)]


class EventContactOut(Out):
    """Whom to call on the client's side."""

    name: str
    email: str | None
    phone: str | None


class WindowOut(Out):
    """A stretch [starts_at, ends_at) outside opening hours."""

    starts_at: datetime
    ends_at: datetime


class SuggestionOut(Out):
    """The grid's price, and the band that gave it (O2)."""

    amount_cents: int
    currency: Literal["EUR"]
    hourly_rate_cents: int
    from_lead_hours: int
    until_lead_hours: int | None
    standby_minutes: int
    reason: str


class ShiftOut(Out):
    """Who stands by, when."""

    agent_id: UUID
    agent_name: str
    starts_at: datetime
    ends_at: datetime


class PermanenceOut(Out):
    """A request for on-call and how far it has come."""

    id: UUID
    client_id: UUID
    event: str
    site_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    windows: list[WindowOut] = Field(description="What is left of it outside opening hours.")
    standby_minutes: int
    cut_minutes: int = Field(description="Minutes left out because the desk is open then.")
    requested_by: str
    contact: EventContactOut
    status: Status
    lead_time_minutes: int
    suggestion: SuggestionOut | None = Field(
        description="null: no grid, or no band reaches; the agent types the price."
    )
    terms_id: UUID
    quote_id: UUID | None = Field(description="The newest version of its quote.")
    shifts: list[ShiftOut]
    requested_at: datetime
    cancelled_at: datetime | None
    cancellation_reason: str | None
    completed_at: datetime | None
    version: int


class CalendarItemOut(Out):
    """A window that was bought, and who stands by."""

    id: UUID
    permanence_request_id: UUID
    client_id: UUID
    client_name: str
    event: str
    status: Status
    starts_at: datetime
    ends_at: datetime
    contact_name: str
    contact_phone: str | None
    shifts: list[ShiftOut]


def columns_of(values: dict[str, Any]) -> dict[str, Any]:
    """What was sent, as columns."""
    contact = values.pop("contact", None)
    return values | ({f"contact_{name}": value for name, value in contact.items()} if contact else {})


def permanence_out(row: Row, *, to_client: bool) -> PermanenceOut:
    """A row of queries.REQUEST as its shape; a client is told of no quote that was not sent to it."""
    values = {name: row[name] for name in PermanenceOut.model_fields if name != "contact"}
    contact = EventContactOut(name=row["contact_name"], email=row["contact_email"], phone=row["contact_phone"])
    if to_client:
        values |= {"quote_id": row["sent_quote_id"], "status": row["told_status"]}
    return PermanenceOut(**values, contact=contact)


class SubscriptionOut(Out):
    """An agent's calendar address. Whoever knows it sees the agent's on-call times: treat it as a password."""

    agent_id: UUID
    url: str = Field(
        description="Add it to a calendar program as a subscription.",
        examples=["https://desk.e-connect.lu/v1/public/calendars/AZqzxV…/permanences.ics"],
    )
    created_at: InstantOut
