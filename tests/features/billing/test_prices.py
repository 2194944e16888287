"""Prices of a date, balances, simulations and costs: questions that write nothing (P, C, U2, Q1, I5, N1)."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.core.db import Connection
from tests.billing import a_contract, logged
from tests.builders import Keys, a_ticket
from tests.conftest import Clock
from tests.statements import counted

JANUARY: dict[str, Any] = {
    "effective_on": "2027-01-01",
    "hourly_rate_cents": 12600,
    "contract_discount_bp": 1000,
    "urgency": {"opening_fee_cents": 20000, "hourly_rate_cents": 15000, "included_minutes": 60},
    "billing_increment_minutes": 15,
    "minimum_minutes": 15,
    "quote_threshold_minutes": 480,
    "text": {"fr": "a", "en": "b", "de": "c"},
}


async def got(api: httpx.AsyncClient, keys: Keys, path: str, key: str = "agent", **params: Any) -> dict[str, Any]:
    answer = await api.get(path, params=params, headers=keys[key])
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def simulated(api: httpx.AsyncClient, keys: Keys, key: str = "agent", **body: Any) -> dict[str, Any]:
    answer = await api.post("/v1/price-simulations", json=body, headers=keys[key])
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_which_price_applies_on_a_date_is_one_call(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    contract = await a_contract(conn, keys.client_id)
    path = f"/v1/clients/{keys.client_id}/prices"
    assert (await api.post("/v1/terms", json=JANUARY, headers=keys["finance"])).status_code == 201
    today = await got(api, keys, path, "client")
    assert (today["on"], today["effective_on"]) == ("2026-11-24", "2022-07-01")
    assert (today["hourly_rate_cents"], today["contract_hourly_rate_cents"]) == (12000, 11400)
    assert today["urgency"] == {"opening_fee_cents": 15000, "hourly_rate_cents": None, "included_minutes": 0}
    assert [pool["contract_id"] for pool in today["pools"]] == [str(contract["id"])]
    later = await got(api, keys, path, on="2027-01-01")
    assert (later["hourly_rate_cents"], later["contract_hourly_rate_cents"]) == (12600, 11340)
    assert (later["billing_increment_minutes"], later["pools"]) == (15, [])
    before = await api.get(path, params={"on": "2022-06-30"}, headers=keys["agent"])
    assert (before.status_code, before.json()["code"]) == (409, "no-terms")


@pytest.mark.parametrize("path", ["prices", "balance"])
async def test_other_clients_are_not_there(api: httpx.AsyncClient, keys: Keys, path: str):
    for client_id, key in ((keys.other_client_id, "client"), (keys.agent_id, "agent")):
        assert (await api.get(f"/v1/clients/{client_id}/{path}", headers=keys[key])).status_code == 404


async def test_a_balance_shows_pools_and_what_is_not_billed_yet(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    await a_contract(conn, keys.client_id, 60)
    pending = await a_contract(conn, keys.client_id, 100, effective_at=None, effective_reason=None)
    ticket = await a_ticket(conn, client_id=keys.client_id)
    await logged(api, keys, ticket["id"], 50)
    await logged(api, keys, ticket["id"], 50)  # 10 drawn, 40 billable: 80.00 €
    urgent = {"ticket_id": str(ticket["id"]), "requested_by": "Tom"}
    assert (await api.post("/v1/urgencies", json=urgent, headers=keys["agent"])).status_code == 201

    balance = await got(api, keys, f"/v1/clients/{keys.client_id}/balance", "client")

    assert balance["unbilled"] == {
        "minutes": 40, "amount_cents": 8000, "urgency_fees_cents": 15000, "quotes_cents": 0, "total_cents": 23000,
    }  # fmt: skip
    assert [(pool["status"], pool["left_minutes"]) for pool in balance["pools"]] == [("pending", 100), ("active", 0)]
    assert balance["pools"][0]["contract_id"] == str(pending["id"])
    assert (balance["left_minutes"], balance["currency"]) == (0, "EUR")
    nobodys = await got(api, keys, f"/v1/clients/{keys.other_client_id}/balance")
    assert (nobodys["pools"], nobodys["unbilled"]["total_cents"]) == ([], 0)


async def test_a_balance_counts_every_pool(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    for _ in range(101):
        await a_contract(conn, keys.client_id, 60)
    balance = await got(api, keys, f"/v1/clients/{keys.client_id}/balance", "client")
    assert (len(balance["pools"]), balance["left_minutes"]) == (101, 6060)


async def test_a_balance_rounds_each_line_once(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    terms = JANUARY | {"hourly_rate_cents": 10010, "billing_increment_minutes": 1, "minimum_minutes": 1}
    assert (await api.post("/v1/terms", json=terms, headers=keys["finance"])).status_code == 201
    clock.set(datetime(2027, 1, 20, 9, 0, tzinfo=UTC))
    one, other = [str((await a_ticket(conn, client_id=keys.client_id))["id"]) for _ in range(2)]
    for ticket_id in (one, one, other):
        await logged(api, keys, ticket_id, 1, worked_on="2027-01-19")
    # 2 minutes at 100.10 € an hour are 333.67 cents, 1 minute 166.83: 334 + 167.
    balance = await got(api, keys, f"/v1/clients/{keys.client_id}/balance")
    assert balance["unbilled"]["amount_cents"] == 501


async def test_a_simulation_names_pool_price_tax_and_invoice(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    contract = await a_contract(conn, keys.client_id, 30)
    found = await simulated(api, keys, minutes=90, client_id=str(keys.client_id))
    assert found["draws"] == [{"contract_id": str(contract["id"]), "minutes": 30}]
    assert (found["drawn_minutes"], found["billable_minutes"], found["amount_cents"]) == (30, 60, 12000)
    assert (found["vat_category"], found["vat_rate_bp"], found["vat_cents"]) == ("S", 1700, 2040)
    assert (found["urgency_fee_cents"], found["total_cents"]) == (0, 14040)
    assert (found["invoice_period"], found["invoiced_from_on"]) == ("2026-Q4", "2027-01-01")
    assert found["quote_needed"] is False
    assert [step["because"] for step in found["explanation"]] == ["terms", "increment", "drawn", "billable"]


async def test_it_is_what_logging_would_say_and_nothing_is_written(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    await a_contract(conn, keys.client_id, 30)
    ticket = await a_ticket(conn, client_id=keys.client_id)
    with counted(conn) as statements:
        found = await simulated(api, keys, minutes=90, client_id=str(keys.client_id), worked_on="2026-11-23")
    assert not [sql for sql in statements if not sql.lstrip().startswith(("SELECT", "WITH"))]
    assert not [sql for sql in statements if "INSERT" in sql or "FOR UPDATE" in sql]
    entry = await logged(api, keys, ticket["id"], 90)
    same = (
        "billed_minutes", "drawn_minutes", "billable_minutes", "draws", "hourly_rate_cents", "amount_cents", "terms_id",
        "explanation",
    )  # fmt: skip
    assert {name: found[name] for name in same} == {name: entry[name] for name in same}


async def test_an_urgency_adds_its_fee(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    found = await simulated(api, keys, minutes=60, lane="urgent", urgency_fee=True)
    # 120.00 + 150.00, 17 % of 270.00 are 45.90
    assert (found["subtotal_cents"], found["vat_cents"], found["total_cents"]) == (27000, 4590, 31590)
    assert (await api.post("/v1/terms", json=JANUARY, headers=keys["finance"])).status_code == 201
    found = await simulated(api, keys, minutes=70, lane="urgent", urgency_fee=True, worked_on="2027-02-01")
    # 75 minutes in steps of 15, 60 of them in the fee of 200.00, 15 at 150 €/h: 37.50
    assert (found["billed_minutes"], found["non_billable_minutes"], found["billable_minutes"]) == (75, 60, 15)
    assert (found["amount_cents"], found["urgency_fee_cents"], found["subtotal_cents"]) == (3750, 20000, 23750)


@pytest.mark.parametrize(
    ("day", "rate"), [("2022-11-10", 1700), ("2022-12-20", 1600), ("2023-03-10", 1600), ("2023-12-20", 1700)]
)
async def test_the_tax_is_that_of_the_invoice_or_the_fifteenth_of_the_month_after(
    api: httpx.AsyncClient, keys: Keys, clock: Clock, day: str, rate: int
):
    assert (await simulated(api, keys, minutes=60, worked_on=day))["vat_rate_bp"] == rate


@pytest.mark.parametrize(
    ("country", "vat_number", "category", "cents"),
    [("FR", "FR40303265045", "AE", 0), ("FR", None, "S", 2040), ("CH", None, "O", 0), ("LU", "LU26375245", "S", 2040)],
)
async def test_the_tax_depends_on_the_client(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock, country: str, vat_number: str, category: str,
    cents: int,
):  # fmt: skip
    await conn.execute(
        "UPDATE clients SET country = $2, vat_number = $3 WHERE id = $1", keys.client_id, country, vat_number
    )
    found = await simulated(api, keys, minutes=60, client_id=str(keys.client_id))
    assert (found["vat_category"], found["vat_cents"]) == (category, cents)


async def test_more_than_a_day_needs_a_quote(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    assert (await simulated(api, keys, minutes=480))["quote_needed"] is False
    assert (await simulated(api, keys, minutes=481))["quote_needed"] is True
    await conn.execute("UPDATE clients SET billing_cycle = 'monthly' WHERE id = $1", keys.client_id)
    found = await simulated(api, keys, minutes=1, client_id=str(keys.client_id))
    assert (found["invoice_period"], found["invoiced_from_on"]) == ("2026-11", "2026-12-01")


async def test_a_portal_simulates_for_its_own_client(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    await a_contract(conn, keys.client_id, 30)
    assert (await simulated(api, keys, "client", minutes=10))["drawn_minutes"] == 10
    for client_id in (keys.other_client_id, keys.agent_id):
        body = {"minutes": 10, "client_id": str(client_id)}
        refused = await api.post("/v1/price-simulations", json=body, headers=keys["client"])
        assert (refused.status_code, refused.json()["code"]) == (422, "reference-unknown")
    unknown = await api.post(
        "/v1/price-simulations", json={"minutes": 10, "client_id": str(keys.agent_id)}, headers=keys["agent"]
    )
    assert unknown.status_code == 422


async def test_what_a_ticket_costs_so_far(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    await a_contract(conn, keys.client_id, 30)
    ticket = await a_ticket(conn, client_id=keys.client_id, estimated_minutes=120)
    urgent = {"ticket_id": str(ticket["id"]), "requested_by": "Tom"}
    assert (await api.post("/v1/urgencies", json=urgent, headers=keys["agent"])).status_code == 201
    await logged(api, keys, ticket["id"], 50)  # 30 drawn, 20 billable: 40.00 €
    await logged(api, keys, ticket["id"], 10, non_billable_reason="goodwill")
    wrong = await logged(api, keys, ticket["id"], 40)
    await api.post(f"/v1/time-entries/{wrong['id']}/corrections", json={"reason": "x"}, headers=keys["agent"])

    cost = await got(api, keys, f"/v1/tickets/{ticket['id']}/cost", "client")

    assert (cost["worked_minutes"], cost["billed_minutes"]) == (60, 60)
    assert (cost["drawn_minutes"], cost["billable_minutes"], cost["non_billable_minutes"]) == (30, 20, 10)
    assert (cost["amount_cents"], cost["urgency_fee_cents"], cost["total_cents"]) == (4000, 15000, 19000)
    assert (cost["chargeable_minutes"], cost["quote_needed"], cost["pool_left_minutes"]) == (50, False, 0)
    # 70 of the 120 minutes are left, at 2.00 € each.
    assert cost["remaining"] == {"minutes": 70, "drawn_minutes": 0, "billable_minutes": 70, "amount_cents": 14000}


async def test_a_fresh_ticket_costs_nothing(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    ticket = await a_ticket(conn)
    cost = await got(api, keys, f"/v1/tickets/{ticket['id']}/cost")
    assert (cost["total_cents"], cost["remaining"], cost["client_id"]) == (0, None, None)
    assert (await api.get(f"/v1/tickets/{ticket['id']}/cost", headers=keys["client"])).status_code == 404
    large = await a_ticket(conn, client_id=keys.client_id, estimated_minutes=481)
    assert (await got(api, keys, f"/v1/tickets/{large['id']}/cost"))["quote_needed"] is True


async def test_what_is_on_an_invoice_is_not_to_be_invoiced_any_more(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    urgency = {"ticket_id": str(ticket["id"]), "requested_by": "Tom Weber"}
    opened = (await api.post("/v1/urgencies", json=urgency, headers=keys["agent"])).json()
    await logged(api, keys, ticket["id"], 30)
    path = f"/v1/clients/{keys.client_id}/balance"
    before = (await api.get(path, headers=keys["client"])).json()["unbilled"]
    assert (before["minutes"], before["amount_cents"], before["urgency_fees_cents"]) == (30, 6000, 15000)

    clock.set(datetime(2027, 1, 5, 9, 0, tzinfo=UTC))
    period = {"cycle": "quarterly", "period": "2026-Q4", "issue": True}
    run = await api.post("/v1/invoice-runs", json=period, headers=keys["finance"])
    assert run.status_code == 201, run.text
    assert len(run.json()["created"]) == 1, run.text

    after = (await api.get(path, headers=keys["client"])).json()["unbilled"]
    assert (after["minutes"], after["amount_cents"], after["urgency_fees_cents"], after["total_cents"]) == (0, 0, 0, 0)
    unbilled = await api.get("/v1/reports/unbilled", headers=keys["finance"])
    assert unbilled.json()["items"] == []
    cost = (await api.get(f"/v1/tickets/{ticket['id']}/cost", headers=keys["agent"])).json()
    assert (cost["invoiced_minutes"], cost["amount_cents"], cost["urgency_fee_cents"]) == (30, 6000, 15000)
    read = (await api.get(f"/v1/urgencies/{opened['id']}", headers=keys["agent"])).json()
    assert read["fee_status"] == "invoiced"
