"""The stage: one Postgres of its own, a database per size for either side, and a server process for each."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from app.adapters import embedded_postgres
from app.core import credentials, paging
from app.core.ids import new_id
from bench import seed, seed_bare
from bench.operations import Facts
from bench.processes import ROOT, Server, free_port, surroundings, uvicorn
from bench.rounds import Contest
from bench.verify import Ledger

POOL_SIZE = 8
HUGE = "100000000"
# Everything is on, as in production; only the figures of the limits are out of the way.
PRODUCT_SETTINGS = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "of the bench, and of nothing else; it is long enough",
    "PUBLIC_URL": "http://127.0.0.1",
    "CORS_ORIGINS": '["http://127.0.0.1"]',
    "DATABASE_POOL_SIZE": str(POOL_SIZE),
    "WORKER_IN_API": "false",
    "FORM_PER_MINUTE_PER_IP": HUGE,
    "FORM_PER_HOUR_PER_ADDRESS": HUGE,
    "ACKNOWLEDGEMENTS_PER_HOUR": HUGE,
    "ACKNOWLEDGEMENTS_PER_DAY": HUGE,
}
BIG_CLIENT = """
SELECT client_id FROM tickets WHERE client_id IS NOT NULL GROUP BY client_id ORDER BY count(*) DESC LIMIT 1
"""
SOME_TICKETS = """
SELECT id, received_at FROM tickets
 WHERE sequence IN (SELECT 1 + (random() * ($2 - 1))::bigint FROM generate_series(1, 3000))
   AND ($1::uuid IS NULL OR client_id = $1) AND status IN ('closed', 'spam')
"""
ADD_KEY = """
INSERT INTO api_keys (id, name, role, client_id, agent_id, secret_hash, created_at)
VALUES ($1, 'Bench', $2, $3, $4, $5, now())
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One size: the contest, and the ledgers to check it with afterwards."""

    contest: Contest
    ledger: Ledger
    bare_ledger: Ledger


def database_url(url: str, database: str) -> str:
    """Return the URL of another database in the same cluster."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


@contextmanager
def postgres(data_dir: Path) -> Iterator[embedded_postgres.Cluster]:
    """Run the embedded Postgres for as long as the block lasts."""
    cluster = embedded_postgres.start(data_dir)
    try:
        yield cluster
    finally:
        embedded_postgres.stop(data_dir)


@contextmanager
def setting(cluster: embedded_postgres.Cluster, rows: int, home: Path) -> Iterator[Setting]:
    """Seed both databases of one size, unless an earlier run did, and run both servers."""
    bare, product = f"bare_{rows}", f"desk_{rows}"
    asyncio.run(prepare(cluster, bare, product, rows, home))
    superuser_url = database_url(cluster.superuser_url, product)
    facts = asyncio.run(gather(superuser_url, rows))
    bare_url = database_url(cluster.superuser_url, bare)
    with ExitStack() as stack:
        servers = [
            start_bare(bare_url, home / f"{bare}.log"),
            start_product(database_url(cluster.app_url, product), home / f"{product}.log"),
        ]
        for server in servers:
            stack.callback(server.stop)
        servers[0].wait_ready("/healthz")
        servers[1].wait_ready("/readyz")
        ledgers = asyncio.run(Ledger.of_product(superuser_url)), asyncio.run(Ledger.of_bare(bare_url))
        yield Setting(Contest(facts, *servers), *ledgers)


def start_bare(url: str, log: Path) -> Server:
    """Start the bare app: one worker, a pool of eight."""
    port = free_port()
    return Server("the bare app", uvicorn("bench.bare:app", port), port, {"DATABASE_URL": url}, log)


def start_product(url: str, log: Path) -> Server:
    """Start the product's API: one worker, a pool of eight; the worker for jobs would be another process."""
    port = free_port()
    env = PRODUCT_SETTINGS | {"DATABASE_URL": url, "PORT": str(port)}
    return Server("the product", ["app.cli", "serve"], port, env, log)


async def prepare(cluster: embedded_postgres.Cluster, bare: str, product: str, rows: int, home: Path) -> None:
    """Make and fill the two databases; a mark on the finished one tells the next run to keep it."""
    server = await asyncpg.connect(cluster.superuser_url)
    try:
        for database in (bare, product):
            mark = f"{rows} rows, {schema_digest()}"
            found = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1"
            if await server.fetchval(found, database) == mark:
                continue
            await server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            await server.execute(f"CREATE DATABASE {database} OWNER desk_owner")
            url = database_url(cluster.superuser_url, database)
            if database == bare:
                await seed_bare.fill(url, rows)
            else:
                migrate(database_url(cluster.owner_url, database), home)
                await seed.fill(url, rows)
            await server.execute(f"COMMENT ON DATABASE {database} IS '{mark}'")
    finally:
        await server.close()


def schema_digest() -> str:
    """Return what changes when the tables or the seed do."""
    files = sorted([*(ROOT / "alembic/versions").glob("*.py"), *Path(__file__).parent.glob("*.sql")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def migrate(owner_url: str, home: Path) -> None:
    """Bring an empty database to the product's newest schema, as a deployment does."""
    env = surroundings({"MIGRATION_DATABASE_URL": owner_url})
    subprocess.run([sys.executable, "-m", "app.cli", "migrate"], cwd=home, env=env, check=True)


async def gather(url: str, rows: int) -> Facts:
    """Make two keys and pick the tickets and pages that the requests will ask for."""
    connection = await asyncpg.connect(url)
    try:
        # What an earlier run on kept data left behind: without a worker these jobs only grow old, and a desk whose
        # jobs are old is not ready.
        await connection.execute("TRUNCATE jobs")
        client_id = await connection.fetchval(BIG_CLIENT)
        agent_id = await connection.fetchval("SELECT id FROM agents ORDER BY id LIMIT 1")
        anybodys = await connection.fetch(SOME_TICKETS, None, rows)
        clients = await connection.fetch(SOME_TICKETS, client_id, rows)
        keys = []
        for role, client, agent in (("agent", None, agent_id), ("client", client_id, None)):
            issued = credentials.issue(key_id := new_id())
            await connection.execute(ADD_KEY, key_id, role, client, agent, issued.secret_hash)
            keys.append(issued.text)
    finally:
        await connection.close()
    return Facts(
        rows=rows,
        agent_key=keys[0],
        client_key=keys[1],
        ticket_ids=[str(row["id"]) for row in anybodys],
        cursors=[paging.encode(row["received_at"], row["id"]) for row in anybodys],
        client_cursors=[paging.encode(row["received_at"], row["id"]) for row in clients],
    )
