"""Reports: nothing is lost, and what is overdue (invariants 1 and 3, I1)."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.billing.reports import service
from app.core.db import Connection, Database
from app.core.jobs import Job
from tests.billing import a_contract, an_allocation, an_entry, invoiced, logged
from tests.builders import A_MOMENT_AGO, AGENT_ID, Keys, a_ticket
from tests.conftest import Clock

JOB = Job(AGENT_ID, "check_conservation", {}, 1, A_MOMENT_AGO)


async def report(api: httpx.AsyncClient, keys: Keys, name: str, key: str = "finance", **params: Any) -> Any:
    answer = await api.get(f"/v1/reports/{name}", params=params, headers=keys[key])
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_every_minute_of_a_period_is_somewhere(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    entry = await an_entry(conn, ticket, keys.agent_id, 45)
    await an_allocation(conn, entry, "open", -10)
    await an_allocation(conn, entry, "written_off", 10)
    await invoiced(conn, keys.client_id)
    await an_entry(conn, ticket, keys.agent_id, 15)
    await a_contract(conn, keys.client_id, 100)
    await logged(api, keys, ticket["id"], 70)
    await logged(api, keys, ticket["id"], 50)  # 30 drawn, 20 open
    await logged(api, keys, ticket["id"], 15, non_billable_reason="goodwill")
    await logged(api, keys, ticket["id"], 40, worked_on="2026-09-30")

    (quarter,) = await report(api, keys, "minutes", period="2026-Q4")

    assert quarter["client_id"] == str(keys.client_id)
    assert (quarter["worked_minutes"], quarter["rounding_minutes"], quarter["billed_minutes"]) == (195, 0, 195)
    places = ("drawn", "invoiced", "quoted", "non_billable", "written_off", "not_yet_billed")
    assert [quarter[f"{place}_minutes"] for place in places] == [100, 35, 0, 15, 10, 35]
    assert quarter["equal"] is True
    assert quarter["pools"] == {
        "bought_minutes": 100, "granted_minutes": 0, "used_minutes": 100, "left_minutes": 0, "expired_minutes": 0,
        "refunded_minutes": 0, "equal": True,
    }  # fmt: skip
    (month,) = await report(api, keys, "minutes", "accounting", period="2026-09", client_id=str(keys.client_id))
    # September's 40 minutes came too late for the empty pool.
    assert (month["period"], month["worked_minutes"], month["not_yet_billed_minutes"]) == ("2026-09", 40, 40)
    assert await report(api, keys, "minutes", period="2025-Q4") == []


async def test_the_increment_shows(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    await an_entry(conn, ticket, keys.agent_id, 22, billed_minutes=30)
    (quarter,) = await report(api, keys, "minutes", period="2026-Q4")
    assert (quarter["worked_minutes"], quarter["rounding_minutes"], quarter["billed_minutes"]) == (22, 8, 30)
    assert (quarter["not_yet_billed_minutes"], quarter["equal"]) == (30, True)


async def test_expired_and_refunded_minutes_are_accounted_for(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    contract = await a_contract(conn, keys.client_id, 100)
    path = f"/v1/contracts/{contract['id']}"
    for what, minutes in (("grants", 20), ("refunds", 30)):
        body = {"minutes": minutes, "reason": "x"}
        assert (await api.post(f"{path}/{what}", json=body, headers=keys["finance"])).status_code == 201
    (today,) = await report(api, keys, "minutes", period="2026-Q1")
    sums = ("bought", "granted", "used", "left", "expired", "refunded")
    assert [today["pools"][f"{name}_minutes"] for name in sums] == [100, 20, 0, 90, 0, 30]
    clock.set(datetime(2027, 1, 1, 9, 0, tzinfo=UTC))
    (later,) = await report(api, keys, "minutes", period="2026-Q1")
    assert [later["pools"][f"{name}_minutes"] for name in sums] == [100, 20, 0, 0, 90, 30]
    assert today["pools"]["equal"] is later["pools"]["equal"] is True


@pytest.mark.parametrize("period", ["2026-Q5", "2026-13", "2026", "26-Q1", "0000-Q1", "9999-Q4", ""])
async def test_what_is_no_period(api: httpx.AsyncClient, keys: Keys, period: str):
    answer = await api.get("/v1/reports/minutes", params={"period": period}, headers=keys["finance"])
    assert answer.status_code == 422


async def test_reports_come_in_pages(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    for client_id in (keys.client_id, keys.other_client_id):
        ticket = await a_ticket(conn, client_id=client_id)
        await logged(api, keys, ticket["id"])
    for name in ("minutes?period=2026-Q4&", "unbilled?"):
        page = await api.get(f"/v1/reports/{name}limit=1", headers=keys["finance"])
        rest = await api.get(page.links["next"]["url"], headers=keys["finance"])
        found = [item["client_id"] for answer in (page, rest) for item in answer.json()["items"]]
        assert found == [str(keys.client_id), str(keys.other_client_id)]
        assert rest.json()["next_cursor"] is None


async def events(conn: Connection) -> list[tuple[str, Any]]:
    rows = await conn.fetch("SELECT client_id, data FROM events WHERE type = 'report.identity_failed' ORDER BY id")
    return [(row["data"]["identity"], row["client_id"]) for row in rows]


async def test_each_night_a_sound_desk_raises_nothing(
    api: httpx.AsyncClient, conn: Connection, database: Database, keys: Keys, clock: Clock
):
    await a_contract(conn, keys.client_id, 10)
    ticket = await a_ticket(conn, client_id=keys.client_id)
    await logged(api, keys, ticket["id"])
    nobodys = await a_ticket(conn)
    await logged(api, keys, nobodys["id"], non_billable_reason="unknown sender")
    await service.check_conservation(JOB, database, clock.now())
    assert await events(conn) == []


async def test_each_night_what_does_not_add_up_is_an_event(
    api: httpx.AsyncClient, conn: Connection, database: Database, keys: Keys, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.setattr(service, "STEP", 1)
    for client_id in (keys.client_id, keys.other_client_id):
        ticket = await a_ticket(conn, client_id=client_id)
        await logged(api, keys, ticket["id"])
    await a_contract(conn, keys.other_client_id, 60)
    await conn.execute("DELETE FROM open_time WHERE client_id = $1", keys.client_id)
    lost = await a_contract(conn, keys.client_id, 60)
    await conn.execute(
        "INSERT INTO contracts SELECT gen_random_uuid(), client_id, year, purchased_on, starts_on, expires_on, terms_id, "
        "hourly_rate_cents, discount_bp, bought_minutes, price_cents, currency, effective_at, effective_reason, 0, 0, 0, "
        "0, 0, created_at FROM contracts WHERE id = $1",
        lost["id"],
    )
    await service.check_conservation(JOB, database, clock.now())
    assert await events(conn) == [("minutes", keys.client_id), ("pools", keys.client_id)]
    (quarter, _) = await report(api, keys, "minutes", period="2026-Q4")
    assert (quarter["equal"], quarter["pools"]["equal"]) == (False, False)


async def test_what_is_overdue_to_invoice(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    quarterly = await a_ticket(conn, client_id=keys.client_id)
    monthly = await a_ticket(conn, client_id=keys.other_client_id)
    await conn.execute("UPDATE clients SET billing_cycle = 'monthly' WHERE id = $1", keys.other_client_id)
    await logged(api, keys, quarterly["id"], 30, worked_on="2026-09-30")
    await logged(api, keys, quarterly["id"], 25, worked_on="2026-10-31")
    await logged(api, keys, monthly["id"], 10, worked_on="2026-10-31")
    await logged(api, keys, monthly["id"], 5, worked_on="2026-11-01")
    urgent = {"ticket_id": str(monthly["id"]), "requested_by": "Tom"}
    assert (await api.post("/v1/urgencies", json=urgent, headers=keys["agent"])).status_code == 201

    first, second = await report(api, keys, "unbilled")

    assert (first["client_name"], first["oldest_worked_on"]) == ("Boulangerie Exemple", "2026-09-30")
    assert (first["minutes"], first["amount_cents"], first["total_cents"]) == (55, 11000, 11000)
    assert (first["overdue_minutes"], first["overdue_cents"]) == (30, 6000)
    assert (second["minutes"], second["amount_cents"], second["urgency_fees_cents"]) == (15, 3000, 15000)
    assert (second["total_cents"], second["overdue_minutes"], second["overdue_cents"]) == (18000, 10, 2000)
    assert len(await report(api, keys, "unbilled", overdue="true")) == 2
    clock.set(datetime(2026, 10, 15, 9, 0, tzinfo=UTC))
    assert [one["client_id"] for one in await report(api, keys, "unbilled", overdue="true")] == [str(keys.client_id)]
