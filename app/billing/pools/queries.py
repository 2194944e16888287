"""SQL of pools and of where minutes are: what logging, correcting and topping up have in common.

Locks are always taken in this order: clients, pools by id, then rows. Whoever adds to a pool holds its client
exclusively; whoever only logs time shares it, so that no minute is booked by looking at a pool of a moment ago.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row

POOL = """c.id AS pool_id, c.client_id, c.terms_id, c.purchased_on, c.starts_on, c.expires_on,
    c.effective_at IS NOT NULL AS usable, c.bought_minutes, c.granted_minutes, c.drawn_minutes, c.refunded_minutes,
    c.carried_minutes"""

LOCK_POOLS = f"""
SELECT {POOL} FROM contracts c
WHERE c.client_id = ANY ($1::uuid[]) AND c.starts_on <= $3 AND c.expires_on >= $2 AND c.effective_at IS NOT NULL
ORDER BY c.id FOR NO KEY UPDATE
"""
# Corrected entries and their counter-entries cancel each other out: neither is taken over by a pool.
OPEN_TIME = """
SELECT o.entry_id, o.worked_on, o.minutes, e.lane, e.terms_id FROM open_time o JOIN time_entries e ON e.id = o.entry_id
WHERE o.client_id = $1 AND o.minutes > 0 AND o.worked_on BETWEEN $2 AND $3
  AND NOT EXISTS (SELECT FROM time_entries c WHERE c.corrects_id = o.entry_id)
ORDER BY o.worked_on, o.entry_id
"""
ALLOCATE = """
INSERT INTO time_allocations (id, client_id, entry_id, place, minutes, contract_id, created_at)
SELECT id, client_id, entry_id, place, minutes, contract_id, $7
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::uuid[])
    WITH ORDINALITY AS one (id, client_id, entry_id, place, minutes, contract_id, number) ORDER BY number
"""


async def lock_client(connection: Connection, client_id: UUID) -> None:
    """Nobody logs time for the client, or adds to its pools, until the transaction ends."""
    await connection.execute("SELECT FROM clients WHERE id = $1 FOR UPDATE", client_id)


async def lock_pools(connection: Connection, clients: Collection[UUID], first: date, last: date) -> list[Row]:
    """The usable pools of those clients for work of [first, last], locked, as they are once the lock is held."""
    return await connection.fetch(LOCK_POOLS, list(clients), first, last)


async def open_time(connection: Connection, client_id: UUID, first: date, last: date) -> list[Row]:
    """Billable minutes of work of [first, last] that are on no invoice, oldest first."""
    return await connection.fetch(OPEN_TIME, client_id, first, last)


async def allocate(connection: Connection, rows: Sequence[Sequence[Any]], now: datetime) -> None:
    """Book movements: (id, client id, entry id, place, minutes, contract id), in this order."""
    await connection.execute(ALLOCATE, *[list(column) for column in zip(*rows, strict=True)], now)
