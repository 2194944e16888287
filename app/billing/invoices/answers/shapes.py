"""The shapes of what is answered about invoices."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.billing.invoices.answers.document import (
    BuyerOut,
    DocumentOut,
    InvoiceLineOut,
    Kind,
    PoolAnnexOut,
    SellerOut,
    VatOut,
)
from app.billing.invoices.schemas import Cycle
from app.core.shapes import InstantOut, Language, Out
from app.domain.payment import PaymentKind, PaymentStatus


class ObstacleOut(Out):
    """What keeps a document from being issued."""

    code: str
    detail: str


class PreviewOut(DocumentOut):
    """What would be issued now, and what stands in the way."""

    digest: str | None = Field(description="For `digests` of a run; null for what a run would skip.")
    obstacles: list[ObstacleOut] = Field(description="Why a run would skip or park it; empty when it would not.")


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
    outstanding_cents: int = Field(description="Still owed; below zero what the client has too much.")
    surplus_cents: int = Field(description="What the client has too much: `/refunds` records what is paid back.")
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
    prepaid_annex: list[PoolAnnexOut]
    mentions: list[str]
    credits: list[CreditOut]
    credit_reason: str | None


class PaymentOut(Out):
    """Money that came, or went back (below zero); or the reversal of such a row."""

    id: UUID
    kind: PaymentKind
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
