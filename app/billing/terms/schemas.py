"""Shapes of the terms."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, Strict

from app.core.db import Row
from app.core.shapes import BasisPoints, Bool, Cents, In, Language, Line, LocalDate, Out, Paragraphs
from app.domain.money import discounted_cents

Step = Annotated[int, Strict(), Field(ge=1, le=100_000)]
Count = Annotated[int, Strict(), Field(ge=0, le=100_000)]
Days = Annotated[int, Strict(), Field(ge=0, le=3_660)]
Percent = Annotated[int, Strict(), Field(ge=1, le=100)]
Text = Annotated[Paragraphs, Field(max_length=20_000)]


def _as_before(schema: dict[str, Any]) -> None:
    """What is left out is taken from the version before: the document must not promise a default."""
    schema.pop("default", None)


AS_BEFORE = Field(json_schema_extra=_as_before)


class UrgencyTermsIn(In):
    """What an urgency costs (U2)."""

    opening_fee_cents: Cents
    hourly_rate_cents: Annotated[Cents | None, Field(description="null: the standard rate.")] = None
    included_minutes: Annotated[Count, Field(description="Minutes that the fee includes.")] = 0


class BandIn(In):
    """A line of the on-call grid (O2): it holds from that many hours between request and start."""

    from_lead_hours: Annotated[int, Strict(), Field(ge=0, le=87_600)]
    hourly_rate_cents: Annotated[Cents, Field(description="For an hour of standby.")]


class TextIn(In):
    """The text that clients are sent."""

    fr: Text
    en: Text
    de: Text


EXAMPLE: dict[str, Any] = {
    "effective_on": "2027-01-01",
    "hourly_rate_cents": 12600,
    "contract_discount_bp": 500,
    "urgency": {"opening_fee_cents": 15000, "hourly_rate_cents": None, "included_minutes": 0},
    "billing_increment_minutes": 1,
    "minimum_minutes": 1,
    "quote_threshold_minutes": 480,
    "text": {
        "fr": "Dès le 1er janvier 2027, le taux horaire du support est de 126 € HTVA.",
        "en": "From 1 January 2027 the hourly rate of support is 126 € excluding VAT.",
        "de": "Ab dem 1. Januar 2027 beträgt der Stundensatz des Supports 126 € zzgl. MwSt.",
    },
    "reason": "Wages were indexed in September; agreed with the clients' committee.",
}


class TermsIn(In):
    """A new version. Policy fields that are left out stay as the version before has them."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    effective_on: Annotated[LocalDate, Field(description="First local date it holds; never in the past.")]
    hourly_rate_cents: Cents
    contract_discount_bp: Annotated[BasisPoints, Field(description="500 = 5 % on prepaid hours (C1).")]
    urgency: UrgencyTermsIn
    billing_increment_minutes: Step
    minimum_minutes: Step
    quote_threshold_minutes: Annotated[Step, Field(description="More work needs an accepted quote first (Q1).")]
    text: TextIn
    out_of_hours_hourly_rate_cents: Annotated[
        Cents | None, AS_BEFORE, Field(description="null: the standard rate (P5).")
    ] = None
    bills_in_project: Annotated[
        Bool, AS_BEFORE, Field(description="Whether work on sites still in their project is billed (T5).")
    ] = False
    contract_grace_days: Annotated[
        Days, AS_BEFORE, Field(description="Days after 31 December that prepaid hours still cover (C1).")
    ] = 0
    contract_usable_before_issue: Annotated[
        Bool, AS_BEFORE, Field(description="Whether prepaid hours can be used before their invoice is issued (C1).")
    ] = False
    prepaid_covers_urgent: Annotated[
        Bool, AS_BEFORE, Field(description="Whether prepaid hours cover urgent minutes (C4).")
    ] = True
    overflow_discount_bp: Annotated[
        BasisPoints, AS_BEFORE, Field(description="Discount on minutes beyond a contract's (C3).")
    ] = 0
    usage_alert_percents: Annotated[tuple[Percent, ...], AS_BEFORE, Field(max_length=10)] = ()
    expiry_alert_days: Annotated[tuple[Days, ...], AS_BEFORE, Field(max_length=10)] = ()
    quote_valid_days: Annotated[Days, AS_BEFORE] = 0
    quote_reminder_days: Annotated[
        Days, AS_BEFORE, Field(description="Clients are reminded of an open quote so many days before it expires.")
    ] = 0
    permanence_grid: Annotated[
        tuple[BandIn, ...], AS_BEFORE, Field(max_length=20, description="Price of on-call by lead time; [] for none.")
    ] = ()
    payment_due_days: Annotated[Days, AS_BEFORE] = 0
    future_tolerance_minutes: Annotated[Count, AS_BEFORE] = 0
    reopen_days: Annotated[
        Days, AS_BEFORE, Field(description="So long after its end a client's message reopens a ticket (T2).")
    ] = 0
    notice_days: Annotated[Days, AS_BEFORE] = 0
    reason: Annotated[Line | None, Field(max_length=500, description="Needed when clients get less notice.")] = None

    def columns(self) -> dict[str, Any]:
        """What was sent, as columns of `terms`; never a default."""
        sent = self.model_dump(exclude_unset=True, exclude={"urgency", "reason"})
        return sent | {f"urgency_{name}": value for name, value in self.urgency.model_dump().items()}


class Urgency(Out):
    """What an urgency costs (U2)."""

    opening_fee_cents: int
    hourly_rate_cents: int | None
    included_minutes: int


class Band(Out):
    """A line of the on-call grid (O2)."""

    from_lead_hours: int
    hourly_rate_cents: int


class Text3(Out):
    """A text in the desk's languages."""

    fr: str
    en: str
    de: str


class TermsOut(Out):
    """One version of the terms; it never changes once it is published."""

    id: UUID
    effective_on: date
    currency: Literal["EUR"]
    hourly_rate_cents: int
    contract_discount_bp: int
    contract_hourly_rate_cents: int = Field(description="Of prepaid hours: the rate less the discount.")
    urgency: Urgency
    billing_increment_minutes: int
    minimum_minutes: int
    quote_threshold_minutes: int
    out_of_hours_hourly_rate_cents: int | None
    bills_in_project: bool
    contract_grace_days: int
    contract_usable_before_issue: bool
    prepaid_covers_urgent: bool
    overflow_discount_bp: int
    usage_alert_percents: list[int]
    expiry_alert_days: list[int]
    quote_valid_days: int
    quote_reminder_days: int
    permanence_grid: list[Band]
    payment_due_days: int
    future_tolerance_minutes: int
    reopen_days: int
    notice_days: int
    text: Text3
    reason: str | None = Field(description="Why clients were told later than `notice_days` ahead.")
    published_at: datetime


def terms_out(row: Row) -> TermsOut:
    """A row of queries.TERMS as its shape."""
    values = {name: value for name, value in row.items() if not name.startswith("urgency_")}
    urgency = Urgency(**{name: row[f"urgency_{name}"] for name in Urgency.model_fields})
    rate = discounted_cents(row["hourly_rate_cents"], row["contract_discount_bp"])
    return TermsOut(
        **values | {"text": Text3(**row["text"]), "permanence_grid": [Band(**band) for band in row["permanence_grid"]]},
        urgency=urgency,
        contract_hourly_rate_cents=rate,
    )


class NoticeOut(Out):
    """Who was told of a version, when, and how far the mail has come; `no_contact`: nobody to tell at that client."""

    id: UUID
    client_id: UUID
    contact_name: str | None
    recipient: str | None
    language: Language | None
    status: Literal["queued", "sent", "suppressed", "failed", "no_contact"]
    created_at: datetime
    sent_at: datetime | None
