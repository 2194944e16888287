"""Prepaid hours: purchase, order of pools, draws, top-ups (rule C), worked out by hand."""

from datetime import date
from uuid import UUID

import pytest

from app.domain.contract import (
    ContractStatus,
    Draw,
    OpenTime,
    after,
    contract_status,
    draw,
    in_order,
    purchase,
    reabsorb,
)
from app.domain.errors import Refusal
from tests.domain.builders import DAY, a_pool, a_terms


def draws(*pairs: tuple[int, int]) -> tuple[Draw, ...]:
    """Draws as (number of the pool, minutes)."""
    return tuple(Draw(UUID(int=number), minutes) for number, minutes in pairs)


def test_ten_hours_cost_1140_euros() -> None:
    bought = purchase(a_terms(), date(2026, 3, 15), 2026, 600)
    assert bought.price_cents == 114000
    assert (bought.hourly_rate_cents, bought.discount_bp, bought.currency) == (12000, 500, "EUR")
    assert (bought.starts_on, bought.expires_on) == (date(2026, 1, 1), date(2026, 12, 31))
    assert bought.terms_id == UUID(int=1)


def test_the_price_is_rounded_once_and_the_grace_is_policy() -> None:
    terms = a_terms(hourly_rate_cents=9999, contract_discount_bp=333, contract_grace_days=31)
    bought = purchase(terms, date(2026, 12, 31), 2026, 61)
    # 61 x 9999 x 0.9667 / 60 = 9827.17
    assert bought.price_cents == 9827
    assert bought.expires_on == date(2027, 1, 31)


@pytest.mark.parametrize("year", [2025, 2027])
def test_hours_are_bought_for_the_current_year(year: int) -> None:
    with pytest.raises(Refusal) as refusal:
        purchase(a_terms(), date(2026, 3, 15), year, 600)
    assert refusal.value.code == "contract-year"
    assert refusal.value.facts == {"year": 2026}


def test_at_least_a_minute_is_bought() -> None:
    with pytest.raises(Refusal) as refusal:
        purchase(a_terms(), date(2026, 3, 15), 2026, 0)
    assert refusal.value.code == "minutes-not-positive"
    assert purchase(a_terms(), date(2026, 3, 15), 2026, 1).price_cents == 190


def test_what_is_unspent() -> None:
    pool = a_pool(bought_minutes=600, granted_minutes=60, drawn_minutes=100, refunded_minutes=200, carried_minutes=10)
    assert pool.unspent_minutes == 350


@pytest.mark.parametrize("spent", ["drawn_minutes", "refunded_minutes", "carried_minutes"])
def test_a_pool_never_goes_below_zero(spent: str) -> None:
    assert a_pool(minutes=600, **{spent: 600}).unspent_minutes == 0
    with pytest.raises(Refusal) as refusal:
        a_pool(minutes=600, **{spent: 601})
    assert refusal.value.code == "pool-overdrawn"
    assert refusal.value.facts == {"pool_id": UUID(int=1)}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_a_pool_covers_work_of_its_year(day: date, expected: bool) -> None:
    # Also work dated before the purchase: hours are bought for the calendar year, not pro-rated.
    assert a_pool(purchased_on=date(2026, 9, 1)).covers(day) is expected
    assert not a_pool(usable=False).covers(day)


def test_pools_are_used_by_expiry_then_purchase_then_id() -> None:
    last = a_pool(1, expires_on=date(2027, 1, 31))
    third = a_pool(4, purchased_on=date(2026, 2, 1))
    second = a_pool(3, purchased_on=date(2026, 1, 5))
    first = a_pool(2, purchased_on=date(2026, 1, 5))
    assert in_order([last, third, second, first]) == [first, second, third, last]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0, draws()),
        (1, draws((1, 1))),
        (30, draws((1, 30))),
        (31, draws((1, 30), (2, 1))),
        (90, draws((1, 30), (2, 60))),
        (500, draws((1, 30), (2, 60))),
    ],
)
def test_draws_empty_one_pool_before_the_next(minutes: int, expected: tuple[Draw, ...]) -> None:
    later = a_pool(2, 60, purchased_on=date(2026, 2, 1))
    assert draw([later, a_pool(1, 30)], DAY, minutes) == expected


def test_only_pools_that_cover_the_work_s_date_are_drawn() -> None:
    pools = [
        a_pool(1, usable=False),
        a_pool(2, starts_on=date(2025, 1, 1), expires_on=date(2025, 12, 31)),
        a_pool(3, 600, drawn_minutes=600),
        a_pool(4, 60),
    ]
    assert draw(pools, DAY, 25) == draws((4, 25))
    assert draw(pools, date(2025, 12, 31), 25) == draws((2, 25))


def test_booked_draws_change_only_their_pools() -> None:
    pools = (a_pool(1, 100), a_pool(2, 100, drawn_minutes=50))
    booked = after(pools, draws((1, 30), (2, 10), (1, 20), (2, -5)))
    assert [pool.drawn_minutes for pool in booked] == [50, 55]
    assert after(pools, draws((2, 10)))[0] == pools[0]
    with pytest.raises(Refusal) as refusal:
        after(pools, draws((2, 51)))
    assert refusal.value.code == "pool-overdrawn"


def test_a_top_up_takes_over_open_time_oldest_first() -> None:
    open_time = [
        OpenTime(UUID(int=12), date(2026, 5, 1), 50),
        OpenTime(UUID(int=11), date(2026, 5, 1), 20),  # same date, typed earlier
        OpenTime(UUID(int=13), date(2026, 4, 1), 30),
        OpenTime(UUID(int=10), date(2025, 12, 31), 500),  # another year
        OpenTime(UUID(int=14), date(2026, 6, 1), 40),
    ]
    # 120 minutes: 30 + 20 + 50 are covered, 20 of the 40 in June.
    assert reabsorb(open_time, [a_pool(1, 120)]) == {
        UUID(int=13): draws((1, 30)),
        UUID(int=11): draws((1, 20)),
        UUID(int=12): draws((1, 50)),
        UUID(int=14): draws((1, 20)),
    }


def test_a_top_up_spreads_over_pools_and_may_find_nothing() -> None:
    open_time = [OpenTime(UUID(int=10), DAY, 50)]
    pools = [a_pool(1, 600, drawn_minutes=590), a_pool(2, 30)]
    assert reabsorb(open_time, pools) == {UUID(int=10): draws((1, 10), (2, 30))}
    assert reabsorb(open_time, []) == {}
    assert reabsorb([], pools) == {}


@pytest.mark.parametrize(
    ("today", "usable", "expected"),
    [
        (date(2026, 6, 1), True, ContractStatus.ACTIVE),
        (date(2026, 12, 31), True, ContractStatus.ACTIVE),
        (date(2027, 1, 1), True, ContractStatus.EXPIRED),
        (date(2026, 6, 1), False, ContractStatus.PENDING),
        (date(2027, 1, 1), False, ContractStatus.EXPIRED),
    ],
)
def test_status(today: date, usable: bool, expected: ContractStatus) -> None:
    assert contract_status(a_pool(usable=usable), today) is expected


def test_the_words_of_the_contract_api() -> None:
    assert [status.value for status in ContractStatus] == ["pending", "active", "expired"]
