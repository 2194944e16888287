"""Rules of a time entry beside its price: not in the future, and what to notice about it (P4, P5, I1)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.domain.calendar import OpeningHours, Span, is_open_throughout, local_date, utc, without
from app.domain.errors import Refusal
from app.domain.period import Cycle, period_of


class Flag(StrEnum):
    """What people should notice about an entry."""

    LATE = "late"
    FUTURE = "future"
    OUT_OF_HOURS = "out_of_hours"


def check_not_future(work: Span | date, now: datetime, tolerance_minutes: int) -> None:
    """Refuses work that ends, or is dated, further ahead than the tolerance, as `future-work` (P4)."""
    latest = utc(now) + timedelta(minutes=tolerance_minutes)
    ahead = work.end > latest if isinstance(work, Span) else work > local_date(latest)
    if ahead:
        raise Refusal("future-work", "Time is logged once it has been worked.", latest_at=latest)


def is_out_of_hours(hours: OpeningHours, work: Span, windows: Iterable[Span]) -> bool:
    """Whether any of it lies outside both opening hours and the client's permanence windows (P5)."""
    return not all(is_open_throughout(hours, part) for part in without(work, windows))


def flags(
    work: Span | date, now: datetime, cycle: Cycle, hours: OpeningHours, windows: Iterable[Span] = ()
) -> tuple[Flag, ...]:
    """The flags of an entry typed at `now` for a client with that billing cycle.

    Late is what is typed after its billing period has ended (I1); future what ends after now, within the
    tolerance. Work known only by its date is never taken to be outside hours.
    """
    worked_on = local_date(work.start) if isinstance(work, Span) else work
    found = [Flag.LATE] if local_date(now) >= period_of(worked_on, cycle).end else []
    if isinstance(work, Span) and work.end > utc(now):
        found.append(Flag.FUTURE)
    if isinstance(work, Span) and is_out_of_hours(hours, work, windows):
        found.append(Flag.OUT_OF_HOURS)
    return tuple(found)
