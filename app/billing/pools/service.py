"""Pools of prepaid minutes as the rules see them, and what they take over of time not invoiced yet (C2, C3)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.billing.pools import queries
from app.billing.terms.service import policies
from app.core.db import Connection, Values
from app.core.ids import new_id
from app.core.jobs import enqueue
from app.domain.allocation import Allocation, absorb
from app.domain.balance import usage_alerts
from app.domain.contract import Draw, OpenTime, Pool, after, reabsorb
from app.domain.pricing import draws_on_pools
from app.domain.ticket import Lane

FIELDS = (
    "pool_id", "purchased_on", "starts_on", "expires_on", "usable", "bought_minutes", "granted_minutes",
    "drawn_minutes", "refunded_minutes", "carried_minutes",
)  # fmt: skip
_IDS, _DAYS = ("pool_id", "client_id", "terms_id"), ("purchased_on", "starts_on", "expires_on")
_READ: defaultdict[str, Callable[[Any], Any]] = defaultdict(
    lambda: lambda value: value, dict.fromkeys(_IDS, UUID) | dict.fromkeys(_DAYS, date.fromisoformat)
)
"""How values of a document become Python's."""
LOOK = "contract_alerts"  # the job that tells of thresholds


def pool_of(row: Values) -> Pool:
    """A row of queries.POOL as the rules know it."""
    return Pool(**{name: row[name] for name in FIELDS})


@dataclass(slots=True)
class Held:
    """Pools that this transaction holds, kept in step with what it books."""

    terms_ids: dict[UUID, UUID]
    before: dict[UUID, Pool]
    clients: dict[UUID, tuple[Pool, ...]]

    def of(self, client_id: UUID | None) -> tuple[Pool, ...]:
        """The pools of a client, as they are by now."""
        return self.clients.get(client_id, ()) if client_id else ()

    def book(self, client_id: UUID | None, draws: Iterable[Draw]) -> None:
        """Take minutes from a client's pools, or give them back."""
        if client_id is not None and client_id in self.clients:
            self.clients[client_id] = after(self.clients[client_id], draws)


async def hold(connection: Connection, clients: Collection[UUID], first: date, last: date) -> Held:
    """The usable pools of clients for work of [first, last]; nobody else draws until the transaction ends."""
    rows = await queries.lock_pools(connection, clients, first, last) if clients else []
    return _held(rows)


def held_of(documents: Iterable[dict[str, Any]]) -> Held:
    """The pools that the database function `usable_pools` has locked and read."""
    return _held([{name: _READ[name](value) for name, value in one.items()} for one in documents])


def _held(rows: Sequence[Values]) -> Held:
    pools = {row["pool_id"]: pool_of(row) for row in rows}
    grouped: dict[UUID, tuple[Pool, ...]] = {}
    for row in rows:
        grouped[row["client_id"]] = (*grouped.get(row["client_id"], ()), pools[row["pool_id"]])
    return Held({row["pool_id"]: row["terms_id"] for row in rows}, pools, grouped)


async def take_over(connection: Connection, client_id: UUID, held: Held, now: datetime) -> None:
    """Let pools that gained minutes take over the client's open time, oldest work first (C3).

    The caller holds the client exclusively.
    """
    pools = [pool for pool in held.of(client_id) if pool.unspent_minutes]
    if not pools:
        return
    first, last = min(pool.starts_on for pool in pools), max(pool.expires_on for pool in pools)
    rows = await queries.open_time(connection, client_id, first, last)
    terms = await policies(connection, {row["terms_id"] for row in rows})
    waiting = [
        OpenTime(row["entry_id"], row["worked_on"], row["minutes"])
        for row in rows
        if draws_on_pools(terms[row["terms_id"]], Lane(row["lane"]))
    ]
    taken = reabsorb(waiting, pools)
    await book(connection, client_id, {entry_id: absorb(draws) for entry_id, draws in taken.items()}, now)
    held.book(client_id, (draw for draws in taken.values() for draw in draws))


async def book(
    connection: Connection, client_id: UUID, movements: Mapping[UUID, Iterable[Allocation]], now: datetime
) -> None:
    """Write movements of the client's entries."""
    rows = [
        (new_id(), client_id, entry_id, one.place, one.minutes, one.contract_id)
        for entry_id, allocations in movements.items()
        for one in allocations
    ]
    if rows:
        await queries.allocate(connection, rows, now)


async def watch(connection: Connection, held: Held, now: datetime) -> None:
    """Promise a look at each pool whose use has just reached a threshold of its terms (C5)."""
    terms = await policies(connection, set(held.terms_ids.values()))
    for pool in (pool for pools in held.clients.values() for pool in pools):
        percents = terms[held.terms_ids[pool.pool_id]].usage_alert_percents
        if set(usage_alerts(pool, percents)) - set(usage_alerts(held.before[pool.pool_id], percents)):
            await enqueue(connection, LOOK, {"contract_id": str(pool.pool_id)}, now=now)
