"""Series of numbers; invoice runs and what became of each client in them (rule I)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary
from sqlmodel import Field, SQLModel

from app.tables.base import document, instant, long_text, one_of


class InvoiceCounter(SQLModel, table=True):
    """The head of a series: its last number, date and hash. Only the trigger that issues a document changes it (I4)."""

    __tablename__ = "invoice_counters"
    __table_args__ = (
        one_of("kind", "invoice", "credit_note", "statement"),
        CheckConstraint("last > 0 AND octet_length(sha256) = 32", name="last_positive"),
    )
    kind: str = Field(primary_key=True, max_length=12)
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int
    issued_on: date
    sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class InvoiceRun(SQLModel, table=True):
    """One pass over the clients of a cycle; it is worked off client by client, each in a transaction of its own."""

    __tablename__ = "invoice_runs"
    __table_args__ = (
        one_of("cycle", "quarterly", "monthly"),
        one_of("status", "running", "done"),
        CheckConstraint("(status = 'done') = (finished_at IS NOT NULL)", name="done_has_time"),
        Index("ix_invoice_runs_client_id", "client_id"),
    )
    id: UUID = Field(primary_key=True)
    cycle: str = Field(max_length=10)
    period: str = Field(max_length=7)
    period_start: date
    period_end: date
    client_id: UUID | None = Field(sa_column=Column(ForeignKey("clients.id"), nullable=True))
    issue: bool
    digests: dict[str, Any] = document()
    actor: dict[str, Any] = document()
    status: str = Field(max_length=10)
    clients: int
    started_at: datetime = instant()
    finished_at: datetime | None = instant(nullable=True)


class InvoiceRunResult(SQLModel, table=True):
    """What a run did for a client, written in the transaction that did it."""

    __tablename__ = "invoice_run_results"
    __table_args__ = (
        one_of("outcome", "created", "skipped", "parked"),
        CheckConstraint("(outcome = 'created') = (reason IS NULL)", name="reason_unless_created"),
        Index("ix_invoice_run_results_run_id_outcome_client_id", "run_id", "outcome", "client_id"),
        Index("ix_invoice_run_results_client_id", "client_id"),
    )
    run_id: UUID = Field(sa_column=Column(ForeignKey("invoice_runs.id"), primary_key=True))
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), primary_key=True))
    outcome: str = Field(max_length=10)
    reason: str | None = Field(max_length=60)
    detail: str | None = long_text(nullable=True)
    invoice_id: UUID | None  # a draft may be deleted later: what the run did stays on record
    created_at: datetime = instant()
