"""Quotes and estimates, what was decided about them, and the charges that follow (rule Q)."""

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
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from app.tables.base import document, instant, long_text, one_of, version_column
from app.tables.people import LANGUAGES

FALSE = {"server_default": text("false")}


class QuoteNumber(SQLModel, table=True):
    """The last number of a year; its row is locked by whoever takes the next."""

    __tablename__ = "quote_numbers"
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


class Quote(SQLModel, table=True):
    """One version of a quote or estimate. What it says never changes (trigger); where it stands does.

    `version` counts the versions of a chain, `revision` the changes of this row (its ETag). `text` is what the client
    agrees to, word for word.
    """

    __tablename__ = "quotes"
    __table_args__ = (
        one_of("kind", "quote", "estimate"),
        one_of("status", "draft", "sent", "accepted", "refused", "expired", "replaced", "withdrawn"),
        one_of("language", *LANGUAGES),
        one_of("vat_category", "S", "AE", "O"),
        CheckConstraint("num_nonnulls(ticket_id, permanence_id) = 1", name="has_one_subject"),
        CheckConstraint(
            "total_cents = subtotal_cents + vat_cents AND least(subtotal_cents, vat_cents) >= 0", name="sums"
        ),
        CheckConstraint("vat_category = 'S' OR vat_rate_bp = 0", name="rate_where_taxed"),
        CheckConstraint("status NOT IN ('sent', 'accepted', 'refused', 'expired') OR sent_at IS NOT NULL", name="sent"),
        CheckConstraint("(status IN ('accepted', 'refused')) <= (decided_at IS NOT NULL)", name="decided"),
        CheckConstraint("octet_length(text_sha256) = 32", name="text_sha256_is_sha256"),
        ForeignKeyConstraint(["client_id", "ticket_id"], ["tickets.client_id", "tickets.id"]),
        ForeignKeyConstraint(
            ["client_id", "permanence_id"], ["permanence_requests.client_id", "permanence_requests.id"]
        ),
        UniqueConstraint("client_id", "id"),
        UniqueConstraint("chain_id", "version"),
        UniqueConstraint("number", "version"),
        # Of a chain one version can be accepted, and one is in force; of a permanence's quotes only one is either.
        Index("uq_quotes_chain_id_open", "chain_id", unique=True, postgresql_where=text("status IN ('draft', 'sent')")),
        Index("uq_quotes_chain_id_accepted", "chain_id", unique=True, postgresql_where=text("status = 'accepted'")),
        Index(
            "uq_quotes_permanence_id_live",
            "permanence_id",
            unique=True,
            postgresql_where=text("status IN ('draft', 'sent', 'accepted')"),
        ),
        # Lists, newest first: per client, per ticket, per status; and what expires next.
        Index("ix_quotes_ticket_id_id", "ticket_id", "id", postgresql_where=text("ticket_id IS NOT NULL")),
        Index("ix_quotes_permanence_id_id", "permanence_id", "id", postgresql_where=text("permanence_id IS NOT NULL")),
        Index("ix_quotes_status_id", "status", "id"),
        Index("ix_quotes_expires_at", "expires_at", postgresql_where=text("status = 'sent'")),
    )
    id: UUID = Field(primary_key=True)
    chain_id: UUID
    version: int
    revision: int = version_column()
    number: str = Field(max_length=24)
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), nullable=False))
    ticket_id: UUID | None
    permanence_id: UUID | None
    kind: str = Field(max_length=10)
    status: str = Field(max_length=10)
    language: str = Field(max_length=2)
    lines: dict[str, Any] = document(default="[]")
    remarks: str | None = long_text(nullable=True)
    cancellation: dict[str, Any] = document(default="[]")
    urgency_fee_applies: bool = Field(sa_column_kwargs=FALSE)
    minutes: int
    currency: str = Field(max_length=3)
    subtotal_cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    vat_category: str = Field(max_length=2)
    vat_rate_bp: int
    vat_cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    total_cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    terms_id: UUID = Field(sa_column=Column(ForeignKey("terms.id"), nullable=False))
    quoted_on: date
    valid_until_on: date
    expires_at: datetime = instant()
    text: str = long_text()
    text_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    recipient: str | None = Field(max_length=254)
    created_at: datetime = instant()
    sent_at: datetime | None = instant(nullable=True)
    reminded_at: datetime | None = instant(nullable=True)
    decided_at: datetime | None = instant(nullable=True)


class QuoteDecision(SQLModel, table=True):
    """Who accepted or refused a version, when and from where, and the digest of the text (append-only, once)."""

    __tablename__ = "quote_decisions"
    __table_args__ = (
        one_of("decision", "accepted", "refused"),
        one_of("channel", "link", "agent"),
        CheckConstraint("(channel = 'agent') = (reference IS NOT NULL)", name="reference_where_written"),
        CheckConstraint("octet_length(text_sha256) = 32", name="text_sha256_is_sha256"),
    )
    quote_id: UUID = Field(sa_column=Column(ForeignKey("quotes.id"), primary_key=True))
    decision: str = Field(max_length=10)
    channel: str = Field(max_length=10)
    name: str = Field(max_length=120)
    role: str | None = Field(max_length=120)
    reason: str | None = Field(max_length=1000)
    reference: str | None = Field(max_length=200)
    actor: dict[str, Any] = document()
    client_address: str = Field(max_length=64)
    user_agent: str | None = Field(max_length=300)
    text_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    decided_at: datetime = instant()


class QuoteAlert(SQLModel, table=True):
    """A share of an estimate that the time worked has reached, told once (Q2; append-only)."""

    __tablename__ = "quote_alerts"
    quote_id: UUID = Field(sa_column=Column(ForeignKey("quotes.id"), primary_key=True))
    percent: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    minutes: int
    created_at: datetime = instant()


class QuoteCharge(SQLModel, table=True):
    """What a quote puts on an invoice, once (append-only, invariant 4): its price, or what its clause says."""

    __tablename__ = "quote_charges"
    __table_args__ = (
        one_of("kind", "quote", "permanence", "cancellation"),
        CheckConstraint("amount_cents >= 0", name="amount_not_negative"),
        CheckConstraint("(kind = 'quote') = (permanence_id IS NULL)", name="kind_fits"),
        ForeignKeyConstraint(["client_id", "quote_id"], ["quotes.client_id", "quotes.id"]),
        ForeignKeyConstraint(
            ["client_id", "permanence_id"], ["permanence_requests.client_id", "permanence_requests.id"]
        ),
        UniqueConstraint("quote_id"),
        UniqueConstraint("permanence_id"),
        Index("ix_quote_charges_client_id_performed_on", "client_id", "performed_on"),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID
    quote_id: UUID
    permanence_id: UUID | None
    kind: str = Field(max_length=12)
    amount_cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = Field(max_length=3)
    lines: dict[str, Any] = document(default="[]")
    explanation: dict[str, Any] = document()
    performed_on: date
    created_at: datetime = instant()
