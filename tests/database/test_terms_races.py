"""Terms that are published while somebody logs time: no price is ever given by terms that hold no more (N1, P3)."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.billing.pools.queries import lock_client
from app.billing.terms.service import publish_terms
from app.billing.time_entries.service import NewEntry, correct_entry, log_time
from app.billing.time_entries.service.planning import Day
from app.core.db import Connection, Database
from tests import invariants
from tests.builders import Keys, a_ticket
from tests.conftest import A_TUESDAY_MORNING, Clock

TODAY = date(2026, 11, 24)
ACTOR = {"role": "test"}
DEARER: dict[str, Any] = {
    "effective_on": "2026-11-24",
    "hourly_rate_cents": 12600,
    "contract_discount_bp": 500,
    "urgency": {"opening_fee_cents": 15000},
    "billing_increment_minutes": 1,
    "minimum_minutes": 1,
    "quote_threshold_minutes": 480,
    "reason": "The rates were misprinted",
    "text": {"fr": "a", "en": "b", "de": "c"},
}
COLUMNS = {name: DEARER[name] for name in ("hourly_rate_cents", "contract_discount_bp")} | {"effective_on": TODAY}


@pytest.fixture
async def ticket_id(committing_conn: Connection, committing_keys: Keys, clock: Clock) -> Any:
    ticket = await a_ticket(committing_conn, client_id=committing_keys.client_id)
    return ticket["id"]


def published(api: httpx.AsyncClient, keys: Keys) -> Any:
    return api.post("/v1/terms", json=DEARER, headers=keys["finance"])


def logged(api: httpx.AsyncClient, keys: Keys, ticket_id: Any, worked_on: str = "2026-11-24") -> Any:
    body = {"ticket_id": str(ticket_id), "worked_on": worked_on, "worked_minutes": 30, "description": "x"}
    return api.post("/v1/time-entries", json=body, headers=keys["agent"])


def replaced(ticket_id: Any) -> dict[str, Any]:
    """What was right instead: the same work, today."""
    right = {"ticket_id": str(ticket_id), "worked_on": "2026-11-24", "worked_minutes": 30, "description": "x"}
    return {"reason": "Wrong day", "replacement": right}


async def waits(call: Any) -> asyncio.Task[httpx.Response]:
    """The call, sent and still without an answer after a while."""
    task: asyncio.Task[httpx.Response] = asyncio.ensure_future(call)
    await asyncio.sleep(0.3)
    assert not task.done()
    return task


async def test_terms_of_today_wait_for_time_that_is_being_logged_and_are_refused(
    committing_api: httpx.AsyncClient, committing_database: Database, committing_keys: Keys, ticket_id: Any
):
    entry = NewEntry(ticket_id=ticket_id, agent_id=committing_keys.agent_id, work=Day(TODAY, 30), description="x")
    async with committing_database.transaction() as connection:
        await log_time(connection, entry, actor=ACTOR, now=A_TUESDAY_MORNING)
        publication = await waits(published(committing_api, committing_keys))
    answer = await publication
    assert (answer.status_code, answer.json()["code"]) == (409, "terms-retroactive")


async def test_time_waits_for_terms_that_are_being_published_and_is_priced_by_them(
    committing_api: httpx.AsyncClient,
    committing_conn: Connection,
    committing_database: Database,
    committing_keys: Keys,
    ticket_id: Any,
):
    async with committing_database.transaction() as connection:
        await publish_terms(connection, COLUMNS, reason="Misprint", actor=ACTOR, now=A_TUESDAY_MORNING)
        entry = await waits(logged(committing_api, committing_keys, ticket_id))
    answer = await entry
    assert (answer.status_code, answer.json()["amount_cents"]) == (201, 6300)  # 30 minutes at 2.10 €
    assert await committing_conn.fetchval("SELECT count(*) FROM time_entries") == 1
    earlier = await logged(committing_api, committing_keys, ticket_id, "2026-11-23")
    assert earlier.json()["amount_cents"] == 6000


async def test_many_log_time_while_terms_are_published(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys, clock: Clock
):
    tickets = [await a_ticket(committing_conn, client_id=committing_keys.client_id) for _ in range(8)]
    calls = [logged(committing_api, committing_keys, ticket["id"]) for ticket in tickets]
    calls.insert(4, published(committing_api, committing_keys))
    answers = await asyncio.gather(*calls)
    publication = answers.pop(4)
    codes = {answer.json().get("code", "logged") for answer in answers}
    assert codes == {"logged"}
    assert publication.status_code == 201 or publication.json()["code"] == "terms-retroactive"
    rates = await committing_conn.fetch("SELECT DISTINCT hourly_rate_cents FROM time_entries")
    assert len(rates) <= 1
    await invariants.check(committing_conn)


async def test_an_import_in_the_moment_of_publication_is_sent_again(
    committing_api: httpx.AsyncClient, committing_database: Database, committing_keys: Keys, ticket_id: Any
):
    entry = {"ticket_id": str(ticket_id), "worked_on": "2026-11-24", "worked_minutes": 30, "description": "x"}
    body = {"entries": [entry]}
    async with committing_database.transaction() as connection:
        await publish_terms(connection, COLUMNS, reason="Misprint", actor=ACTOR, now=A_TUESDAY_MORNING)
        imported = await waits(
            committing_api.post("/v1/time-entry-imports", json=body, headers=committing_keys["agent"])
        )
    answer = await imported
    assert (answer.status_code, answer.json()["code"]) == (409, "terms-changed")


async def test_a_timer_stopped_in_the_moment_of_publication_runs_on(
    committing_api: httpx.AsyncClient,
    committing_conn: Connection,
    committing_database: Database,
    committing_keys: Keys,
    ticket_id: Any,
):
    start = {"ticket_id": str(ticket_id), "description": "Searching"}
    timer = (await committing_api.post("/v1/timers", json=start, headers=committing_keys["agent"])).json()
    await committing_conn.execute("UPDATE timers SET started_at = started_at - interval '30 minutes'")
    stop = f"/v1/timers/{timer['id']}/stop"
    async with committing_database.transaction() as connection:
        await publish_terms(connection, COLUMNS, reason="Misprint", actor=ACTOR, now=A_TUESDAY_MORNING)
        stopped = await waits(committing_api.post(stop, json={}, headers=committing_keys["agent"]))
    answer = await stopped
    assert (answer.status_code, answer.json()["code"]) == (409, "terms-changed")
    assert await committing_conn.fetchval("SELECT count(*) FROM time_entries") == 0

    again = await committing_api.post(stop, json={}, headers=committing_keys["agent"])

    assert again.status_code == 201, again.text
    assert await committing_conn.fetchval("SELECT hourly_rate_cents FROM time_entries") == 12600
    await invariants.check(committing_conn)


async def test_a_correction_waits_for_terms_that_are_being_published_and_is_priced_by_them(
    committing_api: httpx.AsyncClient,
    committing_conn: Connection,
    committing_database: Database,
    committing_keys: Keys,
    ticket_id: Any,
):
    wrong = (await logged(committing_api, committing_keys, ticket_id, "2026-11-23")).json()
    path, body = f"/v1/time-entries/{wrong['id']}/corrections", replaced(ticket_id)
    async with committing_database.transaction() as connection:
        await publish_terms(connection, COLUMNS, reason="Misprint", actor=ACTOR, now=A_TUESDAY_MORNING)
        corrected = await waits(committing_api.post(path, json=body, headers=committing_keys["agent"]))
    answer = await corrected
    assert (answer.status_code, answer.json()["replacement"]["amount_cents"]) == (201, 6300)
    await invariants.check(committing_conn)


async def test_terms_wait_for_a_correction_before_anybody_waits_for_them(
    committing_api: httpx.AsyncClient, committing_database: Database, committing_keys: Keys, ticket_id: Any
):
    wrong = (await logged(committing_api, committing_keys, ticket_id, "2026-11-23")).json()
    right = NewEntry(ticket_id=ticket_id, agent_id=committing_keys.agent_id, work=Day(TODAY, 30), description="x")
    async with committing_database.transaction() as connection:
        await lock_client(connection, committing_keys.client_id)
        publication = await waits(published(committing_api, committing_keys))
        await correct_entry(
            connection,
            UUID(wrong["id"]),
            committing_keys.client_id,
            right,
            reason="Wrong day",
            actor=ACTOR,
            now=A_TUESDAY_MORNING,
        )
    answer = await publication
    assert (answer.status_code, answer.json()["code"]) == (409, "terms-retroactive")


async def test_many_correct_time_while_terms_are_published(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys, ticket_id: Any
):
    wrong = [(await logged(committing_api, committing_keys, ticket_id, "2026-11-23")).json() for _ in range(8)]
    calls = [
        committing_api.post(
            f"/v1/time-entries/{one['id']}/corrections", json=replaced(ticket_id), headers=committing_keys["agent"]
        )
        for one in wrong
    ]
    calls.insert(1, published(committing_api, committing_keys))
    answers = await asyncio.gather(*calls)
    publication = answers.pop(1)
    assert publication.status_code == 201 or publication.json()["code"] == "terms-retroactive"
    assert {answer.json().get("code", "corrected") for answer in answers} <= {"corrected", "terms-changed"}
    await invariants.check(committing_conn)
