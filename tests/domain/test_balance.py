"""What is left of a contract: expiry, refunds, grants, alerts, statement (rule C), worked out by hand."""

from datetime import date
from typing import Any

import pytest

from app.domain.balance import (
    Balance,
    Movement,
    balance,
    carry_over,
    check_grant,
    expiry_alert,
    refund_cents,
    refundable_minutes,
    running_balance,
    usage_alerts,
)
from app.domain.errors import Refusal
from tests.domain.builders import DAY, a_pool

LAST, AFTER = date(2026, 12, 31), date(2027, 1, 1)


def test_the_balance_until_and_after_the_last_day() -> None:
    pool = a_pool(minutes=600, granted_minutes=60, drawn_minutes=400, refunded_minutes=100)
    sums = {"bought_minutes": 600, "granted_minutes": 60, "drawn_minutes": 400, "refunded_minutes": 100}
    assert balance(pool, LAST) == Balance(**sums, expired_minutes=0, left_minutes=160)
    assert balance(pool, AFTER) == Balance(**sums, expired_minutes=160, left_minutes=0)


def test_work_typed_after_the_expiry_lowers_what_expired() -> None:
    assert balance(a_pool(minutes=600, drawn_minutes=500), AFTER).expired_minutes == 100
    assert balance(a_pool(minutes=600, drawn_minutes=530), AFTER).expired_minutes == 70


def test_carried_minutes_stay_expired_on_the_old_contract() -> None:
    old = carry_over(a_pool(minutes=600, drawn_minutes=500), 40, "Agreed on the phone", AFTER)
    assert old.carried_minutes == 40
    assert old.unspent_minutes == 60
    assert balance(old, AFTER).expired_minutes == 100
    assert carry_over(old, 60, "The rest", AFTER).carried_minutes == 100
    with pytest.raises(Refusal) as refusal:
        carry_over(old, 61, "Too many", AFTER)
    assert refusal.value.code == "carry-over-exceeds-expired"
    assert refusal.value.facts == {"expired_minutes": 60}
    assert refusal.value.detail == "At most 60 expired minutes can be carried over."


def test_nothing_is_carried_over_before_it_expires_or_without_a_reason() -> None:
    with pytest.raises(Refusal) as refusal:
        carry_over(a_pool(), 1, "Early", LAST)
    assert refusal.value.facts == {"expired_minutes": 0}
    with pytest.raises(Refusal) as refusal:
        carry_over(a_pool(), 1, " ", AFTER)
    assert refusal.value.code == "reason-required"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 600),
        ({"drawn_minutes": 250}, 350),
        ({"drawn_minutes": 600}, 0),
        ({"refunded_minutes": 100, "drawn_minutes": 250}, 250),
        ({"granted_minutes": 60}, 600),  # what was given is not bought back
        ({"granted_minutes": 60, "drawn_minutes": 30}, 600),
        ({"granted_minutes": 60, "drawn_minutes": 100}, 560),
        ({"granted_minutes": 60, "refunded_minutes": 590}, 10),
        ({"usable": False}, 0),
        ({"bought_minutes": 0, "granted_minutes": 60}, 0),
    ],
)
def test_what_can_be_refunded(changes: dict[str, Any], expected: int) -> None:
    assert refundable_minutes(a_pool(**changes), DAY) == expected


def test_nothing_expired_is_refunded() -> None:
    assert refundable_minutes(a_pool(), LAST) == 600
    assert refundable_minutes(a_pool(), AFTER) == 0


def test_refunds_are_at_the_price_paid() -> None:
    # 600 minutes for 1,140.00 EUR: 1.90 a minute.
    assert refund_cents(a_pool(drawn_minutes=240), 114000, 360, DAY) == 68400
    assert refund_cents(a_pool(drawn_minutes=240), 114000, 1, DAY) == 190


def test_refunds_in_parts_add_up_to_the_price() -> None:
    # 3 minutes for 1.00 EUR: 33 + 34 + 33.
    parts = [refund_cents(a_pool(minutes=3, refunded_minutes=done), 100, 1, DAY) for done in range(3)]
    assert parts == [33, 34, 33]


def test_refunds_beyond_the_unused_are_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        refund_cents(a_pool(drawn_minutes=240), 114000, 361, DAY)
    assert refusal.value.code == "refund-exceeds-unused"
    assert refusal.value.facts == {"refundable_minutes": 360}
    assert refusal.value.detail == "At most 360 minutes can be refunded."
    with pytest.raises(Refusal) as refusal:
        refund_cents(a_pool(), 114000, 0, DAY)
    assert refusal.value.code == "minutes-not-positive"


@pytest.mark.parametrize("reason", [None, "", " \n"])
def test_grants_need_a_reason(reason: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        check_grant(30, reason)
    assert refusal.value.code == "reason-required"
    check_grant(1, "Goodwill")
    with pytest.raises(Refusal) as refusal:
        check_grant(0, "Goodwill")
    assert refusal.value.code == "minutes-not-positive"


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [(0, ()), (449, ()), (450, (75,)), (539, (75,)), (540, (75, 90)), (599, (75, 90)), (600, (75, 90, 100))],
)
def test_usage_alerts(drawn: int, expected: tuple[int, ...]) -> None:
    assert usage_alerts(a_pool(minutes=600, drawn_minutes=drawn), (100, 75, 90)) == expected


def test_usage_counts_against_what_was_bought_and_given_less_refunds() -> None:
    pool = a_pool(minutes=600, granted_minutes=200, refunded_minutes=400, drawn_minutes=300)
    assert usage_alerts(pool, (75, 90)) == (75,)
    assert usage_alerts(a_pool(minutes=600, refunded_minutes=600), (75,)) == ()


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 10, 31), None),  # 61 days before: 30 in November and 31 in December
        (date(2026, 11, 1), 60),
        (date(2026, 11, 30), 60),
        (date(2026, 12, 1), 30),
        (date(2026, 12, 23), 30),
        (date(2026, 12, 24), 7),
        (date(2026, 12, 31), 7),
        (date(2027, 1, 1), None),
    ],
)
def test_expiry_alerts(today: date, expected: int | None) -> None:
    assert expiry_alert(a_pool(), today, (60, 30, 7)) == expected


def test_no_alert_when_nothing_is_left_or_nothing_is_usable() -> None:
    assert expiry_alert(a_pool(minutes=600, drawn_minutes=600), LAST, (60, 30, 7)) is None
    assert expiry_alert(a_pool(usable=False), LAST, (60, 30, 7)) is None


def test_a_statement_adds_up() -> None:
    lines = [
        (Movement.BOUGHT, 600),
        (Movement.DRAWN, 250),
        (Movement.GRANTED, 60),
        (Movement.DRAWN, -25),  # a correction gives back
        (Movement.REFUNDED, 300),
        (Movement.EXPIRED, 135),
    ]
    assert running_balance(lines) == (600, 350, 410, 435, 135, 0)
    assert running_balance([]) == ()


def test_a_statement_below_zero_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        running_balance([(Movement.BOUGHT, 10), (Movement.DRAWN, 11)])
    assert refusal.value.code == "pool-overdrawn"
