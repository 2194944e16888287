"""What becomes of documents, and what they lean on: payments, exports, proofs of VAT numbers, changes of cycle."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.tables.base import document, instant, one_of


class Payment(SQLModel, table=True):
    """Money that came for an invoice or, below zero, went back to the client; or the reversal of such a row.

    Append-only (I6). A refund never exceeds what the client has too much: trigger `book`.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount_cents <> 0", name="some_money"),
        CheckConstraint("(reverses_id IS NOT NULL OR amount_cents < 0) <= (reason IS NOT NULL)", name="has_reason"),
        ForeignKeyConstraint(["client_id", "invoice_id"], ["invoices.client_id", "invoices.id"]),
        ForeignKeyConstraint(["invoice_id", "reverses_id"], ["payments.invoice_id", "payments.id"]),
        UniqueConstraint("invoice_id", "id"),
        UniqueConstraint("reverses_id"),
        Index("ix_payments_client_id_invoice_id", "client_id", "invoice_id"),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID
    invoice_id: UUID
    amount_cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = Field(max_length=3)
    paid_on: date
    reference: str | None = Field(max_length=140)
    reverses_id: UUID | None
    reason: str | None = Field(max_length=500)
    created_at: datetime = instant()


class VatProof(SQLModel, table=True):
    """What the register said about a VAT number, and when: reverse charge needs a valid one (append-only, I5)."""

    __tablename__ = "vat_proofs"
    __table_args__ = (Index("ix_vat_proofs_client_id_vat_number", "client_id", "vat_number", "checked_at"),)
    id: UUID = Field(primary_key=True)
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), nullable=False))
    vat_number: str = Field(max_length=20)
    valid: bool
    checked_at: datetime = instant()
    reference: str = Field(max_length=140)
    actor: dict[str, Any] = document()
    created_at: datetime = instant()


class BillingCycleChange(SQLModel, table=True):
    """From which local date on a client is invoiced in which cycle; without rows, always in the client's own (I1)."""

    __tablename__ = "billing_cycle_changes"
    __table_args__ = (one_of("billing_cycle", "quarterly", "monthly"),)
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), primary_key=True))
    effective_on: date = Field(primary_key=True)
    billing_cycle: str = Field(max_length=10)


class InvoiceExport(SQLModel, table=True):
    """That the accounting system has a document, under which reference of its own."""

    __tablename__ = "invoice_exports"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "invoice_id"], ["invoices.client_id", "invoices.id"]),
        Index("ix_invoice_exports_client_id_invoice_id", "client_id", "invoice_id"),
    )
    invoice_id: UUID = Field(primary_key=True)
    client_id: UUID
    external_reference: str = Field(max_length=140)
    exported_at: datetime = instant()
    actor: dict[str, Any] = document()
