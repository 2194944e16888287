"""The shapes of what is answered about invoices."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.billing.invoices.schemas import Cycle
from app.core.shapes import InstantOut, Language, Out
from app.domain.payment import PaymentStatus

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


class PoolOut(Out):
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
    prepaid_annex: list[PoolOut]
    mentions: list[str]
    digest: str


class ObstacleOut(Out):
    """What keeps a document from being issued."""

    code: str
    detail: str


class PreviewOut(DocumentOut):
    """What would be issued now, and what stands in the way."""

    obstacles: list[ObstacleOut]


class CreditOut(Out):
    """A credit note of an invoice, or the invoice of a credit note."""

    id: UUID
    number: str
    issued_on: date
    total_cents: int


class ExportOut(Out):
    """Under which reference the accounting system has it."""

    external_reference: str
    exported_at: InstantOut


class StandingOut(Out):
    """A document in a list, and how it stands."""

    id: UUID
    number: str | None
    kind: Kind
    basis: Literal["period", "contract", "credit"]
    status: Literal["draft", "issued"]
    payment_status: PaymentStatus | None = Field(description="Of issued invoices.")
    overdue: bool
    overdue_days: int
    interest_cents: int | None = Field(description="Statutory, until today; null without a configured rate.")
    client_id: UUID
    client_name: str
    period: str | None
    contract_id: UUID | None
    credits_id: UUID | None = Field(description="The invoice that a credit note is about.")
    issued_on: date | None
    due_on: date | None
    currency: Literal["EUR"]
    subtotal_cents: int
    vat_cents: int
    total_cents: int
    credited_cents: int
    paid_cents: int
    outstanding_cents: int
    digest: str
    sha256: str | None
    exported: ExportOut | None
    links: dict[str, str]
    created_at: InstantOut
    updated_at: InstantOut
    version: int


class InvoiceOut(StandingOut):
    """A document with its lines."""

    period_start: date | None
    period_end: date | None
    supplied_on: date
    language: Language
    seller: SellerOut
    buyer: BuyerOut
    lines: list[InvoiceLineOut]
    vat: list[VatOut]
    prepaid_annex: list[PoolOut]
    mentions: list[str]
    credits: list[CreditOut]
    credit_reason: str | None


class PaymentOut(Out):
    """Money that came, or the reversal of such a row (below zero)."""

    id: UUID
    invoice_id: UUID
    amount_cents: int
    currency: Literal["EUR"]
    paid_on: date
    reference: str | None
    reverses_id: UUID | None
    reason: str | None
    created_at: InstantOut


class ResultOut(Out):
    """What a run did for a client."""

    client_id: UUID
    client_name: str
    outcome: Literal["created", "skipped", "parked"]
    reason: str | None
    detail: str | None
    invoice_id: UUID | None
    number: str | None
    kind: Kind | None
    total_cents: int | None
    currency: Literal["EUR"] | None


class RunOut(Out):
    """A run and how far it has come: read it again while it runs."""

    id: UUID
    cycle: Cycle
    period: str
    client_id: UUID | None
    issue: bool
    status: Literal["running", "done"]
    clients: int = Field(description="How many the run is for.")
    created_count: int
    skipped_count: int
    parked_count: int
    created: list[ResultOut] = Field(description="The first 1,000; `/results` has all.")
    skipped: list[ResultOut] = Field(description="The first 1,000; `/results` has all.")
    parked: list[ResultOut] = Field(description="The first 1,000; `/results` has all.")
    started_at: InstantOut
    finished_at: InstantOut | None


class VatProofOut(Out):
    """What the register said about a VAT number."""

    id: UUID
    client_id: UUID
    vat_number: str
    valid: bool
    checked_at: InstantOut
    reference: str
