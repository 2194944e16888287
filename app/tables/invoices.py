"""Invoices, credit notes and statements: documents, lines, what each line charges (rule I; invariants 4 to 8)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from app.tables.base import instant, long_text, one_of, version_column

KINDS = ("invoice", "credit_note", "statement")


def _cents() -> Any:
    return Field(sa_column=Column(BigInteger, nullable=False))


def _digest(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(LargeBinary, nullable=nullable))


class Invoice(SQLModel, table=True):
    """A document. A draft is its body and nothing else; `issuing` lasts no longer than a transaction (trigger).

    `body` is the canonical JSON of all it says but number and dates, `buyer_name` what lists read of it (trigger),
    `digest` its SHA-256; issued, `sha256` chains it to the one before in its series. Once issued nothing of the row
    changes (trigger).
    """

    __tablename__ = "invoices"
    __table_args__ = (
        one_of("kind", *KINDS),
        one_of("basis", "period", "contract", "credit"),
        one_of("status", "draft", "issuing", "issued"),
        CheckConstraint("total_cents = subtotal_cents + vat_cents", name="sums"),
        CheckConstraint("kind = 'credit_note' OR total_cents >= 0", name="nothing_negative"),
        CheckConstraint(
            "num_nulls(number, sequence, issued_on, issued_at, previous_sha256, sha256) = "
            "CASE status WHEN 'issued' THEN 0 ELSE 6 END",
            name="issued_whole",
        ),
        CheckConstraint("(basis = 'period') = (period IS NOT NULL)", name="has_period"),
        CheckConstraint("num_nulls(period, period_start, period_end) IN (0, 3)", name="period_whole"),
        CheckConstraint("period_start < period_end", name="period_not_empty"),
        CheckConstraint("(basis = 'contract') = (contract_id IS NOT NULL)", name="has_contract"),
        CheckConstraint("(kind = 'credit_note') = (credits_id IS NOT NULL)", name="has_credited"),
        CheckConstraint("(kind = 'credit_note') = (basis = 'credit')", name="credit_basis"),
        CheckConstraint("sha256(convert_to(body, 'UTF8')) = digest", name="digest_of_body"),
        ForeignKeyConstraint(["client_id", "contract_id"], ["contracts.client_id", "contracts.id"]),
        ForeignKeyConstraint(["client_id", "credits_id"], ["invoices.client_id", "invoices.id"]),
        UniqueConstraint("client_id", "id"),
        UniqueConstraint("number"),
        # Lists, newest first: whole, per client, per status, per period.
        Index("ix_invoices_status_id", "status", "id"),
        Index("ix_invoices_period_id", "period", "id", postgresql_where=text("period IS NOT NULL")),
        Index("ix_invoices_issued_on_id", "issued_on", "id", postgresql_where=text("issued_on IS NOT NULL")),
        Index("ix_invoices_credits_id", "client_id", "credits_id", postgresql_where=text("credits_id IS NOT NULL")),
        Index("ix_invoices_contract_id", "client_id", "contract_id", postgresql_where=text("contract_id IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), nullable=False))
    kind: str = Field(max_length=12)
    basis: str = Field(max_length=10)
    status: str = Field(max_length=10)
    period: str | None = Field(max_length=7)
    period_start: date | None
    period_end: date | None
    contract_id: UUID | None
    credits_id: UUID | None
    currency: str = Field(max_length=3)
    subtotal_cents: int = _cents()
    vat_cents: int = _cents()
    total_cents: int = _cents()
    body: str = long_text()
    buyer_name: str = Field(sa_column=Column(Text, nullable=False))
    digest: bytes = _digest()
    number: str | None = Field(max_length=16)
    sequence: int | None
    issued_on: date | None
    due_on: date | None
    issued_at: datetime | None = instant(nullable=True)
    previous_sha256: bytes | None = _digest(nullable=True)
    sha256: bytes | None = _digest(nullable=True)
    created_at: datetime = instant()


class InvoiceState(SQLModel, table=True):
    """How a document stands, kept by triggers: what was paid and credited, and when that changed last.

    `live` ends with the credit note that takes back all of it: then its period or contract can be invoiced again.
    """

    __tablename__ = "invoice_states"
    __table_args__ = (
        one_of("kind", *KINDS),
        CheckConstraint("live OR kind = 'invoice'", name="live_or_credited"),
        ForeignKeyConstraint(["client_id", "invoice_id"], ["invoices.client_id", "invoices.id"], ondelete="CASCADE"),
        # Invariant 4.
        Index(
            "uq_invoice_states_client_id_period_kind",
            "client_id",
            "period",
            "kind",
            unique=True,
            postgresql_where=text("live AND period IS NOT NULL"),
        ),
        Index(
            "uq_invoice_states_contract_id",
            "contract_id",
            unique=True,
            postgresql_where=text("live AND contract_id IS NOT NULL"),
        ),
        Index("ix_invoice_states_client_id_invoice_id", "client_id", "invoice_id"),
        Index("ix_invoice_states_xid_invoice_id", "xid", "invoice_id"),
    )
    invoice_id: UUID = Field(primary_key=True)
    client_id: UUID
    kind: str = Field(max_length=12)
    period: str | None = Field(max_length=7)
    contract_id: UUID | None
    live: bool = Field(sa_column_kwargs={"server_default": text("true")})
    paid_cents: int = Field(sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    credited_cents: int = Field(sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    xid: int = Field(
        sa_column=Column(BigInteger, nullable=False, server_default=text("(pg_current_xact_id()::text)::bigint"))
    )
    updated_at: datetime = instant()
    version: int = version_column()


class InvoiceLine(SQLModel, table=True):
    """A line (append-only), written while its document is issued.

    net = quantity x unit price / base quantity less the discount, rounded half up, once. `credited_line_id` is what a
    credit note's line or an adjustment gives back of; a credit note's amounts are positive.
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (
        one_of("kind", "time", "urgency", "quote", "permanence", "contract", "adjustment"),
        one_of("unit", "minute", "piece"),
        one_of("vat_category", "S", "AE", "O"),
        CheckConstraint("quantity <> 0 AND unit_price_cents >= 0 AND base_quantity > 0", name="quantity"),
        CheckConstraint("discount_bp BETWEEN 0 AND 10000", name="discount_is_a_share"),
        CheckConstraint("vat_category = 'S' OR vat_rate_bp = 0", name="rate_where_taxed"),
        # Invariant 5.
        CheckConstraint(
            "net_cents = line_cents(quantity, unit_price_cents, base_quantity, discount_bp)", name="net_is_the_price"
        ),
        ForeignKeyConstraint(["client_id", "invoice_id"], ["invoices.client_id", "invoices.id"]),
        ForeignKeyConstraint(["client_id", "ticket_id"], ["tickets.client_id", "tickets.id"]),
        ForeignKeyConstraint(["client_id", "credited_line_id"], ["invoice_lines.client_id", "invoice_lines.id"]),
        UniqueConstraint("client_id", "id"),
        UniqueConstraint("invoice_id", "position"),
        Index(
            "ix_invoice_lines_credited_line_id",
            "client_id",
            "credited_line_id",
            postgresql_where=text("credited_line_id IS NOT NULL"),
        ),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID
    invoice_id: UUID
    position: int
    kind: str = Field(max_length=12)
    ticket_id: UUID | None
    description: str = long_text()
    quantity: int
    unit: str = Field(max_length=6)
    unit_price_cents: int = _cents()
    base_quantity: int
    discount_bp: int
    net_cents: int = _cents()
    vat_category: str = Field(max_length=2)
    vat_rate_bp: int
    terms_id: UUID | None = Field(sa_column=Column(ForeignKey("terms.id"), nullable=True))
    source_id: UUID | None
    credited_line_id: UUID | None


class InvoiceEntry(SQLModel, table=True):
    """Minutes of an entry on a line (append-only): the sum of an entry's rows is what of it is invoiced.

    A trigger for the whole statement takes them out of `open_time`, exactly as they stood there. Below zero they are
    a counter-entry's, or come back from a credit note to be invoiced again. No foreign keys: the trigger finds both
    ends, once for a thousand rows.
    """

    __tablename__ = "invoice_entries"
    __table_args__ = (
        CheckConstraint("minutes <> 0", name="minutes_not_zero"),
        Index("ix_invoice_entries_entry_id", "entry_id"),
    )
    line_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    minutes: int


class InvoiceClaim(SQLModel, table=True):
    """A fee's booking, a quote's charge or a contract on a line: each on one line at most (invariant 4)."""

    __tablename__ = "invoice_claims"
    __table_args__ = (
        CheckConstraint("num_nonnulls(fee_id, charge_id, refund_id) = 1", name="one_source"),
        ForeignKeyConstraint(["client_id", "line_id"], ["invoice_lines.client_id", "invoice_lines.id"]),
        UniqueConstraint("fee_id"),
        UniqueConstraint("charge_id"),
        UniqueConstraint("refund_id"),
        Index("ix_invoice_claims_client_id_line_id", "client_id", "line_id"),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID
    line_id: UUID
    fee_id: UUID | None = Field(sa_column=Column(ForeignKey("urgency_fees.id"), nullable=True))
    charge_id: UUID | None = Field(sa_column=Column(ForeignKey("quote_charges.id"), nullable=True))
    refund_id: UUID | None = Field(sa_column=Column(ForeignKey("contract_movements.id"), nullable=True))


class InvoicePool(SQLModel, table=True):
    """Up to where a document's annex tells a contract's statement, so that the next one goes on from there (I2)."""

    __tablename__ = "invoice_pools"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "invoice_id"], ["invoices.client_id", "invoices.id"]),
        ForeignKeyConstraint(["client_id", "contract_id"], ["contracts.client_id", "contracts.id"]),
        Index("ix_invoice_pools_client_id_contract_id", "client_id", "contract_id", "position"),
    )
    invoice_id: UUID = Field(primary_key=True)
    contract_id: UUID = Field(primary_key=True)
    client_id: UUID
    period_end: date
    position: int
    left_minutes: int
