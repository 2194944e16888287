"""A page of quotes, on-call requests or mails costs its rows, whoever asks and however deep, as in `test_plans.py`."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.billing.permanences import queries as permanences
from app.billing.quotes import list_queries as quote_lists
from app.billing.quotes import queries as quotes
from app.core.db import Connection
from app.desk.bounces import queries as bounces
from app.desk.inbound_mail import queries as mails
from tests import builders
from tests.database.test_plans import MODES, PAGE, SMALL_CLIENT, rows_read
from tests.postgres import Clone, clone, connected

ROWS = 8_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
# One client owns 97 of 100 rows, another 3; each status but the common one is rare. Ids ascend with their number.
ID = "('019ab000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
OWNER = "CASE WHEN n % 100 < 97 THEN $1::uuid ELSE $2::uuid END"
QUOTES = f"""
INSERT INTO quotes SELECT (jsonb_populate_record(q, jsonb_build_object(
    'id', {ID}, 'chain_id', {ID}, 'number', 'D2026-' || n, 'client_id', {OWNER}, 'permanence_id', {ID},
    'ticket_id', NULL, 'sent_at', $3::timestamptz, 'decided_at', $3::timestamptz,
    'expires_at', now() + interval '1 day' - CASE WHEN n % 1000 = 5 THEN interval '2 days' ELSE interval '0' END,
    'status', CASE n % 1000 WHEN 0 THEN 'draft' WHEN 1 THEN 'sent' WHEN 2 THEN 'accepted' WHEN 3 THEN 'withdrawn'
              WHEN 4 THEN 'expired' WHEN 5 THEN 'sent' ELSE 'refused' END))).*
FROM quotes q, generate_series(1, $4::int) AS n WHERE q.id = $5
"""
PERMANENCES = f"""
INSERT INTO permanence_requests SELECT (jsonb_populate_record(p, jsonb_build_object(
    'id', {ID}, 'client_id', {OWNER},
    'status', CASE n % 1000 WHEN 0 THEN 'requested' WHEN 1 THEN 'quoted' WHEN 2 THEN 'accepted' ELSE 'refused' END))).*
FROM permanence_requests p, generate_series(1, $3::int) AS n WHERE p.id = $4
"""
CONTACTS = """
INSERT INTO contacts (id, client_id, name, email, created_at)
SELECT gen_random_uuid(), $1, 'Rita', n || '+work@elsewhere.example', $2 FROM generate_series(1, $3::int) AS n
"""
MAILS = f"""
INSERT INTO inbound_messages (id, mailbox, recipient, sha256, size_bytes, received_at, processed_at, outcome, reason)
SELECT {ID}, m, m, sha256(n::text::bytea), 1, $1::timestamptz + n * interval '1 minute', $1,
       CASE WHEN n % 1000 = 0 THEN 'quarantined' ELSE 'ignored' END, 'spam'
FROM generate_series(1, $2::int) AS n,
     LATERAL (SELECT CASE WHEN n % 100 = 0 THEN 'urgence@e-connect.lu' ELSE 'support@e-connect.lu' END) AS one (m)
"""


@pytest.fixture(scope="module")
def skewed_database(cluster: Any) -> Iterator[Clone]:
    with clone(cluster) as cloned:
        yield cloned


@pytest.fixture(scope="module")
async def skewed(skewed_database: Clone) -> AsyncIterator[Connection]:
    """A connection to a desk with many quotes, requests and mails, most of them of one client."""
    async with connected(skewed_database.superuser_url) as connection:
        await connection.execute("SET statement_timeout = 0")
        await builders.some_keys(connection)
        await builders.a_client(connection, id=SMALL_CLIENT)
        owners = (builders.CLIENT_ID, builders.OTHER_CLIENT_ID)
        permanence = await builders.a_permanence(connection, builders.CLIENT_ID)
        quote = await builders.a_quote(connection, builders.CLIENT_ID, permanence_id=permanence["id"])
        await connection.execute(PERMANENCES, *owners, ROWS, permanence["id"])
        await connection.execute(QUOTES, *owners, FIRST, ROWS, quote["id"])
        await connection.execute(MAILS, FIRST, ROWS)
        await connection.execute(CONTACTS, builders.CLIENT_ID, FIRST, ROWS)
        for number in range(100):
            await builders.a_bounce(connection, f"{number}@elsewhere.example")
        await connection.execute("ANALYZE")
        yield connection


def numbered(number: int) -> UUID:
    return UUID(int=UUID("019ab000-0000-7000-8000-000000000000").int + number)


AFTER = pytest.mark.parametrize("after", [None, numbered(ROWS // 2), numbered(300)], ids=["first", "middle", "deep"])
WHO: dict[str, dict[str, Any]] = {
    "all": {},
    "the client that owns most": {"client_id": builders.CLIENT_ID},
    "a client with few": {"client_id": builders.OTHER_CLIENT_ID},
    "a client with none": {"client_id": SMALL_CLIENT},
}
STATUSES = {status: {"status": status} for status in ("draft", "sent", "accepted", "expired", "refused")}


@MODES
@AFTER
@pytest.mark.parametrize("who", WHO | STATUSES)
async def test_a_page_of_quotes_costs_its_rows(skewed: Connection, who: str, after: Any, mode: str):
    sql, values = quote_lists.list_quotes_sql({**(WHO | STATUSES)[who], "unsent": True}, after, PAGE)
    assert await rows_read(skewed, sql, values, mode, "quotes") <= 2 * PAGE


@MODES
@AFTER
async def test_a_portals_page_of_quotes_has_no_drafts_and_costs_its_rows(skewed: Connection, after: Any, mode: str):
    sql, values = quote_lists.list_quotes_sql({"client_id": builders.CLIENT_ID, "unsent": False}, after, PAGE)
    assert await rows_read(skewed, sql, values, mode, "quotes") <= 2 * PAGE


@MODES
@AFTER
@pytest.mark.parametrize("who", [*WHO, "quoted", "refused"])
async def test_a_page_of_requests_costs_its_rows(skewed: Connection, who: str, after: Any, mode: str):
    sql, values = permanences.list_requests_sql(WHO.get(who, {"status": who}), after, PAGE)
    assert await rows_read(skewed, sql, values, mode, "permanence_requests") <= PAGE


def at(number: int) -> tuple[datetime, UUID]:
    return FIRST + timedelta(minutes=number), numbered(number)


@MODES
@pytest.mark.parametrize("after", [None, at(ROWS // 2), at(300)], ids=["first", "middle", "deep"])
@pytest.mark.parametrize("filters", [{}, {"outcome": "quarantined"}, {"outcome": "ignored"}])
async def test_a_page_of_mails_costs_its_rows(skewed: Connection, filters: Any, after: Any, mode: str):
    every = {"outcome": None, "mailbox": None, "ticket_id": None} | filters
    sql, values = mails.list_sql(every, after, PAGE)
    assert await rows_read(skewed, sql, values, mode, "inbound_messages") <= PAGE


async def test_what_expires_and_what_is_reminded_of_is_found_by_its_index(skewed: Connection):
    for sql in (quotes.DUE, quotes.REMIND):
        plan = await skewed.fetch(f"EXPLAIN {sql.replace('$1', '100')}")
        assert "ix_quotes_expires_at" in "\n".join(row[0] for row in plan)


async def test_contacts_of_a_mailbox_are_found_by_their_index(skewed: Connection):
    plan = await skewed.fetch(f"EXPLAIN {bounces.BOUNCE} ORDER BY b.bounced_at DESC, b.mail_id DESC LIMIT 50")
    indexes = "\n".join(row[0] for row in plan)
    assert "ix_contacts_mailbox" in indexes


async def test_the_list_of_expired_quotes_has_both_kinds_in_order(skewed: Connection):
    filters, seen = {"status": "expired", "unsent": True}, list[Any]()
    while page := await quote_lists.list_quotes(skewed, filters, seen[-1]["id"] if seen else None, 7):
        seen += page
    assert len(seen) == 2 * ROWS // 1000
    assert {row["status"] for row in seen} == {"expired"}
    assert [row["id"] for row in seen] == sorted((row["id"] for row in seen), reverse=True)
