"""Shapes of prices, balances, costs and simulations."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, Strict

from app.billing.contracts.schemas import PoolOut
from app.billing.terms.schemas import Urgency
from app.billing.time_entries.schemas import DrawOut, StepOut
from app.core.shapes import Bool, In, LocalDate, Out
from app.domain.vat import Category

Lane = Literal["urgent", "standard"]


class PricesOut(Out):
    """Which terms price the client's work of a date."""

    client_id: UUID
    on: date
    terms_id: UUID
    effective_on: date
    currency: Literal["EUR"]
    hourly_rate_cents: int
    contract_discount_bp: int
    contract_hourly_rate_cents: int = Field(description="Of prepaid hours bought on that date.")
    overflow_discount_bp: int = Field(description="On minutes beyond a contract; 0 without one.")
    urgency: Urgency
    billing_increment_minutes: int
    minimum_minutes: int
    quote_threshold_minutes: int
    pools: list[PoolOut] = Field(description="Contracts that cover work of that date, as they are today.")


class UnbilledOut(Out):
    """What is on no invoice yet, excl. VAT. Corrections of invoiced time stand below zero."""

    minutes: int
    amount_cents: int
    urgency_fees_cents: int
    quotes_cents: int = Field(description="Accepted quotes and on-call.")
    total_cents: int


class BalanceOut(Out):
    """A client's contracts of this and the last year, and what is still to be invoiced."""

    client_id: UUID
    currency: Literal["EUR"]
    left_minutes: int = Field(description="Of all contracts that can be drawn from today.")
    pools: list[PoolOut]
    unbilled: UnbilledOut


class SimulationIn(In):
    """Work as it might be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"minutes": 90, "lane": "standard", "worked_on": "2026-11-24"},
                {"minutes": 30, "lane": "urgent", "worked_on": "2026-11-24", "urgency_fee": True},
            ]
        }
    )
    minutes: Annotated[int, Strict(), Field(ge=1, le=10_000)]
    lane: Lane = "standard"
    worked_on: Annotated[LocalDate | None, Field(description="Default: today.")] = None
    client_id: UUID | None = None
    urgency_fee: Annotated[Bool, Field(description="An urgency is opened for it: its fee is due too.")] = False


class SimulationOut(Out):
    """What the work would cost; nothing was written."""

    client_id: UUID | None
    worked_on: date
    lane: Lane
    terms_id: UUID
    worked_minutes: int
    billed_minutes: int
    drawn_minutes: int
    draws: list[DrawOut]
    non_billable_minutes: int = Field(description="Included in the urgency's fee.")
    billable_minutes: int
    hourly_rate_cents: int
    discount_bp: int
    amount_cents: int
    urgency_fee_cents: int
    subtotal_cents: int
    vat_category: Category
    vat_rate_bp: int
    vat_cents: int
    total_cents: int
    currency: Literal["EUR"]
    quote_needed: bool
    quote_threshold_minutes: int
    invoice_period: str = Field(examples=["2026-Q4"], description="Whose invoice it would be on.")
    invoiced_from_on: date = Field(description="The first day on which that invoice can be issued.")
    explanation: list[StepOut]


class RemainingOut(Out):
    """What the rest of the estimate would cost, were it done today."""

    minutes: int
    drawn_minutes: int
    billable_minutes: int
    amount_cents: int


class CostOut(Out):
    """What a ticket costs so far, excl. VAT, and what pools cover of it."""

    ticket_id: UUID
    client_id: UUID | None
    currency: Literal["EUR"]
    worked_minutes: int
    billed_minutes: int
    drawn_minutes: int
    quoted_minutes: int
    non_billable_minutes: int
    written_off_minutes: int
    billable_minutes: int
    invoiced_minutes: int
    amount_cents: int = Field(description="Of the billable minutes.")
    urgency_fee_cents: int
    total_cents: int
    pool_left_minutes: int = Field(description="Prepaid minutes left for work of today.")
    chargeable_minutes: int = Field(description="Drawn and billable: what counts towards a quote (Q1).")
    quote_threshold_minutes: int
    quote_needed: bool
    estimated_minutes: int | None
    remaining: RemainingOut | None = Field(description="null without an estimate, or when it is used up.")
