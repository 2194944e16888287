"""Corrections by counter-entry (P6), and what becomes of the pools' minutes (C2, C3)."""

from typing import Any

import httpx
import pytest

from app.core.db import Connection
from tests.billing import a_contract, invoiced, logged, settled, sums
from tests.builders import Keys, a_ticket
from tests.conftest import Clock


@pytest.fixture
async def ticket_id(conn: Connection, keys: Keys, clock: Clock) -> str:
    ticket = await a_ticket(conn, client_id=keys.client_id)
    return str(ticket["id"])


async def corrected(
    api: httpx.AsyncClient, keys: Keys, entry_id: str, *, key: str = "agent", **replacement: Any
) -> httpx.Response:
    body: dict[str, Any] = {"reason": "Typed the wrong number"}
    if replacement:
        body["replacement"] = {"worked_on": "2026-11-23", "description": "Repaired the menu"} | replacement
    return await api.post(f"/v1/time-entries/{entry_id}/corrections", json=body, headers=keys[key])


async def read(api: httpx.AsyncClient, keys: Keys, entry_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await api.get(f"/v1/time-entries/{entry_id}", headers=keys["agent"])).json()
    return answer


async def test_a_correction_is_a_counter_entry_and_a_new_one(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    wrong = await logged(api, keys, ticket_id, 50)
    answer = await corrected(api, keys, wrong["id"], ticket_id=ticket_id, worked_minutes=15)

    assert answer.status_code == 201, answer.text
    back, right = answer.json()["counter_entry"], answer.json()["replacement"]
    assert (back["kind"], back["worked_minutes"], sums(back)) == ("counter", -50, (-50, 0, -50, 0))
    assert (back["amount_cents"], back["corrects_id"]) == (-10000, wrong["id"])
    assert back["explanation"][0]["text"] == f"Takes back entry {wrong['id']}: Typed the wrong number"
    assert back["explanation"][-1]["text"] == "-50 minutes at 120.00 EUR an hour: -100.00 EUR."
    assert (right["worked_minutes"], right["amount_cents"], right["replaces_id"]) == (15, 3000, wrong["id"])
    assert right["correction_reason"] == back["correction_reason"] == "Typed the wrong number"
    assert answer.headers["location"] == f"/v1/time-entries/{back['id']}"
    now = await read(api, keys, wrong["id"])
    assert (now["status"], now["corrected_by_id"], now["amount_cents"]) == ("corrected", back["id"], 10000)
    # What is open nets to the right entry: 100.00 - 100.00 + 30.00.
    assert await conn.fetchval("SELECT sum(minutes) FROM open_time") == 15
    await settled(conn)


async def test_without_a_replacement_the_entry_is_just_taken_back(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    twice = await logged(api, keys, ticket_id, 50)
    answer = await corrected(api, keys, twice["id"], key="finance")
    assert answer.json()["replacement"] is None
    # Neither waits for an invoice any more.
    assert await conn.fetchval("SELECT count(*) FROM open_time") == 0
    await settled(conn)


async def test_the_pool_gets_its_minutes_back(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str):
    contract = await a_contract(conn, keys.client_id, 60)
    wrong = await logged(api, keys, ticket_id, 50)
    answer = (await corrected(api, keys, wrong["id"], ticket_id=ticket_id, worked_minutes=20)).json()
    assert answer["counter_entry"]["draws"] == [{"contract_id": str(contract["id"]), "minutes": -50}]
    assert answer["replacement"]["draws"] == [{"contract_id": str(contract["id"]), "minutes": 20}]
    assert await conn.fetchval("SELECT drawn_minutes FROM contracts") == 20
    lines = await conn.fetch("SELECT minutes, left_minutes FROM time_allocations WHERE place = 'drawn' ORDER BY position")  # fmt: skip
    assert [tuple(line) for line in lines] == [(50, 10), (-50, 60), (20, 40)]
    await settled(conn)


async def test_what_comes_back_takes_over_the_oldest_open_time(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    await a_contract(conn, keys.client_id, 60)
    wrong = await logged(api, keys, ticket_id, 60, worked_on="2026-11-02")
    newer = await logged(api, keys, ticket_id, 30, worked_on="2026-11-20")
    older = await logged(api, keys, ticket_id, 25, worked_on="2026-11-10")
    assert (sums(newer), sums(older)) == ((30, 0, 30, 0), (25, 0, 25, 0))

    # 60 come back, the new entry takes 20; of the other 40 the older entry gets 25, the newer one 15.
    await corrected(api, keys, wrong["id"], ticket_id=ticket_id, worked_minutes=20, worked_on="2026-11-02")

    assert sums(await read(api, keys, older["id"])) == (25, 25, 0, 0)
    newer = await read(api, keys, newer["id"])
    assert (sums(newer), newer["amount_cents"]) == ((30, 15, 15, 0), 3000)
    assert await conn.fetchval("SELECT drawn_minutes FROM contracts") == 60
    await settled(conn)


async def test_what_was_invoiced_is_given_back_by_the_next_invoice(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    entry = await logged(api, keys, ticket_id, 50)
    await invoiced(conn, keys.client_id)
    assert (await read(api, keys, entry["id"]))["status"] == "invoiced"

    answer = (await corrected(api, keys, entry["id"], ticket_id=ticket_id, worked_minutes=40)).json()

    back = answer["counter_entry"]
    assert (sums(back), back["invoiced_minutes"], back["amount_cents"]) == ((-50, 0, -50, 0), 0, -10000)
    assert (await read(api, keys, entry["id"]))["status"] == "corrected"
    # The next invoice: 40 new minutes less 50 paid ones.
    assert await conn.fetchval("SELECT sum(minutes) FROM open_time") == -10
    await settled(conn)


async def test_an_entry_is_corrected_once(api: httpx.AsyncClient, keys: Keys, ticket_id: str):
    entry = await logged(api, keys, ticket_id)
    back = (await corrected(api, keys, entry["id"])).json()["counter_entry"]
    again = await corrected(api, keys, entry["id"])
    assert (again.status_code, again.json()["code"]) == (409, "already-corrected")
    counter = await corrected(api, keys, back["id"])
    assert (counter.status_code, counter.json()["code"]) == (409, "counter-entry")


async def test_a_corrected_stretch_of_time_is_free_again(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    span: dict[str, Any] = {"started_at": "2026-11-24T08:00:00Z", "ended_at": "2026-11-24T09:00:00Z"}
    wrong = await logged(api, keys, ticket_id, worked_on=None, worked_minutes=None, **span)
    shorter: dict[str, Any] = {"started_at": "2026-11-24T08:00:00Z", "ended_at": "2026-11-24T08:30:00Z"}
    answer = await corrected(api, keys, wrong["id"], ticket_id=ticket_id, worked_on=None, **shorter)
    assert answer.status_code == 201, answer.text
    rest: dict[str, Any] = {"started_at": "2026-11-24T08:30:00Z", "ended_at": "2026-11-24T09:00:00Z"}
    await logged(api, keys, ticket_id, worked_on=None, worked_minutes=None, **rest)
    await settled(conn)


async def test_time_does_not_move_to_another_client(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    entry = await logged(api, keys, ticket_id)
    theirs = await a_ticket(conn, client_id=keys.other_client_id)
    answer = await corrected(api, keys, entry["id"], ticket_id=str(theirs["id"]), worked_minutes=25)
    assert (answer.status_code, answer.json()["code"]) == (409, "client-mismatch")
    ours = await a_ticket(conn, client_id=keys.client_id)
    moved = await corrected(api, keys, entry["id"], ticket_id=str(ours["id"]), worked_minutes=25)
    assert moved.json()["replacement"]["ticket_id"] == str(ours["id"])


async def test_free_time_of_nobody_is_corrected_too(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    ticket = await a_ticket(conn)
    entry = await logged(api, keys, ticket["id"], 5, non_billable_reason="unknown sender")
    answer = await corrected(
        api, keys, entry["id"], ticket_id=str(ticket["id"]), worked_minutes=3, non_billable_reason="unknown sender"
    )
    assert sums(answer.json()["counter_entry"]) == (-5, 0, 0, -5)
    assert sums(answer.json()["replacement"]) == (3, 0, 0, 3)
    await settled(conn)


async def test_a_correction_needs_a_reason_and_an_entry(api: httpx.AsyncClient, keys: Keys, ticket_id: str):
    entry = await logged(api, keys, ticket_id)
    path = f"/v1/time-entries/{entry['id']}/corrections"
    for body in ({}, {"reason": " "}, {"reason": "x", "replacement": {}}):
        assert (await api.post(path, json=body, headers=keys["agent"])).status_code == 422
    absent = await corrected(api, keys, "019ab000-0000-7000-8000-0000000000ff")
    assert absent.status_code == 404


async def test_both_are_told_and_audited(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str):
    entry = await logged(api, keys, ticket_id, 50)
    back = (await corrected(api, keys, entry["id"], ticket_id=ticket_id, worked_minutes=15)).json()["counter_entry"]
    history = (await api.get(f"/v1/tickets/{ticket_id}/events", headers=keys["agent"])).json()["items"]
    told = [(event["type"], event["data"]["worked_minutes"]) for event in history]
    assert told == [("time_entry.logged", 50), ("time_entry.corrected", -50), ("time_entry.logged", 15)]
    audited = await conn.fetch("SELECT operation, data->>'id' FROM audit_log ORDER BY id")
    assert [tuple(row) for row in audited] == [("log_time", entry["id"]), ("correct_time_entry", back["id"])]
