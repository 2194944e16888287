"""A page costs its rows, whoever asks and however deep: read from Postgres's own account of what it read."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.db import Connection
from app.desk.queue import queries as queue
from app.desk.queue.service import START
from app.desk.tickets import queries as tickets
from tests import builders
from tests.postgres import Clone, connected

TICKETS = 20_000
PAGE = 51
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
# One client owns 95 of 100 tickets, one has 2, three hundred share 2, one has none at all; one in 10 waits in the queue.
FILL = """
INSERT INTO tickets (id, sequence, number, status, lane, channel, language, subject, requester_name, requester_email,
                     client_id, assignee_id, received_at, queued_at, updated_at)
SELECT gen_random_uuid(), n, 'EC-2026-' || lpad(n::text, 6, '0'),
       CASE WHEN n % 10 = 0 THEN 'new' WHEN n % 10 = 1 THEN 'in_progress' ELSE 'closed' END,
       CASE WHEN n % 50 = 0 THEN 'urgent' ELSE 'standard' END, 'form', 'fr', 'Subject', 'Rita', 'rita@elsewhere.example',
       CASE WHEN n % 100 < 95 THEN $1::uuid WHEN n % 100 < 97 THEN $2 WHEN n % 100 < 99 THEN ($6::uuid[])[1 + n / 100 % 300]
       END, CASE WHEN n % 10 = 1 THEN $3::uuid END,
       received_at, received_at, received_at
FROM (SELECT n, $4::timestamptz + n * interval '1 minute' AS received_at FROM generate_series(1, $5::int) AS n) AS numbered
"""
SMALL_CLIENT = UUID("019ab000-0000-7000-8000-00000000000c")


@pytest.fixture(scope="module")
def skewed_database(cluster: Any) -> Iterator[Clone]:
    from tests.postgres import clone

    with clone(cluster) as cloned:
        yield cloned


@pytest.fixture(scope="module")
async def skewed(skewed_database: Clone) -> AsyncIterator[Connection]:
    """A connection to a desk with many tickets, most of them of one client."""
    async with connected(skewed_database.superuser_url) as connection:
        await builders.some_keys(connection)
        await builders.a_client(connection, id=SMALL_CLIENT)
        others = [(await builders.a_client(connection))["id"] for _ in range(300)]
        owners = (builders.CLIENT_ID, builders.OTHER_CLIENT_ID, builders.AGENT_ID)
        await connection.execute(FILL, *owners, FIRST, TICKETS, others)
        await connection.execute("ANALYZE")
        yield connection


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


async def rows_read(connection: Connection, sql: str, values: Any, mode: str, table: str = "tickets") -> int:
    """How many rows of a table a statement looked at, shown or not; each by way of an index."""
    literals = ", ".join(f"'{value}'" for value in values)  # values of this file, nobody else's
    arguments = f"({literals})" if literals else ""
    await connection.execute(f"SET plan_cache_mode = {mode}; PREPARE probe AS {sql}")
    try:
        (found,) = await connection.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) EXECUTE probe{arguments}")
    finally:
        await connection.execute("RESET plan_cache_mode; DEALLOCATE probe")
    (explained,) = json.loads(found[0])
    scans = [node for node in nodes(explained["Plan"]) if node.get("Relation Name") == table]
    assert scans
    assert {node["Node Type"] for node in scans} <= {"Index Scan", "Index Only Scan"}, explained
    return int(
        sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in scans)
    )


MODES = pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
MIDDLE = (FIRST + timedelta(minutes=TICKETS // 2), UUID(int=0))
DEEP = (FIRST + timedelta(minutes=300), UUID(int=0))
FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "the client that owns most": {"client_id": builders.CLIENT_ID},
    "a client with few": {"client_id": builders.OTHER_CLIENT_ID},
    "a client with none": {"client_id": SMALL_CLIENT},
    "one status": {"status": "closed"},
    "an agent's": {"assignee_id": builders.AGENT_ID},
}


@MODES
@pytest.mark.parametrize("after", [None, MIDDLE, DEEP], ids=["first page", "middle", "deep"])
@pytest.mark.parametrize("who", FILTERS)
async def test_a_page_of_tickets_costs_its_rows(skewed: Connection, who: str, after: Any, mode: str):
    sql, values = tickets.list_tickets_sql({**FILTERS[who], "internal": True}, after, PAGE)
    assert await rows_read(skewed, sql, values, mode) <= PAGE


@MODES
@pytest.mark.parametrize("after", [START, ("standard", MIDDLE[0], TICKETS // 2), ("urgent", MIDDLE[0], TICKETS // 2)])
async def test_a_page_of_the_queue_costs_its_rows(skewed: Connection, after: Any, mode: str):
    assert await rows_read(skewed, queue.PAGE, (*queue.starts(after), PAGE), mode) <= 2 * PAGE


@MODES
async def test_a_ticket_is_found_by_its_number_at_once(skewed: Connection, mode: str):
    sql, values = tickets.list_tickets_sql({"number": "EC-2026-000777", "internal": True}, None, PAGE)
    assert await rows_read(skewed, sql, values, mode) == 1


async def test_the_next_ticket_is_found_at_once(skewed: Connection):
    assert await rows_read(skewed, queue.NEXT, (builders.AGENT_ID,), "force_custom_plan") <= 2


async def test_the_list_is_in_order(skewed: Connection):
    rows = await tickets.list_tickets(skewed, {"client_id": builders.CLIENT_ID, "internal": True}, MIDDLE, PAGE)
    times = [row["received_at"] for row in rows]
    assert len(times) == PAGE
    assert times == sorted(times, reverse=True)
    assert times[0] < MIDDLE[0]
