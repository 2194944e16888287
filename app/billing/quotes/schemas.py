"""What is sent about quotes, by staff and by whoever holds a secret link."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, Strict

from app.core.shapes import BasisPoints, Bool, Cents, Email, In, Language, Line, LocalDate, Minutes, Paragraphs

Kind = Literal["quote", "estimate"]
Status = Literal["draft", "sent", "accepted", "refused", "expired", "replaced", "withdrawn"]
Quantity = Annotated[int, Strict(), Field(ge=1, le=10_000)]
Name = Annotated[Line, Field(max_length=120)]
Hours = Annotated[int, Strict(), Field(ge=0, le=87_600)]


class LineIn(In):
    """Minutes at an hourly rate, or a quantity at a unit price; either less a discount."""

    description: Annotated[Line, Field(max_length=300)]
    minutes: Minutes | None = None
    hourly_rate_cents: Annotated[Cents | None, Field(description="Left out: the standard rate of today.")] = None
    quantity: Quantity | None = None
    unit_price_cents: Cents | None = None
    discount_bp: BasisPoints = 0


class CancellationIn(In):
    """Cancelled with at least so many hours to go, this share of the price is due (O4)."""

    from_lead_hours: Hours
    charge_bp: BasisPoints


LINES: list[Any] = [
    {"description": "Page for the wine fair: map and form", "minutes": 840, "hourly_rate_cents": 12000},
    {"description": "Map licence", "quantity": 1, "unit_price_cents": 9000, "discount_bp": 1000},
]
Lines = Annotated[list[LineIn], Field(min_length=1, max_length=50)]
Clause = Annotated[list[CancellationIn], Field(max_length=10, description="For on-call; earlier is not dearer.")]


class OfferIn(In):
    """What a version says."""

    lines: Lines
    valid_until_on: Annotated[LocalDate | None, Field(description="Left out: as many days as the terms say.")] = None
    remarks: Annotated[Paragraphs | None, Field(max_length=4000)] = None
    cancellation: Clause = Field(default_factory=list)
    urgency_fee_applies: Annotated[
        Bool, Field(description="On-call: tickets in the window pay the urgency's opening fee all the same (O3).")
    ] = False


class QuoteIn(OfferIn):
    """A quote (fixed price) or an estimate (consent to real minutes), for a ticket or a permanence request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ticket_id": "019ab000-0000-7000-8000-0000000000aa", "kind": "quote", "lines": LINES}]
        }
    )
    ticket_id: UUID | None = None
    permanence_request_id: UUID | None = None
    kind: Kind
    language: Annotated[Language | None, Field(description="Left out: the client's.")] = None


class VersionIn(OfferIn):
    """The next version: whole, not a change; kind and language stay."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lines": LINES, "remarks": "With the map you asked for."}]}
    )


class SendingIn(In):
    """Where to; left out, the ticket's requester, the permanence's contact, or the client's billing contact."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"recipient": "jane.miller@moselle-vineyards.example"}]})
    recipient: Email | None = None


class AcceptanceIn(In):
    """A written acceptance that reached the desk another way."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Jane Miller", "role": "Manager", "reference": "Signed PDF by mail, 25 November 2026"}
            ]
        }
    )
    name: Name
    role: Name | None = None
    reference: Annotated[Line, Field(max_length=200, description="Where the acceptance is kept.")]


class WithdrawalIn(In):
    """Why it is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Sent to the wrong person."}]})
    reason: Annotated[Line, Field(max_length=500)]


class PublicAcceptanceIn(In):
    """Who accepts, in what function."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Jane Miller", "role": "Manager"}]})
    name: Name
    role: Name | None = None


class PublicRefusalIn(In):
    """Who refuses, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Jane Miller", "reason": "Next year, perhaps."}]}
    )
    name: Name
    reason: Annotated[Line | None, Field(max_length=1000)] = None
