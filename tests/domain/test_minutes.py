"""Minutes worked and billed (rule P2)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import Span
from app.domain.errors import Refusal
from app.domain.minutes import billed_minutes, check_day, worked_minutes

NINE = datetime(2026, 6, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 60, 1),
        (0, 1500, 25),
        (0, 1559, 25),
        (30, 90, 1),
        (50, 70, 1),  # twenty seconds over the change of the minute
        (10, 50, 1),  # within one minute: still one
        (10, 119, 1),
        (59, 120, 2),
        (30.5, 90.5, 1),
        (0.5, 60, 1),
        (59.999999, 60, 1),
        (59.999999, 180, 3),
    ],
)
def test_worked_minutes_in_seconds_after_nine(start: float, end: float, expected: int) -> None:
    assert worked_minutes(Span(NINE + timedelta(seconds=start), NINE + timedelta(seconds=end))) == expected


def test_minutes_are_whole_numbers() -> None:
    assert isinstance(worked_minutes(Span(NINE, NINE + timedelta(seconds=150))), int)


def test_the_night_of_the_change_counts_real_minutes() -> None:
    # 25 October 2026, 01:30 to 04:30 on the clock, are four hours.
    start = datetime.fromisoformat("2026-10-25T01:30:00+02:00")
    assert worked_minutes(Span(start, datetime.fromisoformat("2026-10-25T04:30:00+01:00"))) == 240


@pytest.mark.parametrize(
    ("worked", "increment", "minimum", "expected"),
    [
        (1, 1, 1, 1),
        (25, 1, 1, 25),
        (1, 15, 1, 15),
        (15, 15, 1, 15),
        (16, 15, 1, 30),
        (61, 15, 1, 75),
        (1, 1, 30, 30),
        (31, 1, 30, 31),
        (1, 15, 20, 30),  # the minimum too comes in whole increments
        (5, 15, 0, 15),
        (9, 6, 5, 12),
    ],
)
def test_billed_minutes(worked: int, increment: int, minimum: int, expected: int) -> None:
    assert billed_minutes(worked, increment, minimum) == expected


@pytest.mark.parametrize("worked", [0, -1])
def test_no_time_cannot_be_billed(worked: int) -> None:
    with pytest.raises(Refusal) as refusal:
        billed_minutes(worked, 15, 30)
    assert refusal.value.code == "minutes-not-positive"
    assert refusal.value.facts == {"minutes": worked}


@given(st.integers(1, 10**6), st.integers(1, 480), st.integers(0, 480))
def test_billed_is_the_smallest_multiple_that_covers(worked: int, increment: int, minimum: int) -> None:
    billed = billed_minutes(worked, increment, minimum)
    assert billed % increment == 0
    assert billed >= max(worked, minimum) > billed - increment


@given(st.integers(0, 10**6), st.integers(1, 10**4), st.integers(0, 10**6))
def test_the_parts_add_up_when_cut_at_a_whole_minute(before: int, cut: int, after: int) -> None:
    middle = NINE + timedelta(minutes=cut)
    start, end = NINE - timedelta(seconds=before), middle + timedelta(minutes=1, seconds=after)
    parts = worked_minutes(Span(start, middle)) + worked_minutes(Span(middle, end))
    assert parts == worked_minutes(Span(start, end))


@pytest.mark.parametrize(
    ("day", "lasted"),
    [(date(2026, 11, 23), 1440), (date(2026, 3, 29), 1380), (date(2026, 10, 25), 1500)],
    ids=["any day", "clocks go forward", "clocks go back"],
)
def test_a_day_holds_its_minutes_and_no_more(day: date, lasted: int) -> None:
    check_day(day, lasted)
    with pytest.raises(Refusal) as refused:
        check_day(day, lasted + 1)
    assert refused.value.code == "longer-than-day"
    assert refused.value.facts == {"minutes": lasted + 1, "day_minutes": lasted}
