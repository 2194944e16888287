"""Fixtures for everybody. Heavy imports stand inside them: the domain's tests need none and start at once."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from app.adapters.embedded_postgres import Cluster
    from app.core.db import Connection, Database
    from app.core.settings import Settings
    from tests.builders import Keys
    from tests.live import LiveServers
    from tests.logs import Logs
    from tests.postgres import Clone

A_TUESDAY_MORNING = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        from tests import run_folder

        run_folder.make()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        from tests import run_folder

        run_folder.remove()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI everything optional is installed, so that a skipped test is a failed one."""
    if hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("CI") == "true" and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nCI: {len(skipped)} tests were skipped, and nothing may be skipped here.", file=sys.stderr)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Async tests run on the loop that production uses."""
    return "asyncio", {"use_uvloop": True}


# --- the database ---


@pytest.fixture(scope="session")
def cluster() -> "Cluster":
    """The run's Postgres, shared by all workers."""
    from tests.postgres import cluster_with_template

    return cluster_with_template()


@pytest.fixture(scope="session")
def worker_database(cluster: "Cluster") -> "Iterator[Clone]":
    """This worker's database."""
    from tests.postgres import clone

    with clone(cluster) as cloned:
        yield cloned


@pytest.fixture
def fresh_database(cluster: "Cluster") -> "Iterator[Clone]":
    """A database for one test alone."""
    from tests.postgres import clone

    with clone(cluster) as cloned:
        yield cloned


@pytest.fixture(scope="session")
async def _session_connection(worker_database: "Clone") -> "AsyncIterator[Connection]":
    from tests.postgres import connected

    async with connected(worker_database.app_url) as connection:
        yield connection


@pytest.fixture
async def conn(_session_connection: "Connection") -> "AsyncIterator[Connection]":
    """The role desk_app's connection, inside a transaction that is rolled back after the test."""
    transaction = _session_connection.transaction()
    await transaction.start()
    yield _session_connection
    await transaction.rollback()


@pytest.fixture
async def database(conn: "Connection") -> "Database":
    """What the service takes for its pool, on `conn`."""
    from tests.postgres import one_transaction

    return one_transaction(conn)


@pytest.fixture(scope="session")
async def _session_pool(worker_database: "Clone", settings: "Settings") -> "AsyncIterator[Database]":
    from app.core.db import open_pool

    async with open_pool(settings, worker_database.app_url) as opened:
        yield opened


@pytest.fixture
async def committing_database(_session_pool: "Database", worker_database: "Clone") -> "AsyncIterator[Database]":
    """A real pool whose commits last, for races; every row is deleted after the test."""
    from tests.postgres import connected, empty

    yield _session_pool
    async with connected(worker_database.superuser_url) as superuser:
        await empty(superuser)


@pytest.fixture
async def committing_conn(committing_database: "Database") -> "AsyncIterator[Connection]":
    """One connection of the real pool; each statement commits."""
    async with committing_database.connection() as connection:
        yield connection


# --- the service ---


@pytest.fixture(scope="session")
def settings() -> "Settings":
    """As a developer's, but open to as many calls as tests make from one address."""
    from tests.service import SETTINGS

    return SETTINGS


@pytest.fixture(scope="session")
def logs() -> "Logs":
    """What the service logs; `logs.text()` since the last `logs.clear()`."""
    from tests.logs import Logs

    return Logs()


@pytest.fixture(scope="session")
def _session_app(settings: "Settings", logs: "Logs") -> "Iterator[FastAPI]":
    from tests.service import build

    app = build(settings, logs)
    yield app
    app.state.mail_parser.close()


@pytest.fixture
def app(_session_app: "FastAPI", settings: "Settings", logs: "Logs") -> "Iterator[FastAPI]":
    """The application. A test may give it other settings: `app.state.settings = settings.model_copy(update=…)`."""
    from tests.service import log_to

    _session_app.state.settings = settings
    log_to(logs)
    logs.clear()
    yield _session_app
    # Whatever a client can run into in the database has a refusal of its own (CONSTRAINTS).
    assert "constraint without a name for clients" not in logs.text()


@pytest.fixture
async def api(app: "FastAPI", database: "Database") -> "AsyncIterator[httpx.AsyncClient]":
    """The service without sockets; nothing a test does with it outlives the test."""
    from tests.service import client_of

    async with client_of(app, database) as client:
        yield client


@pytest.fixture
async def committing_api(app: "FastAPI", committing_database: "Database") -> "AsyncIterator[httpx.AsyncClient]":
    """The service on a real pool, for races and whatever else needs commits. Never beside `api` in one test."""
    from tests.service import client_of

    async with client_of(app, committing_database) as client:
        yield client


@pytest.fixture
async def keys(conn: "Connection") -> "Keys":
    """A key of each role, two clients and an agent: `headers=keys["finance"]`, `keys["other_client"]`."""
    from tests.builders import some_keys

    return await some_keys(conn)


@pytest.fixture
async def committing_keys(committing_conn: "Connection") -> "Keys":
    """The same for `committing_api`."""
    from tests.builders import some_keys

    return await some_keys(committing_conn)


@pytest.fixture
def live_servers(cluster: "Cluster") -> "Iterator[LiveServers]":
    """Starts real servers with real sockets: `live_servers.start(cors_origins=[…])`."""
    from tests.live import LiveServers

    with LiveServers(cluster) as servers:
        yield servers


# --- the clock ---


class Clock:
    """The service's only clock, stopped; a test moves it."""

    def __init__(self) -> None:
        self.time = A_TUESDAY_MORNING

    def now(self) -> datetime:
        return self.time

    def set(self, time: datetime) -> None:
        assert time.tzinfo is not None
        self.time = time

    def advance(self, **duration: int) -> None:
        self.time += timedelta(**duration)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stopped at 24 November 2026, 11:00 in Luxembourg: a Tuesday, the desk is open."""
    stopped = Clock()
    monkeypatch.setattr("app.core.clock.now", stopped.now)
    return stopped
