"""What is given back of a line, at most what is left of it; what was credited is not given back again (P6, I4)."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.giving_back import Left, credited_before, left_of

A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("left", "minutes", "exact", "cents"),
    [
        (Left(12_000, 60), 30, 6000, 6000),
        (Left(12_000, 60), 60, 12_000, 12_000),
        (Left(6_000, 30), 60, 12_000, 6_000),  # 30 were credited
        (Left(10_766, 60), 60, 12_000, 10_766),  # 12.34 were
        (Left(10_766, 60), 59, 11_800, 10_766),
        (Left(10_766, 60), 53, 10_600, 10_600),
        (Left(207, 1), 1, 206, 207),  # the last minute takes what rounding has left
        (Left(0, 0), 60, 12_000, 0),
    ],
)
def test_what_minutes_give_back(left: Left, minutes: int, exact: int, cents: int) -> None:
    assert left.cents_for(minutes, exact) == cents


def test_a_line_credited_whole_by_amount_has_no_minutes_left() -> None:
    assert left_of(0, 60) == Left(0, 0)
    assert left_of(1, 60) == Left(1, 60)
    assert left_of(-12_000, -60) == Left(-12_000, -60)


@pytest.mark.parametrize(
    ("waiting", "left", "credited"),
    [
        ([(A, 60)], 60, {}),
        ([(A, 60)], 30, {A: 30}),
        ([(A, 60)], 0, {A: 60}),
        ([(A, 60), (B, 40)], 70, {B: 30}),
        ([(A, 60), (B, 40), (C, 5)], 50, {A: 10, B: 40, C: 5}),
        ([], 10, {}),
    ],
)
def test_the_first_that_waits_gives_back_what_is_left(
    waiting: list[tuple[UUID, int]], left: int, credited: dict[UUID, int]
) -> None:
    assert credited_before(waiting, left) == credited


@given(st.lists(st.integers(1, 600), max_size=6), st.integers(0, 2000))
def test_given_back_and_credited_are_all_that_waits_and_no_more_than_is_left(waiting: list[int], left: int) -> None:
    found = credited_before([(UUID(int=number), minutes) for number, minutes in enumerate(waiting)], left)
    given_back = sum(waiting) - sum(found.values())
    assert given_back == min(sum(waiting), left)
    assert all(0 < minutes <= waiting[entry.int] for entry, minutes in found.items())
