"""Quarters and months (rule I1, invariant 14) and where entries are cut (P4)."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import Span, local_date
from app.domain.errors import Refusal
from app.domain.period import (
    Cycle,
    cycle_change_on,
    following,
    parse_period,
    period_of,
    split_at_days,
    split_at_midnights,
    split_at_periods,
)

CYCLES = st.sampled_from(Cycle)
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("2026-Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2026-Q2", date(2026, 4, 1), date(2026, 7, 1)),
        ("2026-Q3", date(2026, 7, 1), date(2026, 10, 1)),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026-01", date(2026, 1, 1), date(2026, 2, 1)),
        ("2028-02", date(2028, 2, 1), date(2028, 3, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_names(name: str, start: date, end: date) -> None:
    period = parse_period(name)
    assert (period.start, period.end, period.name) == (start, end, name)
    assert period.cycle is (Cycle.QUARTERLY if "Q" in name else Cycle.MONTHLY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-Q0",
        "2026-Q5",
        "2026-q3",
        "2026-00",
        "2026-13",
        "2026-7",
        "26-07",
        "2026-07-01",
        "2026-Q3 ",
        "0000-01",
        "0001-Q1",
        "1970-12",
        "2199-01",
        "9999-Q4",
        "٢٠٢٦-07",
    ],
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_period(text)
    assert refusal.value.code == "period-invalid"


def test_the_first_and_the_last_year() -> None:
    assert parse_period("1971-01").start == date(1971, 1, 1)
    assert parse_period("2198-Q4").end == date(2199, 1, 1)


@pytest.mark.parametrize("day", [date(1970, 12, 31), date(2199, 1, 1)])
def test_dates_beyond_reckoning_are_refused(day: date) -> None:
    with pytest.raises(Refusal) as refusal:
        period_of(day, Cycle.MONTHLY)
    assert refusal.value.code == "period-invalid"


def test_edges_belong_to_the_period_they_begin() -> None:
    assert period_of(date(2026, 6, 30), Cycle.QUARTERLY).name == "2026-Q2"
    assert period_of(date(2026, 7, 1), Cycle.QUARTERLY).name == "2026-Q3"
    assert period_of(date(2026, 7, 31), Cycle.MONTHLY).name == "2026-07"
    assert period_of(date(2026, 8, 1), Cycle.MONTHLY).name == "2026-08"
    july = parse_period("2026-07")
    assert july.holds(date(2026, 7, 1))
    assert july.holds(date(2026, 7, 31))
    assert not july.holds(date(2026, 6, 30))
    assert not july.holds(date(2026, 8, 1))


def test_the_period_after() -> None:
    assert following(parse_period("2026-Q4")).name == "2027-Q1"
    assert following(parse_period("2026-11")).name == "2026-12"


def test_a_period_in_instants() -> None:
    # Winter time is UTC+1, summer time UTC+2: the first quarter loses an hour.
    span = parse_period("2026-Q1").span()
    assert span == Span(datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC))


def test_an_entry_over_midnight_of_a_period_s_edge_is_cut_there() -> None:
    night = Span(datetime(2026, 6, 30, 21, 0, tzinfo=UTC), datetime(2026, 6, 30, 23, 0, tzinfo=UTC))
    midnight = datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
    halves = (Span(night.start, midnight), Span(midnight, night.end))
    assert split_at_periods(night, Cycle.QUARTERLY) == halves
    assert split_at_periods(night, Cycle.MONTHLY) == halves
    assert split_at_midnights(night) == halves


def test_an_entry_over_another_midnight_is_cut_only_by_dates() -> None:
    night = Span(datetime(2026, 6, 29, 21, 0, tzinfo=UTC), datetime(2026, 6, 29, 23, 0, tzinfo=UTC))
    assert split_at_periods(night, Cycle.MONTHLY) == (night,)
    assert len(split_at_midnights(night)) == 2


def test_an_entry_that_ends_at_midnight_is_not_cut() -> None:
    evening = Span(datetime(2026, 6, 30, 20, 0, tzinfo=UTC), datetime(2026, 6, 30, 22, 0, tzinfo=UTC))
    assert split_at_periods(evening, Cycle.MONTHLY) == (evening,)
    assert split_at_midnights(evening) == (evening,)
    morning = Span(evening.end, evening.end + timedelta(hours=1))
    assert split_at_midnights(morning) == (morning,)


def test_cutting_at_chosen_days() -> None:
    week = Span(datetime(2026, 6, 28, 22, tzinfo=UTC), datetime(2026, 7, 5, 22, tzinfo=UTC))
    cut = datetime(2026, 7, 1, 22, tzinfo=UTC)
    days = [date(2026, 7, 2), date(2026, 7, 2), date(2026, 6, 29), date(2026, 7, 6), date(2020, 1, 1)]
    assert split_at_days(week, days) == (Span(week.start, cut), Span(cut, week.end))


def test_another_zone_has_its_own_midnights() -> None:
    auckland = ZoneInfo("Pacific/Auckland")  # UTC+12 in July
    midnight = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
    span = Span(midnight - timedelta(hours=1), midnight + timedelta(hours=11))
    halves = (Span(span.start, midnight), Span(midnight, span.end))
    assert split_at_midnights(span, auckland) == halves
    assert split_at_periods(span, Cycle.QUARTERLY, auckland) == halves
    assert split_at_days(span, [date(2026, 7, 1)], auckland) == halves
    assert parse_period("2026-Q3").span(auckland).start == midnight
    # New Zealand has left summer time on 30 June and not yet returned to it on 1 September.
    assert parse_period("2026-08").span(auckland).end == datetime(2026, 8, 31, 12, 0, tzinfo=UTC)
    late = Span(datetime(2026, 6, 30, 11, 0, tzinfo=UTC), datetime(2026, 7, 31, 13, 0, tzinfo=UTC))
    assert [part.start.hour for part in split_at_periods(late, Cycle.MONTHLY, auckland)] == [11, 12, 12]
    assert len(split_at_midnights(Span(midnight, midnight + timedelta(hours=24)), auckland)) == 1


def test_a_span_of_one_date_here_may_have_two_elsewhere() -> None:
    auckland, new_york = ZoneInfo("Pacific/Auckland"), ZoneInfo("America/New_York")
    noon = datetime(2026, 6, 22, 12, 0, tzinfo=UTC)  # the next day begins in Auckland
    day = Span(noon - timedelta(hours=1), noon + timedelta(hours=1))
    assert split_at_midnights(day, auckland) == (Span(day.start, noon), Span(noon, day.end))
    dawn = datetime(2026, 4, 1, 4, 0, tzinfo=UTC)  # April begins in New York
    night = Span(dawn - timedelta(hours=1), dawn + timedelta(hours=1))
    assert split_at_periods(night, Cycle.MONTHLY, new_york) == (Span(night.start, dawn), Span(dawn, night.end))


def test_months_cut_a_year_in_twelve() -> None:
    year = Span(parse_period("2026-01").span().start, parse_period("2026-12").span().end)
    assert split_at_periods(year, Cycle.MONTHLY) == tuple(
        parse_period(f"2026-{month:02d}").span() for month in range(1, 13)
    )


@given(DAYS, CYCLES)
def test_each_date_lies_in_exactly_one_period(day: date, cycle: Cycle) -> None:
    period = period_of(day, cycle)
    assert period.holds(day)
    assert parse_period(period.name) == period
    after = following(period)
    assert after.start == period.end
    assert not after.holds(day)


@given(st.datetimes(datetime(2015, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC)), CYCLES)  # noqa: DTZ001
def test_each_instant_lies_in_exactly_one_period(instant: datetime, cycle: Cycle) -> None:
    period = period_of(local_date(instant), cycle)
    assert period.span().holds(instant)
    assert not following(period).span().holds(instant)


@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2034, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 400 * 24 * 60),
    CYCLES,
)
def test_cuts_lose_nothing_and_each_part_lies_in_one_period(start: datetime, minutes: int, cycle: Cycle) -> None:
    span = Span(start, start + timedelta(minutes=minutes))
    for parts, key in [
        (split_at_periods(span, cycle), lambda day: period_of(day, cycle)),
        (split_at_midnights(span), lambda day: day),
    ]:
        assert (parts[0].start, parts[-1].end) == (span.start, span.end)
        assert all(one.end == two.start for one, two in pairwise(parts))
        tick = timedelta(microseconds=1)
        keys = [key(local_date(part.start)) for part in parts]
        assert keys == [key(local_date(part.end - tick)) for part in parts]
        assert len(set(keys)) == len(keys)


def test_periods_sort_by_time() -> None:
    names = ["2027-Q1", "2026-Q4", "2026-Q3"]
    assert [period.name for period in sorted(map(parse_period, names))] == names[::-1]


def test_another_cycle_holds_from_the_next_quarter() -> None:
    assert cycle_change_on(date(2026, 11, 25)) == date(2027, 1, 1)
    assert cycle_change_on(date(2026, 10, 1)) == date(2027, 1, 1)
