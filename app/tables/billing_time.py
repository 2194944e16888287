"""Time entries, where their minutes are, and the clocks that run (rules P, C; invariants 1 and 2)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint
from sqlmodel import Field, SQLModel

from app.tables.base import instant, one_of
from app.tables.tickets import LANES

PLACES = ("drawn", "open", "quoted", "non_billable", "written_off")


class TimeEntry(SQLModel, table=True):
    """Work as a fact (append-only): a correction is a counter-entry, with minutes below zero, and a new entry (P6).

    A trigger refuses an entry that is not priced by the terms in force on its local date (P3).
    """

    __tablename__ = "time_entries"
    __table_args__ = (
        one_of("kind", "work", "counter"),
        one_of("lane", *LANES),
        CheckConstraint("(kind = 'counter') = (corrects_id IS NOT NULL)", name="counter_corrects"),
        CheckConstraint("num_nonnulls(corrects_id, replaces_id) <= 1", name="corrects_or_replaces"),
        CheckConstraint(
            "(correction_reason IS NOT NULL) = (num_nonnulls(corrects_id, replaces_id) = 1)", name="correction_reason"
        ),
        CheckConstraint(
            "CASE kind WHEN 'work' THEN worked_minutes > 0 AND billed_minutes >= worked_minutes "
            "ELSE worked_minutes < 0 AND billed_minutes <= worked_minutes END",
            name="minutes_signed",
        ),
        CheckConstraint("num_nulls(started_at, ended_at) IN (0, 2) AND ended_at > started_at", name="span"),
        CheckConstraint("client_id IS NOT NULL OR non_billable_reason IS NOT NULL", name="client_pays"),
        CheckConstraint("hourly_rate_cents >= 0 AND discount_bp BETWEEN 0 AND 10000", name="rate"),
        CheckConstraint(
            "num_nonnulls(ticket_id, permanence_id) = 1 AND (permanence_id IS NULL OR client_id IS NOT NULL)",
            name="one_subject",
        ),
        ForeignKeyConstraint(["client_id", "ticket_id"], ["tickets.client_id", "tickets.id"]),
        ForeignKeyConstraint(
            ["client_id", "permanence_id"], ["permanence_requests.client_id", "permanence_requests.id"]
        ),
        ForeignKeyConstraint(["client_id", "corrects_id"], ["time_entries.client_id", "time_entries.id"]),
        ForeignKeyConstraint(["client_id", "replaces_id"], ["time_entries.client_id", "time_entries.id"]),
        UniqueConstraint("client_id", "id"),
        UniqueConstraint("corrects_id"),
        # Lists: newest work first, whole, per client, per ticket, per agent, per permanence.
        Index("ix_time_entries_worked_on_id", "worked_on", "id"),
        Index("ix_time_entries_client_id_worked_on_id", "client_id", "worked_on", "id"),
        Index("ix_time_entries_ticket_id_worked_on_id", "ticket_id", "worked_on", "id"),
        Index("ix_time_entries_agent_id_worked_on_id", "agent_id", "worked_on", "id"),
        Index(
            "ix_time_entries_permanence_id_worked_on_id",
            "permanence_id",
            "worked_on",
            "id",
            postgresql_where=text("permanence_id IS NOT NULL"),
        ),
    )
    id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=10)
    client_id: UUID | None  # none where only time that nobody pays can be: a ticket of nobody known (T4)
    ticket_id: UUID | None = Field(sa_column=Column(ForeignKey("tickets.id"), nullable=True))
    permanence_id: UUID | None  # on-call, whose price covers the time (O4)
    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id"), nullable=False))
    worked_on: date
    started_at: datetime | None = instant(nullable=True)
    ended_at: datetime | None = instant(nullable=True)
    worked_minutes: int
    billed_minutes: int
    lane: str = Field(max_length=10)
    description: str = Field(max_length=2000)
    non_billable_reason: str | None = Field(max_length=200)
    flags: list[str] = Field(
        sa_column=Column(ARRAY(String(40)), nullable=False, server_default=text("'{}'::varchar[]"))
    )
    terms_id: UUID = Field(sa_column=Column(ForeignKey("terms.id"), nullable=False))
    hourly_rate_cents: int
    discount_bp: int
    currency: str = Field(max_length=3)
    corrects_id: UUID | None
    replaces_id: UUID | None
    correction_reason: str | None = Field(max_length=500)
    part_of_id: UUID | None = Field(sa_column=Column(ForeignKey("time_entries.id"), nullable=True))
    logged_at: datetime = instant()


class TimeAllocation(SQLModel, table=True):
    """Minutes that come to a place or leave it (append-only), see `app/domain/allocation.py`.

    Deferred triggers keep the sum of an entry's rows at its billed minutes. A drawn row is a line of the contract's
    statement: the trigger locks the contract, gives `position` and the running balance, refuses what is not there.
    """

    __tablename__ = "time_allocations"
    __table_args__ = (
        one_of("place", *PLACES),
        CheckConstraint("minutes <> 0", name="minutes_not_zero"),
        CheckConstraint(
            "num_nulls(contract_id, position, left_minutes) = CASE place WHEN 'drawn' THEN 0 ELSE 3 END",
            name="drawn_from_a_contract",
        ),
        CheckConstraint("client_id IS NOT NULL OR place = 'non_billable'", name="client_pays"),
        ForeignKeyConstraint(["client_id", "entry_id"], ["time_entries.client_id", "time_entries.id"]),
        ForeignKeyConstraint(["client_id", "contract_id"], ["contracts.client_id", "contracts.id"]),
        Index("ix_time_allocations_entry_id", "entry_id"),
        Index(
            "uq_time_allocations_contract_id_position",
            "contract_id",
            "position",
            unique=True,
            postgresql_where=text("contract_id IS NOT NULL"),
        ),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID | None
    entry_id: UUID
    place: str = Field(max_length=12)
    minutes: int
    contract_id: UUID | None
    position: int | None
    left_minutes: int | None
    created_at: datetime = instant()


class OpenTime(SQLModel, table=True):
    """What is still to be invoiced: an entry's open minutes, kept by triggers, gone at zero.

    Allocations bring them, invoices take them out (`invoice_entries`); an entry and its counter-entry cancel each
    other out. It holds all that an invoice asks of an entry, so that a run reads nothing else.
    """

    __tablename__ = "open_time"
    __table_args__ = (
        CheckConstraint("minutes <> 0", name="minutes_not_zero"),
        ForeignKeyConstraint(["client_id", "entry_id"], ["time_entries.client_id", "time_entries.id"]),
        Index("ix_open_time_client_id_worked_on_entry_id", "client_id", "worked_on", "entry_id"),
        Index("ix_open_time_ticket_id", "ticket_id"),
    )
    entry_id: UUID = Field(primary_key=True)
    client_id: UUID
    ticket_id: UUID
    worked_on: date
    minutes: int
    hourly_rate_cents: int
    discount_bp: int
    terms_id: UUID
    agent_id: UUID
    late: bool
    corrects_id: UUID | None


class ChargeableTime(SQLModel, table=True):
    """What a ticket's entries add up to where somebody pays for them, prepaid or not, kept by a trigger (Q1)."""

    __tablename__ = "chargeable_time"
    __table_args__ = ({"postgresql_with": {"fillfactor": "50"}},)  # room for the next sum beside the last one
    ticket_id: UUID = Field(sa_column=Column(ForeignKey("tickets.id"), primary_key=True))
    minutes: int


class BusyTime(SQLModel, table=True):
    """When an agent worked, for timed entries that no counter-entry takes back: touching is fine, overlapping not."""

    __tablename__ = "busy_times"
    __table_args__ = (
        ExcludeConstraint(("agent_id", "="), ("during", "&&"), using="gist", name="ex_busy_times_agent_id_during"),
    )
    entry_id: UUID = Field(sa_column=Column(ForeignKey("time_entries.id"), primary_key=True))
    agent_id: UUID
    during: Any = Field(sa_column=Column(TSTZRANGE, nullable=False))


class Timer(SQLModel, table=True):
    """A clock that runs for an agent, one at a time; it lives here, so it outlives any process."""

    __tablename__ = "timers"
    __table_args__ = (
        CheckConstraint("stopped_at >= started_at", name="stopped_after_started"),
        CheckConstraint("entry_id IS NULL OR stopped_at IS NOT NULL", name="logged_when_stopped"),
        Index("uq_timers_running", "agent_id", unique=True, postgresql_where=text("stopped_at IS NULL")),
    )
    id: UUID = Field(primary_key=True)
    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id"), nullable=False))
    ticket_id: UUID = Field(sa_column=Column(ForeignKey("tickets.id"), nullable=False))
    description: str | None = Field(max_length=2000)
    started_at: datetime = instant()
    stopped_at: datetime | None = instant(nullable=True)
    entry_id: UUID | None = Field(sa_column=Column(ForeignKey("time_entries.id"), nullable=True))
