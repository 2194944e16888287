"""Workers that are killed and a database that goes away: every mail is sent, and repeated only as the same mail."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.adapters import embedded_postgres
from app.core import clock
from app.core.db import UNAVAILABLE, Connection, Database, open_pool
from app.core.jobs import Effect, Handler, Job
from app.core.migrations import upgrade
from app.desk.mail.service import queue_mail
from app.desk.mail.service.addresses import message_id
from tests.adapters.smtp_server import HOST, Behaviour, Mailserver, mailserver
from tests.builders import a_ticket
from tests.features.jobs.desk import eventually, promised, quick, working
from tests.postgres import Clone, connected
from tests.service import SETTINGS

MAILS = 60
SLOTS = 4
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


class Workers:
    """Worker processes on one database and one mail server."""

    def __init__(self, database: Clone, server: Mailserver, folder: Path) -> None:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self.environment = inherited | {
            "DATABASE_URL": database.app_url,
            "DATA_DIR": str(folder),
            "SMTP_HOST": HOST,
            "SMTP_PORT": str(server.port),
            "SMTP_TLS": "none",
            "WORKER_CONCURRENCY": str(SLOTS),
            "WORKER_LEASE_SECONDS": "2",
            "WORKER_POLL_MILLISECONDS": "100",
        }
        self.log = (folder / "workers.log").open("ab")
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "worker"],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
        )
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.log.close()


@pytest.fixture
def slow_server() -> Iterator[Mailserver]:
    """Takes its time, so that a kill finds every worker in the middle of something."""
    with mailserver(Behaviour(slow_at="data")) as server:
        yield server


@pytest.fixture
def workers(fresh_database: Clone, slow_server: Mailserver, tmp_path: Path) -> Iterator[Workers]:
    started = Workers(fresh_database, slow_server, tmp_path)
    yield started
    started.end()


async def queue_mails(database: Clone) -> set[str]:
    """Their Message-IDs."""
    async with connected(database.app_url) as connection, connection.transaction():
        ticket = await a_ticket(connection)
        ids = [
            await queue_mail(
                connection, "urgency_alert", ticket["id"], f"r{number}@elsewhere.example", "en", now=clock.now()
            )
            for number in range(MAILS)
        ]
    return {message_id(id_, SETTINGS) for id_ in ids}


def ids_at(server: Mailserver) -> list[str]:
    return [line.split(" ", 1)[1] for mail in server.received for line in lines(mail) if line.startswith("Message-ID:")]


def lines(mail: Any) -> list[str]:
    return str(mail.original_content, "ascii").splitlines()


async def left(database: Clone) -> int:
    async with connected(database.app_url) as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM outgoing_mails WHERE status = 'queued'")
        return count


async def both_at_work(database: Clone) -> bool:
    """Whether more jobs run than one worker can hold."""
    async with connected(database.app_url) as connection:
        running: int = await connection.fetchval("SELECT count(*) FROM jobs WHERE status = 'running'")
        return running > SLOTS


async def states(database: Clone) -> dict[str, int]:
    async with connected(database.app_url) as connection:
        rows = await connection.fetch("SELECT status, count(*) FROM outgoing_mails GROUP BY 1")
        jobs = await connection.fetchval("SELECT count(*) FROM jobs WHERE kind = 'send_mail'")
    return {row["status"]: row["count"] for row in rows} | {"jobs": jobs}


async def test_of_two_workers_one_is_killed_in_the_middle(
    workers: Workers, fresh_database: Clone, slow_server: Mailserver
):
    queued = await queue_mails(fresh_database)
    killed, _ = workers.start(), workers.start()
    await eventually(lambda: len(slow_server.received) >= MAILS // 4)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    await eventually(lambda: nothing_left(fresh_database))

    times = Counter(ids_at(slow_server))
    assert times.keys() == queued
    repeated = [id_ for id_, count in times.items() if count > 1]
    assert len(repeated) <= SLOTS
    assert max(times.values()) <= 2
    assert await states(fresh_database) == {"sent": MAILS, "suppressed": 1, "jobs": 0}


async def nothing_left(database: Clone) -> bool:
    return await left(database) == 0


async def test_workers_told_to_stop_send_nothing_twice(
    workers: Workers, fresh_database: Clone, slow_server: Mailserver
):
    queued = await queue_mails(fresh_database)
    first, second = workers.start(), workers.start()
    await eventually(lambda: both_at_work(fresh_database))
    for process in (first, second):
        process.send_signal(signal.SIGTERM)
    assert [await asyncio.to_thread(process.wait, 20) for process in (first, second)] == [0, 0]

    async with connected(fresh_database.app_url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM jobs WHERE status = 'running'") == 0
    assert await left(fresh_database) > 0
    workers.start()
    await eventually(lambda: nothing_left(fresh_database))
    assert sorted(ids_at(slow_server)) == sorted(queued)


async def test_a_worker_outlives_a_restart_of_the_database(new_folder):
    folder = new_folder("restarted")
    cluster = await asyncio.to_thread(embedded_postgres.start, folder, fsync=False)
    await asyncio.to_thread(upgrade, cluster.owner_url)
    done: list[UUID] = []

    async def run(job: Job, _database: Database, _now: Any) -> Effect:
        async def record(_connection: Connection, _now: Any) -> None:
            done.append(job.id)

        return record

    async with open_pool(SETTINGS, cluster.app_url) as database, working(database, {"note": Handler(run)}):
        before = await promised(database)
        await eventually(lambda: before in done)
        await asyncio.to_thread(embedded_postgres.stop, folder)
        await asyncio.sleep(1)
        await asyncio.to_thread(embedded_postgres.start, folder, fsync=False)
        after = await promised(database)
        await eventually(lambda: after in done)


async def test_a_job_whose_connections_are_cut_is_done_all_the_same(fresh_database: Clone):
    begun: list[int] = []

    async def run(job: Job, database: Database, _now: Any) -> None:
        begun.append(job.attempts)
        if len(begun) == 1:
            await cut(fresh_database)
        async with database.connection() as connection:
            await connection.execute("SELECT 1")

    settings = quick(worker_lease_seconds=1)
    async with open_pool(settings, fresh_database.app_url) as database:
        await promised(database)
        async with working(database, {"note": Handler(run)}, worker_lease_seconds=1):
            await eventually(lambda: no_jobs(database))

    assert begun[0] == 1


async def cut(database: Clone) -> None:
    async with connected(database.superuser_url) as superuser:
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def no_jobs(database: Database) -> bool:
    with suppress(*UNAVAILABLE):  # this connection may be cut, too
        async with database.connection() as connection:
            return not await connection.fetch("SELECT FROM jobs")
    return False
