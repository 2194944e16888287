"""When the desk is open: the rules of `app/domain/calendar.py` over the holidays and closures on record."""

from datetime import date, datetime, timedelta
from uuid import UUID

from app.adapters.holidays import public_holidays
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.desk.calendar import queries
from app.domain.calendar import HORIZON_DAYS, OpeningHours, Span, local_date
from app.domain.errors import Refusal

HOLIDAY_YEARS = range(2015, 2036)


async def opening_hours(connection: Connection, now: datetime) -> OpeningHours:
    """The desk's hours with everything that closes it from `now` on (H1)."""
    today = local_date(now)
    closed = await queries.closed_around(connection, today, today + timedelta(days=HORIZON_DAYS), now)
    return hours_of(closed)


def hours_of(closed: Row) -> OpeningHours:
    """Opening hours from the row of `queries.CLOSED`."""
    spans = tuple(Span(start, end) for start, end in zip(closed["starts"], closed["ends"], strict=True))
    return OpeningHours(closed_on=frozenset(closed["holidays"]), closures=spans)


async def close_desk(
    connection: Connection, *, starts_at: datetime, ends_at: datetime, reason: str, now: datetime
) -> Row:
    """Close the desk for [starts_at, ends_at).

    Raises:
        Refusal: `closure-empty`, or `closures-overlap` when part of it is closed already.
    """
    if ends_at <= starts_at:
        raise Refusal("closure-empty", "The end must lie after the start.", pointer="/ends_at")
    row = await queries.insert_closure(connection, new_id(), starts_at, ends_at, reason, now)
    if row is None:
        raise Refusal("closures-overlap", "The desk is closed already in part of that time.")
    return row


async def find_closure(connection: Connection, closure_id: UUID) -> Row | None:
    """One closure."""
    return await queries.closure(connection, closure_id)


async def load_holidays(connection: Connection) -> None:
    """Write Luxembourg's legal holidays of 2015 to 2035; harmless to repeat."""
    days: list[tuple[date, dict[str, str]]] = [day for year in HOLIDAY_YEARS for day in public_holidays(year)]
    await queries.upsert_holidays(connection, days)
