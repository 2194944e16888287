"""When the desk is open: the rules of `app/domain/calendar.py` over the holidays and closures on record."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.adapters.holidays import public_holidays
from app.core import events
from app.core.clock import instant_text
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
    connection: Connection, *, starts_at: datetime, ends_at: datetime, reason: str, actor: dict[str, str], now: datetime
) -> Row:
    """Close the desk for [starts_at, ends_at).

    Raises:
        Refusal: `closure-empty`, or `closures-overlap` when part of it is closed already.
    """
    await queries.take_turns(connection)
    await _check_span(connection, starts_at, ends_at)
    row = await queries.insert_closure(connection, new_id(), starts_at, ends_at, reason, now)
    await events.record(connection, "closure.created", subject_id=row["id"], actor=actor, now=now, data=_told(row))
    return row


async def change_closure(
    connection: Connection, before: Row, wanted: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> Row:
    """Change what is still to come of a closure that `lock_closure` gave; what was closed stays closed.

    Raises:
        Refusal: `closure-over`, `closure-begun` (its start, or an end that is past), `closure-empty` or
            `closures-overlap`.
    """
    changes = {name: value for name, value in wanted.items() if before[name] != value}
    if not changes:
        return before
    _check_future(before, changes, now)
    after = {**before, **changes}
    await _check_span(connection, after["starts_at"], after["ends_at"], but=before["id"])
    row = await queries.update_closure(connection, before["id"], changes)
    data = {"before": _told(before), "after": _told(row)}
    await events.record(connection, "closure.changed", subject_id=row["id"], actor=actor, now=now, data=data)
    return row


async def remove_closure(connection: Connection, row: Row, *, actor: dict[str, str], now: datetime) -> None:
    """Let the desk be open after all, for a closure that has not begun.

    Raises:
        Refusal: `closure-over` or `closure-begun`.
    """
    _check_future(row, {"starts_at": None}, now)
    await queries.delete_closure(connection, row["id"])
    await events.record(connection, "closure.removed", subject_id=row["id"], actor=actor, now=now, data=_told(row))


def _check_future(before: Row, changes: Mapping[str, Any], now: datetime) -> None:
    if before["ends_at"] <= now:
        raise Refusal("closure-over", "It is over: what the desk did then was told by it.")
    begun = before["starts_at"] <= now
    if begun and ("starts_at" in changes or changes.get("ends_at", now) < now):
        raise Refusal("closure-begun", "It has begun: only its reason and an end from now on can change.")
    if not begun and (changes.get("starts_at") or now) < now:
        raise Refusal("closure-begun", "It cannot begin in the past.", pointer="/starts_at")


async def _check_span(connection: Connection, starts_at: datetime, ends_at: datetime, but: UUID | None = None) -> None:
    if ends_at <= starts_at:
        raise Refusal("closure-empty", "The end must lie after the start.", pointer="/ends_at")
    if await queries.overlaps(connection, starts_at, ends_at, but):
        raise Refusal("closures-overlap", "The desk is closed already in part of that time.")


def _told(row: Row) -> dict[str, str]:
    return {
        "starts_at": instant_text(row["starts_at"]),
        "ends_at": instant_text(row["ends_at"]),
        "reason": row["reason"],
    }


async def find_closure(connection: Connection, closure_id: UUID) -> Row | None:
    """One closure."""
    return await queries.closure(connection, closure_id)


async def lock_closure(connection: Connection, closure_id: UUID) -> Row | None:
    """One closure, while nobody else changes any."""
    await queries.take_turns(connection)
    return await queries.closure(connection, closure_id)


async def load_holidays(connection: Connection) -> None:
    """Write Luxembourg's legal holidays of 2015 to 2035; harmless to repeat."""
    days: list[tuple[date, dict[str, str]]] = [day for year in HOLIDAY_YEARS for day in public_holidays(year)]
    await queries.upsert_holidays(connection, days)
