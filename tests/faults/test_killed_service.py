"""`kill -9` in the middle of work: what was answered is there, what was not can be repeated, nothing is there twice."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from tests import invariants
from tests.live import PRODUCTION, SERVE, LiveServer, LiveServers
from tests.postgres import connected

REQUESTS = 120
AT_THE_SAME_TIME = 8
KILL_AFTER = (25, 60)  # answers
PATIENCE = 200  # repeats
Request = Callable[[httpx.AsyncClient, int], Coroutine[Any, Any, httpx.Response]]


def form(number: int) -> dict[str, Any]:
    return {
        "name": f"Rita {number}",
        "email": f"rita{number}@elsewhere.example",
        "subject": "The menu does not open",
        "message": "Nothing happens when I tap it.",
    }


async def post_form(client: httpx.AsyncClient, number: int) -> httpx.Response:
    return await client.post("/v1/public/tickets", json=form(number), headers={"Idempotency-Key": f"form {number}"})


async def until_answered(request: Request, client: httpx.AsyncClient, number: int) -> httpx.Response:
    """Repeat as a careful client would: when told to, with the same key."""
    for _ in range(PATIENCE):
        answer = await request(client, number)
        if answer.status_code not in {409, 503} or "retry-after" not in answer.headers:
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError(f"Request {number} is never answered")


async def storm(server: LiveServer, request: Request, kill_after: int | None) -> dict[int, httpx.Response]:
    """Send every request, some at the same time; kill the server after so many answers. The answers that came."""
    answers: dict[int, httpx.Response] = {}
    numbers = iter(range(REQUESTS))

    async def sender(client: httpx.AsyncClient) -> None:
        for number in numbers:
            try:
                answers[number] = await until_answered(request, client, number)
            except httpx.TransportError:
                return
            if kill_after is not None and len(answers) == kill_after:
                server.kill()

    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        await asyncio.gather(*(sender(client) for _ in range(AT_THE_SAME_TIME)))
    return answers


async def everything_survives(server: LiveServer, request: Request) -> dict[int, httpx.Response]:
    """Kill it again and again; in the end every request is answered, and no answer was ever taken back."""
    first: dict[int, httpx.Response] = {}
    for kill_after in KILL_AFTER:
        came = await storm(server, request, kill_after)
        assert kill_after <= len(came) < REQUESTS
        first = came | first
        await asyncio.to_thread(server.start)
    final = await storm(server, request, None)
    assert len(final) == REQUESTS
    assert {answer.status_code for answer in final.values()} == {201}
    for number, answer in first.items():
        assert final[number].content == answer.content
        assert final[number].headers["idempotency-replayed"] == "true"
    return final


@pytest.fixture
def server(live_servers: LiveServers) -> LiveServer:
    return live_servers.start(SERVE, **PRODUCTION)


@pytest.mark.slow
async def test_no_ticket_and_no_acknowledgement_is_lost_or_doubled(server: LiveServer):
    answers = await everything_survives(server, post_form)

    numbers = {answer.json()["number"] for answer in answers.values()}
    assert len(numbers) == REQUESTS
    async with connected(server.database.app_url) as connection:
        assert {row[0] for row in await connection.fetch("SELECT number FROM tickets")} == numbers
        decided = await connection.fetch("SELECT status FROM outgoing_mails WHERE kind = 'acknowledgement'")
        assert len(decided) == REQUESTS
        assert {row["status"] for row in decided} <= {"queued", "sent"}
        await invariants.check(connection)


@pytest.mark.slow
async def test_no_ticket_is_claimed_twice(server: LiveServer):
    await storm(server, post_form, None)

    async def claim(client: httpx.AsyncClient, number: int) -> httpx.Response:
        headers = {**server.keys["agent"], "Idempotency-Key": f"claim {number}"}
        return await client.post("/v1/queue/claims", json={}, headers=headers)

    answers = await everything_survives(server, claim)

    assert len({answer.json()["id"] for answer in answers.values()}) == REQUESTS
    async with connected(server.database.app_url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM events WHERE type = 'ticket.claimed'") == REQUESTS
        assert await connection.fetchval("SELECT count(*) FROM tickets WHERE status <> 'in_progress'") == 0
        await invariants.check(connection)
