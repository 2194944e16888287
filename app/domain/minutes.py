"""Integer minutes: how long something lasted, and what of it is billed (rule P2)."""

from datetime import date

from app.domain.calendar import DAY, MINUTE, Span, day_start
from app.domain.errors import Refusal


def worked_minutes(span: Span) -> int:
    """How many times the clock's minute changed in the span, at least 1.

    Seconds are cut off at both ends alike, so the parts of a split entry add up to the whole.
    """
    since_whole_minute = span.end - span.start.replace(second=0, microsecond=0)
    return max(since_whole_minute // MINUTE, 1)


def check_minutes(minutes: int) -> None:
    """Refuses to log, buy, grant or refund less than a minute, as `minutes-not-positive`."""
    if minutes < 1:
        raise Refusal("minutes-not-positive", "Time is at least one minute.", minutes=minutes)


def check_day(day: date, minutes: int) -> None:
    """Refuses more than the local date lasted, 1,440 minutes or an hour more or less, as `longer-than-day` (P4)."""
    lasted = (day_start(day + DAY) - day_start(day)) // MINUTE
    if minutes > lasted:
        raise Refusal("longer-than-day", f"That day had {lasted} minutes.", minutes=minutes, day_minutes=lasted)


def billed_minutes(worked: int, increment: int, minimum: int) -> int:
    """Worked minutes, at least the minimum, rounded up to whole increments (P2); once for each entry.

    Refuses anything below one minute of work as `minutes-not-positive`.
    """
    check_minutes(worked)
    return -(-max(worked, minimum) // increment) * increment
