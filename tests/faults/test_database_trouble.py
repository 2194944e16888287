"""The database is busy, slow or cut off: 503 with Retry-After, nothing half done, and well again by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Connection, Database, open_pool
from tests import invariants
from tests.builders import Keys, a_ticket, some_keys
from tests.postgres import Clone, connected
from tests.service import SETTINGS, client_of

FORM = {"name": "Rita", "email": "rita@elsewhere.example", "subject": "Menu", "message": "It does not open."}
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def assert_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1


async def test_no_connection_is_free(app: FastAPI, committing_database: Database):
    async with AsyncExitStack() as stack:
        for _ in range(SETTINGS.database_pool_size):
            await stack.enter_async_context(committing_database.connection())
        async with client_of(app, Database(committing_database.pool, wait_seconds=1)) as client:
            assert_unavailable(await client.post("/v1/public/tickets", json=FORM))
    async with client_of(app, committing_database) as client:
        assert (await client.post("/v1/public/tickets", json=FORM)).status_code == 201


@pytest.mark.slow
async def test_somebody_else_holds_the_row(
    committing_api: httpx.AsyncClient, committing_database: Database, committing_keys: Keys, committing_conn: Connection
):
    ticket = await a_ticket(committing_conn)
    path = f"/v1/tickets/{ticket['id']}"
    async with committing_database.transaction() as other:
        await other.execute("SELECT FROM tickets WHERE id = $1 FOR UPDATE", ticket["id"])
        answer = await committing_api.patch(path, json={"subject": "Changed"}, headers=committing_keys["agent"])
        assert_unavailable(answer)
    row = await committing_conn.fetchrow("SELECT subject, version FROM tickets")
    assert row is not None
    assert (row["subject"], row["version"]) == (ticket["subject"], ticket["version"])
    again = await committing_api.patch(path, json={"subject": "Changed"}, headers=committing_keys["agent"])
    assert again.status_code == 200


@pytest.fixture
async def frail_api(app: FastAPI, fresh_database: Clone) -> AsyncIterator[httpx.AsyncClient]:
    """The service on a database of its own, whose connections may be cut without harm to other tests."""
    async with open_pool(SETTINGS, fresh_database.app_url) as database, client_of(app, database) as client:
        yield client


async def test_connections_are_cut_between_requests(frail_api: httpx.AsyncClient, fresh_database: Clone):
    async with connected(fresh_database.superuser_url) as superuser:
        keys = await some_keys(superuser)
        assert (await frail_api.get("/v1/tickets", headers=keys["agent"])).status_code == 200
        await superuser.execute(CUT)
    answers = [await frail_api.get("/v1/tickets", headers=keys["agent"]) for _ in range(12)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert answers[-1].status_code == 200


@pytest.mark.slow
async def test_connections_are_cut_in_the_middle_of_requests(frail_api: httpx.AsyncClient, fresh_database: Clone):
    """Each form is repeated with its key until it is taken in; each is there once."""
    numbers: dict[int, str] = {}

    async def send(number: int) -> None:
        request: dict[str, Any] = {
            "json": FORM | {"email": f"rita{number}@elsewhere.example"},
            "headers": {"Idempotency-Key": f"cut {number}"},
        }
        for _ in range(100):
            answer = await frail_api.post("/v1/public/tickets", **request)
            if answer.status_code == 201:
                numbers[number] = answer.json()["number"]
                return
            assert answer.status_code in {409, 503}, answer.text
            await asyncio.sleep(0.05)

    async with connected(fresh_database.superuser_url) as superuser:
        sending = asyncio.gather(*(send(number) for number in range(40)))
        for _ in range(6):
            await asyncio.sleep(0.05)
            await superuser.execute(CUT)
        await sending
        assert len(set(numbers.values())) == 40
        assert await superuser.fetchval("SELECT count(*) FROM tickets") == 40
        await invariants.check(superuser)
