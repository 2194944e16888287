"""Urgencies and the bookings of their opening fee (rule U)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.tables.base import instant, one_of


class Urgency(SQLModel, table=True):
    """A ticket that was opened as urgent, or became it: once per ticket (U1). Its client follows the ticket's."""

    __tablename__ = "urgencies"
    __table_args__ = (
        CheckConstraint("opening_fee_cents >= 0", name="fee_not_negative"),
        ForeignKeyConstraint(["client_id", "ticket_id"], ["tickets.client_id", "tickets.id"], onupdate="CASCADE"),
        UniqueConstraint("ticket_id"),
        Index("ix_urgencies_client_id_id", "client_id", "id"),
    )
    id: UUID = Field(primary_key=True)
    ticket_id: UUID = Field(sa_column=Column(ForeignKey("tickets.id"), nullable=False))
    client_id: UUID | None = Field(sa_column=Column(ForeignKey("clients.id"), nullable=True))
    requested_by: str = Field(max_length=120)
    opened_at: datetime = instant()
    terms_id: UUID = Field(sa_column=Column(ForeignKey("terms.id"), nullable=False))
    opening_fee_cents: int
    currency: str = Field(max_length=3)


class UrgencyFee(SQLModel, table=True):
    """A booking of the fee (append-only): the one charge, and what reverses it, brings it back or waives it (U4).

    Each row but the charge reverses one other, and each is reversed once at most: the last one tells how the fee
    stands, whoever raced.
    """

    __tablename__ = "urgency_fees"
    __table_args__ = (
        one_of("kind", "charge", "reversal", "reinstatement", "waiver"),
        CheckConstraint("(kind = 'charge') = (reverses_id IS NULL)", name="reverses_another"),
        CheckConstraint("(kind = 'charge') OR (reason IS NOT NULL)", name="reason_given"),
        CheckConstraint(
            "CASE WHEN kind IN ('charge', 'reinstatement') THEN amount_cents >= 0 ELSE amount_cents <= 0 END",
            name="amount_signed",
        ),
        ForeignKeyConstraint(["urgency_id", "reverses_id"], ["urgency_fees.urgency_id", "urgency_fees.id"]),
        UniqueConstraint("urgency_id", "id"),
        UniqueConstraint("reverses_id"),
        Index("uq_urgency_fees_charge", "urgency_id", unique=True, postgresql_where=text("kind = 'charge'")),
    )
    id: UUID = Field(primary_key=True)
    urgency_id: UUID = Field(sa_column=Column(ForeignKey("urgencies.id"), nullable=False))
    kind: str = Field(max_length=14)
    amount_cents: int
    reverses_id: UUID | None
    reason: str | None = Field(max_length=500)
    created_at: datetime = instant()
