"""On-call outside opening hours: requests, the windows that were bought, the agents who stand by (rule O)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint
from sqlmodel import Field, SQLModel

from app.tables.base import document, instant, one_of, version_column


class PermanenceRequest(SQLModel, table=True):
    """A formal request (O1). `windows` are its parts outside opening hours, `suggestion` what the grid made of it."""

    __tablename__ = "permanence_requests"
    __table_args__ = (
        one_of("status", "requested", "quoted", "accepted", "scheduled", "done", "refused", "cancelled"),
        CheckConstraint("ends_at > starts_at AND starts_at > requested_at", name="window_ahead"),
        CheckConstraint("standby_minutes > 0 AND cut_minutes >= 0 AND lead_time_minutes >= 0", name="minutes"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_has_time"),
        CheckConstraint("(status = 'done') = (completed_at IS NOT NULL)", name="done_has_time"),
        UniqueConstraint("client_id", "id"),
        Index("ix_permanence_requests_status_id", "status", "id"),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), nullable=False))
    event: str = Field(max_length=200)
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    windows: dict[str, Any] = document(default="[]")
    standby_minutes: int
    cut_minutes: int
    requested_by: str = Field(max_length=120)
    contact_name: str = Field(max_length=120)
    contact_email: str | None = Field(max_length=254)
    contact_phone: str | None = Field(max_length=20)
    status: str = Field(max_length=10)
    lead_time_minutes: int
    suggestion: dict[str, Any] | None = Field(sa_column=Column(JSONB, nullable=True))
    terms_id: UUID = Field(sa_column=Column(ForeignKey("terms.id"), nullable=False))
    requested_at: datetime = instant()
    cancelled_at: datetime | None = instant(nullable=True)
    cancellation_reason: str | None = Field(max_length=500)
    completed_at: datetime | None = instant(nullable=True)
    unstaffed_told_at: datetime | None = instant(nullable=True)
    version: int = version_column()


class PermanenceSite(SQLModel, table=True):
    """A site that the on-call is about."""

    __tablename__ = "permanence_sites"
    __table_args__ = (
        ForeignKeyConstraint(
            ["client_id", "permanence_id"], ["permanence_requests.client_id", "permanence_requests.id"]
        ),
        ForeignKeyConstraint(["client_id", "site_id"], ["sites.client_id", "sites.id"]),
        Index("ix_permanence_sites_client_id", "client_id"),
    )
    permanence_id: UUID = Field(primary_key=True)
    site_id: UUID = Field(primary_key=True)
    client_id: UUID


class PermanenceWindow(SQLModel, table=True):
    """A stretch that an accepted quote bought; it counts while its request is accepted, scheduled or done (O3)."""

    __tablename__ = "permanence_windows"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        ForeignKeyConstraint(
            ["client_id", "permanence_id"], ["permanence_requests.client_id", "permanence_requests.id"]
        ),
        UniqueConstraint("permanence_id", "starts_at"),
        Index("ix_permanence_windows_client_id_ends_at", "client_id", "ends_at"),
        Index("ix_permanence_windows_starts_at_id", "starts_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID
    permanence_id: UUID
    starts_at: datetime = instant()
    ends_at: datetime = instant()


class PermanenceShift(SQLModel, table=True):
    """An agent who stands by for a stretch; nobody can for two at the same time."""

    __tablename__ = "permanence_shifts"
    __table_args__ = (
        CheckConstraint("NOT isempty(during)", name="during_not_empty"),
        ExcludeConstraint(
            ("agent_id", "="), ("during", "&&"), using="gist", name="ex_permanence_shifts_agent_id_during"
        ),
    )
    id: UUID = Field(primary_key=True)
    permanence_id: UUID = Field(sa_column=Column(ForeignKey("permanence_requests.id"), nullable=False, index=True))
    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id"), nullable=False))
    during: Any = Field(sa_column=Column(TSTZRANGE, nullable=False))
    created_at: datetime = instant()


class CalendarSubscription(SQLModel, table=True):
    """The secret address of an agent's calendar, made of its signed id; an ended one stays ended."""

    __tablename__ = "calendar_subscriptions"
    __table_args__ = (
        Index("uq_calendar_subscriptions_agent_id", "agent_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )
    id: UUID = Field(primary_key=True)
    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id"), nullable=False))
    created_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
