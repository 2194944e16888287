"""How many round trips a request may take, BEGIN and COMMIT included: a clock would only measure the machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.mail_parser import MailParser
from app.core import clock
from app.core.db import Database
from app.desk.inbound_mail.service import take_in
from tests import builders
from tests.builders import Keys
from tests.mails import SUPPORT, a_mail
from tests.service import SETTINGS, client_of

FORM = {
    "name": "Rita Requester",
    "email": "rita@elsewhere.example",
    "subject": "The menu does not open",
    "message": "Nothing happens when I tap it.",
}
TAKE_IN, CREATE, READ, LIST = 2, 12, 2, 2
RECEIPT = SEARCH = PLAIN_MAIL = 4
PARTS = (
    "idempotency_keys", "tickets", "messages", "events", "outgoing_mails", "jobs", "attachments", "urgencies",
)  # fmt: skip


class CountingPool:
    """A pool that writes down every statement sent on its connections."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self.statements: list[str] = []

    def note(self, query: Any) -> None:
        self.statements.append(" ".join(query.query.split()))

    def has_idle(self) -> bool:
        idle: bool = self.pool.has_idle()
        return idle

    async def acquire(self) -> Any:
        connection = await self.pool.acquire()
        connection.add_query_logger(self.note)
        return connection

    async def release(self, connection: Any, *, clean: bool = False) -> None:
        connection.remove_query_logger(self.note)
        await asyncio.sleep(0)  # asyncpg tells of a statement with the event loop's next turn
        await self.pool.release(connection, clean=clean)


class Counted:
    """A client that tells how many round trips a request took, once its statements are prepared."""

    def __init__(self, client: httpx.AsyncClient, pool: CountingPool) -> None:
        self.client = client
        self.pool = pool

    async def round_trips(self, method: str, path: str, **request: Any) -> int:
        headers = request.pop("headers", {})
        for turn in ("warm", "counted"):
            self.pool.statements.clear()
            once = {"Idempotency-Key": f"{turn} {path}"} if method == "POST" else {}
            answer = await self.client.request(method, path, headers=headers | once, **request)
            assert answer.status_code < 300, answer.text
        return len(self.pool.statements)


@pytest.fixture
async def counted(app: FastAPI, committing_database: Database) -> AsyncIterator[Counted]:
    pool = CountingPool(committing_database.pool)
    async with client_of(app, Database(pool, wait_seconds=5)) as client:
        yield Counted(client, pool)


async def test_taking_in_the_form(counted: Counted):
    """Limits with facts, and one statement that writes everything and is its own transaction."""
    assert await counted.round_trips("POST", "/v1/public/tickets", json=FORM) == TAKE_IN
    written = counted.pool.statements[-1]
    assert [f"INSERT INTO {table} " in written for table in PARTS[:-2]] == [True] * (len(PARTS) - 2)


async def test_taking_in_a_plain_mail(counted: Counted, committing_database: Database):
    """Kept; who writes; the ticket's facts; and one statement that writes everything and is its own transaction."""
    parser, pool = MailParser(), counted.pool
    with closing(parser):
        for number in range(2):
            pool.statements.clear()
            row = await take_in(
                Database(pool, wait_seconds=5), parser, a_mail(From=f"r{number}@elsewhere.example"), SUPPORT,
                settings=SETTINGS, actor={}, now=clock.now(),
            )  # fmt: skip
            assert row["outcome"] == "ticket"
    assert len(pool.statements) == PLAIN_MAIL
    assert "UPDATE inbound_messages" in pool.statements[-1]


async def test_taking_in_an_urgent_form_with_a_file(counted: Counted):
    """More than one statement: in one transaction."""
    form = {**FORM, "urgent": "true", "urgency_fee_accepted": "true"}
    files = [("attachments", ("note.txt", b"Bonjour"))]
    assert await counted.round_trips("POST", "/v1/public/tickets", data=form, files=files) <= CREATE
    statements = counted.pool.statements
    inside = statements.index("BEGIN;")
    assert not any("INSERT INTO tickets" in statement for statement in statements[:inside])
    assert [any(f"INSERT INTO {table} " in one for one in statements[inside:]) for table in PARTS] == [True] * len(
        PARTS
    )
    assert statements[-1] == "COMMIT;"


async def test_opening_a_ticket_with_a_key(counted: Counted, committing_keys: Keys):
    body = {"requester": {"name": FORM["name"], "email": FORM["email"]}, "subject": "x", "message": "y"}
    assert await counted.round_trips("POST", "/v1/tickets", json=body, headers=committing_keys["agent"]) <= CREATE


async def test_following_a_receipt(counted: Counted):
    receipt = (await counted.client.post("/v1/public/tickets", json=FORM)).json()
    assert await counted.round_trips("GET", f"/v1/public/tickets/{receipt['receipt_token']}") <= RECEIPT


async def test_reading_a_ticket(counted: Counted, committing_database: Database, committing_keys: Keys):
    async with committing_database.connection() as connection:
        ticket = await builders.a_ticket(connection)
    assert await counted.round_trips("GET", f"/v1/tickets/{ticket['id']}", headers=committing_keys["agent"]) <= READ


@pytest.mark.parametrize(
    "path",
    [
        "/v1/tickets",
        "/v1/queue",
        "/v1/tickets?q=menu",
        "/v1/clients",
        "/v1/calendar/closures",
        "/v1/quotes",
        "/v1/quotes?status=expired",
        "/v1/permanence-requests",
        "/v1/calendar/permanences",
        "/v1/inbound-messages",
        "/v1/bounces",
    ],
)
async def test_a_list_costs_the_same_for_5_and_for_50_rows(
    counted: Counted, committing_database: Database, committing_keys: Keys, path: str
):
    costs = []
    for wanted in (5, 50):
        async with committing_database.connection() as connection:
            for _ in range(wanted - 5 or 5):
                await builders.a_ticket(connection)
                client = await builders.a_client(connection)
                permanence = await builders.a_permanence(connection, client["id"], status="quoted")
                await builders.a_quote(connection, client["id"], permanence_id=permanence["id"])
        costs.append(await counted.round_trips("GET", path, headers=committing_keys["agent"]))
    assert costs[0] == costs[1] <= (SEARCH if "q=" in path else LIST)
