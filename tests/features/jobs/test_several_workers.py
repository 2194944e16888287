"""Workers that share one table: leases, and recurring jobs that happen once."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from app.core import clock, jobs
from app.core.db import Database
from app.core.jobs import FIRST_PAUSE, LONGEST_PAUSE, Failed, next_time, pause_after
from tests.features.jobs.desk import Notes, change, eventually, is_gone, promised, stands, working


async def test_each_job_is_done_by_one_of_two_workers(committing_database: Database):
    one, other = Notes(), Notes()
    ids = [await promised(committing_database) for _ in range(100)]

    async with (
        working(committing_database, one.handler(), worker_concurrency=3),
        working(committing_database, other.handler(), worker_concurrency=3),
    ):
        await eventually(lambda: len(one.recorded) + len(other.recorded) == len(ids))

    assert sorted(one.begun + other.begun) == ids
    assert one.begun
    assert other.begun


@pytest.mark.slow
async def test_a_long_job_keeps_its_lease(committing_database: Database):
    one, other = Notes(seconds=3), Notes()
    id_ = await promised(committing_database)

    async with working(committing_database, one.handler(), worker_lease_seconds=1):
        await eventually(lambda: one.begun)
        async with working(committing_database, other.handler(), worker_lease_seconds=1):
            await eventually(lambda: is_gone(committing_database, id_))

    assert one.recorded == [id_]
    assert other.begun == []


async def test_a_worker_that_lost_its_lease_records_nothing(committing_database: Database):
    zombie, other = Notes(), Notes()
    zombie.may_end.clear()
    id_ = await promised(committing_database)

    # Its only slot is taken, so that it cannot take the job back; and it has renewed its leases for the last time.
    async with working(committing_database, zombie.handler(), worker_concurrency=1, worker_lease_seconds=600) as worker:
        await eventually(lambda: zombie.begun and worker._planned)
        await change(committing_database, id_, "lease_until = now() - interval '1 s'")
        async with working(committing_database, other.handler()):
            await eventually(lambda: is_gone(committing_database, id_))
        assert other.recorded == [id_]
        zombie.may_end.set()

    assert zombie.recorded == []


async def test_a_worker_stops_what_another_has_taken_over(committing_database: Database):
    slow = Notes(seconds=60)
    id_ = await promised(committing_database)

    async with working(committing_database, slow.handler(), worker_lease_seconds=1) as worker:
        await eventually(lambda: slow.begun)
        await change(committing_database, id_, "attempts = 2")
        await eventually(lambda: not worker._held)

    assert await stands(committing_database, id_, "running", 2)


async def test_a_recurring_job_is_planned_once_and_happens_once_each_time(committing_database: Database):
    one, other = Notes(), Notes()
    every = timedelta(hours=1)
    before = clock.now()

    async with (
        working(committing_database, one.handler(every=every)),
        working(committing_database, other.handler(every=every)),
    ):
        (planned,) = await eventually(lambda: recurring(committing_database))
        await change(committing_database, planned["id"], "run_at = now()")
        await eventually(lambda: one.recorded + other.recorded)
        await asyncio.sleep(0.3)
        rows = await recurring(committing_database)

    assert one.begun + other.begun == [planned["id"]]
    assert [(row["id"], row["status"], row["attempts"]) for row in rows] == [(planned["id"], "queued", 0)]
    assert before < rows[0]["run_at"] <= clock.now() + every
    assert rows[0]["run_at"].minute == rows[0]["run_at"].second == 0


async def recurring(database: Database):
    async with database.connection() as connection:
        return await connection.fetch("SELECT * FROM jobs WHERE unique_key = 'recurring:note'")


async def test_a_recurring_job_skips_a_time_but_never_dies(committing_database: Database):
    notes = Notes(error=Failed("Not today."))
    async with working(committing_database, notes.handler(every=timedelta(hours=1), most_attempts=1)):
        (planned,) = await eventually(lambda: recurring(committing_database))
        await change(committing_database, planned["id"], "run_at = now()")
        await eventually(lambda: notes.begun)
        row = await eventually(lambda: stands(committing_database, planned["id"], "queued", 0))

    assert row["last_error"] == "Not today."
    assert row["run_at"] > clock.now()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 24, 10, 20, tzinfo=UTC), datetime(2026, 11, 24, 11, 0, tzinfo=UTC)),
        (datetime(2026, 11, 24, 11, 0, tzinfo=UTC), datetime(2026, 11, 24, 12, 0, tzinfo=UTC)),
    ],
)
def test_intervals_are_aligned(now: datetime, expected: datetime):
    assert next_time(timedelta(hours=1), now) == expected


def test_pauses_grow_from_seconds_to_hours():
    pauses = [[pause_after(attempts) for _ in range(200)] for attempts in range(1, jobs.MOST_ATTEMPTS + 1)]

    assert FIRST_PAUSE * 8 / 10 <= min(pauses[0]) < max(pauses[0]) <= FIRST_PAUSE * 12 / 10
    assert all(max(earlier) < min(later) for earlier, later in pairwise(pauses[:8]))
    assert LONGEST_PAUSE * 8 / 10 <= min(pauses[-1]) < max(pauses[-1]) <= LONGEST_PAUSE * 12 / 10
    assert pause_after(10**6) <= LONGEST_PAUSE * 12 / 10
