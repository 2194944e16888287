"""More than a day of work needs an accepted quote (Q1), and what an accepted one covers (Q2, C4)."""

from typing import Any

import httpx
import pytest

from app.core.db import Connection, Row
from tests.billing import a_contract, logged, settled, sums
from tests.builders import Keys, a_quote, a_ticket
from tests.conftest import Clock


@pytest.fixture
async def ticket(conn: Connection, keys: Keys, clock: Clock) -> Row:
    return await a_ticket(conn, client_id=keys.client_id, status="in_progress")


async def tried(api: httpx.AsyncClient, keys: Keys, ticket: Row, minutes: int, **body: Any) -> httpx.Response:
    entry = {"ticket_id": str(ticket["id"]), "worked_on": "2026-11-23", "worked_minutes": minutes, "description": "x"}
    return await api.post("/v1/time-entries", json=entry | body, headers=keys["agent"])


async def agreed(conn: Connection, keys: Keys, ticket: Row, kind: str, minutes: int) -> Row:
    """The client has accepted."""
    quote = await a_quote(conn, keys.client_id, ticket_id=ticket["id"], kind=kind, minutes=minutes)
    await conn.execute("UPDATE quotes SET status = 'accepted', decided_at = now() WHERE id = $1", quote["id"])
    return quote


async def test_a_day_of_work_needs_no_quote_and_a_minute_more_does(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Row
):
    await a_contract(conn, keys.client_id, 100)
    await logged(api, keys, ticket["id"], 300)  # 100 drawn, 200 billable: both count
    await logged(api, keys, ticket["id"], 180)
    refused = await tried(api, keys, ticket, 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "quote-required")
    assert (refused.json()["chargeable_minutes"], refused.json()["quote_threshold_minutes"]) == (481, 480)
    free = await tried(api, keys, ticket, 60, non_billable_reason="goodwill")
    assert free.status_code == 201
    other = await a_ticket(conn, client_id=keys.client_id)
    assert (await tried(api, keys, other, 480)).status_code == 201
    await settled(conn)


async def test_a_correction_makes_room_again(api: httpx.AsyncClient, keys: Keys, ticket: Row):
    wrong = await logged(api, keys, ticket["id"], 480)
    right = {"ticket_id": str(ticket["id"]), "worked_on": "2026-11-23", "worked_minutes": 470, "description": "x"}
    body = {"reason": "Lunch", "replacement": right}
    path = f"/v1/time-entries/{wrong['id']}/corrections"
    assert (await api.post(path, json=body, headers=keys["agent"])).status_code == 201
    assert (await tried(api, keys, ticket, 10)).status_code == 201
    assert (await tried(api, keys, ticket, 1)).status_code == 409


async def test_an_accepted_estimate_is_a_limit_and_warns_before(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Row
):
    quote = await agreed(conn, keys, ticket, "estimate", 600)
    assert sums(await logged(api, keys, ticket["id"], 479)) == (479, 0, 479, 0)
    await logged(api, keys, ticket["id"], 1)  # 480 of 600 are 80 %
    assert await conn.fetchval("SELECT percent FROM quote_alerts WHERE quote_id = $1", quote["id"]) == 80
    await logged(api, keys, ticket["id"], 120)
    assert await conn.fetchval("SELECT count(*) FROM quote_alerts") == 2
    refused = await tried(api, keys, ticket, 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "estimate-exceeded")


async def test_a_fixed_price_covers_all_minutes_and_no_pool_pays_them(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Row
):
    await a_contract(conn, keys.client_id, 600)
    await agreed(conn, keys, ticket, "quote", 500)
    entry = await logged(api, keys, ticket["id"], 700)
    assert (entry["quoted_minutes"], entry["amount_cents"], sums(entry)) == (700, 0, (700, 0, 0, 0))
    assert entry["explanation"][-1]["text"] == "700 minutes are part of an accepted quote."
    assert await conn.fetchval("SELECT drawn_minutes FROM contracts") == 0
    await settled(conn)


async def test_an_import_refuses_what_goes_beyond_and_logs_what_fits(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Row
):
    await a_contract(conn, keys.client_id, 600)
    entry = {"ticket_id": str(ticket["id"]), "worked_on": "2026-11-23", "description": "x"}
    body = {"entries": [entry | {"worked_minutes": minutes} for minutes in (400, 100, 80)]}
    answer = await api.post("/v1/time-entry-imports", json=body, headers=keys["agent"])
    outcomes = [one["problem"] and one["problem"]["code"] for one in answer.json()["results"]]
    assert outcomes == [None, "quote-required", None]
    assert await conn.fetchval("SELECT drawn_minutes FROM contracts") == 480  # the refused one drew nothing
    await settled(conn)
