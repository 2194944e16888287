"""What the service promises to do later, and what it remembers of what was done."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, String, text
from sqlmodel import Field, SQLModel

from app.tables.base import document, instant, one_of
from app.tables.people import LANGUAGES


class Job(SQLModel, table=True):
    """Work enqueued in the transaction that makes it necessary; a finished job's row is deleted (ADR 0003)."""

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("status", "queued", "running", "dead"),
        CheckConstraint("(status = 'running') = (lease_until IS NOT NULL)", name="running_has_lease"),
        Index("ix_jobs_due", "run_at", "id", postgresql_where=text("status = 'queued'")),
        Index("ix_jobs_leases", "lease_until", postgresql_where=text("status = 'running'")),
        Index("ix_jobs_dead", "id", postgresql_where=text("status = 'dead'")),
        Index("uq_jobs_unique_key", "unique_key", unique=True),
    )
    id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=40)
    payload: dict[str, Any] = document()
    unique_key: str | None = Field(max_length=100)
    status: str = Field(max_length=10, sa_column_kwargs={"server_default": text("'queued'")})
    run_at: datetime = instant()
    attempts: int = Field(sa_column_kwargs={"server_default": text("0")})
    lease_until: datetime | None = instant(nullable=True)
    last_error: str | None = Field(max_length=500)
    created_at: datetime = instant()


class OutgoingMail(SQLModel, table=True):
    """One mail to one recipient, or the recorded decision not to send it."""

    __tablename__ = "outgoing_mails"
    __table_args__ = (
        one_of("status", "queued", "sent", "suppressed", "failed", "bounced"),
        one_of("language", *LANGUAGES),
        CheckConstraint("(status = 'suppressed') <= (reason IS NOT NULL)", name="suppressed_has_reason"),
        CheckConstraint("(status IN ('sent', 'bounced')) = (sent_at IS NOT NULL)", name="sent_has_time"),
        # Invariant 10: one acknowledgement decision for each ticket.
        Index(
            "uq_outgoing_mails_acknowledgement",
            "ticket_id",
            unique=True,
            postgresql_where=text("kind = 'acknowledgement'"),
        ),
        Index("ix_outgoing_mails_ticket_id_id", "ticket_id", "id"),
        Index(
            "ix_outgoing_mails_invoice_id_id",
            text("(facts ->> 'invoice_id')"),
            "id",
            postgresql_where=text("kind = 'invoice_sent'"),
        ),
        # Caps per mailbox count what was really meant to leave; two at once cannot both be the next.
        Index(
            "uq_outgoing_mails_mailbox_acknowledgement_number",
            "mailbox",
            "acknowledgement_number",
            unique=True,
            postgresql_where=text("acknowledgement_number IS NOT NULL"),
        ),
    )
    id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=40)
    ticket_id: UUID | None = Field(sa_column=Column(ForeignKey("tickets.id"), nullable=True))
    recipient: str = Field(max_length=254)
    mailbox: str = Field(max_length=254)  # the recipient without case and sub-address, for the caps
    acknowledgement_number: int | None  # the how-manieth acknowledgement to this mailbox, from 1
    language: str = Field(max_length=2)
    facts: dict[str, Any] = document()
    status: str = Field(max_length=12)
    reason: str | None = Field(max_length=60)
    created_at: datetime = instant()
    sent_at: datetime | None = instant(nullable=True)


class Event(SQLModel, table=True):
    """What happened, once, in order: a ticket's history and the feed of everything (append-only).

    `xid` is the writing transaction: a reader that stays below the snapshot horizon misses nothing (invariant 12).
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_ticket_id_id", "ticket_id", "id"),
        Index("ix_events_xid_id", "xid", "id"),
    )
    id: UUID = Field(primary_key=True)
    xid: int = Field(
        sa_column=Column(BigInteger, nullable=False, server_default=text("(pg_current_xact_id()::text)::bigint"))
    )
    type: str = Field(max_length=60)
    ticket_id: UUID | None = Field(sa_column=Column(ForeignKey("tickets.id"), nullable=True))
    client_id: UUID | None = Field(sa_column=Column(ForeignKey("clients.id"), nullable=True))
    subject_id: UUID
    actor: dict[str, Any] = document()
    data: dict[str, Any] = document()
    occurred_at: datetime = instant()


class AuditEntry(SQLModel, table=True):
    """Who called what, with which key, and what it touched (append-only, invariant 15)."""

    __tablename__ = "audit_log"
    __table_args__ = (
        # Lists, newest first: whole, per key, per operation.
        Index("ix_audit_log_occurred_at_id", "occurred_at", "id"),
        Index("ix_audit_log_api_key_id_occurred_at_id", "api_key_id", "occurred_at", "id"),
        Index("ix_audit_log_operation_occurred_at_id", "operation", "occurred_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    occurred_at: datetime = instant()
    api_key_id: UUID | None = Field(sa_column=Column(ForeignKey("api_keys.id"), nullable=True))
    role: str = Field(max_length=20)
    operation: str = Field(max_length=80)
    path: str = Field(max_length=500)
    status_code: int
    request_id: str = Field(max_length=64)
    client_address: str = Field(max_length=64)
    data: dict[str, Any] = document()


class IdempotencyKey(SQLModel, table=True):
    """The reply that a repeated POST gets again, kept 30 days."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        CheckConstraint("octet_length(fingerprint) = 32", name="fingerprint_is_sha256"),
        # Rows come in order of time: a summary of each block is enough for the purge.
        Index("ix_idempotency_keys_created_at", "created_at", postgresql_using="brin"),
    )
    scope: str = Field(sa_column=Column(String(40), primary_key=True))
    route: str = Field(sa_column=Column(String(200), primary_key=True))
    key: str = Field(sa_column=Column(String(255), primary_key=True))
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    status_code: int
    headers: dict[str, Any] = document()
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = instant()


class RateLimit(SQLModel, table=True):
    """Counters of the current window; unlogged, because a crash may forget them and nothing else."""

    __tablename__ = "rate_limits"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)
    key: str = Field(sa_column=Column(String(120), primary_key=True))
    window_started_at: datetime = instant()
    hits: int


class SpentProof(SQLModel, table=True):
    """Proofs of work that were used: each opens the door once."""

    __tablename__ = "spent_proofs"
    digest: str = Field(sa_column=Column(String(64), primary_key=True))
    spent_at: datetime = instant()
