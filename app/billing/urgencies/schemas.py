"""Shapes of urgencies."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.shapes import In, Line, Out
from app.desk.tickets.schemas import TicketIn
from app.domain.urgency import FeeStatus

Name = Annotated[Line, Field(max_length=120)]
Reason = Annotated[Line, Field(max_length=500)]
Lane = Literal["urgent", "standard"]
TICKET: dict[str, Any] = {
    "subject": "The shop is offline",
    "message": "Nobody can buy tickets; the concert is tonight.",
    "requester": {"name": "Tom Weber", "email": "tom@weber-events.example"},
    "channel": "phone",
}


class UrgencyIn(In):
    """An urgency by an agent: for a ticket that is there, or with a new one inside. Its fee is due at once (U1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"ticket_id": "01a20fd8-5f0c-744a-9ddb-76f0e030990a", "requested_by": "Tom Weber"},
                {"ticket": TICKET, "requested_by": "Tom Weber"},
            ]
        }
    )
    requested_by: Annotated[Name, Field(description="Who asked for it, and so accepts the fee.")]
    ticket_id: UUID | None = None
    ticket: TicketIn | None = None

    @model_validator(mode="after")
    def _one_ticket(self) -> "UrgencyIn":
        if (self.ticket_id is None) == (self.ticket is None):
            raise PydanticCustomError("field_combination", "Give ticket_id or ticket.")
        return self


class RequalificationIn(In):
    """The other lane, and why (U4)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lane": "standard", "reason": "The client says that tomorrow is fine"}]}
    )
    lane: Lane
    reason: Reason


class WaiverIn(In):
    """Why the client is spared the fee (U4)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The outage was our mistake"}]})
    reason: Reason


class FeeOut(Out):
    """A booking of the fee; nothing is ever deleted."""

    id: UUID
    kind: Literal["charge", "reversal", "reinstatement", "waiver"]
    amount_cents: int
    reason: str | None
    created_at: datetime


class UrgencyOut(Out):
    """A ticket that is urgent, or was."""

    id: UUID
    ticket_id: UUID
    client_id: UUID | None
    lane: Lane = Field(description="Where the ticket is now.")
    requested_by: str
    opened_at: datetime
    opening_fee_cents: int = Field(description="By the terms of the opening, excl. VAT.")
    currency: Literal["EUR"]
    terms_id: UUID
    fee_status: FeeStatus | None = Field(description="null: on-call without a fee.")
    fee_reason: str | None = Field(description="Why it was reversed, brought back or waived.")
    fees: list[FeeOut]
    first_action_at: datetime | None = Field(description="When an agent first did something on the ticket.")
    counts_from_at: datetime | None = Field(
        description="From when `at once` counts: the opening, or the next opening hours or permanence (U3)."
    )
    minutes_to_first_action: int | None = Field(description="From `counts_from_at`; 0 when somebody was quicker.")
