"""Opening hours and the desk's local time (rules H1, H2). Every span is half-open: [start, end).

Instants are aware datetimes and come back in UTC; local dates are dates in the zone of the hours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.domain.errors import Refusal

DESK_ZONE = ZoneInfo("Europe/Luxembourg")
FIRST_YEAR, LAST_YEAR = 1970, 2199
HORIZON_DAYS = 400
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def utc(instant: datetime) -> datetime:
    """The same instant in UTC; refuses one without offset or outside the years the desk can reckon with."""
    if instant.utcoffset() is None:
        raise Refusal("naive-instant", "An instant needs an offset from UTC.")
    if not FIRST_YEAR < instant.year < LAST_YEAR:
        raise Refusal("instant-out-of-range", f"The year must lie between {FIRST_YEAR} and {LAST_YEAR}.")
    return instant.astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo = DESK_ZONE) -> date:
    """The date on the desk's wall at that instant."""
    return utc(instant).astimezone(zone).date()


def at_local(day: date, wall: time, zone: ZoneInfo = DESK_ZONE) -> datetime:
    """The UTC instant at which the desk's clock shows `wall` on `day`.

    A time that happens twice (October) means its first pass; one that is skipped (March) is read as if the
    clock had not been changed yet: 02:30 is the instant half an hour into summer time.
    """
    return utc(datetime.combine(day, wall, tzinfo=zone))


def day_start(day: date, zone: ZoneInfo = DESK_ZONE) -> datetime:
    """The UTC instant of local midnight, which is also the end of the day before."""
    return at_local(day, time.min, zone)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time [start, end), kept in UTC, never empty."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Put both ends in UTC and refuse an empty stretch."""
        object.__setattr__(self, "start", utc(self.start))
        object.__setattr__(self, "end", utc(self.end))
        if self.end <= self.start:
            raise Refusal("empty-span", "The end must lie after the start.")

    def holds(self, instant: datetime) -> bool:
        """Whether the instant lies in [start, end)."""
        return self.start <= instant < self.end


def disjoint(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as sorted spans that neither overlap nor touch."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def without(span: Span, cuts: Iterable[Span]) -> Iterator[Span]:
    """What is left of the span outside the cuts, in order."""
    start = span.start
    for cut in disjoint(cuts):
        if cut.end > start and cut.start < span.end:
            if start < cut.start:
                yield Span(start, cut.start)
            start = cut.end
    if start < span.end:
        yield Span(start, span.end)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When the desk is open (H1), as data: ISO weekdays (Monday 1), wall times, and what is closed.

    `closed_on` holds holidays and whole-day closures as local dates; `closures` part-day ones as spans.
    `opens` must be before `closes`: hours never cross midnight.
    """

    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    opens: time = time(8, 30)
    closes: time = time(17, 30)
    zone: ZoneInfo = DESK_ZONE
    closed_on: frozenset[date] = frozenset()
    closures: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        """Refuse hours that cannot be kept, and put the closures in order."""
        if not self.opens < self.closes:
            raise Refusal("hours-invalid", "The desk must open before it closes.")
        object.__setattr__(self, "closures", disjoint(self.closures))


def is_open(hours: OpeningHours, instant: datetime) -> bool:
    """Whether the desk is open at that instant: open at 08:30:00, closed at 17:30:00."""
    moment = utc(instant)
    today, _ = _today_and_next(hours, local_date(moment, hours.zone))
    return any(span.holds(moment) for span in today)


def next_opening(hours: OpeningHours, instant: datetime) -> datetime | None:
    """The first instant after this one at which the desk goes from closed to open.

    None when it stays closed for the next 400 days.
    """
    moment = utc(instant)
    return next((span.start for span in _spans_around(hours, moment) if span.start > moment), None)


def next_closing(hours: OpeningHours, instant: datetime) -> datetime | None:
    """The first instant after this one at which the desk goes from open to closed.

    None when it stays closed for the next 400 days.
    """
    moment = utc(instant)
    return next((span.end for span in _spans_around(hours, moment) if span.end > moment), None)


def attended_from(hours: OpeningHours, instant: datetime) -> datetime | None:
    """The instant itself when the desk is open, else the next opening: from when somebody can act (U3)."""
    return utc(instant) if is_open(hours, instant) else next_opening(hours, instant)


def open_minutes(hours: OpeningHours, start: datetime, end: datetime) -> int:
    """Whole minutes in [start, end) during which the desk is open; 0 when end is not after start."""
    return _open_time(hours, utc(start), utc(end)) // MINUTE


def is_open_throughout(hours: OpeningHours, span: Span) -> bool:
    """Whether the desk is open from the start of the span to its end (P5)."""
    return _open_time(hours, span.start, span.end) == span.end - span.start


def _scheduled_span(hours: OpeningHours, day: date) -> Span | None:
    """The hours of one local day, None on a day off (or when the change of the clock ate them)."""
    if day.isoweekday() not in hours.weekdays or day in hours.closed_on:
        return None
    start, end = at_local(day, hours.opens, hours.zone), at_local(day, hours.closes, hours.zone)
    return Span(start, end) if start < end else None


def _open_time(hours: OpeningHours, start: datetime, end: datetime) -> timedelta:
    """The time open within [start, end): what is scheduled less what the closures take of it."""
    total = _scheduled(hours, start, end)
    for closure in hours.closures:
        total -= _scheduled(hours, max(start, closure.start), min(end, closure.end))
    return total


def _scheduled(hours: OpeningHours, start: datetime, end: datetime) -> timedelta:
    """The scheduled time within [start, end), as if there were no part-day closures."""
    total = timedelta()
    day, last = local_date(start, hours.zone), local_date(end, hours.zone)
    while day <= last:
        if span := _scheduled_span(hours, day):
            total += max(min(span.end, end) - max(span.start, start), timedelta())
        day += DAY
    return total


def open_spans(hours: OpeningHours, day: date) -> Iterator[Span]:
    """The stretches of one local day during which the desk is open, in order."""
    if scheduled := _scheduled_span(hours, day):
        yield from without(scheduled, hours.closures)


def _spans_around(hours: OpeningHours, moment: datetime) -> tuple[Span, ...]:
    """The open stretches of that local day and the first one after it within the horizon, in order."""
    today, after = _today_and_next(hours, local_date(moment, hours.zone))
    return today if after is None else (*today, after)


@lru_cache(maxsize=32)  # every receipt asks, and the answer stays the same until midnight or a new closure
def _today_and_next(hours: OpeningHours, today: date) -> tuple[tuple[Span, ...], Span | None]:
    """The open stretches of a local day, and the first one of the days after it up to the horizon."""
    later = (span for ahead in range(1, HORIZON_DAYS) for span in open_spans(hours, today + ahead * DAY))
    return tuple(open_spans(hours, today)), next(later, None)
