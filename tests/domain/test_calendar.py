"""Opening hours (rule H1), worked out by hand on real calendars of Luxembourg."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendar import (
    DESK_ZONE,
    OpeningHours,
    Span,
    at_local,
    attended_from,
    day_start,
    disjoint,
    is_open,
    is_open_throughout,
    local_date,
    next_closing,
    next_opening,
    open_minutes,
    utc,
    without,
)
from app.domain.errors import Refusal

PLAIN = OpeningHours()
# 2026: Whit Monday 25 May, National Day Tuesday 23 June, Christmas Friday 25 and St Stephen's Saturday 26 December.
WITH_HOLIDAYS = OpeningHours(
    closed_on=frozenset({date(2026, 5, 25), date(2026, 6, 23), date(2026, 12, 25), date(2026, 12, 26)})
)


def local(text: str) -> datetime:
    """The UTC instant of a local time in Luxembourg."""
    return datetime.fromisoformat(text).replace(tzinfo=DESK_ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-06-22 08:29:59", False),
        ("2026-06-22 08:30:00", True),
        ("2026-06-22 17:29:59.999999", True),
        ("2026-06-22 17:30:00", False),
        ("2026-06-20 10:00", False),  # Saturday
        ("2026-06-21 10:00", False),  # Sunday
        ("2026-06-23 10:00", False),  # National Day
        ("2026-06-24 10:00", True),
        ("2026-12-24 10:00", True),
        ("2026-12-25 10:00", False),
        ("2026-03-30 08:30", True),  # Monday after the clock went forward
        ("2026-10-26 08:29:59", False),  # Monday after it went back
        ("2026-10-26 08:30", True),
    ],
)
def test_is_open(instant: str, expected: bool) -> None:
    assert is_open(WITH_HOLIDAYS, local(instant)) is expected


def test_opening_follows_the_clock_of_luxembourg_not_utc() -> None:
    summer, winter = datetime(2026, 7, 1, 6, 30, tzinfo=UTC), datetime(2026, 1, 7, 7, 30, tzinfo=UTC)
    assert is_open(PLAIN, summer)
    assert not is_open(PLAIN, summer - timedelta(seconds=1))
    assert is_open(PLAIN, winter)
    assert not is_open(PLAIN, winter - timedelta(seconds=1))


def test_any_offset_names_the_same_instant() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert is_open(PLAIN, datetime(2026, 7, 1, 15, 30, tzinfo=tokyo))
    assert next_closing(PLAIN, datetime(2026, 7, 1, 15, 30, tzinfo=tokyo)) == local("2026-07-01 17:30")


@pytest.mark.parametrize(
    ("instant", "opening", "closing"),
    [
        ("2026-06-22 07:00", "2026-06-22 08:30", "2026-06-22 17:30"),
        ("2026-06-22 08:30", "2026-06-24 08:30", "2026-06-22 17:30"),  # open now; the 23rd is a holiday
        ("2026-06-22 17:30", "2026-06-24 08:30", "2026-06-24 17:30"),
        ("2026-06-19 18:00", "2026-06-22 08:30", "2026-06-22 17:30"),  # Friday evening to Monday
        ("2026-12-24 17:31", "2026-12-28 08:30", "2026-12-28 17:30"),  # Christmas Friday, then the weekend
        ("2026-03-27 18:00", "2026-03-30 08:30", "2026-03-30 17:30"),  # across the change to summer time
        ("2026-10-23 18:00", "2026-10-26 08:30", "2026-10-26 17:30"),  # and back
    ],
)
def test_next_opening_and_closing(instant: str, opening: str, closing: str) -> None:
    assert next_opening(WITH_HOLIDAYS, local(instant)) == local(opening)
    assert next_closing(WITH_HOLIDAYS, local(instant)) == local(closing)


def test_answers_are_in_utc() -> None:
    opening = next_opening(PLAIN, datetime(2026, 7, 4, tzinfo=UTC))
    assert opening == datetime(2026, 7, 6, 6, 30, tzinfo=UTC)
    assert opening is not None
    assert opening.tzinfo is UTC


def test_attended_from_is_now_when_open_and_else_the_next_opening() -> None:
    assert attended_from(PLAIN, local("2026-06-22 09:15")) == local("2026-06-22 09:15")
    assert attended_from(PLAIN, local("2026-06-22 17:30")) == local("2026-06-23 08:30")


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-06-22 08:30", "2026-06-22 17:30", 540),
        ("2026-06-22 00:00", "2026-06-23 00:00", 540),
        ("2026-06-22 09:00", "2026-06-22 09:25", 25),
        ("2026-06-22 17:00", "2026-06-24 09:00", 60),  # 30 before the holiday, 30 after it
        ("2026-06-19 17:00", "2026-06-22 08:45", 45),  # over a weekend
        ("2026-06-23 00:00", "2026-06-24 00:00", 0),
        ("2026-06-22 10:00", "2026-06-22 10:00", 0),
        ("2026-06-22 11:00", "2026-06-22 10:00", 0),
        ("2026-06-22 10:00:00", "2026-06-22 10:00:59", 0),
        ("2026-06-22 10:00:30", "2026-06-22 10:02:00", 1),
        ("2026-03-27 17:00", "2026-03-30 09:00", 60),
        ("2026-10-23 17:00", "2026-10-26 09:00", 60),
        # 2026 has 261 weekdays; the three holidays listed that fall on one leave 258 days of 540 minutes.
        ("2026-01-01 00:00", "2027-01-01 00:00", 258 * 540),
    ],
)
def test_open_minutes(start: str, end: str, minutes: int) -> None:
    assert open_minutes(WITH_HOLIDAYS, local(start), local(end)) == minutes


def test_open_minutes_over_twenty_one_years() -> None:
    # 2015-01-01 (Thursday) to 2036-01-01 (Tuesday) are 7,670 days: 1,095 whole weeks = 5,475 weekdays, and five
    # days more, Thursday to Monday, of which three are weekdays.
    assert open_minutes(PLAIN, local("2015-01-01 00:00"), local("2036-01-01 00:00")) == 5478 * 540


def test_part_day_closures_cut_the_day() -> None:
    lunch = Span(local("2026-06-22 12:00"), local("2026-06-22 13:30"))
    early = Span(local("2026-06-22 16:00"), local("2026-06-22 19:00"))
    late_start = Span(local("2026-06-22 07:00"), local("2026-06-22 09:00"))
    other_day = Span(local("2026-06-24 12:00"), local("2026-06-24 13:00"))
    hours = OpeningHours(closures=(other_day, early, lunch, late_start))

    assert not is_open(hours, local("2026-06-22 08:59"))
    assert is_open(hours, local("2026-06-22 09:00"))
    assert is_open(hours, local("2026-06-22 11:59"))
    assert not is_open(hours, local("2026-06-22 12:00"))
    assert not is_open(hours, local("2026-06-22 13:29"))
    assert is_open(hours, local("2026-06-22 13:30"))
    assert not is_open(hours, local("2026-06-22 16:00"))
    assert next_opening(hours, local("2026-06-22 10:00")) == local("2026-06-22 13:30")
    assert next_closing(hours, local("2026-06-22 10:00")) == local("2026-06-22 12:00")
    assert next_opening(hours, local("2026-06-22 16:30")) == local("2026-06-23 08:30")
    # 540 less 30 (late start), 90 (lunch) and 90 (16:00 to 17:30).
    assert open_minutes(hours, local("2026-06-22 00:00"), local("2026-06-23 00:00")) == 330
    assert open_minutes(hours, local("2026-06-22 11:30"), local("2026-06-22 14:00")) == 60


def test_overlapping_closures_count_once() -> None:
    one = Span(local("2026-06-22 10:00"), local("2026-06-22 12:00"))
    two = Span(local("2026-06-22 11:00"), local("2026-06-22 11:30"))
    three = Span(local("2026-06-22 12:00"), local("2026-06-22 13:00"))
    hours = OpeningHours(closures=(three, two, one))
    assert hours.closures == (Span(local("2026-06-22 10:00"), local("2026-06-22 13:00")),)
    assert open_minutes(hours, local("2026-06-22 00:00"), local("2026-06-23 00:00")) == 360


def test_a_closure_of_several_days_closes_them_all() -> None:
    summer = Span(local("2026-08-03 00:00"), local("2026-08-15 00:00"))
    hours = OpeningHours(closures=(summer,))
    assert next_opening(hours, local("2026-07-31 18:00")) == local("2026-08-17 08:30")
    assert open_minutes(hours, local("2026-07-31 00:00"), local("2026-08-18 00:00")) == 2 * 540


def test_a_desk_that_stays_closed_has_no_next_opening() -> None:
    closed = OpeningHours(closures=(Span(local("2026-01-01 00:00"), local("2027-12-31 00:00")),))
    assert next_opening(closed, local("2026-02-01 00:00")) is None
    assert next_closing(closed, local("2026-02-01 00:00")) is None
    assert attended_from(closed, local("2026-02-01 00:00")) is None
    assert next_opening(OpeningHours(weekdays=frozenset()), local("2026-02-01 00:00")) is None


def test_the_search_looks_400_days_ahead_and_no_further() -> None:
    def closed_until(day: date) -> OpeningHours:
        return OpeningHours(closures=(Span(local("2026-01-01 00:00"), day_start(day)),))

    # Day 399 after 2026-01-01 is 2027-02-04, a Thursday; the Friday after is day 400.
    assert next_opening(closed_until(date(2027, 2, 4)), local("2026-01-01 00:00")) == local("2027-02-04 08:30")
    assert next_opening(closed_until(date(2027, 2, 5)), local("2026-01-01 00:00")) is None


def test_hours_that_span_the_change_of_the_clock_count_real_minutes() -> None:
    nights = OpeningHours(weekdays=frozenset({7}), opens=time(0), closes=time(6))
    # Sunday 29 March 2026: 02:00 becomes 03:00, so midnight to six are five hours; 25 October: seven.
    assert open_minutes(nights, local("2026-03-29 00:00"), local("2026-03-30 00:00")) == 300
    assert open_minutes(nights, local("2026-10-25 00:00"), local("2026-10-26 00:00")) == 420


def test_hours_swallowed_by_the_change_of_the_clock_are_no_hours() -> None:
    swallowed = OpeningHours(weekdays=frozenset({7}), opens=time(2, 30), closes=time(3, 15))
    assert open_minutes(swallowed, local("2026-03-29 00:00"), local("2026-03-30 00:00")) == 0
    assert next_opening(swallowed, local("2026-03-28 12:00")) == local("2026-04-05 02:30")
    assert open_minutes(swallowed, local("2026-04-05 00:00"), local("2026-04-06 00:00")) == 45


def test_other_hours_and_zones_are_only_data() -> None:
    lisbon = OpeningHours(weekdays=frozenset({6}), opens=time(10), closes=time(12), zone=ZoneInfo("Europe/Lisbon"))
    assert is_open(lisbon, datetime(2026, 7, 4, 9, 0, tzinfo=UTC))
    assert not is_open(lisbon, datetime(2026, 7, 4, 8, 59, tzinfo=UTC))
    assert open_minutes(lisbon, datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 8, tzinfo=UTC)) == 120


def test_dates_are_those_of_the_hours_own_zone() -> None:
    # Auckland is twelve or thirteen hours ahead: its Saturday begins on Luxembourg's Friday.
    auckland = OpeningHours(weekdays=frozenset({6}), opens=time(1), closes=time(3), zone=ZoneInfo("Pacific/Auckland"))
    opening = datetime(2026, 7, 3, 13, 0, tzinfo=UTC)
    assert is_open(auckland, opening)
    assert next_opening(auckland, opening - timedelta(minutes=1)) == opening
    assert open_minutes(auckland, opening - timedelta(hours=1), opening + timedelta(hours=1)) == 60
    assert open_minutes(auckland, opening, opening + timedelta(hours=9)) == 120
    assert day_start(date(2026, 7, 4), auckland.zone) == datetime(2026, 7, 3, 12, 0, tzinfo=UTC)


def test_hours_that_cannot_be_kept_are_refused() -> None:
    for opens, closes in [(time(9), time(9)), (time(17, 30), time(8, 30))]:
        with pytest.raises(Refusal) as refusal:
            OpeningHours(opens=opens, closes=closes)
        assert refusal.value.code == "hours-invalid"


@pytest.mark.parametrize("ask", [is_open, next_opening, next_closing, attended_from])
def test_naive_instants_are_refused(ask) -> None:
    with pytest.raises(Refusal) as refusal:
        ask(PLAIN, datetime(2026, 6, 22, 9, 0))  # noqa: DTZ001
    assert refusal.value.code == "naive-instant"


def test_naive_instants_are_refused_on_either_side_of_a_count() -> None:
    aware, naive = local("2026-06-22 09:00"), datetime(2026, 6, 22, 9, 0)  # noqa: DTZ001
    for start, end in [(aware, naive), (naive, aware)]:
        with pytest.raises(Refusal) as refusal:
            open_minutes(PLAIN, start, end)
        assert refusal.value.code == "naive-instant"


def test_years_beyond_reckoning_are_refused_not_crashed_on() -> None:
    for instant in [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
        datetime(1970, 12, 31, tzinfo=UTC),
        datetime(2199, 1, 1, tzinfo=UTC),
    ]:
        with pytest.raises(Refusal) as refusal:
            is_open(PLAIN, instant)
        assert refusal.value.code == "instant-out-of-range"
    assert utc(datetime(1971, 1, 1, tzinfo=UTC)).year == 1971
    assert utc(datetime(2198, 12, 31, tzinfo=UTC)).year == 2198


def test_local_dates_and_instants() -> None:
    assert local_date(datetime(2026, 6, 22, 21, 59, 59, tzinfo=UTC)) == date(2026, 6, 22)
    assert local_date(datetime(2026, 6, 22, 22, 0, tzinfo=UTC)) == date(2026, 6, 23)
    assert local_date(datetime(2026, 12, 31, 23, 0, tzinfo=UTC)) == date(2027, 1, 1)
    assert day_start(date(2026, 6, 22)) == datetime(2026, 6, 21, 22, 0, tzinfo=UTC)
    assert day_start(date(2026, 1, 1)) == datetime(2025, 12, 31, 23, 0, tzinfo=UTC)
    # The two days of the change last 23 and 25 hours.
    assert day_start(date(2026, 3, 30)) - day_start(date(2026, 3, 29)) == timedelta(hours=23)
    assert day_start(date(2026, 10, 26)) - day_start(date(2026, 10, 25)) == timedelta(hours=25)


def test_local_times_that_are_skipped_or_happen_twice() -> None:
    assert at_local(date(2026, 3, 29), time(2, 30)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert at_local(date(2026, 10, 25), time(2, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_empty_span_is_refused_and_spans_are_half_open() -> None:
    start = local("2026-06-22 10:00")
    for end in (start, start - timedelta(seconds=1)):
        with pytest.raises(Refusal) as refusal:
            Span(start, end)
        assert refusal.value.code == "empty-span"
    span = Span(start, start + timedelta(hours=1))
    assert span.holds(start)
    assert not span.holds(span.end)
    assert span.start.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-06-22 08:30", "2026-06-22 17:30", True),
        ("2026-06-22 08:29:59", "2026-06-22 09:00", False),
        ("2026-06-22 17:00", "2026-06-22 17:30:01", False),
        ("2026-06-22 17:00", "2026-06-23 09:00", False),
        ("2026-06-20 10:00", "2026-06-20 10:01", False),
    ],
)
def test_open_throughout(start: str, end: str, expected: bool) -> None:
    assert is_open_throughout(PLAIN, Span(local(start), local(end))) is expected


def test_a_closure_in_the_middle_breaks_it() -> None:
    hours = OpeningHours(closures=(Span(local("2026-06-22 12:00"), local("2026-06-22 12:00:01")),))
    assert not is_open_throughout(hours, Span(local("2026-06-22 09:00"), local("2026-06-22 17:00")))
    assert is_open_throughout(hours, Span(local("2026-06-22 09:00"), local("2026-06-22 12:00")))


def test_what_is_left_of_a_span() -> None:
    span = Span(local("2026-06-22 10:00"), local("2026-06-22 12:00"))
    ten, half_past, eleven, noon = (local(f"2026-06-22 {at}") for at in ("10:00", "10:30", "11:00", "12:00"))
    nine, one = local("2026-06-22 09:00"), local("2026-06-22 13:00")
    assert list(without(span, [])) == [span]
    assert list(without(span, [Span(nine, ten), Span(noon, one)])) == [span]
    assert list(without(span, [Span(nine, one)])) == []
    assert list(without(span, [span])) == []
    assert list(without(span, [Span(half_past, eleven)])) == [Span(ten, half_past), Span(eleven, noon)]
    assert list(without(span, [Span(eleven, one), Span(nine, half_past)])) == [Span(half_past, eleven)]


instants = st.datetimes(datetime(2015, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda instant: instant.replace(second=0, microsecond=0)
)
short = st.integers(1, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
spans = st.builds(lambda start, length: Span(start, start + length), instants, short)


@st.composite
def weeks(draw) -> tuple[OpeningHours, datetime]:
    """A desk with closures and holidays near an instant."""
    instant = draw(instants)
    near = st.integers(-8 * 24 * 60, 8 * 24 * 60).map(lambda minutes: instant + timedelta(minutes=minutes))
    closures = draw(st.lists(st.builds(lambda start, long: Span(start, start + long), near, short), max_size=4))
    days = draw(st.frozensets(near.map(local_date), max_size=3))
    weekdays = draw(st.frozensets(st.integers(1, 7), min_size=1))
    return OpeningHours(weekdays=weekdays, closed_on=days, closures=tuple(closures)), instant


@settings(max_examples=25)
@given(weeks(), st.integers(0, 700), st.integers(0, 700))
def test_open_minutes_agrees_with_asking_minute_by_minute(week, before: int, after: int) -> None:
    hours, instant = week
    start, end = instant - timedelta(minutes=before), instant + timedelta(minutes=after)
    counted = sum(is_open(hours, start + timedelta(minutes=minute)) for minute in range(before + after))
    assert open_minutes(hours, start, end) == counted


@given(weeks(), st.integers(0, 10**6), st.integers(0, 10**6))
def test_open_minutes_add_up(week, before: int, after: int) -> None:
    hours, middle = week
    start, end = middle - timedelta(minutes=before), middle + timedelta(minutes=after)
    parts = open_minutes(hours, start, middle) + open_minutes(hours, middle, end)
    assert open_minutes(hours, start, end) == parts


@given(weeks())
def test_openings_and_closings_are_the_edges_of_being_open(week) -> None:
    hours, instant = week
    tick = timedelta(microseconds=1)
    opening, closing = next_opening(hours, instant), next_closing(hours, instant)
    assert opening is not None
    assert closing is not None
    assert opening > instant
    assert closing > instant
    assert is_open(hours, opening)
    assert not is_open(hours, opening - tick)
    assert is_open(hours, closing - tick)
    assert not is_open(hours, closing)
    if is_open(hours, instant):
        assert closing < opening
        assert open_minutes(hours, instant, opening) * timedelta(minutes=1) == closing - instant
    else:
        assert opening < closing
        assert open_minutes(hours, instant, opening) == 0


@given(st.lists(spans, max_size=6), instants)
def test_disjoint_spans_hold_the_same_instants(some: list[Span], instant: datetime) -> None:
    result = disjoint(some)
    assert all(one.end < two.start for one, two in pairwise(result))
    for moment in [instant, *(edge for span in some for edge in (span.start, span.end))]:
        assert any(span.holds(moment) for span in result) == any(span.holds(moment) for span in some)


@given(st.dates(date(2015, 1, 1), date(2035, 12, 31)), st.times())
def test_a_local_time_lies_on_its_own_date(day: date, wall: time) -> None:
    assert local_date(at_local(day, wall)) == day
