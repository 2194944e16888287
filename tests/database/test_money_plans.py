"""Pages and sums of money cost their own rows, whoever else has how many: from Postgres's own account."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.billing.contracts import queries as contracts
from app.billing.pools import queries as pools
from app.billing.prices import queries as prices
from app.billing.reports import queries as reports
from app.billing.terms import queries as terms
from app.billing.time_entries import queries as entries
from app.billing.urgencies import queries as urgencies
from app.core.db import Connection
from tests import builders
from tests.billing import TERMS_2022
from tests.builders import AGENT_ID, CLIENT_ID, OTHER_CLIENT_ID
from tests.database.test_plans import nodes
from tests.postgres import Clone, connected

ENTRIES, CONTRACTS, PAGE = 20_000, 2_000, 51
SMALL_CLIENT = UUID("019ab000-0000-7000-8000-00000000000c")
FIRST = date(2025, 1, 1)
DAYS = 700
# One client owns 95 of 100 tickets, entries, contracts and urgencies; each ticket has 10 entries; one entry in 19 is
# open, one in four drawn, the others were invoiced long ago.
FILL = """
INSERT INTO tickets (id, sequence, number, status, lane, channel, language, subject, requester_name, requester_email,
                     client_id, received_at, queued_at, updated_at)
SELECT md5('t' || n)::uuid, n, 'EC-2026-' || lpad(n::text, 6, '0'), 'closed', 'standard', 'form', 'fr', 'Subject', 'Rita',
       'rita@elsewhere.example', CASE WHEN n % 100 < 95 THEN '{client}'::uuid ELSE '{other}' END, now(), now(), now()
FROM generate_series(1, {tickets}) AS n;
INSERT INTO time_entries (id, kind, client_id, ticket_id, agent_id, worked_on, worked_minutes, billed_minutes, lane,
    description, terms_id, hourly_rate_cents, discount_bp, currency, logged_at)
SELECT md5('e' || n)::uuid, 'work', t.client_id, t.id, '{agent}', '{first}'::date + n * {days} / {entries}, 30, 30,
       'standard', 'x', '{terms}', 12000, 0, 'EUR', now()
FROM generate_series(1, {entries}) AS n JOIN tickets t ON t.sequence = n % {tickets} + 1;
INSERT INTO contracts (id, client_id, year, purchased_on, starts_on, expires_on, terms_id, hourly_rate_cents,
    discount_bp, bought_minutes, price_cents, currency, effective_at, drawn_minutes, lines, created_at)
SELECT md5('c' || n)::uuid, CASE WHEN n % 100 < 95 THEN '{client}'::uuid ELSE '{other}' END, 2026, '2026-01-01',
       '2026-01-01', '2026-12-31', '{terms}', 12000, 500, 600, 114000, 'EUR', now(), 0, 1, now()
FROM generate_series(1, {contracts}) AS n;
INSERT INTO time_allocations (id, client_id, entry_id, place, minutes, contract_id, position, left_minutes, created_at)
SELECT md5('a' || n)::uuid, e.client_id, e.id, CASE WHEN n % 4 = 0 THEN 'drawn' WHEN n % 19 = 1 THEN 'open'
       ELSE 'non_billable' END, 30, CASE WHEN n % 4 = 0 THEN md5('c' || n % 1000 * 2)::uuid END,
       CASE WHEN n % 4 = 0 THEN n END, CASE WHEN n % 4 = 0 THEN 30 END, now()
FROM generate_series(1, {entries}) AS n JOIN time_entries e ON e.id = md5('e' || n)::uuid;
INSERT INTO open_time SELECT e.* FROM (
    SELECT id AS entry_id, client_id, ticket_id, worked_on, 30 AS minutes, hourly_rate_cents, discount_bp, terms_id,
           agent_id, false AS late, NULL::uuid AS corrects_id
    FROM time_entries) AS e JOIN time_allocations a ON a.entry_id = e.entry_id AND a.place = 'open';
INSERT INTO urgencies (id, ticket_id, client_id, requested_by, opened_at, terms_id, opening_fee_cents, currency)
SELECT md5('u' || sequence)::uuid, id, client_id, 'Tom', now(), '{terms}', 15000, 'EUR' FROM tickets;
INSERT INTO urgency_fees (id, urgency_id, kind, amount_cents, created_at)
SELECT md5('f' || n)::uuid, md5('u' || n)::uuid, 'charge', 15000, now() FROM generate_series(1, {tickets}) AS n;
ANALYZE
"""
TABLES = (
    "time_entries",
    "time_allocations",
    "open_time",
    "contracts",
    "urgencies",
    "urgency_fees",
    "tickets",
    "events",
)


@pytest.fixture(scope="module")
def skewed_database(cluster: Any) -> Iterator[Clone]:
    from tests.postgres import clone

    with clone(cluster) as cloned:
        yield cloned


@pytest.fixture(scope="module")
async def skewed(skewed_database: Clone) -> AsyncIterator[Connection]:
    """A connection to a desk with many entries, most of them of one client."""
    values = {
        "client": CLIENT_ID, "other": OTHER_CLIENT_ID, "agent": AGENT_ID, "terms": TERMS_2022, "first": FIRST,
        "entries": ENTRIES, "contracts": CONTRACTS, "tickets": ENTRIES // 10, "days": DAYS,
    }  # fmt: skip
    async with connected(skewed_database.superuser_url) as connection:
        await builders.some_keys(connection)
        await builders.a_client(connection, id=SMALL_CLIENT)
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(FILL.format(**values))
        yield connection


async def rows_read(connection: Connection, sql: str, values: Sequence[Any], mode: str = "force_custom_plan") -> int:
    """How many rows of the money tables a statement looked at, shown or not, and never by reading a big one whole.

    These tables are small enough for Postgres to read some whole; a desk's are not, so that is made dear here.
    """
    await connection.execute(f"SET plan_cache_mode = {mode}; SET enable_seqscan = off")
    try:
        explained = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {sql}", *values))[
            0
        ]
    finally:
        await connection.execute("RESET plan_cache_mode; RESET enable_seqscan")
    scans = [node for node in nodes(explained["Plan"]) if node.get("Relation Name") in TABLES]
    whole = [node["Relation Name"] for node in scans if node["Node Type"] == "Seq Scan" and node["Actual Loops"]]
    assert set(whole) <= {"events", "contracts"}, explained  # a contract a year for each client is little
    return int(
        sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in scans)
    )


MODES = pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
MIDDLE = (FIRST + timedelta(days=DAYS // 2), UUID(int=0))
DEEP = (FIRST + timedelta(days=3), UUID(int=0))
WHO: dict[str, dict[str, Any]] = {
    "all": {},
    "the client that owns most": {"client_id": CLIENT_ID},
    "a client with few": {"client_id": OTHER_CLIENT_ID},
    "a client with none": {"client_id": SMALL_CLIENT},
    "an agent's": {"agent_id": AGENT_ID},
    "a month of the client that owns most": {
        "client_id": CLIENT_ID, "worked_from": date(2025, 6, 1), "worked_until": date(2025, 7, 1),
    },
    "a month": {"worked_from": date(2025, 6, 1), "worked_until": date(2025, 7, 1)},
}  # fmt: skip


@MODES
@pytest.mark.parametrize("after", [None, MIDDLE, DEEP], ids=["first page", "middle", "deep"])
@pytest.mark.parametrize("who", WHO)
async def test_a_page_of_time_entries_costs_its_rows(skewed: Connection, who: str, after: Any, mode: str):
    sql, values = entries.list_entries_sql(WHO[who], after, PAGE)
    # Of each entry its own row, its allocations twice, and whether it was corrected.
    assert await rows_read(skewed, sql, values, mode) <= 4 * PAGE


@MODES
@pytest.mark.parametrize("filters", [{}, {"client_id": CLIENT_ID}, {"client_id": OTHER_CLIENT_ID}])
@pytest.mark.parametrize("after", [None, UUID("80000000-0000-0000-0000-000000000000")])
async def test_a_page_of_urgencies_costs_its_rows(skewed: Connection, filters: Any, after: Any, mode: str):
    sql, values = urgencies.list_urgencies_sql(filters, after, PAGE)
    # The urgency, its ticket, its bookings three times over.
    assert await rows_read(skewed, sql, values, mode) <= 6 * PAGE


@MODES
@pytest.mark.parametrize("filters", [{}, {"client_id": CLIENT_ID}, {"client_id": CLIENT_ID, "status": "active"}])
@pytest.mark.parametrize("after", [None, UUID("80000000-0000-0000-0000-000000000000")])
async def test_a_page_of_contracts_costs_its_rows(skewed: Connection, filters: Any, after: Any, mode: str):
    sql, values = contracts.list_contracts_sql(filters, date(2026, 11, 24), after, PAGE)
    assert await rows_read(skewed, sql, values, mode) <= PAGE


@MODES
async def test_a_page_of_a_statement_costs_its_rows(skewed: Connection, mode: str):
    contract_id = await skewed.fetchval(
        "SELECT contract_id FROM time_allocations WHERE contract_id IS NOT NULL LIMIT 1"
    )
    assert await rows_read(skewed, contracts.STATEMENT, (contract_id, 0, PAGE), mode) <= 3 * PAGE


@MODES
async def test_a_balance_costs_what_is_still_to_be_invoiced(skewed: Connection, mode: str):
    open_entries = await skewed.fetchval("SELECT count(*) FROM open_time WHERE client_id = $1", OTHER_CLIENT_ID)
    assert 0 < await rows_read(skewed, prices.UNBILLED, (OTHER_CLIENT_ID,), mode) <= open_entries
    assert await rows_read(skewed, prices.UNBILLED, (SMALL_CLIENT,), mode) == 0


@MODES
async def test_the_fees_of_a_client_cost_its_urgencies(skewed: Connection, mode: str):
    own = await skewed.fetchval("SELECT count(*) FROM urgencies WHERE client_id = $1", OTHER_CLIENT_ID)
    assert await rows_read(skewed, prices.FEES, (OTHER_CLIENT_ID,), mode) <= 2 * own


@MODES
async def test_what_a_ticket_costs_is_read_from_its_own_entries(skewed: Connection, mode: str):
    ticket_id = await skewed.fetchval("SELECT id FROM tickets LIMIT 1")
    assert await rows_read(skewed, prices.COST, (ticket_id,), mode) <= 20  # ten entries, an allocation each


@MODES
async def test_a_report_of_a_month_reads_that_month(skewed: Connection, mode: str):
    days = (date(2025, 6, 1), date(2025, 7, 1))
    own = await skewed.fetchval(
        "SELECT count(*) FROM time_entries WHERE client_id = $1 AND worked_on >= $2 AND worked_on < $3",
        CLIENT_ID,
        *days,
    )
    # Entries once for what was worked, once for where it is, with their allocations.
    assert await rows_read(skewed, reports.MINUTES, ([CLIENT_ID], *days), mode) <= 4 * own
    read = await rows_read(skewed, reports.CLIENTS, (*days, 2025, 2025, UUID(int=0), None, PAGE), mode)
    assert read <= PAGE + CONTRACTS  # each contract once


async def test_logging_asks_only_for_what_it_needs(skewed: Connection):
    days = (date(2026, 11, 24), date(2026, 11, 24))
    assert await rows_read(skewed, pools.LOCK_POOLS, ([SMALL_CLIENT], *days)) == 0
    ticket_id = await skewed.fetchval("SELECT id FROM tickets LIMIT 1")
    moments = await skewed.fetchrow("SELECT now(), now() + interval '1 day'")
    assert moments is not None
    assert await rows_read(skewed, entries.TICKETS, ([ticket_id], [AGENT_ID], *days, *moments, True)) <= 5


async def test_the_latest_priced_date_is_found_at_once(skewed: Connection):
    assert await rows_read(skewed, terms.PRICED.replace("(SELECT max(purchased_on) FROM contracts)", "NULL"), ()) <= 2
