"""The stage: a database with a quarter of open time, copied for each round, so that each begins with the same rows."""

import asyncio
import json
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from app.adapters.embedded_postgres import Cluster
from app.billing.invoices.service import begin_run
from app.core import clock
from app.core.db import prepare
from app.core.settings import MADE_UP
from app.domain.calendar import local_date
from app.domain.period import Cycle, Period, period_of
from bench.processes import surroundings
from bench.seed import SECONDARY_INDEXES
from bench.stage import PRODUCT_SETTINGS, database_url, migrate, schema_digest
from bench.startup import cpu_seconds, family

HERE = Path(__file__).parent
SEED, FLOOR = ((HERE / name).read_text() for name in ("seed.sql", "floor.sql"))
FILLED = (
    "clients", "contacts", "tickets", "messages", "outgoing_mails", "time_entries", "time_allocations", "open_time",
)  # fmt: skip


def last_quarter() -> Period:
    """The newest quarter that is over."""
    return quarter_before(period_of(local_date(clock.now()), Cycle.QUARTERLY))


def quarter_before(period: Period) -> Period:
    return period_of(period.start - timedelta(days=1), Cycle.QUARTERLY)


@dataclass(frozen=True, slots=True)
class Stage:
    """One cluster; `home` is where migrations may write."""

    cluster: Cluster
    home: Path
    period: Period
    clients: int

    def superuser_url(self, database: str) -> str:
        """For seeding, counting and the floor."""
        return database_url(self.cluster.superuser_url, database)

    def app_url(self, database: str) -> str:
        """As the product's own role, which owns no table."""
        return database_url(self.cluster.app_url, database)

    @asynccontextmanager
    async def server(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection to none of the databases under measurement."""
        connection = await asyncpg.connect(self.cluster.superuser_url)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def connection(self, database: str) -> AsyncIterator[asyncpg.Connection]:
        """As superuser, with the period for the SQL files."""
        connection = await asyncpg.connect(self.superuser_url(database))
        try:
            for name, value in (("bench.start", self.period.start), ("bench.end", self.period.end)):
                await connection.execute("SELECT set_config($1, $2, false)", name, str(value))
            yield connection
        finally:
            await connection.close()

    async def seeded(self, rows: int) -> str:
        """The database of that size; made unless an earlier run left it."""
        database = f"seeded_{rows}"
        made_of = f"{schema_digest()} {zlib.crc32(SEED.encode())}"
        mark = f"{rows} rows of {self.clients} clients in {self.period.name}, {made_of}"
        async with self.server() as server:
            found = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1"
            if await server.fetchval(found, database) != mark:
                await server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
                await server.execute(f"CREATE DATABASE {database} OWNER desk_owner")
                migrate(database_url(self.cluster.owner_url, database), self.home)
                await self._fill(database, rows)
                await self._invoice_quarter_before(database)
                await server.execute(f"COMMENT ON DATABASE {database} IS '{mark}'")
        return database

    async def _fill(self, database: str, rows: int) -> None:
        async with self.connection(database) as connection:
            indexes = await connection.fetch(SECONDARY_INDEXES, list(FILLED))
            for index in indexes:
                await connection.execute(f'DROP INDEX "{index["name"]}"')
            for name, value in (("bench.rows", rows), ("bench.clients", self.clients)):
                await connection.execute("SELECT set_config($1, $2, false)", name, str(value))
            await connection.execute(SEED)
            for index in indexes:
                await connection.execute(index["definition"])

    async def _invoice_quarter_before(self, database: str) -> None:
        """A desk that has never invoiced anything is no desk of a million entries: plans rest on what is there."""
        await self.work_off(database, await self.begin_run(database, quarter_before(self.period)))
        async with self.connection(database) as connection:
            await connection.execute("TRUNCATE jobs")
            await connection.execute("VACUUM ANALYZE")

    async def work_off(self, database: str, run_id: UUID) -> dict[str, float]:
        """What a worker's process says of a run that it has worked off.

        Raises:
            RuntimeError: it did not end the run.
        """
        seller = {"SELLER": MADE_UP.model_dump_json()}
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.invoicing.worker", str(run_id)),
            cwd=self.home,
            env=surroundings(PRODUCT_SETTINGS | seller | {"DATABASE_URL": self.app_url(database)}),
            stdout=subprocess.PIPE,
        )
        said, _ = await worker.communicate()
        if worker.returncode:
            raise RuntimeError(f"the worker ended with {worker.returncode}")
        took: dict[str, float] = json.loads(said)
        return took

    @asynccontextmanager
    async def copy_of(self, seeded: str) -> AsyncIterator[str]:
        """A copy to spoil."""
        database = f"{seeded}_copy"
        async with self.server() as server:
            await server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            await server.execute(f"CREATE DATABASE {database} TEMPLATE {seeded} STRATEGY FILE_COPY")
            await server.execute("CHECKPOINT")
            try:
                yield database
            finally:
                await server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    async def checkpoint(self) -> None:
        """So that whatever follows pays for its own pages only."""
        async with self.server() as server:
            await server.execute("CHECKPOINT")

    async def begin_run(self, database: str, period: Period) -> UUID:
        """A run over a quarter, begun as the API begins it, due at once."""
        connection = await asyncpg.connect(self.app_url(database))
        try:
            await prepare(connection)
            now = clock.now()
            async with connection.transaction():
                return await begin_run(
                    connection, period, client_id=None, issue=True, digests={}, work_at=now,
                    actor={"role": "finance"}, now=now,
                )  # fmt: skip
        finally:
            await connection.close()

    async def postgres_cpu_seconds(self) -> float:
        """Of all of its processes, those that have ended too."""
        async with self.server() as server:
            postmaster = int((await server.fetchval("SELECT pg_read_file('postmaster.pid')")).split()[0])
        while True:
            with suppress(FileNotFoundError, ProcessLookupError):  # one ended meanwhile: it is the postmaster's now
                return sum(cpu_seconds(pid) for pid in family(postmaster))
