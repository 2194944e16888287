"""The tests' own ground: isolation, cleaning up, real servers, a stopped clock."""

import asyncio

import httpx
import pytest

from app.core.db import Connection
from app.core.problems import Problem
from tests.builders import Keys, a_client, a_contact, a_site, a_ticket
from tests.conftest import A_TUESDAY_MORNING, Clock
from tests.live import LiveServers
from tests.logs import Logs

CLOSURE = {"starts_at": "2026-12-24T12:00:00Z", "ends_at": "2026-12-24T16:00:00Z", "reason": "Christmas Eve"}
CLOSURES = "/v1/calendar/closures"


@pytest.mark.parametrize("time", ["first", "second"])
async def test_nothing_outlives_a_test(api: httpx.AsyncClient, keys: Keys, time: str):
    assert (await api.get(CLOSURES, headers=keys["agent"])).json()["items"] == []
    assert (await api.post(CLOSURES, json=CLOSURE, headers=keys["admin"])).status_code == 201


@pytest.mark.parametrize("time", ["first", "second"])
async def test_commits_are_cleaned_up(committing_api: httpx.AsyncClient, committing_keys: Keys, time: str):
    assert (await committing_api.get(CLOSURES, headers=committing_keys["agent"])).json()["items"] == []
    answer = await committing_api.post(CLOSURES, json=CLOSURE, headers=committing_keys["admin"])
    assert answer.status_code == 201


async def test_requests_at_the_same_time_take_turns(api: httpx.AsyncClient, keys: Keys):
    answers = await asyncio.gather(*(api.post(CLOSURES, json=CLOSURE, headers=keys["admin"]) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_the_service_owns_nothing(conn: Connection):
    assert await conn.fetchval("SELECT current_user") == "desk_app"
    assert await conn.fetchval("SELECT count(*) FROM pg_class WHERE relowner = 'desk_app'::regrole") == 0


async def test_a_failed_statement_spoils_one_request_only(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    table = "ALTER TABLE pg_temp.closures RENAME COLUMN id TO elsewhere"
    await conn.execute(f"CREATE TEMP TABLE closures (id int) ON COMMIT DROP; {table}")
    assert (await api.get(CLOSURES, headers=keys["agent"])).status_code == 500
    await conn.execute("DROP TABLE pg_temp.closures")
    assert (await api.get(CLOSURES, headers=keys["agent"])).status_code == 200


async def test_builders_fit_together(conn: Connection):
    client = await a_client(conn)
    contact = await a_contact(conn, client["id"])
    site = await a_site(conn, client["id"])
    ticket = await a_ticket(conn, client_id=client["id"], contact_id=contact["id"], site_id=site["id"])
    assert ticket["status"] == "new"
    assert await conn.fetchval("SELECT count(*) FROM messages WHERE search @@ 'menu | tap'::tsquery") == 1


async def test_the_clock_stands_still(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    clock.advance(minutes=90)
    answer = await api.post(CLOSURES, json=CLOSURE, headers=keys["admin"])
    assert clock.now() > A_TUESDAY_MORNING
    assert answer.json()["created_at"] == "2026-11-24T11:30:00Z"


async def test_the_log_can_be_read(api: httpx.AsyncClient, logs: Logs):
    await api.get("/healthz", headers={"X-Request-ID": "a-request-of-mine"})
    assert "a-request-of-mine" in logs.text()


def test_a_live_server_survives_its_death(live_servers: LiveServers):
    server = live_servers.start(CORS_ORIGINS='["http://form.example"]')
    headers = {**server.keys["admin"], "Origin": "http://form.example"}
    assert httpx.post(server.url + CLOSURES, json=CLOSURE, headers=headers).status_code == 201
    server.kill()
    server.start()
    answer = httpx.get(server.url + CLOSURES, headers=headers)
    assert len(answer.json()["items"]) == 1
    assert answer.headers["access-control-allow-origin"] == "http://form.example"
    server.stop()


def test_problems_are_known_by_code():
    with pytest.raises(KeyError):
        Problem("no-such-problem")
