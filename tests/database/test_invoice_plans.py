"""Pages of invoices cost their rows, and a client's facts only its own, whoever owns most and however deep."""

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.billing.invoice_mails import queries as mails
from app.billing.invoices.queries import facts, lists
from app.core.db import Connection
from tests import builders
from tests.billing import an_entry, invoiced, logged
from tests.builders import Keys, a_ticket
from tests.database.test_plans import MODES, PAGE, rows_read
from tests.features.billing.test_invoices import run
from tests.postgres import Clone, clone, connected
from tests.statements import counted

INVOICES = 20_000
# One client has 95 of 100; every tenth is a draft. Numbers as an issue would give them.
FILL = """
SET session_replication_role = replica;
INSERT INTO invoices (id, client_id, kind, basis, status, period, period_start, period_end, currency, subtotal_cents,
                      vat_cents, total_cents, body, buyer_name, digest, number, sequence, issued_on, due_on, issued_at,
                      previous_sha256, sha256, created_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, CASE WHEN n % 100 < 95 THEN '019ab000-0000-7000-8000-00000000000a'::uuid
       ELSE '019ab000-0000-7000-8000-00000000000b' END, 'invoice', 'period', CASE n % 10 WHEN 0 THEN 'draft' ELSE 'issued' END,
       '20' || lpad((n % 80)::text, 2, '0') || '-Q1', '2026-01-01', '2026-04-01', 'EUR', 1, 0, 1, '{"buyer":{"name":"x"}}', 'x',
       sha256('{"buyer":{"name":"x"}}'),
       CASE WHEN n % 10 > 0 THEN 'F2026-' || n END, CASE WHEN n % 10 > 0 THEN n END,
       CASE WHEN n % 10 > 0 THEN date '2026-01-01' + n / 100 END, CASE WHEN n % 10 > 0 THEN date '2026-02-01' + n / 100 END,
       CASE WHEN n % 10 > 0 THEN now() END, CASE WHEN n % 10 > 0 THEN sha256('a') END,
       CASE WHEN n % 10 > 0 THEN sha256('b') END, now()
FROM generate_series(1, 20000) AS n;
INSERT INTO invoice_states (invoice_id, client_id, kind, period, live, xid, updated_at)
SELECT id, client_id, kind, period, false, row_number() OVER (), now() FROM invoices;
INSERT INTO open_time (entry_id, client_id, ticket_id, worked_on, minutes, hourly_rate_cents, discount_bp, terms_id, agent_id,
                       late)
SELECT gen_random_uuid(), client_id, gen_random_uuid(), '2026-11-20', 5, 12000, 0, id, id, false FROM invoices;
INSERT INTO outgoing_mails (id, kind, recipient, mailbox, language, facts, status, created_at)
SELECT id, CASE sequence % 2 WHEN 0 THEN 'terms_notice' ELSE 'invoice_sent' END, 'a@b.example', 'a@b.example', 'fr',
       jsonb_build_object('invoice_id', id), 'queued', now() FROM invoices WHERE sequence > 0;
RESET session_replication_role;
ANALYZE;
"""
FOREIGN = """
INSERT INTO open_time (entry_id, client_id, ticket_id, worked_on, minutes, hourly_rate_cents, discount_bp, terms_id, agent_id,
                       late)
SELECT gen_random_uuid(), $1, gen_random_uuid(), '2026-04-01', 5, 12000, 0, $1, $1, false FROM generate_series(1, 10000)
"""
NOBODY = UUID("019ab000-0000-7000-8000-0000000000ff")
FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "the client that owns most": {"client_id": builders.CLIENT_ID},
    "a client with few": {"client_id": builders.OTHER_CLIENT_ID},
    "a client with none": {"client_id": NOBODY},
    "drafts": {"status": "draft"},
    "issued": {"status": "issued"},
    "a period": {"period": "2042-Q1"},
}


@pytest.fixture(scope="module")
def many_database(cluster: Any) -> Iterator[Clone]:
    with clone(cluster) as cloned:
        yield cloned


@pytest.fixture(scope="module")
async def many(many_database: Clone) -> AsyncIterator[Connection]:
    """A connection to a desk with many invoices, most of them of one client."""
    async with connected(many_database.superuser_url) as connection:
        await builders.some_keys(connection)
        await connection.execute("SET statement_timeout = '60s'")
        await connection.execute(FILL)
        yield connection


@MODES
@pytest.mark.parametrize("after", [None, UUID(int=INVOICES // 2), UUID(int=300)], ids=["first page", "middle", "deep"])
@pytest.mark.parametrize("which", FILTERS)
async def test_a_page_of_invoices_costs_its_rows(many: Connection, which: str, after: UUID | None, mode: str):
    sql, values = lists.list_invoices_sql(FILTERS[which], after, PAGE)
    # A period has 250 in all: sorting what is left of them may be cheaper than walking the index.
    most = PAGE if which != "a period" else INVOICES // 80
    assert await rows_read(many, sql, values, mode, "invoices") <= most


@MODES
@pytest.mark.parametrize("after", [None, (INVOICES // 2, UUID(int=0)), (INVOICES - 10, UUID(int=0))])
async def test_a_page_of_changes_costs_its_rows(many: Connection, after: Any, mode: str):
    sql, values = lists.list_changed_sql({}, after, PAGE)
    assert await rows_read(many, sql, values, mode, "invoice_states") <= PAGE


@MODES
async def test_a_number_is_found_at_once(many: Connection, mode: str):
    sql, values = lists.list_invoices_sql({"number": "F2026-777"}, None, PAGE)
    assert await rows_read(many, sql, values, mode, "invoices") <= 1


@MODES
async def test_the_mails_of_an_invoice_are_found_at_once(many: Connection, mode: str):
    values = (UUID(int=777), UUID(int=0), PAGE)
    assert await rows_read(many, mails.OF_INVOICE, values, mode, "outgoing_mails") <= 1


@MODES
async def test_a_clients_facts_are_its_own(many: Connection, mode: str):
    values = (f"{{{builders.OTHER_CLIENT_ID}}}", "2026-10-01", "2027-01-01")
    assert await rows_read(many, facts.TIME, values, mode, "open_time") <= INVOICES * 5 // 100


async def test_an_issue_takes_as_many_round_trips_for_many_entries(
    api: httpx.AsyncClient, conn: Connection, keys: Keys
):
    """Two clients, one with three entries, one with sixty: twice the same statements."""
    for client_id, many_entries in ((keys.client_id, 3), (keys.other_client_id, 60)):
        ticket = await a_ticket(conn, client_id=client_id)
        for _ in range(many_entries):
            await logged(api, keys, ticket["id"], 2)
    taken = []
    for client_id in (keys.client_id, keys.other_client_id):
        with counted(conn) as statements:
            assert (await run(api, keys, client_id=str(client_id)))["created"]
        taken.append(len(statements))
    assert taken[1] <= taken[0], statements


@pytest.fixture
def fresh_database(cluster: Any) -> Iterator[Clone]:
    with clone(cluster) as cloned:
        yield cloned


@pytest.fixture
async def fresh(fresh_database: Clone) -> AsyncIterator[Connection]:
    """A desk that nothing has been learnt about."""
    async with connected(fresh_database.superuser_url) as connection:
        await builders.some_keys(connection)
        yield connection


READ = "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'open_time'"


async def test_a_session_that_began_on_an_empty_desk_finds_entries_by_an_index(fresh: Connection):
    """An import of others' time, nothing counted yet: what was planned for three rows is not what is done with many."""
    ticket = await a_ticket(fresh, client_id=builders.CLIENT_ID)
    for period, worked_on in (("2026-Q2", date(2026, 4, 1)), ("2026-Q3", date(2026, 7, 1))):
        async with fresh.transaction():
            for number in range(30):
                await an_entry(fresh, ticket, builders.AGENT_ID, 1 + number, worked_on=worked_on)
            await invoiced(fresh, builders.CLIENT_ID, period)
        async with fresh.transaction():
            await fresh.execute("SET LOCAL session_replication_role = replica")
            await fresh.execute(FOREIGN, builders.OTHER_CLIENT_ID)
    async with fresh.transaction():
        await an_entry(fresh, ticket, builders.AGENT_ID, 5)
        before = await fresh.fetchval(READ)
        await invoiced(fresh, builders.CLIENT_ID)
        assert await fresh.fetchval(READ) == before
