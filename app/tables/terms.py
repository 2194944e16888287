"""Versions of the support terms: policy as data, never a constant in code (rule N1)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.tables.base import document, instant


class Terms(SQLModel, table=True):
    __tablename__ = "terms"
    __table_args__ = (
        CheckConstraint("hourly_rate_cents >= 0 AND urgency_opening_fee_cents >= 0", name="prices_not_negative"),
        CheckConstraint("contract_discount_bp BETWEEN 0 AND 10000", name="discount_is_a_share"),
        CheckConstraint(
            "billing_increment_minutes > 0 AND minimum_minutes > 0 AND quote_threshold_minutes > 0",
            name="minutes_positive",
        ),
    )
    id: UUID = Field(primary_key=True)
    effective_on: date = Field(unique=True)
    currency: str = Field(max_length=3)
    hourly_rate_cents: int
    contract_discount_bp: int
    urgency_opening_fee_cents: int
    urgency_hourly_rate_cents: int | None
    urgency_included_minutes: int
    billing_increment_minutes: int
    minimum_minutes: int
    quote_threshold_minutes: int
    text: dict[str, Any] = document()
    published_at: datetime = instant()
