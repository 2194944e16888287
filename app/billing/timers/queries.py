"""SQL of timers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import Where, one

TIMER = "id, agent_id, ticket_id, description, started_at, stopped_at, entry_id"


async def start(connection: Connection, values: list[Any]) -> Row | None:
    """A clock that runs from now on, or None while another of that agent does."""
    return await connection.fetchrow(
        "INSERT INTO timers (id, agent_id, ticket_id, description, started_at) VALUES ($1, $2, $3, $4, $5) "
        f"ON CONFLICT (agent_id) WHERE stopped_at IS NULL DO NOTHING RETURNING {TIMER}",
        *values,
    )


async def known(connection: Connection, ticket_id: UUID, agent_id: UUID) -> tuple[bool, bool]:
    """Whether there is such a ticket, and whether such an agent works here."""
    row = await one(
        connection,
        "SELECT EXISTS (SELECT FROM tickets WHERE id = $1), EXISTS (SELECT FROM agents WHERE id = $2 AND active)",
        ticket_id,
        agent_id,
    )
    return row[0], row[1]


async def timer(connection: Connection, timer_id: UUID) -> Row | None:
    """One timer."""
    return await connection.fetchrow(f"SELECT {TIMER} FROM timers WHERE id = $1", timer_id)


async def lock_timer(connection: Connection, timer_id: UUID) -> Row | None:
    """One timer, which nobody else stops until the transaction ends."""
    return await connection.fetchrow(f"SELECT {TIMER} FROM timers WHERE id = $1 FOR UPDATE", timer_id)


async def stop(connection: Connection, timer_id: UUID, entry_id: UUID | None, now: datetime) -> Row:
    """It runs no longer; `entry_id` is what came of it."""
    return await one(
        connection,
        f"UPDATE timers SET stopped_at = $3, entry_id = $2 WHERE id = $1 RETURNING {TIMER}",
        timer_id,
        entry_id,
        now,
    )


async def timers(connection: Connection, *, agent_id: UUID | None, running: bool, after: UUID, limit: int) -> list[Row]:
    """Timers in the order of their start."""
    where = Where()
    where.add("id > {}", after)
    where.add("stopped_at IS NULL" if running else "stopped_at IS NOT NULL")
    if agent_id is not None:
        where.add("agent_id = {}", agent_id)
    return await connection.fetch(
        f"SELECT {TIMER} FROM timers WHERE {where} ORDER BY id LIMIT {limit:d}", *where.values
    )
