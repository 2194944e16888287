"""The pool: clean connections are handed out again as they are, all others only once they are well."""

import asyncpg
import pytest

from app.core import db
from app.core.db import Connection, Database, open_pool
from tests.postgres import Clone
from tests.service import SETTINGS

PID = "SELECT pg_backend_pid()"


async def pid_of(database: Database) -> int:
    async with database.connection() as connection:
        pid: int = await connection.fetchval(PID)
        return pid


async def test_the_connection_used_last_comes_first(worker_database: Clone):
    async with open_pool(SETTINGS, worker_database.app_url, size=2) as database:
        async with database.connection() as first, database.connection() as second:
            first_pid = await first.fetchval(PID)
            assert first_pid != await second.fetchval(PID)
        assert [await pid_of(database) for _ in range(3)] == [first_pid] * 3


async def test_an_open_transaction_is_rolled_back(worker_database: Clone):
    async with open_pool(SETTINGS, worker_database.app_url, size=1) as database:

        async def leave_one_open() -> None:
            async with database.connection() as connection:
                await connection.execute("BEGIN; CREATE TEMPORARY TABLE left_behind ()")

        await leave_one_open()
        async with database.connection() as connection:
            assert not connection.is_in_transaction()
            assert await connection.fetchval("SELECT to_regclass('left_behind')") is None


async def test_a_cancelled_statement_is_waited_for(worker_database: Clone):
    async with open_pool(SETTINGS, worker_database.app_url, size=1) as database:
        with pytest.raises(TimeoutError):
            async with database.connection() as connection:
                await connection.execute("SELECT pg_sleep(60)", timeout=0.05)
        assert await pid_of(database)


async def test_a_connection_cut_after_its_last_statement_harms_nobody(worker_database: Clone):
    async with open_pool(SETTINGS, worker_database.app_url, size=1) as database:
        async with database.connection() as connection:
            before = await connection.fetchval(PID)
            connection.terminate()
        assert before != await pid_of(database)


async def test_a_connection_that_lay_idle_for_long_is_replaced(worker_database: Clone, monkeypatch: pytest.MonkeyPatch):
    async with open_pool(SETTINGS, worker_database.app_url, size=1) as database:
        before = await pid_of(database)
        with monkeypatch.context() as patched:
            patched.setattr(db, "LONGEST_IDLE_SECONDS", 0)
            after = await pid_of(database)
        assert before != after == await pid_of(database)


async def test_a_connection_in_use_at_the_end_is_closed_when_it_comes_back(worker_database: Clone):
    kept: Connection
    async with open_pool(SETTINGS, worker_database.app_url, size=2) as database:
        await pid_of(database)
        kept = await database.acquire()
        await database.release(kept, clean=True)
    with pytest.raises(asyncpg.InterfaceError):
        await kept.fetchval(PID)
