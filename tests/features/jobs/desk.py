"""Workers, jobs and patience for the tests of both."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from app.core import clock, jobs
from app.core.db import Connection, Database, Row
from app.core.jobs import Handler, Handlers
from app.core.settings import Settings
from app.worker import Worker
from tests.service import SETTINGS

PATIENCE_SECONDS = 20
QUICK = {"worker_poll_milliseconds": 50, "worker_lease_seconds": 3, "worker_stop_seconds": 5}


def quick(**changes: Any) -> Settings:
    """Settings of a worker that looks often."""
    return SETTINGS.model_copy(update={**QUICK, **changes})


@asynccontextmanager
async def working(database: Database, handlers: Handlers, **changes: Any) -> AsyncIterator[Worker]:
    """A worker that runs until the block ends."""
    worker, stop = Worker(database, quick(**changes), handlers), asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await running


async def promised(database: Database, kind: str = "note", **values: Any) -> UUID:
    """A committed job."""
    async with database.transaction() as connection:
        id_ = await jobs.enqueue(connection, kind, values.pop("payload", {}), now=clock.now(), **values)
    assert id_ is not None
    return id_


async def row(database: Database, id_: UUID) -> Row | None:
    """The job as it stands on the table."""
    async with database.connection() as connection:
        return await connection.fetchrow("SELECT * FROM jobs WHERE id = $1", id_)


async def change(database: Database, id_: UUID, assignments: str) -> None:
    """Put a job into a state."""
    async with database.connection() as connection:
        await connection.execute(f"UPDATE jobs SET {assignments} WHERE id = $1", id_)


async def eventually(condition: Callable[[], Awaitable[Any] | Any]) -> Any:
    """Wait until it holds; what it then says."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = condition()
            found = await found if isinstance(found, Awaitable) else found
            if found:
                return found
            await asyncio.sleep(0.01)


async def is_gone(database: Database, id_: UUID) -> bool:
    """Whether the job was done."""
    return await row(database, id_) is None


async def stands(database: Database, id_: UUID, status: str, attempts: int) -> Row | None:
    """The job, once it has that status after so many attempts."""
    found = await row(database, id_)
    return found if found and (found["status"], found["attempts"]) == (status, attempts) else None


class Notes:
    """A handler that remembers what it was asked to do, and fails or dawdles when told to."""

    def __init__(self, *, seconds: int = 0, error: Exception | None = None) -> None:
        self.seconds, self.error = seconds, error
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.begun: list[UUID] = []
        self.recorded: list[UUID] = []
        self.given_up: list[str] = []

    async def run(self, job: jobs.Job, _database: Database, _now: Any) -> jobs.Effect:
        self.begun.append(job.id)
        await asyncio.sleep(self.seconds)
        await self.may_end.wait()
        if self.error is not None:
            raise self.error

        async def record(_connection: Connection, _now: Any) -> None:
            self.recorded.append(job.id)

        return record

    async def give_up(self, _connection: Connection, _job: jobs.Job, reason: str, _now: Any) -> None:
        self.given_up.append(reason)

    def handler(self, **values: Any) -> dict[str, Handler]:
        return {"note": Handler(self.run, give_up=self.give_up, **values)}
