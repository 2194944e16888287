"""Shapes of the reports."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.shapes import Out


class PoolSums(Out):
    """The contracts of the period's year as they are today: bought + granted = used + left + expired + refunded."""

    bought_minutes: int
    granted_minutes: int
    used_minutes: int
    left_minutes: int
    expired_minutes: int
    refunded_minutes: int
    equal: bool


class ConservationOut(Out):
    """A client's minutes of a period. Billed minutes are the worked ones and what the increment added.

    worked + rounding = billed = drawn + invoiced + quoted + non-billable + written off + not yet billed.
    """

    client_id: UUID
    period: str = Field(examples=["2026-Q4"])
    worked_minutes: int
    rounding_minutes: int
    billed_minutes: int
    drawn_minutes: int
    invoiced_minutes: int
    quoted_minutes: int
    non_billable_minutes: int
    written_off_minutes: int
    not_yet_billed_minutes: int
    equal: bool
    pools: PoolSums


class ClientUnbilledOut(Out):
    """What of a client is on no invoice yet, excl. VAT, and what of it is overdue: of a period that is over."""

    client_id: UUID
    client_name: str
    billing_cycle: Literal["quarterly", "monthly"]
    oldest_worked_on: date | None
    minutes: int
    amount_cents: int
    urgency_fees_cents: int
    quotes_cents: int
    total_cents: int
    overdue_minutes: int
    overdue_cents: int
    currency: Literal["EUR"]
