"""Shapes of contracts."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, Strict

from app.billing.pools.service import pool_of
from app.core.db import Row
from app.core.shapes import In, Line, LocalDate, Minutes, Out
from app.domain.balance import Balance, balance
from app.domain.contract import ContractStatus, contract_status
from app.domain.money import discounted_cents

Reason = Annotated[Line, Field(max_length=500)]
Year = Annotated[int, Strict(), Field(ge=2022, le=2099)]


class ContractIn(In):
    """Hours bought for a calendar year (C1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "client_id": "01a20fd8-5f0c-744a-9ddb-76f0e030990a",
                    "year": 2026,
                    "bought_minutes": 1200,
                    "purchased_on": "2026-11-02",
                }
            ]
        }
    )
    client_id: UUID
    year: Annotated[Year, Field(description="The year of the purchase: its hours expire with it.")]
    bought_minutes: Minutes
    purchased_on: Annotated[LocalDate | None, Field(description="Default: today. Its terms give the rate.")] = None


class EffectiveIn(In):
    """Why a contract counts before its invoice is issued."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Paid in advance, invoice follows"}]})
    reason: Reason


class GrantIn(In):
    """Minutes for nothing, or some that expired on an earlier contract (C1)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 60, "reason": "For the long outage in May"}]})
    minutes: Minutes
    reason: Reason
    carried_from_id: Annotated[UUID | None, Field(description="The expired contract that they are carried from.")] = (
        None
    )


class RefundIn(In):
    """Unused minutes to give back at the price paid (C6)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"minutes": 120, "reason": "The client closes its shop"}]}
    )
    minutes: Minutes
    reason: Reason


class PoolOut(Out):
    """A contract's minutes today: left = bought + granted - drawn - expired - refunded."""

    contract_id: UUID
    year: int
    status: ContractStatus
    bought_minutes: int
    granted_minutes: int
    drawn_minutes: int
    expired_minutes: int
    refunded_minutes: int
    left_minutes: int
    expires_on: date


class ContractOut(Out):
    """Prepaid hours. `left_minutes` can still be drawn by work of the contract's year."""

    id: UUID
    client_id: UUID
    year: int
    status: ContractStatus = Field(
        description="pending: its invoice is not issued yet; if it stays so, `POST …/invoice` says what is in the way."
    )
    purchased_on: date
    starts_on: date
    expires_on: date
    hourly_rate_cents: int = Field(description="Of the purchase date's terms, before the discount.")
    discount_bp: int
    discounted_hourly_rate_cents: int
    price_cents: int = Field(description="Excl. VAT.")
    currency: Literal["EUR"]
    terms_id: UUID
    bought_minutes: int
    granted_minutes: int
    drawn_minutes: int
    expired_minutes: int
    refunded_minutes: int
    left_minutes: int
    effective_at: datetime | None = Field(description="Since when it can be drawn from.")
    effective_reason: str | None
    created_at: datetime


class StatementLineOut(Out):
    """A line of the statement: what it added or took, and what it left."""

    position: int
    kind: Literal["bought", "granted", "drawn", "refunded", "carried", "expired"]
    minutes: int = Field(description="Above zero when it adds, below when it takes; a correction gives back.")
    left_minutes: int
    entry_id: UUID | None
    ticket_id: UUID | None
    worked_on: date | None
    amount_cents: int | None
    reason: str | None
    other_contract_id: UUID | None = Field(description="Where carried minutes came from, or went.")
    created_at: datetime | None = Field(description="null for the line that the calendar adds.")


class GrantOut(Out):
    """Granted minutes."""

    id: UUID
    contract_id: UUID
    position: int
    minutes: int
    left_minutes: int
    reason: str
    carried_from_id: UUID | None
    created_at: datetime


class RefundOut(Out):
    """Refunded minutes, and what a credit note gives back for them, excl. VAT."""

    id: UUID
    contract_id: UUID
    position: int
    minutes: int
    left_minutes: int
    amount_cents: int
    currency: Literal["EUR"]
    reason: str
    created_at: datetime


FACTS = (
    "id", "client_id", "year", "purchased_on", "starts_on", "expires_on", "hourly_rate_cents", "discount_bp",
    "price_cents", "currency", "terms_id", "effective_at", "effective_reason", "created_at",
)  # fmt: skip


def sums(found: Balance) -> dict[str, int]:
    """A balance as the shapes name it."""
    return {name: getattr(found, name) for name in Balance.__slots__}


def contract_out(row: Row, today: date) -> ContractOut:
    """A row of queries.CONTRACT as its shape on a day."""
    pool = pool_of(row)
    return ContractOut(
        **{name: row[name] for name in FACTS},
        **sums(balance(pool, today)),
        status=contract_status(pool, today),
        discounted_hourly_rate_cents=discounted_cents(row["hourly_rate_cents"], row["discount_bp"]),
    )


def pool_out(row: Row, today: date) -> PoolOut:
    """A contract's minutes alone."""
    pool = pool_of(row)
    return PoolOut(
        contract_id=row["id"],
        year=row["year"],
        expires_on=row["expires_on"],
        status=contract_status(pool, today),
        **sums(balance(pool, today)),
    )


def expired_line(row: Row, today: date) -> StatementLineOut | None:
    """The last line of an expired contract's statement: what was left is gone, by the calendar alone."""
    pool = pool_of(row)
    if today <= pool.expires_on or not pool.unspent_minutes:
        return None
    nothing = dict.fromkeys(
        ("entry_id", "ticket_id", "worked_on", "amount_cents", "reason", "other_contract_id", "created_at")
    )
    return StatementLineOut(
        position=row["lines"] + 1, kind="expired", minutes=-pool.unspent_minutes, left_minutes=0, **nothing
    )
