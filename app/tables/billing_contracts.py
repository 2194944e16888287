"""Prepaid maintenance hours: contracts, what came to them beside draws, and the alerts about them (rule C)."""

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
    Integer,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from app.tables.base import instant, one_of


def _sum() -> Any:
    """What the triggers keep."""
    return Field(sa_column=Column(Integer, nullable=False, server_default=text("0")))


class Contract(SQLModel, table=True):
    """Hours bought for a year: a pool of minutes (C1, C2).

    The facts of the purchase never change. The four sums are what movements and draws add up to; only their
    triggers change them, and the CHECK keeps the pool at or above zero (invariant 3).
    """

    __tablename__ = "contracts"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        CheckConstraint(
            "bought_minutes + granted_minutes - drawn_minutes - refunded_minutes - carried_minutes >= 0",
            name="not_overdrawn",
        ),
        CheckConstraint("least(granted_minutes, drawn_minutes, refunded_minutes, carried_minutes) >= 0", name="sums"),
        CheckConstraint("bought_minutes > 0 AND price_cents >= 0 AND hourly_rate_cents >= 0", name="bought"),
        CheckConstraint("starts_on <= expires_on AND date_part('year', purchased_on) = year", name="year"),
        CheckConstraint("discount_bp BETWEEN 0 AND 10000", name="discount_is_a_share"),
        CheckConstraint("effective_at IS NOT NULL OR effective_reason IS NULL", name="reason_of_effect"),
        Index("ix_contracts_expires_on_id", "expires_on", "id"),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), nullable=False))
    year: int
    purchased_on: date
    starts_on: date
    expires_on: date
    terms_id: UUID = Field(sa_column=Column(ForeignKey("terms.id"), nullable=False))
    hourly_rate_cents: int
    discount_bp: int
    bought_minutes: int
    price_cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = Field(max_length=3)
    effective_at: datetime | None = instant(nullable=True)
    effective_reason: str | None = Field(max_length=500)
    granted_minutes: int = _sum()
    drawn_minutes: int = _sum()
    refunded_minutes: int = _sum()
    carried_minutes: int = _sum()
    lines: int = _sum()
    created_at: datetime = instant()


class ContractMovement(SQLModel, table=True):
    """A line of a contract's statement that is no draw (append-only); draws are allocations with the same numbering.

    The trigger gives `position` and `left_minutes`, the running balance after the line.
    """

    __tablename__ = "contract_movements"
    __table_args__ = (
        one_of("kind", "bought", "granted", "refunded", "carried"),
        CheckConstraint("minutes > 0 AND left_minutes >= 0", name="minutes_positive"),
        CheckConstraint("(amount_cents IS NOT NULL) = (kind IN ('bought', 'refunded'))", name="amount_where_paid"),
        CheckConstraint("(kind <> 'bought') <= (reason IS NOT NULL)", name="reason_given"),
        CheckConstraint("(kind = 'carried') <= (other_contract_id IS NOT NULL)", name="carried_to_another"),
        ForeignKeyConstraint(["client_id", "contract_id"], ["contracts.client_id", "contracts.id"]),
        ForeignKeyConstraint(["client_id", "other_contract_id"], ["contracts.client_id", "contracts.id"]),
        UniqueConstraint("contract_id", "position"),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID
    contract_id: UUID
    position: int
    kind: str = Field(max_length=10)
    minutes: int
    left_minutes: int
    amount_cents: int | None = Field(sa_column=Column(BigInteger, nullable=True))
    reason: str | None = Field(max_length=500)
    other_contract_id: UUID | None
    created_at: datetime = instant()


class ContractAlert(SQLModel, table=True):
    """A threshold that a contract has reached, told once (C5): per cent used, or days before expiry."""

    __tablename__ = "contract_alerts"
    __table_args__ = (
        one_of("kind", "usage", "expiry"),
        ForeignKeyConstraint(["client_id", "contract_id"], ["contracts.client_id", "contracts.id"]),
        UniqueConstraint("contract_id", "kind", "threshold"),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID
    contract_id: UUID
    kind: str = Field(max_length=10)
    threshold: int
    created_at: datetime = instant()
