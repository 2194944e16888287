"""Entries in the future, late ones, and ones outside hours (rules P4, P5, I1)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.calendar import OpeningHours, Span
from app.domain.entry import Flag, check_not_future, flags, is_out_of_hours
from app.domain.errors import Refusal
from app.domain.period import Cycle

NOW = datetime(2026, 6, 22, 12, 0, tzinfo=UTC)  # Monday, 14:00 in Luxembourg
HOURS = OpeningHours()


def span(start: str, end: str) -> Span:
    """A span of 22 June 2026 in UTC: the desk is open from 06:30 to 15:30."""
    return Span(*(datetime.fromisoformat(f"2026-06-22T{at}Z") for at in (start, end)))


def test_work_may_end_five_minutes_ahead_and_no_more() -> None:
    check_not_future(span("11:00:00", "12:05:00"), NOW, 5)
    with pytest.raises(Refusal) as refusal:
        check_not_future(span("11:00:00", "12:05:01"), NOW, 5)
    assert refusal.value.code == "future-work"
    assert refusal.value.facts == {"latest_at": datetime(2026, 6, 22, 12, 5, tzinfo=UTC)}
    check_not_future(span("11:00:00", "12:00:00"), NOW, 0)
    with pytest.raises(Refusal):
        check_not_future(span("11:00:00", "12:00:01"), NOW, 0)


def test_dated_work_may_be_today_by_the_desk_s_clock() -> None:
    check_not_future(date(2026, 6, 22), NOW, 5)
    with pytest.raises(Refusal) as refusal:
        check_not_future(date(2026, 6, 23), NOW, 5)
    assert refusal.value.code == "future-work"
    # 23:54 in Luxembourg: five minutes later is still today; one minute on it is tomorrow.
    late = datetime(2026, 6, 22, 21, 54, tzinfo=UTC)
    with pytest.raises(Refusal):
        check_not_future(date(2026, 6, 23), late, 5)
    check_not_future(date(2026, 6, 23), late + timedelta(minutes=1), 5)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("06:30:00", "15:30:00", False),
        ("06:29:00", "07:00:00", True),
        ("15:00:00", "15:31:00", True),
        ("20:00:00", "21:00:00", True),
    ],
)
def test_out_of_hours(start: str, end: str, expected: bool) -> None:
    assert is_out_of_hours(HOURS, span(start, end), []) is expected


def test_a_permanence_window_is_within_hours() -> None:
    window = span("15:30:00", "20:00:00")
    assert not is_out_of_hours(HOURS, span("15:00:00", "19:00:00"), [window])
    assert not is_out_of_hours(HOURS, span("16:00:00", "20:00:00"), [window])
    assert is_out_of_hours(HOURS, span("19:00:00", "20:01:00"), [window])


@pytest.mark.parametrize(
    ("worked_on", "now", "cycle", "expected"),
    [
        (date(2026, 6, 22), NOW, Cycle.MONTHLY, ()),
        (date(2026, 5, 31), NOW, Cycle.MONTHLY, (Flag.LATE,)),
        (date(2026, 5, 31), NOW, Cycle.QUARTERLY, ()),
        (date(2026, 3, 31), NOW, Cycle.QUARTERLY, (Flag.LATE,)),
        # 1 July, 00:00 in Luxembourg, is 22:00 UTC the day before.
        (date(2026, 6, 30), datetime(2026, 6, 30, 21, 59, tzinfo=UTC), Cycle.QUARTERLY, ()),
        (date(2026, 6, 30), datetime(2026, 6, 30, 22, 0, tzinfo=UTC), Cycle.QUARTERLY, (Flag.LATE,)),
    ],
)
def test_late_is_after_the_end_of_the_client_s_period(
    worked_on: date, now: datetime, cycle: Cycle, expected: tuple[Flag, ...]
) -> None:
    assert flags(worked_on, now, cycle, HOURS) == expected


def test_flags_of_timed_work() -> None:
    assert flags(span("11:00:00", "12:00:00"), NOW, Cycle.MONTHLY, HOURS) == ()
    assert flags(span("11:00:00", "12:00:01"), NOW, Cycle.MONTHLY, HOURS) == (Flag.FUTURE,)
    assert flags(span("05:00:00", "06:00:00"), NOW, Cycle.MONTHLY, HOURS) == (Flag.OUT_OF_HOURS,)
    window = span("05:00:00", "06:00:00")
    assert flags(window, NOW, Cycle.MONTHLY, HOURS, [window]) == ()


def test_timed_work_is_late_by_its_local_date() -> None:
    # 23:30 to 23:45 UTC on 31 May is 1 June in Luxembourg.
    night = Span(datetime(2026, 5, 31, 23, 30, tzinfo=UTC), datetime(2026, 5, 31, 23, 45, tzinfo=UTC))
    assert flags(night, NOW, Cycle.MONTHLY, HOURS) == (Flag.OUT_OF_HOURS,)
    before = Span(night.start - timedelta(hours=3), night.end - timedelta(hours=3))
    assert flags(before, NOW, Cycle.MONTHLY, HOURS) == (Flag.LATE, Flag.OUT_OF_HOURS)


def test_the_words_of_the_api() -> None:
    assert [flag.value for flag in Flag] == ["late", "future", "out_of_hours"]
