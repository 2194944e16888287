"""Fixed, boring facts for the rules of money; each can be overridden."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from app.domain.contract import Pool
from app.domain.pricing import Work
from app.domain.terms import Terms, UrgencyTerms
from app.domain.ticket import Lane

DAY = date(2026, 6, 22)
PUBLISHED = Terms(
    terms_id=UUID(int=1),
    effective_on=date(2022, 7, 1),
    currency="EUR",
    hourly_rate_cents=12000,
    out_of_hours_hourly_rate_cents=None,
    urgency=UrgencyTerms(opening_fee_cents=15000, hourly_rate_cents=None, included_minutes=0),
    billing_increment_minutes=1,
    minimum_minutes=1,
    bills_in_project=False,
    contract_discount_bp=500,
    contract_grace_days=0,
    contract_usable_before_issue=False,
    prepaid_covers_urgent=True,
    overflow_discount_bp=0,
    usage_alert_percents=(75, 90, 100),
    expiry_alert_days=(60, 30, 7),
    quote_threshold_minutes=480,
    quote_valid_days=30,
    payment_due_days=30,
    future_tolerance_minutes=5,
    reopen_days=14,
    notice_days=30,
)


def a_terms(**changes: Any) -> Terms:
    """The terms of 1 July 2022 with other numbers."""
    return replace(PUBLISHED, **changes)


def an_urgency_terms(**changes: Any) -> UrgencyTerms:
    return replace(PUBLISHED.urgency, **changes)


def a_pool(number: int = 1, minutes: int = 600, **changes: Any) -> Pool:
    """A usable contract of ten hours for 2026, bought on 5 January."""
    facts: dict[str, Any] = {
        "pool_id": UUID(int=number),
        "purchased_on": date(2026, 1, 5),
        "starts_on": date(2026, 1, 1),
        "expires_on": date(2026, 12, 31),
        "usable": True,
        "bought_minutes": minutes,
    }
    return Pool(**{**facts, **changes})


def some_work(minutes: int = 25, **changes: Any) -> Work:
    """Standard work on Monday 22 June 2026."""
    facts: dict[str, Any] = {"worked_on": DAY, "worked_minutes": minutes, "lane": Lane.STANDARD}
    return Work(**{**facts, **changes})
