"""The rounds: floor and run on the same rows; and how the public door fares while a run goes on."""

import asyncio
import time
from dataclasses import dataclass

from bench.invoicing import recomputed
from bench.invoicing.stage import FLOOR, Stage
from bench.measure import Loader, Sample
from bench.operations import Facts, create
from bench.processes import Server
from bench.stage import start_product

BATCH, CONNECTIONS = 120, 8
BATCHES_ASIDE = 4
NOTHING = Facts(rows=0, agent_key="", client_key="", ticket_ids=(), cursors=(), client_cursors=())


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took; the CPU seconds of Postgres are those of all of its processes."""

    seconds: float
    postgres_cpu: float
    worker_cpu: float = 0.0
    megabytes: float = 0.0

    @property
    def cpu(self) -> float:
        """Of everything that worked on it."""
        return self.postgres_cpu + self.worker_cpu


@dataclass(frozen=True, slots=True)
class Round:
    """The floor and the run on the same rows."""

    rows: int
    floor: Cost
    run: Cost
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Door:
    """Tickets a second at the public door, without a run and while one goes on."""

    alone: float
    during: float
    batches: int
    errors: int

    @property
    def share(self) -> float:
        """What is kept of the rate."""
        return self.during / self.alone


async def play(stage: Stage, rows: int) -> Round:
    """The floor first, the run right after it, on a fresh copy; then every cent and row is checked."""
    async with stage.copy_of(await stage.seeded(rows)) as database:
        floor = await _floor(stage, database)
        await stage.checkpoint()
        run = await _run(stage, database)
        counts = await recomputed.check(stage.superuser_url(database), stage.period)
    return Round(rows, floor, run, counts)


async def _floor(stage: Stage, database: str) -> Cost:
    """See floor.sql."""
    async with stage.connection(database) as connection:
        used, started = await stage.postgres_cpu_seconds(), time.perf_counter()
        await connection.execute(FLOOR)
        seconds = time.perf_counter() - started
    return Cost(seconds, await stage.postgres_cpu_seconds() - used)


async def _run(stage: Stage, database: str) -> Cost:
    """By a worker's process."""
    run_id = await stage.begin_run(database, stage.period)
    used = await stage.postgres_cpu_seconds()
    took = await stage.work_off(database, run_id)
    return Cost(took["seconds"], await stage.postgres_cpu_seconds() - used, took["cpu_seconds"], took["megabytes"])


async def play_door(stage: Stage, rows: int) -> Door:
    """Forms at the public door before, during and after a run: batch after batch, the next as soon as one is over."""
    async with stage.copy_of(await stage.seeded(rows)) as database:
        server = start_product(stage.app_url(database), stage.home / "door.log")
        try:
            server.wait_ready("/readyz")
            with Loader() as loader:
                return await _rates(stage, database, loader, server)
        finally:
            server.stop()


async def _rates(stage: Stage, database: str, loader: Loader, server: Server) -> Door:
    async def batch() -> Sample:
        return await asyncio.to_thread(loader.measure, server, CONNECTIONS, create(NOTHING, BATCH))

    await batch()
    alone = [await batch() for _ in range(BATCHES_ASIDE)]
    run_id = await stage.begin_run(database, stage.period)
    ended = asyncio.create_task(stage.work_off(database, run_id))
    during: list[Sample] = []
    while not ended.done():
        during.append(await batch())
    await ended
    alone += [await batch() for _ in range(BATCHES_ASIDE)]
    # The first and the last may have had the machine to themselves for a part of their time.
    during = during[1:-1] or during
    errors = sum(one.errors for one in alone + during)
    return Door(_rate(alone), _rate(during), len(during), errors)


def _rate(samples: list[Sample]) -> float:
    return sum(one.requests for one in samples) / sum(one.seconds for one in samples)
