"""However many click at once, a quote is decided once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.billing.quotes.service.sending import quote_token
from app.core.db import Connection
from tests import invariants
from tests.builders import Keys, a_quote, a_ticket
from tests.service import SETTINGS

MANY = 8


async def a_sent_quote(conn: Connection, keys: Keys, **values: Any) -> tuple[Any, str]:
    ticket = await a_ticket(conn, client_id=keys.client_id, status="waiting_quote")
    quote = await a_quote(conn, keys.client_id, ticket_id=ticket["id"], **values)
    return quote, f"/v1/public/quotes/{quote_token(SETTINGS, quote['id'])}"


async def test_many_accept_and_refuse_at_once(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    _, door = await a_sent_quote(committing_conn, committing_keys)
    calls = [
        committing_api.post(f"{door}/{('acceptance', 'refusal')[number % 2]}", json={"name": f"Person {number}"})
        for number in range(MANY)
    ]
    answers = await asyncio.gather(*calls)
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [409] * (MANY - 1)
    decision = await committing_conn.fetchval("SELECT decision FROM quote_decisions")
    status, charges = await committing_conn.fetchval(
        "SELECT (status, (SELECT count(*) FROM quote_charges)) FROM quotes"
    )
    assert status == decision
    assert charges == (1 if decision == "accepted" else 0)
    await invariants.check(committing_conn)


async def test_a_double_click_is_one_acceptance(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    _, door = await a_sent_quote(committing_conn, committing_keys)
    answers = await asyncio.gather(
        *[committing_api.post(f"{door}/acceptance", json={"name": "Rita"}) for _ in range(MANY)]
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert await committing_conn.fetchval("SELECT count(*) FROM quote_decisions") == 1
    assert await committing_conn.fetchval("SELECT count(*) FROM quote_charges") == 1
    assert await committing_conn.fetchval("SELECT count(*) FROM events WHERE type = 'quote.accepted'") == 1


async def test_a_new_version_and_an_acceptance_at_once(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    quote, door = await a_sent_quote(committing_conn, committing_keys)
    body = {"lines": [{"description": "x", "minutes": 60}]}
    accepted, revised = await asyncio.gather(
        committing_api.post(f"{door}/acceptance", json={"name": "Rita"}),
        committing_api.post(f"/v1/quotes/{quote['id']}/versions", json=body, headers=committing_keys["agent"]),
    )
    assert sorted([accepted.status_code, revised.status_code]) in ([200, 409], [201, 409])


async def test_waiting_for_a_lock_does_not_stop_the_clock(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    soon = datetime.now(UTC) + timedelta(seconds=1)
    quote, door = await a_sent_quote(committing_conn, committing_keys, expires_at=soon)
    async with committing_conn.transaction():
        await committing_conn.execute("SELECT FROM tickets WHERE id = $1 FOR UPDATE", quote["ticket_id"])
        late = asyncio.create_task(committing_api.post(f"{door}/acceptance", json={"name": "Rita"}))
        await asyncio.sleep(1.2)
    answer = await late
    assert (answer.status_code, answer.json()["code"]) == (409, "quote-expired")


async def test_numbers_are_one_series_whoever_writes(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    tickets = [await a_ticket(committing_conn, client_id=committing_keys.client_id) for _ in range(MANY)]
    answers = await asyncio.gather(
        *[
            committing_api.post(
                "/v1/quotes",
                json={"ticket_id": str(one["id"]), "kind": "quote", "lines": [{"description": "x", "minutes": 60}]},
                headers=committing_keys["agent"],
            )
            for one in tickets
        ]
    )
    numbers = sorted(int(answer.json()["number"].rpartition("-")[2]) for answer in answers)
    assert numbers == list(range(1, MANY + 1))
