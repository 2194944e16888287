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
from app.desk.tickets import listing
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
       CASE WHEN n % 50 = 0 THEN 'urgent' ELSE 'standard' END, CASE WHEN n % 40 = 0 THEN 'email' ELSE 'form' END, 'fr', 'Subject', 'Rita', 'rita@elsewhere.example',
       CASE WHEN n % 100 < 95 THEN $1::uuid WHEN n % 100 < 97 THEN $2 WHEN n % 100 < 99 THEN ($6::uuid[])[1 + n / 100 % 300]
       END, CASE WHEN n % 10 = 1 THEN $3::uuid END,
       received_at, received_at, received_at
FROM (SELECT n, $4::timestamptz + n * interval '1 minute' AS received_at FROM generate_series(1, $5::int) AS n) AS numbered
"""
# Everybody writes of a shop, one of a zebra, and long ago some of an okapi.
SAY = """
INSERT INTO messages (id, ticket_id, author, author_name, visibility, channel, body, created_at, search)
SELECT gen_random_uuid(), id, 'client', 'Rita', 'public', 'form', 'said', received_at,
       search_vector('The shop is blank' || CASE WHEN sequence = 777 THEN ' zebra' WHEN sequence < 60 THEN ' okapi' ELSE '' END)
FROM tickets
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
        await connection.execute(SAY)
        await connection.execute("ANALYZE")
        yield connection


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


async def rows_read(connection: Connection, sql: str, values: Any, mode: str, table: str = "tickets") -> int:
    """How many rows of a table a statement looked at, shown or not; each by way of an index."""
    literals = ", ".join(f"$literal${value}$literal$" for value in values)
    arguments = f"({literals})" if literals else ""
    await connection.execute(f"SET plan_cache_mode = {mode}; PREPARE probe AS {sql}")
    try:
        (found,) = await connection.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) EXECUTE probe{arguments}")
    finally:
        await connection.execute("RESET plan_cache_mode; DEALLOCATE probe")
    (explained,) = json.loads(found[0])
    scans = [node for node in nodes(explained["Plan"]) if node.get("Relation Name") == table]
    assert scans
    assert {node["Node Type"] for node in scans} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}, explained
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
    "by mail": {"channel": "email"},
    "by telephone, which there is none of": {"channel": "phone"},
    "by telephone, closed": {"channel": "phone", "status": "closed"},
    "the urgent ones": {"lane": "urgent"},
    "an agent's": {"assignee_id": builders.AGENT_ID},
}


@MODES
@pytest.mark.parametrize("after", [None, MIDDLE, DEEP], ids=["first page", "middle", "deep"])
@pytest.mark.parametrize("who", FILTERS)
async def test_a_page_of_tickets_costs_its_rows(skewed: Connection, who: str, after: Any, mode: str):
    sql, values = listing.list_tickets_sql({**FILTERS[who], "internal": True}, after, PAGE)
    assert await rows_read(skewed, sql, values, mode) <= PAGE


@MODES
@pytest.mark.parametrize("after", [START, ("standard", MIDDLE[0], TICKETS // 2), ("urgent", MIDDLE[0], TICKETS // 2)])
async def test_a_page_of_the_queue_costs_its_rows(skewed: Connection, after: Any, mode: str):
    assert await rows_read(skewed, queue.PAGE, (*queue.starts(after), PAGE), mode) <= 2 * PAGE


@MODES
async def test_a_ticket_is_found_by_its_number_at_once(skewed: Connection, mode: str):
    sql, values = listing.list_tickets_sql({"number": "EC-2026-000777", "internal": True}, None, PAGE)
    assert await rows_read(skewed, sql, values, mode) == 1


async def test_the_next_ticket_is_found_at_once(skewed: Connection):
    assert await rows_read(skewed, queue.NEXT, (builders.AGENT_ID,), "force_custom_plan") <= 2


async def test_the_list_is_in_order(skewed: Connection):
    rows = await listing.list_tickets(skewed, {"client_id": builders.CLIENT_ID, "internal": True}, MIDDLE, PAGE)
    times = [row["received_at"] for row in rows]
    assert len(times) == PAGE
    assert times == sorted(times, reverse=True)
    assert times[0] < MIDDLE[0]


SEARCHES: dict[str, tuple[list[str], int]] = {
    "a word of one message": (["'zebra':*"], 1),
    "a word of nobody": (["'gnu':*"], 0),
    "a word of the oldest": (["'okapi':*"], 60),
    "two words, one rare": (["'sho':*", "'zebra':*"], 1),
    "nothing but signs": ([""], 0),
}


@MODES
@pytest.mark.parametrize("what", SEARCHES)
async def test_a_rare_word_is_found_at_once(skewed: Connection, what: str, mode: str):
    """However old its ticket is, and although the planner takes every word for one of many."""
    words, most = SEARCHES[what]
    rare = await listing.rare_words(skewed, words)
    sql, values = listing.list_tickets_sql({"words": words, "internal": True}, None, PAGE, rare=rare)
    assert await rows_read(skewed, sql, values, mode) <= most


@MODES
@pytest.mark.parametrize("near", [True, False])
@pytest.mark.parametrize("who", FILTERS)
async def test_a_word_of_everybody_is_looked_for_from_the_newest(skewed: Connection, who: str, near: bool, mode: str):
    filters = {**FILTERS[who], "words": ["'shop':*"], "internal": True}
    sql, values = listing.list_tickets_sql(filters, MIDDLE, PAGE, near=near)
    assert await rows_read(skewed, sql, values, mode) <= PAGE


async def test_looking_near_ends_soon(skewed: Connection):
    sql, values = listing.list_tickets_sql({"words": ["'gnu':*"], "internal": True}, None, PAGE, near=True)
    assert await rows_read(skewed, sql, values, "force_custom_plan") == listing.NEAR


async def test_few_and_many_are_told_apart(skewed: Connection):
    words = ["'shop':*", "'zebra':*", "'gnu':*"]
    assert await listing.rare_words(skewed, words) == set(words)
    few = listing.RARE_WORDS.replace(str(listing.RARE + 1), "101").replace(str(listing.RARE), "100")
    assert {row["word"] for row in await skewed.fetch(few, words)} == {*words[1:]}


async def test_a_search_finds_the_same_by_either_way(skewed: Connection):
    words = ["'okapi':*", "'blan':*"]
    filters = {"words": words, "internal": False}
    found = [[row["id"] for row in await listing.list_tickets(skewed, filters, None, PAGE)]]
    for rare in (frozenset(words), frozenset[str]()):
        sql, values = listing.list_tickets_sql(filters, None, PAGE, rare=rare)
        found.append([row["id"] for row in await skewed.fetch(sql, *values)])
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == PAGE
