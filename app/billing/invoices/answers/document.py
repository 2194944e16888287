"""The shapes of what a document says."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.shapes import Language, Out

Kind = Literal["invoice", "credit_note", "statement"]


class AddressOut(Out):
    """An address."""

    street: str
    postal_code: str
    city: str
    country: str


class SellerOut(Out):
    """Who invoices, as it was."""

    name: str
    address: AddressOut
    vat_number: str
    registration_number: str
    permit_number: str
    email: str
    phone: str | None
    website: str
    iban: str
    bic: str | None
    bank: str | None
    peppol_id: str | None


class BuyerOut(Out):
    """Who is invoiced, as it was."""

    client_id: UUID
    name: str
    address: AddressOut
    vat_number: str | None
    peppol_id: str | None
    contact_name: str | None
    email: str | None


class DetailOut(Out):
    """Minutes of a day and agent."""

    worked_on: date
    agent: str
    minutes: int
    late: bool = Field(description="Typed after its period had ended (I1).")


class InvoiceLineOut(Out):
    """net = quantity x unit price / base quantity, less the discount, rounded once."""

    id: UUID
    kind: Literal["time", "urgency", "quote", "permanence", "contract", "adjustment"]
    ticket_id: UUID | None
    ticket_number: str | None
    description: str
    quantity: int
    unit: Literal["minute", "piece"]
    unit_price_cents: int
    base_quantity: int
    discount_bp: int
    net_cents: int
    vat_category: Literal["S", "AE", "O"]
    vat_rate_bp: int
    terms_id: UUID | None
    source_id: UUID | None = Field(description="The urgency, charge, contract or credited line that it is about.")
    details: list[DetailOut]


class VatOut(Out):
    """The tax of one category and rate, rounded once on the sum of its lines."""

    category: Literal["S", "AE", "O"]
    rate_bp: int
    base_cents: int
    vat_cents: int
    reason: str | None


class PoolDrawOut(Out):
    """Minutes that a contract covered."""

    worked_on: date
    ticket_number: str
    agent: str
    minutes: int


class PoolAnnexOut(Out):
    """before + gained - drawn - lost = left, in minutes."""

    contract_id: UUID
    year: int
    expires_on: date
    before_minutes: int
    gained_minutes: int
    drawn_minutes: int
    lost_minutes: int
    left_minutes: int
    draws: list[PoolDrawOut]


class DocumentOut(Out):
    """What a document says."""

    kind: Kind
    client_id: UUID
    period: str | None
    period_start: date | None
    period_end: date | None = Field(description="The day after the last.")
    supplied_on: date
    language: Language
    currency: Literal["EUR"]
    seller: SellerOut
    buyer: BuyerOut
    lines: list[InvoiceLineOut]
    vat: list[VatOut]
    subtotal_cents: int
    vat_cents: int
    total_cents: int
    prepaid_annex: list[PoolAnnexOut]
    mentions: list[str]
