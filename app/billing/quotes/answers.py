"""What is answered about quotes, to staff and to whoever holds a secret link."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.billing.quotes.schemas import Kind, Status
from app.core.db import Row
from app.core.shapes import Language, Out


class QuoteLineOut(Out):
    """A line with what it costs, excluding VAT."""

    description: str
    minutes: int | None
    hourly_rate_cents: int | None
    quantity: int | None
    unit_price_cents: int | None
    discount_bp: int
    net_cents: int


class CancellationOut(Out):
    """A line of the cancellation clause."""

    from_lead_hours: int
    charge_bp: int


class DecisionOut(Out):
    """Who decided, when and how."""

    decision: Literal["accepted", "refused"]
    name: str
    role: str | None
    reason: str | None
    channel: Literal["link", "agent"]
    reference: str | None
    decided_at: datetime


class Money(Out):
    """What a quote says in numbers."""

    number: str
    version: int
    kind: Kind
    status: Status
    language: Language
    lines: list[QuoteLineOut]
    minutes: int = Field(description="Of all lines together.")
    currency: Literal["EUR"]
    subtotal_cents: int
    vat_category: Literal["S", "AE", "O"]
    vat_rate_bp: int
    vat_cents: int
    total_cents: int
    quoted_on: date
    valid_until_on: date
    expires_at: datetime = Field(description="From then on nobody can accept or refuse it.")
    remarks: str | None
    cancellation: list[CancellationOut]
    urgency_fee_applies: bool
    text: str = Field(description="The exact text that is accepted.")
    text_sha256: str = Field(description="Its SHA-256 in UTF-8.")


class QuoteOut(Money):
    """One version of a quote."""

    id: UUID
    chain_id: UUID = Field(description="The same for all its versions.")
    client_id: UUID
    ticket_id: UUID | None
    permanence_request_id: UUID | None
    terms_id: UUID
    recipient: str | None
    created_at: datetime
    sent_at: datetime | None
    reminded_at: datetime | None
    decision: DecisionOut | None
    url: str | None = Field(description="The client's secret link; null before it was sent, and for clients' own keys.")


class PublicQuoteOut(Money):
    """A quote as the holder of its link sees it."""

    client_name: str
    about: str
    decided_by: str | None
    decided_at: datetime | None


class ChargeOut(Out):
    """What the quote puts on an invoice."""

    id: UUID
    kind: Literal["quote", "permanence", "cancellation"]
    amount_cents: int
    currency: Literal["EUR"]
    performed_on: date
    explanation: dict[str, Any]
    created_at: datetime


def _money(row: Row) -> dict[str, Any]:
    values = {name: row[name] for name in Money.model_fields if name in row.keys()}  # noqa: SIM118 (a Record)
    return values | {
        "lines": [QuoteLineOut(**line) for line in row["lines"]],
        "cancellation": [CancellationOut(**band) for band in row["cancellation"]],
        "text_sha256": row["text_sha256"].hex(),
    }


def quote_out(row: Row, url: str | None) -> QuoteOut:
    """A row of queries.QUOTE as its shape."""
    decision = None
    if row["decision"] is not None:
        decision = DecisionOut(
            decision=row["decision"],
            name=row["decided_by"],
            role=row["decided_role"],
            reason=row["decided_reason"],
            channel=row["channel"],
            reference=row["reference"],
            decided_at=row["decided_at"],
        )
    same = ("id", "chain_id", "client_id", "ticket_id", "terms_id", "recipient", "created_at", "sent_at", "reminded_at")
    return QuoteOut(
        **_money(row),
        **{name: row[name] for name in same},
        permanence_request_id=row["permanence_id"],
        decision=decision,
        url=url,
    )


def public_quote_out(row: Row) -> PublicQuoteOut:
    """The same for whoever holds the link."""
    seen = {name: row[name] for name in ("client_name", "about", "decided_by", "decided_at")}
    return PublicQuoteOut(**_money(row), **seen)
