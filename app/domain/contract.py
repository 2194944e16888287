"""Prepaid maintenance hours (rule C): a pool is minutes, draws are facts, every balance is derived from them.

A pool belongs to the year of its contract. Time is matched by the date of the work, so work typed in January
for December still draws from December's pool, whenever the job that looks for expired pools happened to run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from app.domain.errors import Refusal
from app.domain.minutes import check_minutes
from app.domain.money import amount_cents
from app.domain.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The sums of one contract in minutes, and the local dates of work it covers, both included.

    `carried_minutes` were granted again on a later contract after this one expired (C1). Refuses sums that
    leave less than nothing as `pool-overdrawn` (invariant 3).
    """

    pool_id: UUID
    purchased_on: date
    starts_on: date
    expires_on: date
    usable: bool
    bought_minutes: int
    granted_minutes: int = 0
    drawn_minutes: int = 0
    refunded_minutes: int = 0
    carried_minutes: int = 0

    def __post_init__(self) -> None:
        """Keep the pool at or above zero."""
        if self.unspent_minutes < 0:
            raise Refusal("pool-overdrawn", "The contract has not that many minutes left.", pool_id=self.pool_id)

    @property
    def unspent_minutes(self) -> int:
        """What work of the pool's own dates can still draw, expired or not."""
        spent = self.drawn_minutes + self.refunded_minutes + self.carried_minutes
        return self.bought_minutes + self.granted_minutes - spent

    def covers(self, worked_on: date) -> bool:
        """Whether work of that local date may draw from it."""
        return self.usable and self.starts_on <= worked_on <= self.expires_on


@dataclass(frozen=True, slots=True)
class Draw:
    """Minutes taken from a pool; negative ones are given back by a correction."""

    pool_id: UUID
    minutes: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a contract costs and when it holds (C1)."""

    terms_id: UUID
    hourly_rate_cents: int
    discount_bp: int
    price_cents: int
    currency: str
    starts_on: date
    expires_on: date


def purchase(terms: Terms, purchased_on: date, year: int, minutes: int) -> Purchase:
    """The price of so many minutes by the terms in force on the purchase date, not pro-rated (C1).

    `hourly_rate_cents` is the rate before the discount; the price is rounded once. Refuses another year than
    the one of the purchase as `contract-year` and less than a minute as `minutes-not-positive`.
    """
    if year != purchased_on.year:
        raise Refusal("contract-year", "Hours are bought for the current calendar year.", year=purchased_on.year)
    check_minutes(minutes)
    return Purchase(
        terms_id=terms.terms_id,
        hourly_rate_cents=terms.hourly_rate_cents,
        discount_bp=terms.contract_discount_bp,
        price_cents=amount_cents(minutes, terms.hourly_rate_cents, terms.contract_discount_bp),
        currency=terms.currency,
        starts_on=date(year, 1, 1),
        expires_on=date(year, 12, 31) + timedelta(days=terms.contract_grace_days),
    )


def in_order(pools: Iterable[Pool]) -> list[Pool]:
    """The order in which pools are used (C2): soonest expiry, then purchase, then id."""
    return sorted(pools, key=lambda pool: (pool.expires_on, pool.purchased_on, pool.pool_id))


def draw(pools: Iterable[Pool], worked_on: date, minutes: int) -> tuple[Draw, ...]:
    """What the pools give for work of a date: never more than is there, the rest is not prepaid (C2, C3)."""
    draws, wanted = [], minutes
    for pool in in_order(pools):
        taken = min(wanted, pool.unspent_minutes) if pool.covers(worked_on) else 0
        if taken > 0:
            draws.append(Draw(pool.pool_id, taken))
            wanted -= taken
    return tuple(draws)


def after(pools: Iterable[Pool], draws: Iterable[Draw]) -> tuple[Pool, ...]:
    """The pools once the draws are booked; refuses any that would fall below zero (invariant 3)."""
    taken: dict[UUID, int] = {}
    for one in draws:
        taken[one.pool_id] = taken.get(one.pool_id, 0) + one.minutes
    return tuple(replace(pool, drawn_minutes=pool.drawn_minutes + taken.get(pool.pool_id, 0)) for pool in pools)


@dataclass(frozen=True, slots=True)
class OpenTime:
    """Minutes of an entry that are billable and on no invoice yet; ids sort in the order of typing."""

    entry_id: UUID
    worked_on: date
    minutes: int


def reabsorb(open_time: Iterable[OpenTime], pools: Sequence[Pool]) -> dict[UUID, tuple[Draw, ...]]:
    """What a top-up takes over of time not invoiced yet, oldest work first (C3): the draws of each entry."""
    taken: dict[UUID, tuple[Draw, ...]] = {}
    for entry in sorted(open_time, key=lambda one: (one.worked_on, one.entry_id)):
        if draws := draw(pools, entry.worked_on, entry.minutes):
            taken[entry.entry_id] = draws
            pools = after(pools, draws)
    return taken


class ContractStatus(StrEnum):
    """Whether a contract can be drawn from today."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


def contract_status(pool: Pool, today: date) -> ContractStatus:
    """Pending until its purchase is invoiced or marked effective, expired after its last day (C1)."""
    if today > pool.expires_on:
        return ContractStatus.EXPIRED
    return ContractStatus.ACTIVE if pool.usable else ContractStatus.PENDING
