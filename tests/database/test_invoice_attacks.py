"""Whatever the service's own role tries in SQL: what is issued stays, numbers come from the series, sums hold."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core.db import Connection
from app.core.ids import new_id
from tests import invariants
from tests.billing import a_payment, an_entry, invoiced, settled
from tests.builders import A_MOMENT_AGO, AGENT_ID, Keys, a_ticket

ISSUED = "(SELECT id FROM invoices WHERE status = 'issued' LIMIT 1)"
REFUSED = [
    # What is issued never changes.
    "UPDATE invoices SET total_cents = 1, subtotal_cents = 1, vat_cents = 0",
    "UPDATE invoices SET body = '{}', digest = sha256('{}')",
    "UPDATE invoices SET number = 'F2026-0099'",
    "UPDATE invoices SET due_on = due_on + 1",
    "UPDATE invoices SET buyer_name = 'Somebody else'",
    (
        "UPDATE invoices SET status = 'draft', number = NULL, sequence = NULL, issued_on = NULL, issued_at = NULL, "
        "previous_sha256 = NULL, sha256 = NULL"
    ),
    "DELETE FROM invoices",
    "TRUNCATE invoices CASCADE",
    "UPDATE invoice_lines SET net_cents = 0, quantity = 0",
    "DELETE FROM invoice_lines",
    "TRUNCATE invoice_lines CASCADE",
    "UPDATE invoice_entries SET minutes = 1",
    "DELETE FROM invoice_entries",
    "TRUNCATE invoice_entries",
    "DELETE FROM invoice_pools",
    "UPDATE payments SET amount_cents = 1",
    "DELETE FROM payments",
    "UPDATE vat_proofs SET valid = true",
    # A line more on an issued document; a minute twice.
    (
        f"INSERT INTO invoice_lines SELECT gen_random_uuid(), client_id, {ISSUED}, 9, kind, ticket_id, description, quantity, "
        "unit, unit_price_cents, base_quantity, discount_bp, net_cents, vat_category, vat_rate_bp, terms_id, source_id, "
        "credited_line_id FROM invoice_lines"
    ),
    "INSERT INTO invoice_entries SELECT line_id, gen_random_uuid(), minutes FROM invoice_entries",
    "INSERT INTO invoice_entries SELECT gen_random_uuid(), entry_id, minutes FROM invoice_entries",
    "INSERT INTO invoice_entries SELECT gen_random_uuid(), entry_id, -minutes FROM invoice_entries",
    # Numbers come from nowhere else.
    "UPDATE invoice_counters SET last = 41",
    "INSERT INTO invoice_counters VALUES ('invoice', 2027, 5, '2027-01-01', sha256('x'))",
    "DELETE FROM invoice_counters",
    "TRUNCATE invoice_counters",
    # How a document stands follows its rows.
    "UPDATE invoice_states SET paid_cents = 100000",
    "UPDATE invoice_states SET live = false",
    "DELETE FROM invoice_states",
    (
        "INSERT INTO invoice_states (invoice_id, client_id, kind, updated_at) SELECT gen_random_uuid(), client_id, 'invoice', "
        "now() FROM invoices"
    ),
    # What was charged is charged once.
    "DELETE FROM invoice_claims",
    "UPDATE invoice_claims SET line_id = gen_random_uuid()",
    # A refund without a reason, or of what was not paid too much; a reversal of another amount; nothing.
    (
        "INSERT INTO payments SELECT gen_random_uuid(), client_id, invoice_id, -1, currency, paid_on, NULL, NULL, NULL, now() "
        "FROM payments"
    ),
    (
        "INSERT INTO payments SELECT gen_random_uuid(), client_id, invoice_id, -1, currency, paid_on, NULL, NULL, 'x', now() "
        "FROM payments"
    ),
    (
        "INSERT INTO payments SELECT gen_random_uuid(), client_id, invoice_id, 0, currency, paid_on, NULL, NULL, NULL, now() "
        "FROM payments"
    ),
    (
        "INSERT INTO payments SELECT gen_random_uuid(), client_id, invoice_id, -1, currency, paid_on, NULL, id, 'x', now() "
        "FROM payments"
    ),
]
NO = (asyncpg.IntegrityConstraintViolationError, asyncpg.InsufficientPrivilegeError)


@pytest.fixture
async def invoice(conn: Connection, keys: Keys) -> Any:
    """Issued, with a fee; paid in part."""
    urgent = {"lane": "urgent", "urgency_accepted_at": A_MOMENT_AGO, "urgency_accepted_by": "Tom"}
    ticket = await a_ticket(conn, client_id=keys.client_id, urgency_fee_cents=15000, **urgent)
    await an_entry(conn, ticket, keys.agent_id, 50)
    urgency_id = new_id()
    await conn.execute(
        "INSERT INTO urgencies SELECT $1, $2, $3, 'Tom', now(), id, 15000, 'EUR' FROM terms",
        urgency_id, ticket["id"], keys.client_id,
    )  # fmt: skip
    await conn.execute(
        "INSERT INTO urgency_fees (id, urgency_id, kind, amount_cents, created_at) VALUES ($1, $2, 'charge', 15000, "
        "'2026-11-20')",
        new_id(), urgency_id,
    )  # fmt: skip
    row = await invoiced(conn, keys.client_id)
    await a_payment(conn, row)
    return row


@pytest.mark.parametrize("statement", REFUSED)
@pytest.mark.usefixtures("invoice")
async def test_it_is_refused(conn: Connection, statement: str):
    assert await conn.fetchval("SELECT current_user") == "desk_app"
    with pytest.raises(NO):
        async with conn.transaction():
            await conn.execute(statement)
    await settled(conn)
    await invariants.check(conn)


BODY = '{"buyer":{"name":"Nobody"}}'


async def a_document(conn: Connection, client_id: UUID, status: str = "issuing", **values: Any) -> UUID:
    """A row as an attacker would write it: 30 minutes at 120.00 EUR/h and 17 %."""
    document_id = new_id()
    defaults: dict[str, Any] = {
        "id": document_id, "client_id": client_id, "kind": "invoice", "basis": "period", "status": status,
        "period": "2026-10", "currency": "EUR", "subtotal_cents": 6000, "vat_cents": 1020, "total_cents": 7020,
        "body": BODY,
    }  # fmt: skip
    columns = defaults | values
    names = ", ".join(columns)
    numbers = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    await conn.execute(
        f"INSERT INTO invoices ({names}, period_start, period_end, digest, created_at) VALUES ({numbers}, "
        f"'2026-10-01', '2026-11-01', sha256('{BODY}'), now())",
        *columns.values(),
    )
    return document_id


async def a_line(conn: Connection, document_id: UUID, client_id: UUID, ticket_id: UUID, minutes: int = 30) -> UUID:
    line_id = new_id()
    await conn.execute(
        "INSERT INTO invoice_lines SELECT $1, $2, $3, 1, 'time', $4, 'Work', $5, 'minute', 12000, 60, 0, $5 * 200, 'S', "
        "1700, NULL, NULL, NULL",
        line_id, client_id, document_id, ticket_id, minutes,
    )  # fmt: skip
    return line_id


async def test_a_document_is_for_whom_its_body_says(conn: Connection, keys: Keys):
    document_id = await a_document(conn, keys.client_id, "draft", buyer_name="Somebody else")
    name = "SELECT buyer_name FROM invoices WHERE id = $1"
    assert await conn.fetchval(name, document_id) == "Nobody"
    await conn.execute("UPDATE invoices SET buyer_name = 'Somebody else' WHERE id = $1", document_id)
    assert await conn.fetchval(name, document_id) == "Nobody"
    other = '{"buyer":{"name":"Somebody else"}}'
    await conn.execute(
        "UPDATE invoices SET body = $2, digest = sha256($2::text::bytea) WHERE id = $1", document_id, other
    )
    assert await conn.fetchval(name, document_id) == "Somebody else"


ISSUE = "UPDATE invoices SET status = 'issued', issued_at = $2, due_on = '2026-12-24' WHERE id = $1"


async def refused(conn: Connection, constraint: str, *attempt: Any) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as error:
        async with conn.transaction():
            await conn.execute(*attempt)
    assert error.value.constraint_name == constraint


async def test_what_a_forger_can_and_cannot_issue(conn: Connection, keys: Keys, invoice: Any):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    entry = await an_entry(conn, ticket, AGENT_ID, 30)
    moment = invoice["issued_at"]
    with pytest.raises(asyncpg.RestrictViolationError):
        async with conn.transaction():
            await a_document(conn, keys.client_id, "issued", number="F2026-0009", sequence=9, issued_on=moment.date(),
                             issued_at=moment, previous_sha256=b"x" * 32, sha256=b"x" * 32)  # fmt: skip
    document_id = await a_document(conn, keys.client_id)
    await refused(conn, "invoices_add_up", ISSUE, document_id, moment)  # no lines
    line_id = await a_line(conn, document_id, keys.client_id, ticket["id"])
    await refused(conn, "invoices_linked", ISSUE, document_id, moment)  # minutes of nobody
    link = "INSERT INTO invoice_entries VALUES ($1, $2, $3)"
    await refused(conn, "invoice_entries_open", link, line_id, entry["id"], 29)
    await conn.execute(link, line_id, entry["id"], 30)
    await refused(conn, "invoice_entries_open", link, new_id(), entry["id"], 30)
    await refused(conn, "invoices_in_order", ISSUE, document_id, moment.replace(day=moment.day - 1))
    with pytest.raises(asyncpg.CheckViolationError):  # left half done
        async with conn.transaction():
            await settled(conn)
    await conn.execute(ISSUE, document_id, moment)
    # The series decided, not the forger.
    assert await conn.fetchval("SELECT number FROM invoices WHERE id = $1", document_id) == "F2026-0002"
    await settled(conn)


async def test_other_sums_and_other_clients_are_refused(conn: Connection, keys: Keys, invoice: Any):
    ticket = await a_ticket(conn, client_id=keys.other_client_id)
    entry = await an_entry(conn, ticket, AGENT_ID, 30)
    document_id = await a_document(conn, keys.client_id)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with conn.transaction():
            await a_line(conn, document_id, keys.client_id, ticket["id"])
    wrong: list[dict[str, Any]] = [
        {"period": "2026-01", "vat_cents": 1021, "total_cents": 7021},
        {"period": "2026-02", "subtotal_cents": 6001, "total_cents": 7021},
    ]
    for sums in wrong:
        other = await a_document(conn, keys.other_client_id, **sums)
        line_id = await a_line(conn, other, keys.other_client_id, ticket["id"])
        attempt = conn.transaction()
        await attempt.start()
        await conn.execute("INSERT INTO invoice_entries VALUES ($1, $2, 30)", line_id, entry["id"])
        await refused(conn, "invoices_add_up", ISSUE, other, invoice["issued_at"])
        await attempt.rollback()
    with pytest.raises(asyncpg.CheckViolationError):
        async with conn.transaction():
            await a_document(conn, keys.client_id, period="2026-05", total_cents=1)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with conn.transaction():
            await a_document(conn, keys.client_id, "draft", period=invoice["period"])
