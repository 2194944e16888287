"""SQL of holidays and closures."""

from datetime import date, datetime
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import one

# What closes the desk: holidays of [$1, $2] and every closure that is not over at $3. Columns of any SELECT.
CLOSED = """ARRAY(SELECT "on" FROM holidays WHERE "on" BETWEEN $1 AND $2) AS holidays,
       ARRAY(SELECT starts_at FROM closures WHERE ends_at > $3 ORDER BY starts_at) AS starts,
       ARRAY(SELECT ends_at FROM closures WHERE ends_at > $3 ORDER BY starts_at) AS ends"""


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
        "SELECT id, starts_at, ends_at, reason, created_at FROM closures "
        "WHERE $1::timestamptz IS NULL OR (starts_at, id) > ($1, $2) ORDER BY starts_at, id LIMIT $3",
        *(after or (None, None)),
        limit,
    )


async def insert_closure(
    connection: Connection, id_: UUID, starts_at: datetime, ends_at: datetime, reason: str, now: datetime
) -> Row | None:
    """A new closure, or None when it overlaps another."""
    await connection.execute("LOCK TABLE closures IN SHARE ROW EXCLUSIVE MODE")
    return await connection.fetchrow(
        "INSERT INTO closures (id, starts_at, ends_at, reason, created_at) SELECT $1, $2, $3, $4, $5 "
        "WHERE NOT EXISTS (SELECT FROM closures WHERE starts_at < $3 AND ends_at > $2) "
        "RETURNING id, starts_at, ends_at, reason, created_at",
        id_,
        starts_at,
        ends_at,
        reason,
        now,
    )


async def closure(connection: Connection, id_: UUID) -> Row | None:
    """One closure."""
    return await connection.fetchrow(
        "SELECT id, starts_at, ends_at, reason, created_at FROM closures WHERE id = $1", id_
    )


async def upsert_holidays(connection: Connection, days: list[tuple[date, dict[str, str]]]) -> None:
    """Write the legal holidays; those that are there already get today's names."""
    await connection.executemany(
        'INSERT INTO holidays ("on", name) VALUES ($1, $2) ON CONFLICT ("on") DO UPDATE SET name = $2', days
    )
