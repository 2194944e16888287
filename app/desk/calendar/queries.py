"""SQL of holidays and closures."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import assignments, one

# What closes the desk: holidays of [$1, $2] and every closure that is not over at $3. Columns of any SELECT.
CLOSED = """ARRAY(SELECT "on" FROM holidays WHERE "on" BETWEEN $1 AND $2) AS holidays,
       ARRAY(SELECT starts_at FROM closures WHERE ends_at > $3 ORDER BY starts_at) AS starts,
       ARRAY(SELECT ends_at FROM closures WHERE ends_at > $3 ORDER BY starts_at) AS ends"""
CLOSURE = "id, starts_at, ends_at, reason, created_at, version"


async def closed_around(connection: Connection, first: date, last: date, now: datetime) -> Row:
    """Holidays of [first, last] and every closure that is not over at `now`, in one statement."""
    return await one(connection, f"SELECT {CLOSED}", first, last, now)


async def holidays(connection: Connection, first: date, last: date, after: date | None, limit: int) -> list[Row]:
    """Holidays of [first, last] in order."""
    return await connection.fetch(
        'SELECT "on", name FROM holidays WHERE "on" BETWEEN $1 AND $2 AND "on" > $3 ORDER BY "on" LIMIT $4',
        first,
        last,
        after or date.min,
        limit,
    )


async def closures(connection: Connection, after: tuple[datetime, UUID] | None, limit: int) -> list[Row]:
    """Closures, the earliest first."""
    return await connection.fetch(
        f"SELECT {CLOSURE} FROM closures "
        "WHERE $1::timestamptz IS NULL OR (starts_at, id) > ($1, $2) ORDER BY starts_at, id LIMIT $3",
        *(after or (None, None)),
        limit,
    )


async def take_turns(connection: Connection) -> None:
    """Nobody else changes closures until the transaction ends: they are looked at together."""
    await connection.execute("LOCK TABLE closures IN SHARE ROW EXCLUSIVE MODE")


async def overlaps(connection: Connection, starts_at: datetime, ends_at: datetime, but: UUID | None = None) -> bool:
    """Whether another closure than `but` has part of [starts_at, ends_at)."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM closures WHERE starts_at < $2 AND ends_at > $1 AND id IS DISTINCT FROM $3)",
        starts_at,
        ends_at,
        but,
    )
    return found


async def insert_closure(
    connection: Connection, id_: UUID, starts_at: datetime, ends_at: datetime, reason: str, now: datetime
) -> Row:
    """A new closure."""
    return await one(
        connection,
        f"INSERT INTO closures (id, starts_at, ends_at, reason, created_at) VALUES ($1, $2, $3, $4, $5) "
        f"RETURNING {CLOSURE}",
        id_,
        starts_at,
        ends_at,
        reason,
        now,
    )


async def closure(connection: Connection, id_: UUID) -> Row | None:
    """One closure."""
    return await connection.fetchrow(f"SELECT {CLOSURE} FROM closures WHERE id = $1", id_)


async def update_closure(connection: Connection, id_: UUID, changes: Mapping[str, Any]) -> Row:
    """Change columns of a closure and count its version."""
    clauses, values = assignments(changes, first=2)
    return await one(
        connection,
        f"UPDATE closures SET {clauses}, version = version + 1 WHERE id = $1 RETURNING {CLOSURE}",
        id_,
        *values,
    )


async def delete_closure(connection: Connection, id_: UUID) -> None:
    """The desk is open then after all."""
    await connection.execute("DELETE FROM closures WHERE id = $1", id_)


async def upsert_holidays(connection: Connection, days: list[tuple[date, dict[str, str]]]) -> None:
    """Write the legal holidays; those that are there already get today's names."""
    await connection.executemany(
        'INSERT INTO holidays ("on", name) VALUES ($1, $2) ON CONFLICT ("on") DO UPDATE SET name = $2', days
    )
