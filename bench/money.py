"""Money's part of `make bench`: time that is drawn, one busy client, and sums that stay flat as entries pile up."""

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import asyncpg

from app.adapters.embedded_postgres import Cluster
from app.core import credentials
from app.core.ids import new_id
from bench import seed_bare, wire
from bench.measure import Loader, Sample
from bench.operations import GROWTH_GOAL, form
from bench.processes import Server
from bench.report import verdict
from bench.run import data_home, surroundings
from bench.seed import SECONDARY_INDEXES
from bench.stage import ADD_KEY, database_url, migrate, postgres, start_bare, start_product

SEED = Path(__file__).with_name("money.sql").read_text()
TABLES = ("tickets", "time_entries", "time_allocations", "open_time")
SIZES = (10_000, 1_000_000)
LOG_GOAL, ONE_CLIENT_GOAL = 0.4, 0.5
REQUESTS = {1: 100, 8: 240, 32: 320}
READS = 60
TICKETS = 200
COUNT = """
SELECT (SELECT count(*) FROM time_entries WHERE logged_at > $1) AS entries,
       (SELECT count(*) FROM time_allocations WHERE created_at > $1 AND place = 'drawn') AS draws,
       (SELECT count(*) FROM contracts c WHERE c.drawn_minutes > 0 AND c.drawn_minutes <>
            (SELECT sum(minutes) FROM time_allocations a WHERE a.contract_id = c.id AND a.created_at > $1)) AS wrong
"""


def id_of(kind: int, number: int) -> str:
    """Return the id that the seed gave to a row."""
    return f"{kind:08x}-0000-7000-8000-{number:012x}"


@dataclass(frozen=True, slots=True)
class Desk:
    """One size: the product's server, its database, a key."""

    server: Server
    url: str
    key: str
    since: datetime


def log(desk: Desk, count: int, first: int) -> list[str]:
    """Return requests that each log a minute, on two hundred tickets in turn, counted from `first`."""
    today = datetime.now(ZoneInfo("Europe/Luxembourg")).date().isoformat()
    bodies = [
        {
            "ticket_id": id_of(3, first + number % TICKETS), "agent_id": id_of(1, 1), "worked_on": today,
            "worked_minutes": 1, "description": "Repaired the session of the shop",
        }
        for number in range(count)
    ]  # fmt: skip
    headers = {"Authorization": f"Bearer {desk.key}"}
    return [
        wire.post("/v1/time-entries", body, headers | {"Idempotency-Key": secrets.token_hex(16)}) for body in bodies
    ]


def one_client(desk: Desk, count: int) -> list[str]:
    return log(desk, count, 1)


def many_clients(desk: Desk, count: int) -> list[str]:
    return log(desk, count, TICKETS + 1)


READ: dict[str, str] = {
    "balance": f"/v1/clients/{id_of(2, 2)}/balance",
    "balance of the big client": f"/v1/clients/{id_of(2, 3)}/balance",
    "cost of a ticket": f"/v1/tickets/{id_of(3, 405)}/cost",
    "minutes of a client's quarter": "/v1/reports/minutes?period={quarter}&client_id=" + id_of(2, 2),
    "unbilled": "/v1/reports/unbilled?limit=50",
    "time entries of the big client": f"/v1/time-entries?client_id={id_of(2, 3)}&limit=50",
}


def read(desk: Desk, name: str) -> list[str]:
    today = datetime.now(ZoneInfo("Europe/Luxembourg")).date()
    path = READ[name].format(quarter=f"{today.year}-Q{(today.month - 1) // 3 + 1}")
    return [wire.get(path, desk.key)] * READS


async def fill(cluster: Cluster, rows: int, home: Path) -> tuple[str, str]:
    """Make and fill a database of the product; its name and an administrator's key."""
    name = f"money_{rows}"
    server = await asyncpg.connect(cluster.superuser_url)
    await server.execute(f"CREATE DATABASE {name} OWNER desk_owner")
    await server.close()
    await asyncio.to_thread(migrate, database_url(cluster.owner_url, name), home)
    connection = await asyncpg.connect(database_url(cluster.superuser_url, name))
    try:
        indexes = await connection.fetch(SECONDARY_INDEXES, list(TABLES))
        for index in indexes:
            await connection.execute(f'DROP INDEX "{index["name"]}"')
        await connection.execute("SELECT set_config('bench.rows', $1, false)", str(rows))
        await connection.execute(SEED)
        for index in indexes:
            await connection.execute(index["definition"])
        issued = credentials.issue(key_id := new_id())
        await connection.execute(ADD_KEY, key_id, "admin", None, None, issued.secret_hash)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return name, issued.text


async def bare_database(cluster: Cluster) -> str:
    """Make and fill the bare app's."""
    server = await asyncpg.connect(cluster.superuser_url)
    await server.execute("CREATE DATABASE bare OWNER desk_owner")
    await server.close()
    url = database_url(cluster.superuser_url, "bare")
    await seed_bare.fill(url, SIZES[0])
    return url


def put_up(stack: ExitStack, cluster: Cluster, rows: int, home: Path) -> Desk:
    """Seed one size and start its server."""
    name, key = asyncio.run(fill(cluster, rows, home))
    server = start_product(database_url(cluster.app_url, name), home / f"{name}.log")
    stack.callback(server.stop)
    server.wait_ready("/readyz")
    since = datetime.now(ZoneInfo("UTC"))
    return Desk(server, database_url(cluster.superuser_url, name), key, since)


def logging(loader: Loader, bare: Server, desk: Desk, rounds: int) -> Iterator[str]:
    """Measure logging beside the bare app's plain insert, and one client beside many."""
    yield f"{'logging a draw':<32}{'conn':>5} |{'bare ms':>8}{'desk ms':>8}{'share':>7}{'goal':>6}"
    busy = []
    for connections, count in REQUESTS.items():
        pairs = []
        for _ in range(rounds):
            insert = loader.measure(bare, connections, [wire.post("/tickets", form(number)) for number in range(count)])
            many = checked(loader.measure(desk.server, connections, many_clients(desk, count)))
            pairs.append((insert, many))
            if connections == max(REQUESTS):
                busy.append((many, checked(loader.measure(desk.server, connections, one_client(desk, count)))))
        share = median(insert.seconds / many.seconds for insert, many in pairs)
        bare_ms, desk_ms = (median(one.milliseconds for one in each) for each in zip(*pairs, strict=True))
        yield (
            f"{'  spread over many clients':<32}{connections:>5} |{bare_ms:>8.2f}{desk_ms:>8.2f}{share:>7.2f}"
            f"{LOG_GOAL:>6.2f} {verdict(share >= LOG_GOAL)}"
        )
    share = median(many.seconds / one.seconds for many, one in busy)
    one_ms = median(one.milliseconds for _, one in busy)
    yield (
        f"{'  on one client, beside many':<32}{max(REQUESTS):>5} |{'':>8}{one_ms:>8.2f}{share:>7.2f}"
        f"{ONE_CLIENT_GOAL:>6.2f} {verdict(share >= ONE_CLIENT_GOAL)}"
    )


def flatness(loader: Loader, desks: Sequence[Desk], rounds: int) -> Iterator[str]:
    """Measure what is read on the smallest and on the largest desk; with one desk there is nothing to compare."""
    if len(desks) == 1:
        return
    yield f"{'read':<32}{'small ms':>9}{'large ms':>9}{'growth':>7}{'goal':>6}"
    small, large = desks[0], desks[-1]
    for name in READ:
        pairs = [
            (
                checked(loader.measure(small.server, 1, read(small, name))),
                checked(loader.measure(large.server, 1, read(large, name))),
            )
            for _ in range(rounds)
        ]
        growth = median(after.seconds / before.seconds for before, after in pairs)
        before_ms, after_ms = (median(one.milliseconds for one in each) for each in zip(*pairs, strict=True))
        yield (
            f"{name:<32}{before_ms:>9.2f}{after_ms:>9.2f}{growth:>7.2f}{GROWTH_GOAL:>6.2f} "
            f"{verdict(growth <= GROWTH_GOAL)}"
        )


def checked(sample: Sample) -> Sample:
    """Return the sample if every request was answered well."""
    if sample.errors:
        raise RuntimeError(f"{sample.errors} requests were not answered with 2xx: {sample.statuses}")
    return sample


async def count(desk: Desk, created: int) -> str:
    """Count what was logged; raises when an entry or a draw is missing or a contract's sum is wrong."""
    connection = await asyncpg.connect(desk.url)
    try:
        found = await connection.fetchrow(COUNT, desk.since)
    finally:
        await connection.close()
    if found is None or (found["entries"], found["draws"], found["wrong"]) != (created, created, 0):
        raise RuntimeError(f"{created} entries were answered with 201, and there are {found}")
    return f"{created} entries logged, {found['draws']} draws, every contract's sum as its draws"


def measure(home: Path, sizes: Sequence[int], rounds: int, show: Callable[[str], None]) -> None:
    """Put up the stage, measure, count, take the stage down."""
    with ExitStack() as stack:
        cluster = stack.enter_context(postgres(home / "stage"))
        bare = start_bare(asyncio.run(bare_database(cluster)), home / "bare.log")
        stack.callback(bare.stop)
        bare.wait_ready("/healthz")
        desks = [put_up(stack, cluster, size, home) for size in sizes]
        loader = stack.enter_context(Loader())
        for desk in desks:
            for requests in (one_client(desk, 40), many_clients(desk, 40), *(read(desk, name)[:16] for name in READ)):
                loader.measure(desk.server, 8, requests)
        for line in (*logging(loader, bare, desks[-1], rounds), "", *flatness(loader, desks, rounds), ""):
            show(line)
        for desk in desks:
            show(asyncio.run(count(desk, loader.created[desk.server.port])))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.money", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke: one round, 10 thousand entries")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with data_home(None) as home:
        print(surroundings(), flush=True)
        sizes, rounds = (SIZES[:1], 1) if chosen.quick else (SIZES, 5)
        measure(home, sizes, rounds, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
