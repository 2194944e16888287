"""Timers: one runs for each agent, and stopping it logs the time (P4)."""

from typing import Any

import httpx
import pytest

from app.core.db import Connection
from tests.billing import logged, settled
from tests.builders import Keys, a_ticket, an_agent
from tests.conftest import Clock


@pytest.fixture
async def ticket_id(conn: Connection, keys: Keys, clock: Clock) -> str:
    ticket = await a_ticket(conn, client_id=keys.client_id)
    return str(ticket["id"])


async def started(api: httpx.AsyncClient, keys: Keys, ticket_id: str, **body: Any) -> httpx.Response:
    return await api.post("/v1/timers", json={"ticket_id": ticket_id} | body, headers=keys["agent"])


async def stopped(api: httpx.AsyncClient, keys: Keys, timer_id: str, **body: Any) -> httpx.Response:
    return await api.post(f"/v1/timers/{timer_id}/stop", json=body, headers=keys["agent"])


async def test_a_timer_becomes_an_entry(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str, clock: Clock
):
    timer = (await started(api, keys, ticket_id, description="Searching")).json()
    assert (timer["started_at"], timer["stopped_at"]) == ("2026-11-24T10:00:00Z", None)
    assert timer["agent_id"] == str(keys.agent_id)

    clock.advance(minutes=42)
    answer = await stopped(api, keys, timer["id"])

    assert answer.status_code == 201, answer.text
    entry, stop = answer.json()["entry"], answer.json()["timer"]
    assert (entry["worked_minutes"], entry["amount_cents"], entry["description"]) == (42, 8400, "Searching")
    assert (stop["stopped_at"], stop["entry_id"]) == ("2026-11-24T10:42:00Z", entry["id"])
    assert (await api.get(f"/v1/timers/{timer['id']}", headers=keys["finance"])).json() == stop
    await settled(conn)


async def test_the_work_of_who_left_is_logged(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str, clock: Clock
):
    """Their timer can be stopped, their minutes typed in late and corrected; a new timer cannot be started."""
    leaver = str((await an_agent(conn, email="left@e-connect.lu"))["id"])
    timer = (await started(api, keys, ticket_id, agent_id=leaver)).json()
    clock.advance(minutes=5)
    left = await api.patch(f"/v1/agents/{leaver}", json={"active": False}, headers=keys["admin"])
    assert left.status_code == 200

    stop = await stopped(api, keys, timer["id"], description="Searching")
    assert (stop.status_code, stop.json()["entry"]["agent_id"]) == (201, leaver)
    late = {
        "ticket_id": ticket_id,
        "agent_id": leaver,
        "worked_on": "2026-11-23",
        "worked_minutes": 9,
        "description": "x",
    }
    entry = await api.post("/v1/time-entries", json=late, headers=keys["admin"])
    assert (entry.status_code, entry.json()["agent_id"]) == (201, leaver)
    right = {"reason": "Nine were eight", "replacement": late | {"worked_minutes": 8}}
    path = f"/v1/time-entries/{entry.json()['id']}/corrections"
    assert (await api.post(path, json=right, headers=keys["finance"])).status_code == 201
    assert (await started(api, keys, ticket_id, agent_id=leaver)).json()["code"] == "reference-unknown"
    await settled(conn)


async def test_one_timer_runs_for_an_agent(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str, clock: Clock
):
    first = (await started(api, keys, ticket_id)).json()
    second = await started(api, keys, ticket_id)
    assert (second.status_code, second.json()["code"]) == (409, "timer-running")
    colleague = (await an_agent(conn, email="bob@e-connect.lu"))["id"]
    assert (await started(api, keys, ticket_id, agent_id=str(colleague))).status_code == 201
    clock.advance(minutes=1)
    assert (await stopped(api, keys, first["id"], description="x")).status_code == 201
    again = await stopped(api, keys, first["id"], description="x")
    assert (again.status_code, again.json()["code"]) == (409, "timer-stopped")
    assert (await started(api, keys, ticket_id)).status_code == 201


async def test_what_logging_refuses_leaves_the_timer_running(
    api: httpx.AsyncClient, keys: Keys, ticket_id: str, clock: Clock
):
    timer = (await started(api, keys, ticket_id)).json()
    immediately = await stopped(api, keys, timer["id"], description="x")
    assert (immediately.status_code, immediately.json()["code"]) == (422, "empty-span")
    clock.advance(minutes=20)
    silent = await stopped(api, keys, timer["id"])
    assert (silent.status_code, silent.json()["errors"][0]["pointer"]) == (422, "/description")
    span: dict[str, Any] = {"started_at": "2026-11-24T10:10:00Z", "ended_at": "2026-11-24T10:15:00Z"}
    await logged(api, keys, ticket_id, worked_on=None, worked_minutes=None, **span)
    overlapping = await stopped(api, keys, timer["id"], description="x")
    assert (overlapping.status_code, overlapping.json()["code"]) == (409, "time-overlaps")
    assert (await api.get(f"/v1/timers/{timer['id']}", headers=keys["agent"])).json()["stopped_at"] is None


async def test_a_timer_can_be_discarded(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str):
    timer = (await started(api, keys, ticket_id)).json()
    answer = await stopped(api, keys, timer["id"], discard=True)
    assert (answer.status_code, answer.json()["entry"]) == (201, None)
    assert await conn.fetchval("SELECT count(*) FROM time_entries") == 0


async def test_running_and_stopped_timers_are_listed(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    colleague = (await an_agent(conn, email="bob@e-connect.lu"))["id"]
    mine = (await started(api, keys, ticket_id)).json()["id"]
    theirs = (await started(api, keys, ticket_id, agent_id=str(colleague))).json()["id"]

    async def listed(**filters: Any) -> list[str]:
        answer = await api.get("/v1/timers", params=filters, headers=keys["agent"])
        return [timer["id"] for timer in answer.json()["items"]]

    assert await listed() == [mine, theirs]
    assert await listed(agent_id=str(colleague)) == [theirs]
    await stopped(api, keys, mine, discard=True)
    assert await listed() == [theirs]
    assert await listed(running="false") == [mine]
    page = await api.get("/v1/timers?limit=1", headers=keys["agent"])
    assert page.json()["next_cursor"] is None


@pytest.mark.parametrize("name", ["ticket_id", "agent_id"])
async def test_a_timer_needs_a_ticket_and_an_agent(api: httpx.AsyncClient, keys: Keys, ticket_id: str, name: str):
    body = {"ticket_id": ticket_id} | {name: "019ab000-0000-7000-8000-0000000000ff"}
    answer = await api.post("/v1/timers", json=body, headers=keys["agent"])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}")
    nobody = await api.post("/v1/timers", json={"ticket_id": ticket_id}, headers=keys["admin"])
    assert nobody.json()["code"] == "agent-required"
    absent = await stopped(api, keys, "019ab000-0000-7000-8000-0000000000ff")
    assert absent.status_code == 404
