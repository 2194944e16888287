"""One worker and one table: what becomes of a job."""

import asyncio
from datetime import timedelta

import pytest

from app.core import clock, jobs
from app.core.db import Connection, Database, open_pool
from app.core.jobs import Failed, Handler
from app.worker import Worker
from tests.features.jobs.desk import Notes, change, eventually, is_gone, promised, quick, row, stands, working
from tests.postgres import Clone


async def test_a_job_is_done_once_and_its_row_goes(committing_database: Database):
    notes = Notes()
    id_ = await promised(committing_database, payload={"mail_id": "1"})

    async with working(committing_database, notes.handler()):
        await eventually(lambda: is_gone(committing_database, id_))

    assert notes.begun == notes.recorded == [id_]


async def test_what_is_rolled_back_was_never_promised(committing_database: Database):
    async with committing_database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        id_ = await jobs.enqueue(connection, "note", {}, now=clock.now())
        assert id_ is not None
        await transaction.rollback()

    assert await is_gone(committing_database, id_)


async def test_a_job_waits_for_its_time(committing_database: Database):
    notes = Notes()
    later = await promised(committing_database, run_at=clock.now() + timedelta(hours=1))
    now = await promised(committing_database)

    async with working(committing_database, notes.handler()):
        await eventually(lambda: is_gone(committing_database, now))

    assert notes.begun == [now]
    assert await stands(committing_database, later, "queued", 0)


async def test_a_unique_key_is_taken_until_its_job_is_done(committing_database: Database):
    notes = Notes()
    first = await promised(committing_database, unique_key="alert 75 %")
    async with committing_database.transaction() as connection:
        assert await jobs.enqueue(connection, "note", {}, now=clock.now(), unique_key="alert 75 %") is None

    async with working(committing_database, notes.handler()):
        await eventually(lambda: is_gone(committing_database, first))

    assert await promised(committing_database, unique_key="alert 75 %") != first


async def test_a_failed_job_comes_back_later_and_tells_no_strangers_text(committing_database: Database):
    notes = Notes(error=ValueError("a stranger wrote this"))
    id_ = await promised(committing_database)
    before = clock.now()

    async with working(committing_database, notes.handler()):
        job = await eventually(lambda: stands(committing_database, id_, "queued", 1))

    assert job["last_error"] == "builtins.ValueError"
    assert job["run_at"] - before > timedelta(seconds=3)
    assert notes.recorded == notes.given_up == []


async def test_the_reason_of_a_handler_is_kept(committing_database: Database):
    notes = Notes(error=Failed("The mail server said 450."))
    id_ = await promised(committing_database)

    async with working(committing_database, notes.handler()):
        job = await eventually(lambda: stands(committing_database, id_, "queued", 1))

    assert job["last_error"] == "The mail server said 450."


async def test_after_its_last_attempt_a_job_is_dead_and_kept(committing_database: Database):
    notes = Notes(error=Failed("No."))
    id_ = await promised(committing_database)
    await change(committing_database, id_, "attempts = 2")

    async with working(committing_database, notes.handler(most_attempts=3)):
        job = await eventually(lambda: stands(committing_database, id_, "dead", 3))
        await asyncio.sleep(0.2)

    assert job["last_error"] == "No."
    assert notes.begun == [id_]
    assert notes.given_up == ["No."]


async def test_giving_up_and_the_death_of_the_job_are_one(committing_database: Database):
    async def fail(*_: object) -> None:
        raise Failed("No.")

    async def cannot_record(connection: Connection, *_: object) -> None:
        await connection.execute("SELECT 1 / 0")

    id_ = await promised(committing_database)
    async with working(committing_database, {"note": Handler(fail, most_attempts=1, give_up=cannot_record)}):
        await eventually(lambda: stands(committing_database, id_, "running", 1))
        await asyncio.sleep(0.2)
        assert await stands(committing_database, id_, "running", 1)


async def test_an_effect_that_fails_leaves_the_job_to_be_tried_again(committing_database: Database):
    async def undone(connection: Connection, _now: object) -> None:
        await connection.execute("INSERT INTO rate_limits VALUES ('half done', now(), 1)")
        await connection.execute("SELECT 1 / 0")

    async def run(*_: object) -> jobs.Effect:
        return undone

    id_ = await promised(committing_database)
    async with working(committing_database, {"note": Handler(run)}):
        job = await eventually(lambda: stands(committing_database, id_, "queued", 1))

    assert job["last_error"] == "asyncpg.exceptions.DivisionByZeroError"
    async with committing_database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM rate_limits WHERE key = 'half done'") == 0


async def test_a_job_is_held_to_its_time_limit_and_delays_no_other(committing_database: Database):
    notes, other = Notes(seconds=60), Notes()
    slow = await promised(committing_database)
    others = [await promised(committing_database, "other") for _ in range(20)]

    handlers = notes.handler(seconds=1) | {"other": Handler(other.run)}
    async with working(committing_database, handlers, worker_concurrency=2):
        await eventually(lambda: len(other.recorded) == len(others))
        assert await stands(committing_database, slow, "running", 1)
        job = await eventually(lambda: stands(committing_database, slow, "queued", 1))

    assert job["last_error"] == "It ran longer than 1 s."


async def test_jobs_of_unknown_kinds_are_left_to_workers_that_know_them(committing_database: Database):
    notes = Notes()
    unknown = await promised(committing_database, "of a newer release")
    known = await promised(committing_database)

    async with working(committing_database, notes.handler()):
        await eventually(lambda: is_gone(committing_database, known))

    assert await stands(committing_database, unknown, "queued", 0)


async def test_many_jobs_are_taken_in_turn_by_few_slots(committing_database: Database):
    notes = Notes()
    ids = [await promised(committing_database) for _ in range(50)]

    async with working(committing_database, notes.handler(), worker_concurrency=3, worker_poll_milliseconds=5_000):
        await eventually(lambda: len(notes.recorded) == len(ids))

    assert notes.begun == ids


async def test_at_stop_running_jobs_finish_and_no_new_one_begins(committing_database: Database):
    notes = Notes(seconds=1)
    first, second = await promised(committing_database), await promised(committing_database)

    async with working(committing_database, notes.handler(), worker_concurrency=1):
        await eventually(lambda: notes.begun)

    assert notes.recorded == [first]
    assert await stands(committing_database, second, "queued", 0)


async def test_at_stop_what_takes_too_long_is_given_back(committing_database: Database):
    notes = Notes(seconds=60)
    id_ = await promised(committing_database)

    async with working(committing_database, notes.handler(), worker_stop_seconds=0):
        await eventually(lambda: notes.begun)

    job = await row(committing_database, id_)
    assert job is not None
    assert (job["status"], job["attempts"], job["lease_until"]) == ("queued", 0, None)


async def test_a_cancelled_worker_gives_back_too(committing_database: Database):
    notes = Notes(seconds=60)
    id_ = await promised(committing_database)
    running = asyncio.create_task(Worker(committing_database, quick(), notes.handler()).run(asyncio.Event()))
    await eventually(lambda: notes.begun)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert await stands(committing_database, id_, "queued", 0)


async def test_a_lost_workers_job_begins_again(committing_database: Database):
    notes = Notes()
    id_ = await promised(committing_database)
    await change(committing_database, id_, "status = 'running', attempts = 1, lease_until = now() - interval '1 s'")

    async with working(committing_database, notes.handler()):
        await eventually(lambda: is_gone(committing_database, id_))

    assert notes.recorded == [id_]


async def test_a_job_that_takes_its_workers_down_pauses_and_is_dead_in_the_end(committing_database: Database):
    notes = Notes()
    id_ = await promised(committing_database)
    lost = "status = 'running', lease_until = now() - interval '1 s'"
    await change(committing_database, id_, f"{lost}, attempts = 2")

    async with working(committing_database, notes.handler(most_attempts=3)):
        job = await eventually(lambda: stands(committing_database, id_, "queued", 2))
        assert job["run_at"] > clock.now() + timedelta(seconds=15)
        await change(committing_database, id_, "run_at = now(), attempts = 3")
        job = await eventually(lambda: stands(committing_database, id_, "dead", 4))

    assert notes.begun == []
    assert job["last_error"] == "The worker was lost each time."
    assert notes.given_up == [job["last_error"]]


async def test_what_is_done_is_recorded_as_soon_as_the_database_lets_it(worker_database: Clone):
    begun, holding = [], []

    async def run(job: jobs.Job, database: Database, _now: object) -> None:
        begun.append(job.attempts)
        connection = await database.acquire()  # the only one: recording has to wait
        holding.append(asyncio.create_task(release_later(database, connection)))

    async def release_later(database: Database, connection: Connection) -> None:
        await asyncio.sleep(1.5)
        await database.release(connection)

    settings = quick(database_pool_wait_seconds=1)
    async with open_pool(settings, worker_database.app_url, size=1) as database:
        id_ = await promised(database)
        async with working(database, {"note": Handler(run)}):
            await eventually(lambda: holding and holding[0].done())
            await eventually(lambda: is_gone(database, id_))

    assert begun == [1]
