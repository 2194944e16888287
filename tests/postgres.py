"""One embedded Postgres for a test run, a migrated template in it, and databases cloned from that template."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from app.adapters.embedded_postgres import Cluster
from app.core.db import SESSION, Connection, Database, prepare
from tests.run_folder import turn

ROOT = Path(__file__).parents[1]
TEMPLATE = "desk"
KEPT_TABLES = ("alembic_version", "holidays", "terms")  # what the migrations bring
ROWS_OF_TESTS = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL ($1)
"""
_numbers = count(1)


def cluster_with_template() -> Cluster:
    """The run's server; the first worker that asks has it started and its template migrated."""
    with turn("template") as folder:
        described = folder / "cluster.json"
        if not described.exists():
            made = subprocess.run(
                [sys.executable, "-m", "tests.template", str(folder)], cwd=ROOT, check=True, stdout=subprocess.PIPE
            )
            described.write_bytes(made.stdout)
    return Cluster(**json.loads(described.read_bytes()))


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """A connection as the service has them, but patient with a debugger."""
    session = SESSION | {"idle_in_transaction_session_timeout": "0"}
    connection = await asyncpg.connect(url, server_settings=session)
    try:
        await prepare(connection)
        yield connection
    finally:
        await connection.close()


@dataclass(frozen=True)
class Clone:
    """A migrated database of its own, and the ways in of its three roles."""

    name: str
    owner_url: str
    app_url: str
    superuser_url: str


@contextmanager
def clone(cluster: Cluster) -> Iterator[Clone]:
    """A copy of the template, dropped afterwards."""
    name = f"desk_{os.getpid()}_{next(_numbers)}"
    create = f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER desk_owner STRATEGY file_copy"
    with turn("template"):  # it can be copied only while nobody is in it
        asyncio.run(_administer(cluster, create))
    ways_in = (cluster.owner_url, cluster.app_url, cluster.superuser_url)
    try:
        yield Clone(name, *(urlsplit(url)._replace(path=f"/{name}").geturl() for url in ways_in))
    finally:
        asyncio.run(_administer(cluster, f"DROP DATABASE {name} WITH (FORCE)"))


async def _administer(cluster: Cluster, statement: str) -> None:
    connection = await asyncpg.connect(cluster.superuser_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def empty(superuser: Connection) -> None:
    """Delete every row but what the migrations bring.

    As a replica, so that neither foreign keys nor the append-only triggers object; much quicker than TRUNCATE.
    """
    tables = await superuser.fetch(ROWS_OF_TESTS, KEPT_TABLES)
    deletes = "".join(f'DELETE FROM "{row["relname"]}"; ' for row in tables)
    deletes += "DELETE FROM terms WHERE effective_on > '2022-07-01'; "
    await superuser.execute(f"SET session_replication_role = replica; {deletes} RESET session_replication_role")


class OneTransaction:
    """Stands in for a pool: everybody gets the same connection, one after the other, inside its open transaction.

    A savepoint around each turn keeps a failed statement from spoiling the whole transaction, as on a real pool.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.turn = asyncio.Lock()

    def has_idle(self) -> bool:
        return not self.turn.locked()

    async def acquire(self) -> Connection:
        await self.turn.acquire()
        await self.connection.execute("SAVEPOINT turn")
        return self.connection

    async def release(self, connection: Any, *, clean: bool = False) -> None:  # noqa: ARG002 (as a pool takes it)
        try:
            await connection.execute("RELEASE SAVEPOINT turn")
        except asyncpg.InFailedSQLTransactionError:
            await connection.execute("ROLLBACK TO SAVEPOINT turn; RELEASE SAVEPOINT turn")
        finally:
            self.turn.release()


def one_transaction(connection: Connection) -> Database:
    """The service's way to the database, on one connection."""
    return Database(OneTransaction(connection), wait_seconds=10)
