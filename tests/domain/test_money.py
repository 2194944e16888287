"""Cents, worked out by hand (rules P1, C1, C6, I5)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import (
    amount_cents,
    decimal_text,
    discounted_cents,
    percentage_cents,
    round_half_up,
    share_cents,
)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 3, 0),
        (1, 3, 0),
        (1, 2, 1),
        (2, 3, 1),
        (3, 2, 2),
        (5, 2, 3),
        (499, 1000, 0),
        (-1, 3, 0),
        (-1, 2, -1),
        (-3, 2, -2),
        (-5, 2, -3),
        (7, 1, 7),
        (-7, 1, -7),
    ],
)
def test_a_half_goes_away_from_zero(numerator: int, denominator: int, expected: int) -> None:
    assert round_half_up(numerator, denominator) == expected


@pytest.mark.parametrize(
    ("minutes", "rate", "discount", "expected"),
    [
        (60, 12000, 0, 12000),
        (1, 12000, 0, 200),  # 2.00 EUR a minute
        (25, 12000, 0, 5000),
        (0, 12000, 0, 0),
        (-25, 12000, 0, -5000),
        (60, 15000, 0, 15000),
        (1, 15000, 0, 250),
        (600, 12000, 500, 114000),  # ten hours less 5 %: 1,140.00 EUR
        (1, 12000, 500, 190),  # 1.90 EUR a minute
        (1, 9990, 0, 167),  # 166.5 rounds up
        (-1, 9990, 0, -167),
        (1, 9950, 0, 166),  # 165.83
        (1, 10010, 500, 158),  # 10010 x 0.95 / 60 = 158.49
        (7, 12345, 0, 1440),  # 86415 / 60 = 1440.25
        (60, 12000, 10000, 0),
    ],
)
def test_minutes_times_rate(minutes: int, rate: int, discount: int, expected: int) -> None:
    assert amount_cents(minutes, rate, discount) == expected


def test_the_line_is_rounded_once_not_each_minute() -> None:
    assert amount_cents(3, 9990) == 500  # 499.5, while three single minutes would be 501


@pytest.mark.parametrize(
    ("cents", "bp", "expected"),
    [(12000, 500, 11400), (12345, 500, 11728), (10, 500, 10), (-10, 500, -10), (9, 0, 9)],
)
def test_discounts(cents: int, bp: int, expected: int) -> None:
    # 12345 x 0.95 = 11727.75; 10 x 0.95 = 9.5
    assert discounted_cents(cents, bp) == expected


@pytest.mark.parametrize(
    ("base", "bp", "expected"),
    [
        (10000, 1700, 1700),
        (12345, 1700, 2099),  # 2098.65
        (50, 1700, 9),  # 8.5
        (-50, 1700, -9),
        (12345, 1600, 1975),  # 1975.2
        (12345, 0, 0),
    ],
)
def test_vat(base: int, bp: int, expected: int) -> None:
    assert percentage_cents(base, bp) == expected


def test_refunding_in_parts_gives_back_the_price_to_the_cent() -> None:
    # 100.00 EUR for three minutes: 33.33, 33.34, 33.33.
    assert [share_cents(10000, before, 1, 3) for before in range(3)] == [3333, 3334, 3333]


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0.00"), (5, "0.05"), (11400, "114.00"), (-5, "-0.05"), (-12345, "-123.45"), (100, "1.00")],
)
def test_cents_as_people_read_them(cents: int, text: str) -> None:
    assert decimal_text(cents) == text


amounts = st.integers(-(10**12), 10**12)


@given(amounts, st.integers(1, 10**9))
def test_rounding_is_the_nearest_and_symmetrical(numerator: int, denominator: int) -> None:
    rounded = round_half_up(numerator, denominator)
    distance = abs(Fraction(numerator, denominator) - rounded)
    assert distance <= Fraction(1, 2)
    if distance == Fraction(1, 2):
        assert abs(rounded) > abs(Fraction(numerator, denominator))
    assert round_half_up(-numerator, denominator) == -rounded


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**5))
def test_a_rate_of_whole_cents_a_minute_adds_up_exactly(one: int, two: int, cents_a_minute: int) -> None:
    rate = cents_a_minute * 60
    assert amount_cents(one, rate) + amount_cents(two, rate) == amount_cents(one + two, rate)
    assert amount_cents(one, rate) == one * cents_a_minute


@given(amounts, st.lists(st.integers(1, 500), min_size=1, max_size=10))
def test_shares_of_a_whole_add_up_to_the_total(total: int, parts: list[int]) -> None:
    whole, before, paid = sum(parts), 0, 0
    for part in parts:
        paid += share_cents(total, before, part, whole)
        before += part
    assert paid == total
