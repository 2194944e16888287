"""Versions of the support terms: policy as data, never a constant in code (rule N1)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.tables.base import document, instant


class Terms(SQLModel, table=True):
    """One version, never changed once published (append-only by trigger); see `app/domain/terms.py`."""

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
    out_of_hours_hourly_rate_cents: int | None
    bills_in_project: bool
    contract_grace_days: int
    contract_usable_before_issue: bool
    prepaid_covers_urgent: bool
    overflow_discount_bp: int
    usage_alert_percents: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    expiry_alert_days: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    quote_valid_days: int
    payment_due_days: int
    future_tolerance_minutes: int
    reopen_days: int
    notice_days: int
    quote_reminder_days: int
    permanence_grid: dict[str, Any] = document(default="[]")
    reason: str | None = Field(max_length=500)
    text: dict[str, Any] = document()
    published_at: datetime = instant()


class TermsNotice(SQLModel, table=True):
    """Who was told of a version, or the client nobody could be told of; the mail keeps the delivery's state (N1).

    Name and address stand here as they were, because a contact may ask to be forgotten later.
    """

    __tablename__ = "terms_notices"
    __table_args__ = (
        CheckConstraint("num_nulls(contact_name, recipient, mail_id) IN (0, 3)", name="told_by_mail"),
        UniqueConstraint("mail_id"),
        Index("ix_terms_notices_terms_id_id", "terms_id", "id"),
    )
    id: UUID = Field(primary_key=True)
    terms_id: UUID = Field(sa_column=Column(ForeignKey("terms.id"), nullable=False))
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), nullable=False, index=True))
    contact_name: str | None = Field(max_length=120)
    recipient: str | None = Field(max_length=254)
    mail_id: UUID | None = Field(sa_column=Column(ForeignKey("outgoing_mails.id"), nullable=True))
    created_at: datetime = instant()
