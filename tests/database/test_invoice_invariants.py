"""The queries about invoices find what the database itself would usually keep out."""

import httpx
import pytest

from app.core.db import Connection
from tests import invariants, invoice_invariants
from tests.billing import a_payment, logged
from tests.builders import Keys, a_ticket
from tests.features.billing.test_credit_notes import credit
from tests.features.billing.test_invoices import read, run
from tests.postgres import Clone, connected

BREAKS = {
    "a client's period has one live document of a kind": "ALTER TABLE invoice_states DROP CONSTRAINT pk_invoice_states; "
    "DROP INDEX uq_invoice_states_client_id_period_kind; INSERT INTO invoice_states SELECT * FROM invoice_states "
    "WHERE live AND period IS NOT NULL",
    "what a line charges is claimed, unless it was given back whole": "DELETE FROM invoice_claims",
    "a purchase of hours is charged once": "UPDATE contracts SET price_cents = price_cents / 2",
    "a document's lines add up to it, its tax is rounded once for each rate": "UPDATE invoice_lines SET vat_rate_bp = 1",
    "credit notes give back of the tax what the rest does not bear": "UPDATE invoices SET vat_cents = vat_cents + 1, "
    "total_cents = total_cents + 1 WHERE kind = 'credit_note'",
    "the stored lines are those of the document": "UPDATE invoice_lines SET description = 'Something else'",
    "the minutes of a line are those of its entries": "UPDATE invoice_entries SET minutes = minutes + 1",
    "numbers have no gap, and dates never go back": "UPDATE invoices SET sequence = 7 WHERE number = 'F2026-0002'",
    "each document seals the one before": "UPDATE invoices SET due_on = due_on + 1",
    "the head of a series is its last document": "UPDATE invoice_counters SET issued_on = issued_on + 1",
    "nothing is half issued": "UPDATE invoices SET status = 'issuing', number = NULL, sequence = NULL, issued_on = NULL, "
    "issued_at = NULL, previous_sha256 = NULL, sha256 = NULL",
    "each issued document is told of once": "DELETE FROM events WHERE type = 'invoice.issued'",
    "no line gives back more than it charged": "INSERT INTO invoice_lines SELECT gen_random_uuid(), client_id, invoice_id, "
    "99, kind, ticket_id, description, quantity, unit, unit_price_cents, base_quantity, discount_bp, net_cents, "
    "vat_category, vat_rate_bp, terms_id, source_id, credited_line_id FROM invoice_lines, generate_series(1, 1) "
    "WHERE credited_line_id IS NOT NULL",
    "what was paid and credited is what the rows add up to": "DELETE FROM payments",
    "no invoice links two clients": "UPDATE invoice_lines SET client_id = (SELECT max(id::text)::uuid FROM clients)",
    "a run says what became of each client": "DELETE FROM invoice_run_results",
}
KEPT_BY_CHECKS = {"a line is its quantity at its price, rounded once"}


def test_every_invariant_is_tried():
    assert set(BREAKS) | KEPT_BY_CHECKS == set(invoice_invariants.QUERIES)


@pytest.fixture
async def desk(committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys) -> None:
    """Two invoices, one with a fee; a credit note over more than half of a line; a payment; a purchase."""
    keys, api = committing_keys, committing_api
    ticket = await a_ticket(committing_conn, client_id=keys.client_id)
    other = await a_ticket(committing_conn, client_id=keys.other_client_id)
    await logged(api, keys, ticket["id"], 50)
    await logged(api, keys, other["id"], 120)
    urgency = {"ticket_id": str(ticket["id"]), "requested_by": "Tom"}
    assert (await api.post("/v1/urgencies", json=urgency, headers=keys["agent"])).status_code == 201
    created = (await run(api, keys))["created"]
    assert len(created) == 2
    invoice = await read(api, keys, created[0]["invoice_id"])
    line = next(line for line in invoice["lines"] if line["kind"] == "time")
    answer = await credit(api, keys, invoice, lines=[{"line_id": line["id"], "minutes": line["quantity"] * 3 // 4}])
    assert answer.status_code == 201, answer.text
    bought = {"client_id": str(keys.client_id), "year": 2026, "bought_minutes": 60}
    contract = (await api.post("/v1/contracts", json=bought, headers=keys["finance"])).json()
    answer = await api.post(f"/v1/contracts/{contract['id']}/invoice", headers=keys["finance"])
    assert answer.status_code == 201, answer.text
    row = await committing_conn.fetchrow("SELECT * FROM invoices WHERE id = $1::text::uuid", invoice["id"])
    assert row is not None
    await a_payment(committing_conn, row)


@pytest.mark.usefixtures("desk")
async def test_invoices_have_no_violations(committing_conn: Connection):
    await invariants.check(committing_conn)


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("name", sorted(BREAKS))
async def test_a_broken_invariant_is_named(worker_database: Clone, name: str):
    async with connected(worker_database.superuser_url) as superuser:
        transaction = superuser.transaction()
        await transaction.start()
        await superuser.execute(f"SET LOCAL session_replication_role = replica; {BREAKS[name]}")
        assert name in await invariants.violations(superuser)
        await transaction.rollback()
