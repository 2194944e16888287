"""Cycles, late time, statements, contracts, taxes, legal mentions (I1, I2, I3, I5, I7, C1, C6)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.billing.invoices.service.purchasing import settle_contract
from app.billing.invoices.service.running import KIND, handlers
from app.core import clock as wall
from app.core.db import Connection, Database
from app.core.jobs import Job
from app.core.settings import SellerIdentity, Settings
from tests import invariants
from tests.billing import a_contract, logged, settled
from tests.builders import Keys, a_quote, a_ticket
from tests.conftest import Clock
from tests.features.billing.test_invoices import QUARTER, read, run
from tests.service import SETTINGS


@pytest.fixture
async def ticket(conn: Connection, keys: Keys, clock: Clock) -> Any:
    return await a_ticket(conn, client_id=keys.client_id, status="in_progress")


async def patch(api: httpx.AsyncClient, keys: Keys, **changes: Any) -> None:
    answer = await api.patch(f"/v1/clients/{keys.client_id}", json=changes, headers=keys["finance"])
    assert answer.status_code == 200, answer.text


async def only(api: httpx.AsyncClient, keys: Keys, told: dict[str, Any]) -> dict[str, Any]:
    (created,) = told["created"]
    return await read(api, keys, created["invoice_id"])


async def equal_explanations(api: httpx.AsyncClient, keys: Keys, invoice: dict[str, Any]) -> None:
    shares = 0
    for line in invoice["lines"]:
        path = f"/v1/invoices/{invoice['id']}/lines/{line['id']}/explanation"
        explained = (await api.get(path, headers=keys["finance"])).json()
        assert explained["equal"], explained
        shares += explained["stored"]["vat_share_cents"]
    assert shares == invoice["vat_cents"]


async def test_another_cycle_holds_from_the_next_quarter(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Any, clock: Clock
):
    await logged(api, keys, ticket["id"], 60)
    await patch(api, keys, billing_cycle="monthly")
    monthly = await run(api, keys, cycle="monthly", period="2026-11", client_id=str(keys.client_id))
    assert [one["reason"] for one in monthly["skipped"]] == ["other-cycle"]
    assert (await only(api, keys, await run(api, keys)))["total_cents"] == 14040
    clock.set(datetime(2027, 2, 2, 9, 0, tzinfo=UTC))
    await logged(api, keys, ticket["id"], 30, worked_on="2027-01-20")
    january = await run(api, keys, cycle="monthly", period="2027-01")
    assert (await only(api, keys, january))["total_cents"] == 7020
    await invariants.check(conn)


async def test_late_time_goes_onto_the_next_invoice_with_its_own_date(
    api: httpx.AsyncClient, keys: Keys, ticket: Any, clock: Clock
):
    await logged(api, keys, ticket["id"], 60)
    await run(api, keys)
    clock.set(datetime(2027, 1, 4, 9, 0, tzinfo=UTC))
    await logged(api, keys, ticket["id"], 20, worked_on="2026-12-30")
    assert (await run(api, keys, client_id=str(keys.client_id)))["skipped"][0]["reason"] == "already-invoiced"
    invoice = await only(api, keys, await run(api, keys, period="2027-Q1"))
    assert invoice["lines"][0]["details"] == [
        {"worked_on": "2026-12-30", "agent": "Anne Agent", "minutes": 20, "late": True}
    ]


async def test_prepaid_draws_alone_make_a_statement(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Any, clock: Clock
):
    await a_contract(conn, keys.client_id, 100)
    await logged(api, keys, ticket["id"], 70)
    statement = await only(api, keys, await run(api, keys))
    assert (statement["number"], statement["kind"], statement["total_cents"], statement["due_on"]) == (
        "R2026-0001", "statement", 0, None,
    )  # fmt: skip
    (pool,) = statement["prepaid_annex"]
    assert [pool[f"{name}_minutes"] for name in ("before", "gained", "drawn", "lost", "left")] == [0, 100, 70, 0, 30]
    assert pool["draws"] == [
        {"worked_on": "2026-11-23", "ticket_number": ticket["number"], "agent": "Anne Agent", "minutes": 70}
    ]
    # Typed late: it belongs to the next annex, which goes on from what was left.
    clock.set(datetime(2027, 1, 4, 9, 0, tzinfo=UTC))
    await logged(api, keys, ticket["id"], 10, worked_on="2026-12-30")
    following = await only(api, keys, await run(api, keys, period="2027-Q1"))
    (pool,) = following["prepaid_annex"]
    assert [pool[f"{name}_minutes"] for name in ("before", "gained", "drawn", "lost", "left")] == [30, 0, 10, 20, 0]
    await settled(conn)
    await invariants.check(conn)


async def test_a_purchase_is_invoiced_at_once_and_refunds_are_credited(
    api: httpx.AsyncClient, conn: Connection, database: Database, keys: Keys, ticket: Any, clock: Clock
):
    await logged(api, keys, ticket["id"], 30)
    body = {"client_id": str(keys.client_id), "year": 2026, "bought_minutes": 600}
    contract = (await api.post("/v1/contracts", json=body, headers=keys["finance"])).json()
    assert contract["status"] == "pending"
    await settle_contract(database, contract["id"], SETTINGS, clock.now())
    contract = (await api.get(f"/v1/contracts/{contract['id']}", headers=keys["finance"])).json()
    assert (contract["status"], contract["drawn_minutes"]) == ("active", 30)
    (listed,) = (await api.get("/v1/invoices", headers=keys["accounting"])).json()["items"]
    invoice = await read(api, keys, listed["id"])
    assert (invoice["number"], invoice["basis"], invoice["period"]) == ("F2026-0001", "contract", None)
    (line,) = invoice["lines"]
    assert (line["quantity"], line["unit_price_cents"], line["discount_bp"], line["net_cents"]) == (
        600, 12000, 500, 114000,
    )  # fmt: skip
    await equal_explanations(api, keys, invoice)
    refund = {"minutes": 100, "reason": "Closing"}
    await api.post(f"/v1/contracts/{contract['id']}/refunds", json=refund, headers=keys["finance"])
    for _ in range(2):
        await settle_contract(database, contract["id"], SETTINGS, clock.now())
    notes = (await api.get("/v1/invoices", params={"kind": "credit_note"}, headers=keys["finance"])).json()["items"]
    assert [(one["subtotal_cents"], one["credits_id"]) for one in notes] == [(19000, invoice["id"])]
    await equal_explanations(api, keys, await read(api, keys, notes[0]["id"]))
    again = await api.post(f"/v1/contracts/{contract['id']}/invoice", headers=keys["finance"])
    assert again.json()["id"] == invoice["id"]
    await settled(conn)
    await invariants.check(conn)


async def test_a_purchase_without_a_legal_mention_stays_pending_until_finance_issues_it(
    api: httpx.AsyncClient, conn: Connection, database: Database, keys: Keys, clock: Clock
):
    await patch(api, keys, billing_address=None)
    body = {"client_id": str(keys.client_id), "year": 2026, "bought_minutes": 600}
    contract = (await api.post("/v1/contracts", json=body, headers=keys["finance"])).json()
    await settle_contract(database, contract["id"], SETTINGS, clock.now())
    told = await conn.fetchval("SELECT data FROM events WHERE type = 'contract.invoice_refused'")
    assert told == {
        "code": "legal-mention-missing",
        "detail": "What the law wants is missing: the client's billing address.",
    }
    path = f"/v1/contracts/{contract['id']}/invoice"
    refused = await api.post(path, headers=keys["finance"])
    assert (refused.status_code, refused.json()["missing"]) == (409, ["the client's billing address"])
    address = {"street": "1, rue du Lac", "postal_code": "L-9999", "city": "Clervaux"}
    await patch(api, keys, billing_address=address)
    issued = await api.post(path, headers=keys["finance"])
    assert (issued.status_code, issued.json()["number"]) == (201, "F2026-0001")
    assert issued.json()["buyer"]["address"] == address | {"country": "LU"}
    shown = (await api.get(f"/v1/contracts/{contract['id']}", headers=keys["finance"])).json()
    assert shown["status"] == "active"


async def test_fees_and_quotes_are_invoiced_once_and_waived_fees_given_back(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Any, clock: Clock
):
    urgency = {"ticket_id": str(ticket["id"]), "requested_by": "Tom Weber"}
    opened = (await api.post("/v1/urgencies", json=urgency, headers=keys["agent"])).json()
    quote = await a_quote(conn, keys.client_id, ticket_id=ticket["id"])
    accepted = {"name": "Tom Weber", "reference": "Signed"}
    answer = await api.post(f"/v1/quotes/{quote['id']}/acceptance", json=accepted, headers=keys["agent"])
    assert answer.status_code == 200, answer.text
    invoice = await only(api, keys, await run(api, keys))
    kinds = [(line["kind"], line["quantity"], line["net_cents"]) for line in invoice["lines"]]
    assert kinds == [("urgency", 1, 15000), ("quote", 1, quote["subtotal_cents"])]
    await equal_explanations(api, keys, invoice)
    shown = (await api.get(f"/v1/urgencies/{opened['id']}", headers=keys["finance"])).json()
    assert shown["fee_status"] == "invoiced"
    waived = await api.post(f"/v1/urgencies/{opened['id']}/waiver", json={"reason": "Kind"}, headers=keys["finance"])
    assert (waived.status_code, waived.json()["code"]) == (409, "fee-not-due")
    down = {"lane": "standard", "reason": "It could wait"}
    answer = await api.post(f"/v1/urgencies/{opened['id']}/requalification", json=down, headers=keys["agent"])
    assert answer.status_code in {200, 201}, answer.text
    clock.set(datetime(2027, 1, 20, 9, 0, tzinfo=UTC))
    other = await a_ticket(conn, client_id=keys.client_id)
    await logged(api, keys, other["id"], 120, worked_on="2027-01-19")
    following = await only(api, keys, await run(api, keys, period="2027-Q1"))
    kinds = [(line["kind"], line["quantity"], line["net_cents"]) for line in following["lines"]]
    assert kinds == [("time", 120, 24000), ("adjustment", -1, -15000)]
    await equal_explanations(api, keys, following)
    await settled(conn)
    await invariants.check(conn)


async def test_a_ticket_on_an_invoice_stays_with_its_client(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Any
):
    urgency = {"ticket_id": str(ticket["id"]), "requested_by": "Tom Weber"}
    assert (await api.post("/v1/urgencies", json=urgency, headers=keys["agent"])).status_code == 201
    assert len((await run(api, keys))["created"]) == 1
    moved = {"client_id": str(keys.other_client_id)}
    answer = await api.patch(f"/v1/tickets/{ticket['id']}", json=moved, headers=keys["agent"])
    assert (answer.status_code, answer.json()["code"]) == (409, "client-invoiced")


async def test_reverse_charge_needs_a_proof(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Any, clock: Clock
):
    await patch(api, keys, country="DE", vat_number="DE129273398")
    await logged(api, keys, ticket["id"], 60)
    told = await run(api, keys)
    assert [one["reason"] for one in told["parked"]] == ["vat-proof-missing"]
    proofs = f"/v1/clients/{keys.client_id}/vat-proofs"
    for valid in (True, False, True):
        clock.advance(minutes=1)
        body = {"valid": valid, "checked_at": clock.now().isoformat(), "reference": "VIES WAPIAAAA"}
        assert (await api.post(proofs, json=body, headers=keys["finance"])).status_code == 201
        expected = "created" if valid else "parked"
        if not valid or (await api.get(proofs, headers=keys["finance"])).json()["items"][1:]:
            told = await run(api, keys)
            assert len(told[expected]) == 1
    invoice = await only(api, keys, told)
    assert (invoice["subtotal_cents"], invoice["vat_cents"], invoice["total_cents"]) == (12000, 0, 12000)
    assert invoice["vat"][0]["category"] == "AE"
    assert "Autoliquidation" in invoice["vat"][0]["reason"]
    assert (invoice["buyer"]["vat_number"], invoice["seller"]["vat_number"]) == ("DE129273398", "LU12345613")


async def test_outside_the_union_no_tax_is_due(api: httpx.AsyncClient, keys: Keys, ticket: Any):
    await patch(api, keys, country="CH", vat_number=None)
    await logged(api, keys, ticket["id"], 60)
    invoice = await only(api, keys, await run(api, keys))
    assert [(one["category"], one["vat_cents"]) for one in invoice["vat"]] == [("O", 0)]


async def test_what_the_law_wants_is_named_when_missing(api: httpx.AsyncClient, app: Any, keys: Keys, ticket: Any):
    await logged(api, keys, ticket["id"], 60)
    seller = SETTINGS.invoices_from.model_copy(update={"permit_number": "", "iban": ""})
    app.state.settings = SETTINGS.model_copy(update={"seller": seller})
    app.state.settings.__dict__.pop("invoices_from", None)
    (parked,) = (await run(api, keys))["parked"]
    assert parked["reason"] == "legal-mention-missing"
    assert parked["detail"].endswith("the seller's business permit number, the seller's IBAN.")
    body = QUARTER | {"client_id": str(keys.client_id)}
    (preview,) = (await api.post("/v1/invoice-previews", json=body, headers=keys["finance"])).json()["items"]
    assert [one["code"] for one in preview["obstacles"]] == ["legal-mention-missing"]


def test_in_production_nobody_is_made_up():
    fresh = Settings(
        _env_file=None,
        environment="production",
        secret_key="x" * 32,
        database_url="postgresql://db/desk",
        public_url="https://desk.lu",
        cors_origins=[],
    )
    assert fresh.invoices_from == SellerIdentity()


async def test_the_accounting_system_takes_over_what_is_new(api: httpx.AsyncClient, keys: Keys, ticket: Any):
    await logged(api, keys, ticket["id"], 60)
    invoice = await only(api, keys, await run(api, keys))
    await logged(api, keys, ticket["id"], 5)
    await run(api, keys, issue=False)  # a draft is nothing to take over
    new = {"exported": "false"}
    (listed,) = (await api.get("/v1/invoices", params=new, headers=keys["accounting"])).json()["items"]
    assert listed["number"] == invoice["number"]
    path, body = f"/v1/accounting/exports/{invoice['id']}", {"external_reference": "VT/2026/1"}
    assert (await api.get(path, headers=keys["accounting"])).status_code == 404
    for _ in range(2):
        answer = await api.put(path, json=body, headers=keys["accounting"])
        assert (answer.status_code, answer.json()["external_reference"]) == (200, "VT/2026/1")
    assert (await api.get("/v1/invoices", params=new, headers=keys["accounting"])).json()["items"] == []
    assert (await read(api, keys, invoice["id"]))["exported"]["external_reference"] == "VT/2026/1"


async def test_periods_are_checked(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    for body, code in (
        ({"period": "2027-Q1"}, "period-not-begun"),
        ({"period": "2026-07", "cycle": "quarterly"}, "period-invalid"),
    ):
        answer = await api.post("/v1/invoice-runs", json=body, headers=keys["finance"])
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    unknown = QUARTER | {"client_id": "019ab000-0000-7000-8000-0000000000ff"}
    assert (await api.post("/v1/invoice-runs", json=unknown, headers=keys["finance"])).status_code == 422


async def _once_there(api: httpx.AsyncClient, keys: Keys, params: dict[str, Any]) -> Any:
    """The page, once it has something: changes wait for all older transactions, those of other tests' workers too."""
    for _ in range(300):
        page = (await api.get("/v1/invoices", params=params, headers=keys["accounting"])).json()
        if page["items"]:
            return page
        await asyncio.sleep(0.1)
    raise AssertionError("no change came")


async def test_changes_are_read_in_their_order(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    api, keys = committing_api, committing_keys
    ticket = await a_ticket(committing_conn, client_id=keys.client_id)
    await logged(api, keys, ticket["id"], 60)
    created = (await run(api, keys))["created"][0]
    changed = {"sort": "updated"}
    page = await _once_there(api, keys, changed)
    assert [one["id"] for one in page["items"]] == [created["invoice_id"]]
    after = changed | {"cursor": page["next_cursor"]}
    assert (await api.get("/v1/invoices", params=after, headers=keys["accounting"])).json()["items"] == []
    body = {"amount_cents": 1, "paid_on": page["items"][0]["issued_on"]}
    await api.post(f"/v1/invoices/{created['invoice_id']}/payments", json=body, headers=keys["finance"])
    page = await _once_there(api, keys, after)
    assert [one["paid_cents"] for one in page["items"]] == [1]


async def test_a_run_goes_on_by_itself_when_its_request_has_no_time(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys, app: Any,
    committing_database: Database,
):  # fmt: skip
    api, keys = committing_api, committing_keys
    app.state.settings = SETTINGS.model_copy(update={"invoice_run_patience_seconds": 0})
    for client_id in (keys.client_id, keys.other_client_id):
        ticket = await a_ticket(committing_conn, client_id=client_id)
        await logged(api, keys, ticket["id"], 60)
    told = await run(api, keys)
    assert (told["status"], told["clients"]) == ("running", 2)
    row = await due_run(committing_conn)
    await handlers(SETTINGS)[KIND].run(row, committing_database, wall.now())
    done = (await api.get(f"/v1/invoice-runs/{told['id']}", headers=keys["accounting"])).json()
    assert (done["status"], done["created_count"]) == ("done", 2)
    listed = await api.get(f"/v1/invoice-runs/{told['id']}/results", headers=keys["finance"])
    assert len(listed.json()["items"]) == 2
    await invariants.check(committing_conn)


async def due_run(conn: Connection) -> Any:
    row = await conn.fetchrow("SELECT id, kind, payload, attempts, run_at FROM jobs WHERE kind = 'invoice_run'")
    assert row is not None
    return Job(**row)
