"""Log time: priced, drawn from pools, written with its history, all at once (P, C2, C3)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.billing.pools.service import Held, held_of, hold, watch
from app.billing.time_entries import queries
from app.billing.time_entries.service.planning import NewEntry, Part, look_up, plan
from app.billing.time_entries.service.pricing import Logged, clients_of, open_tally, watch_estimates
from app.core.db import Connection
from app.core.ids import new_id
from app.core.sql import Statement


async def log_time(connection: Connection, entry: NewEntry, *, actor: dict[str, str], now: datetime) -> list[Logged]:
    """Log one entry; it comes back in several parts when it crosses the edge of a period or of new terms.

    Raises:
        Refusal: see `planning.plan` and `Tally.price`; the database refuses overlapping times of an agent.
    """
    logged, writing = await price_time(connection, entry, actor=actor, now=now)
    await run(connection, writing)
    return logged


async def price_time(
    connection: Connection, entry: NewEntry, *, actor: dict[str, str], now: datetime
) -> tuple[list[Logged], Statement]:
    """Price one entry against what this transaction then holds; the statement that logs it is still to be run.

    Raises:
        Refusal: see `log_time`.
    """
    known = await look_up(connection, [entry], with_pools=True)
    parts = plan(known, entry, now)
    held = held_of(known.pools)
    tally = await open_tally(connection, parts, held)
    logged = tally.price(parts, now)
    await watch(connection, held, now)
    await watch_estimates(connection, parts, tally, actor=actor, now=now)
    return logged, writing(logged, actor=actor, now=now)


async def run(connection: Connection, writing: Statement) -> None:
    """Run the statement in a transaction that goes on; terms that were published this moment are a refusal then."""
    await replace(writing, races=frozenset()).run(connection)


async def hold_for(connection: Connection, parts: Sequence[Part]) -> Held:
    """The pools that the parts may draw from, held."""
    days = [part.worked_on for part in parts]
    return await hold(connection, clients_of(parts), min(days, default=date.max), max(days, default=date.max))


async def write(connection: Connection, logged: Sequence[Logged], *, actor: dict[str, str], now: datetime) -> None:
    """Write entries at once."""
    await run(connection, writing(logged, actor=actor, now=now))


def writing(logged: Sequence[Logged], *, actor: dict[str, str], now: datetime) -> Statement:
    """What writes entries, where their minutes are, and the tickets' history."""
    allocations = [
        {
            "id": str(new_id()),
            "client_id": _text(one.values["client_id"]),
            "entry_id": str(one.values["id"]),
            "place": movement.place.value,
            "minutes": movement.minutes,
            "contract_id": _text(movement.contract_id),
        }
        for one in logged
        for movement in one.allocations
    ]
    entries = [{name: _text(value) for name, value in one.values.items()} for one in logged]
    return queries.log(entries, allocations, [_told(one) for one in logged], actor, now)


def _told(one: Logged) -> dict[str, Any]:
    values = one.values
    return {
        "id": str(new_id()),
        "type": "time_entry.corrected" if values["kind"] == "counter" else "time_entry.logged",
        "ticket_id": _text(values["ticket_id"]),
        "client_id": _text(values["client_id"]),
        "subject_id": str(values["id"]),
        "data": {
            "agent_id": str(values["agent_id"]),
            "worked_on": values["worked_on"].isoformat(),
            "worked_minutes": values["worked_minutes"],
            "drawn_minutes": one.price.drawn_minutes,
            "billable_minutes": one.price.billable_minutes,
        },
    }


def _text(value: Any) -> Any:
    """What JSON has no word for, as Postgres reads it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
