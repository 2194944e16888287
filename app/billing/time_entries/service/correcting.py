"""Correct an entry by a counter-entry and, if wanted, a new one; nothing is ever changed (P6)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.billing.givebacks.service import credited_of
from app.billing.pools.queries import lock_client
from app.billing.pools.service import hold, take_over, watch
from app.billing.time_entries import queries
from app.billing.time_entries.service.logging import write
from app.billing.time_entries.service.planning import NewEntry, Part, look_up, plan
from app.billing.time_entries.service.pricing import Logged, open_tally, watch_estimates
from app.billing.time_entries.service.reading import price_of, sums_of
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.allocation import take_back
from app.domain.errors import Refusal, part_of_input
from app.domain.pricing import counter

SIGNED = ("worked_minutes", "billed_minutes")
COLUMNS = (
    "client_id", "ticket_id", "permanence_id", "agent_id", "worked_on", "started_at", "ended_at", "lane", "description",
    "non_billable_reason", "flags", "terms_id", "hourly_rate_cents", "discount_bp", "currency",
)  # fmt: skip


async def correct_entry(
    connection: Connection,
    entry_id: UUID,
    client_id: UUID | None,
    replacement: NewEntry | None,
    *,
    reason: str,
    actor: dict[str, str],
    now: datetime,
) -> tuple[Logged, list[Logged]]:
    """Take an entry of that client back and log what is right instead; pools that gain minutes use them (C3).

    Returns:
        The counter-entry and the new entry's parts.

    Raises:
        Refusal: `already-corrected`, `counter-entry` for a counter-entry itself, `client-mismatch` when the new
            entry belongs to another client, `invoiced-twice`, and what logging refuses.
    """
    if client_id is not None:
        await lock_client(connection, client_id)
    entry = await queries.lock_entry(connection, entry_id)
    assert entry is not None  # noqa: S101 (the caller has read it, and no entry is ever removed)
    _check(entry)
    parts = await _parts(connection, entry, replacement, now)
    days = [entry["worked_on"], *(part.worked_on for part in parts)]
    held = await hold(connection, [client_id] if client_id else [], min(days), max(days))
    tally = await open_tally(connection, parts, held)
    credited = await credited_of(connection, client_id, entry) if client_id else 0
    back = _counter(entry, reason, now, credited)
    tally.give_back(back)
    logged = tally.price(parts, now)
    await write(connection, [back, *logged], actor=actor, now=now)
    if client_id is not None and back.price.draws:
        await take_over(connection, client_id, held, now)
    await watch(connection, held, now)
    await watch_estimates(connection, parts, tally, actor=actor, now=now)
    return back, logged


def _check(entry: Row) -> None:
    if entry["kind"] == "counter":
        raise Refusal("counter-entry", "A counter-entry is not corrected: log what is right as a new entry.")
    if entry["corrected_by_id"] is not None:
        raise Refusal("already-corrected", "The entry was corrected already.", corrected_by=entry["corrected_by_id"])


async def _parts(connection: Connection, entry: Row, replacement: NewEntry | None, now: datetime) -> list[Part]:
    if replacement is None:
        return []
    known = await look_up(connection, [replacement])
    with part_of_input("/replacement"):
        parts = plan(known, replacement, now)
    if any(part.subject["client_id"] != entry["client_id"] for part in parts):
        detail = "Time moves to another client by cancelling it here and logging it there."
        raise Refusal("client-mismatch", detail, pointer="/replacement/ticket_id")
    return parts


def _counter(entry: Row, reason: str, now: datetime, credited_minutes: int) -> Logged:
    values: dict[str, Any] = {name: entry[name] for name in COLUMNS}
    values |= {name: -entry[name] for name in SIGNED}
    values |= {
        "id": new_id(), "kind": "counter", "corrects_id": entry["id"], "replaces_id": None,
        "correction_reason": reason, "part_of_id": None, "logged_at": now,
    }  # fmt: skip
    return Logged(values, counter(price_of(entry)), take_back(sums_of(entry), credited_minutes))
