"""Billing periods: quarters and months as half-open stretches of local dates (rules I1, P4; invariant 14)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from app.domain.calendar import DAY, DESK_ZONE, FIRST_YEAR, LAST_YEAR, Span, day_start, local_date
from app.domain.errors import Refusal

_NAME = re.compile(r"([1-9][0-9]{3})-(?:Q([1-4])|(0[1-9]|1[0-2]))")


class Cycle(StrEnum):
    """How often a client is invoiced (I1)."""

    QUARTERLY = "quarterly"
    MONTHLY = "monthly"


_MONTHS = {Cycle.QUARTERLY: 3, Cycle.MONTHLY: 1}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The local dates [start, end) of one quarter or month."""

    start: date
    end: date
    cycle: Cycle

    @property
    def name(self) -> str:
        """As people write it: `2026-Q3`, `2026-07`."""
        if self.cycle is Cycle.QUARTERLY:
            return f"{self.start.year:04d}-Q{self.start.month // 3 + 1}"
        return f"{self.start.year:04d}-{self.start.month:02d}"

    def holds(self, day: date) -> bool:
        """Whether the local date lies in the period."""
        return self.start <= day < self.end

    def span(self, zone: ZoneInfo = DESK_ZONE) -> Span:
        """The instants of the period, from local midnight to local midnight."""
        return Span(day_start(self.start, zone), day_start(self.end, zone))


def period_of(day: date, cycle: Cycle) -> Period:
    """The one period of that cycle the local date lies in; refuses years the desk cannot reckon with."""
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise Refusal("period-invalid", f"The year must lie between {FIRST_YEAR} and {LAST_YEAR}.")
    months = _MONTHS[cycle]
    first = (day.month - 1) // months * months
    years, last = divmod(first + months, 12)
    return Period(date(day.year, first + 1, 1), date(day.year + years, last + 1, 1), cycle)


def parse_period(text: str) -> Period:
    """The period of a name such as `2026-Q3` or `2026-07`; refuses anything else as `period-invalid`."""
    match = _NAME.fullmatch(text)
    if match is None:
        raise Refusal("period-invalid", "A period is a quarter such as 2026-Q3 or a month such as 2026-07.")
    year, quarter, month = match.groups()
    if quarter:
        return period_of(date(int(year), int(quarter) * 3, 1), Cycle.QUARTERLY)
    return period_of(date(int(year), int(month), 1), Cycle.MONTHLY)


def following(period: Period) -> Period:
    """The period after this one, of the same cycle."""
    return period_of(period.end, period.cycle)


def cycle_change_on(today: date) -> date:
    """From which local date on another cycle holds: where a quarter begins, a month does too (I1)."""
    return period_of(today, Cycle.QUARTERLY).end


def split_at_days(span: Span, days: Iterable[date], zone: ZoneInfo = DESK_ZONE) -> tuple[Span, ...]:
    """The span cut at the local midnights that begin those days, in order; nothing lost, nothing twice."""
    cuts = sorted({moment for moment in (day_start(day, zone) for day in days) if span.start < moment < span.end})
    edges = [span.start, *cuts, span.end]
    return tuple(Span(start, end) for start, end in pairwise(edges))


def split_at_midnights(span: Span, zone: ZoneInfo = DESK_ZONE) -> tuple[Span, ...]:
    """The span cut so that each part lies on one local date."""
    first, last = local_date(span.start, zone), local_date(span.end, zone)
    return split_at_days(span, (first + ahead * DAY for ahead in range((last - first).days + 1)), zone)


def split_at_periods(span: Span, cycle: Cycle, zone: ZoneInfo = DESK_ZONE) -> tuple[Span, ...]:
    """The span cut so that each part lies in one period (P4)."""
    edges, period = [], period_of(local_date(span.start, zone), cycle)
    while day_start(period.end, zone) < span.end:
        edges.append(period.end)
        period = following(period)
    return split_at_days(span, edges, zone)
