"""The price of one entry (rules P, C3, C4, T5, U2, Q1), worked out by hand."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.domain.contract import Draw
from app.domain.errors import Refusal
from app.domain.pricing import Price, check_quote, counter, hourly_rate_cents, needs_quote, price
from app.domain.terms import Terms
from app.domain.ticket import Lane
from tests.domain.builders import a_pool, a_terms, an_urgency_terms, some_work

STANDARD_URGENCY = a_terms()
RATE_READING = a_terms(urgency=an_urgency_terms(opening_fee_cents=0, hourly_rate_cents=15000))
HOUR_READING = a_terms(urgency=an_urgency_terms(included_minutes=60))


def parts(one: Price) -> tuple[int, int, int, int, int, int]:
    """Billed, drawn, billable, quoted, non-billable minutes and the amount."""
    return (
        one.billed_minutes,
        one.drawn_minutes,
        one.billable_minutes,
        one.quoted_minutes,
        one.non_billable_minutes,
        one.amount_cents,
    )


def test_twenty_five_minutes_cost_fifty_euros() -> None:
    one = price(some_work(25), a_terms())
    assert parts(one) == (25, 0, 25, 0, 0, 5000)
    assert (one.worked_minutes, one.hourly_rate_cents, one.discount_bp, one.currency) == (25, 12000, 0, "EUR")
    assert (one.terms_id, one.draws, one.non_billable_reason) == (UUID(int=1), (), None)


@pytest.mark.parametrize(
    ("worked", "increment", "minimum", "billed", "cents"),
    [(1, 15, 1, 15, 3000), (16, 15, 1, 30, 6000), (10, 1, 30, 30, 6000), (31, 15, 30, 45, 9000)],
)
def test_increments_are_only_policy(worked: int, increment: int, minimum: int, billed: int, cents: int) -> None:
    terms = a_terms(billing_increment_minutes=increment, minimum_minutes=minimum)
    one = price(some_work(worked), terms)
    assert parts(one) == (billed, 0, billed, 0, 0, cents)
    assert one.worked_minutes == worked


def test_prepaid_minutes_come_first_and_cost_nothing_again() -> None:
    one = price(some_work(25), a_terms(), [a_pool(minutes=600)])
    assert parts(one) == (25, 25, 0, 0, 0, 0)
    assert one.draws == (Draw(UUID(int=1), 25),)


def test_minutes_beyond_the_pool_are_billed_at_the_standard_rate_without_discount() -> None:
    one = price(some_work(25), a_terms(), [a_pool(minutes=600, drawn_minutes=590)])
    assert parts(one) == (25, 10, 15, 0, 0, 3000)
    assert one.discount_bp == 0


def test_the_increment_applies_before_the_draw() -> None:
    one = price(some_work(16), a_terms(billing_increment_minutes=15), [a_pool(minutes=20)])
    assert parts(one) == (30, 20, 10, 0, 0, 2000)


def test_a_discount_beyond_the_pool_is_only_policy() -> None:
    terms = a_terms(overflow_discount_bp=500)
    one = price(some_work(25), terms, [a_pool(minutes=600, drawn_minutes=590)])
    assert parts(one) == (25, 10, 15, 0, 0, 2850)  # 15 x 1.90
    assert one.discount_bp == 500
    assert price(some_work(25), terms).amount_cents == 5000  # no contract, no discount
    assert price(some_work(25), terms, [a_pool(usable=False)]).amount_cents == 5000
    assert price(some_work(25, worked_on=date(2025, 6, 1)), terms, [a_pool()]).amount_cents == 5000


@pytest.mark.parametrize("changes", [{"non_billable_reason": "goodwill"}, {"in_project": True}])
def test_non_billable_time_draws_nothing_and_is_kept_as_worked(changes: dict[str, Any]) -> None:
    terms = a_terms(billing_increment_minutes=15)
    one = price(some_work(16, quoted=True, **changes), terms, [a_pool()])
    assert parts(one) == (16, 0, 0, 0, 16, 0)
    assert one.non_billable_reason == changes.get("non_billable_reason", "in_project")


def test_an_agent_s_reason_goes_before_the_project() -> None:
    assert (
        price(some_work(in_project=True, non_billable_reason="training"), a_terms()).non_billable_reason == "training"
    )


def test_billing_sites_in_their_project_is_only_policy() -> None:
    assert parts(price(some_work(25, in_project=True), a_terms(bills_in_project=True))) == (
        25,
        0,
        25,
        0,
        0,
        5000,
    )


def test_quoted_time_is_counted_but_neither_drawn_nor_billed() -> None:
    one = price(some_work(16, quoted=True), a_terms(billing_increment_minutes=15), [a_pool()])
    assert parts(one) == (30, 0, 0, 30, 0, 0)
    assert one.non_billable_reason is None


@pytest.mark.parametrize(
    ("terms", "lane", "out_of_hours", "rate"),
    [
        (STANDARD_URGENCY, Lane.STANDARD, False, 12000),
        (STANDARD_URGENCY, Lane.URGENT, False, 12000),
        (STANDARD_URGENCY, Lane.STANDARD, True, 12000),
        (RATE_READING, Lane.STANDARD, False, 12000),
        (RATE_READING, Lane.URGENT, False, 15000),
        (RATE_READING, Lane.URGENT, True, 15000),
        (a_terms(out_of_hours_hourly_rate_cents=18000), Lane.STANDARD, True, 18000),
        (a_terms(out_of_hours_hourly_rate_cents=18000), Lane.URGENT, True, 18000),
        (a_terms(out_of_hours_hourly_rate_cents=18000), Lane.STANDARD, False, 12000),
        (a_terms(urgency=an_urgency_terms(hourly_rate_cents=0)), Lane.URGENT, False, 0),
        (a_terms(out_of_hours_hourly_rate_cents=0), Lane.STANDARD, True, 0),
    ],
)
def test_rates(terms: Terms, lane: Lane, out_of_hours: bool, rate: int) -> None:
    assert hourly_rate_cents(terms, lane, out_of_hours=out_of_hours) == rate
    assert price(some_work(60, lane=lane, out_of_hours=out_of_hours), terms).amount_cents == rate


def test_three_readings_of_an_urgency_of_ninety_minutes() -> None:
    def paid(terms: Terms) -> int:
        work = some_work(90, lane=Lane.URGENT, included_minutes=terms.urgency.included_minutes)
        return terms.urgency.opening_fee_cents + price(work, terms).amount_cents

    assert paid(STANDARD_URGENCY) == 33000  # 150 and 90 minutes at 2.00
    assert paid(RATE_READING) == 22500  # 1.5 hours at 150
    assert paid(HOUR_READING) == 21000  # 150 and the 30 minutes beyond the first hour


def test_minutes_the_fee_includes_are_neither_drawn_nor_billed() -> None:
    urgent = some_work(90, lane=Lane.URGENT, included_minutes=60)
    one = price(urgent, HOUR_READING, [a_pool(minutes=20)])
    assert parts(one) == (90, 20, 10, 0, 60, 2000)
    assert one.non_billable_reason == "included_in_fee"
    short = price(some_work(25, lane=Lane.URGENT, included_minutes=60), HOUR_READING)
    assert parts(short) == (25, 0, 0, 0, 25, 0)


@pytest.mark.parametrize(("included", "reason"), [(0, None), (1, "included_in_fee")])
def test_the_last_included_minute(included: int, reason: str | None) -> None:
    one = price(some_work(25, lane=Lane.URGENT, included_minutes=included), HOUR_READING)
    assert parts(one) == (25, 0, 25 - included, 0, included, 200 * (25 - included))
    assert one.non_billable_reason == reason


def test_standard_and_quoted_work_has_no_included_minutes() -> None:
    assert parts(price(some_work(25, included_minutes=60), HOUR_READING)) == (25, 0, 25, 0, 0, 5000)
    quoted = price(some_work(25, lane=Lane.URGENT, included_minutes=60, quoted=True), HOUR_READING)
    assert parts(quoted) == (25, 0, 0, 25, 0, 0)


def test_prepaid_hours_cover_urgent_minutes_unless_the_policy_says_otherwise() -> None:
    urgent = some_work(25, lane=Lane.URGENT)
    assert parts(price(urgent, a_terms(), [a_pool()])) == (25, 25, 0, 0, 0, 0)
    apart = a_terms(prepaid_covers_urgent=False)
    assert parts(price(urgent, apart, [a_pool()])) == (25, 0, 25, 0, 0, 5000)
    assert parts(price(some_work(25), apart, [a_pool()])) == (25, 25, 0, 0, 0, 0)


@pytest.mark.parametrize("reason", [None, "goodwill"])
def test_no_time_has_no_price(reason: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        price(some_work(0, non_billable_reason=reason), a_terms())
    assert refusal.value.code == "minutes-not-positive"


def test_a_counter_entry_takes_back_everything() -> None:
    entry = price(some_work(90, lane=Lane.URGENT, included_minutes=60), HOUR_READING, [a_pool(minutes=20)])
    back = counter(entry)
    assert parts(back) == (-90, -20, -10, 0, -60, -2000)
    assert back.worked_minutes == -90
    assert back.draws == (Draw(UUID(int=1), -20),)
    assert (back.terms_id, back.hourly_rate_cents, back.non_billable_reason) == (
        UUID(int=1),
        12000,
        "included_in_fee",
    )
    assert counter(price(some_work(25, quoted=True), a_terms())).quoted_minutes == -25
    assert counter(back) == entry


@pytest.mark.parametrize(
    ("estimated", "chargeable", "expected"),
    [
        (None, 0, False),
        (None, 480, False),
        (None, 481, True),
        (480, 0, False),
        (481, 0, True),
        (0, 481, True),
    ],
)
def test_when_a_quote_is_needed(estimated: int | None, chargeable: int, expected: bool) -> None:
    assert needs_quote(a_terms(), estimated_minutes=estimated, chargeable_minutes=chargeable) is expected


def test_a_threshold_of_nothing_lets_nothing_pass_but_nothing() -> None:
    terms = a_terms(quote_threshold_minutes=0)
    assert not needs_quote(terms, estimated_minutes=None, chargeable_minutes=0)
    assert needs_quote(terms, estimated_minutes=None, chargeable_minutes=1)


def test_time_beyond_a_day_without_an_accepted_quote_is_refused() -> None:
    check_quote(a_terms(), chargeable_minutes=480, accepted=False)
    check_quote(a_terms(), chargeable_minutes=481, accepted=True)
    with pytest.raises(Refusal) as refusal:
        check_quote(a_terms(), chargeable_minutes=481, accepted=False)
    assert refusal.value.code == "quote-required"
    assert refusal.value.detail == "Work of more than 480 minutes needs an accepted quote first."
    assert refusal.value.facts == {"quote_threshold_minutes": 480, "chargeable_minutes": 481}
