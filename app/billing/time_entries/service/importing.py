"""Log up to a thousand entries at once: each is logged or refused by itself, the good ones all together."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.billing.pools.service import watch
from app.billing.time_entries import queries
from app.billing.time_entries.service.logging import hold_for, write
from app.billing.time_entries.service.planning import Known, NewEntry, Part, look_up, plan
from app.billing.time_entries.service.pricing import Logged, Tally, open_tally, watch_estimates
from app.core.db import Connection
from app.domain.calendar import Span
from app.domain.errors import Refusal


async def import_entries(
    connection: Connection, entries: Sequence[NewEntry], *, actor: dict[str, str], now: datetime
) -> list[list[Logged] | Refusal]:
    """Log entries in the order given; the answer to each stands at its place.

    An agent who logs time of their own meanwhile may make the whole import fail with `time-overlaps`: nothing is
    half done, and repeating it is safe.
    """
    known = await look_up(connection, entries)
    planned = [_planned(known, entry, now) for entry in entries]
    await _refuse_overlaps(connection, entries, planned)
    parts = [part for outcome in planned if isinstance(outcome, list) for part in outcome]
    if not parts:
        return [outcome for outcome in planned if isinstance(outcome, Refusal)]
    held = await hold_for(connection, parts)
    tally = await open_tally(connection, parts, held)
    outcomes = [_priced(tally, outcome, now) for outcome in planned]
    logged = [one for outcome in outcomes if isinstance(outcome, list) for one in outcome]
    await write(connection, logged, actor=actor, now=now)
    await watch(connection, held, now)
    await watch_estimates(connection, parts, tally, actor=actor, now=now)
    return outcomes


def _priced(tally: Tally, planned: list[Part] | Refusal, now: datetime) -> list[Logged] | Refusal:
    if isinstance(planned, Refusal):
        return planned
    try:
        return tally.price(planned, now)
    except Refusal as refusal:
        return refusal


def _planned(known: Known, entry: NewEntry, now: datetime) -> list[Part] | Refusal:
    try:
        return plan(known, entry, now)
    except Refusal as refusal:
        return refusal


async def _refuse_overlaps(
    connection: Connection, entries: Sequence[NewEntry], planned: list[list[Part] | Refusal]
) -> None:
    """Refuse what overlaps time on record or an earlier entry of the same import (P4)."""
    spans = {
        number: (number, entry.agent_id, entry.work.start, entry.work.end)
        for number, entry in enumerate(entries)
        if isinstance(entry.work, Span) and isinstance(planned[number], list)
    }
    if not spans:
        return
    busy = await queries.busy(connection, list(spans.values()))
    taken: defaultdict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    for number, agent_id, start, end in spans.values():
        if number in busy or _overlaps(taken[agent_id], start, end):
            planned[number] = overlapping()
        else:
            insort(taken[agent_id], (start, end))


def _overlaps(taken: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime) -> bool:
    """Whether [start, end) meets one of these sorted stretches, of which no two overlap."""
    place = bisect_left(taken, (start, end))
    before, after = taken[:place][-1:], taken[place : place + 1]
    return any(one_end > start for _, one_end in before) or any(one_start < end for one_start, _ in after)


def overlapping() -> Refusal:
    """As the database's own refusal is called."""
    return Refusal("time-overlaps", "The agent's time of another entry overlaps it.", pointer="/started_at")
