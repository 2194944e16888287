"""What is purged, and what is not yet."""

from datetime import timedelta

from app.core import clock, housekeeping
from app.core.db import Connection, Database
from tests.features.jobs.desk import change, eventually, working


async def rows(connection: Connection, kind: str, age: timedelta, count: int) -> None:
    """Replies, counters and spent proofs of that age."""
    then = clock.now() - age
    for number in range(count):
        name = f"{kind} {number}"
        await connection.execute(
            "INSERT INTO idempotency_keys VALUES ('public', '/v1', $1, $2, 201, '{}', '', $3)", name, bytes(32), then
        )
        await connection.execute("INSERT INTO rate_limits VALUES ($1, $2, 1)", name, then)
        await connection.execute("INSERT INTO spent_proofs VALUES ($1, $2)", name, then)


async def left(connection: Connection) -> list[list[str]]:
    return [
        [row[0] for row in await connection.fetch(f"SELECT {column} FROM {table} ORDER BY 1")]
        for table, column in (("idempotency_keys", "key"), ("rate_limits", "key"), ("spent_proofs", "digest"))
    ]


async def test_what_has_had_its_time_goes_and_the_rest_stays(committing_database: Database, monkeypatch):
    monkeypatch.setattr(housekeeping, "STEP", 2)
    async with committing_database.connection() as connection:
        await rows(connection, "old", timedelta(days=30), 5)
        await rows(connection, "new", timedelta(hours=23), 1)

    async with working(committing_database, housekeeping.HANDLERS):
        (job,) = await eventually(lambda: planned(committing_database))
        await change(committing_database, job["id"], "run_at = now()")
        await eventually(lambda: done(committing_database))

    async with committing_database.connection() as connection:
        assert await left(connection) == [["new 0"]] * 3


async def planned(database: Database):
    async with database.connection() as connection:
        return await connection.fetch("SELECT id FROM jobs WHERE unique_key = 'recurring:purge'")


async def done(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(await connection.fetchval("SELECT run_at > now() FROM jobs WHERE attempts = 0"))
