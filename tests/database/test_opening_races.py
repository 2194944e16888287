"""Forms that arrive together, with real commits: each ticket once, each mailbox's caps kept, each repeat its reply."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Connection, Database
from app.desk.tickets.service import Opening, open_ticket
from app.domain.ticket import Channel
from tests import invariants
from tests.service import SETTINGS

FORM: dict[str, Any] = {
    "name": "Rita",
    "email": "rita@elsewhere.example",
    "subject": "Menu",
    "message": "It does not open.",
}
TIMES = 12


async def at_once(api: httpx.AsyncClient, *requests: dict[str, Any]) -> list[httpx.Response]:
    return list(await asyncio.gather(*(api.post("/v1/public/tickets", **request) for request in requests)))


@pytest.mark.parametrize(("hourly", "daily"), [(1, 3), (5, 5), (2, 1)])
async def test_many_forms_of_one_mailbox_keep_its_caps(
    committing_api: httpx.AsyncClient, committing_conn: Connection, app: FastAPI, hourly: int, daily: int
):
    caps = {"acknowledgements_per_hour": hourly, "acknowledgements_per_day": daily}
    app.state.settings = app.state.settings.model_copy(update=caps)
    addresses = [f"rita+{number}@elsewhere.example" for number in range(TIMES)]

    answers = await at_once(committing_api, *({"json": FORM | {"email": address}} for address in addresses))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == TIMES
    told = Counter(answer.json()["acknowledgement"] for answer in answers)
    assert told["queued"] == min(hourly, daily)
    assert await committing_conn.fetchval("SELECT count(*) FROM jobs WHERE kind = 'send_mail'") == told["queued"]
    await invariants.check(committing_conn)


async def test_forms_with_files_are_done_again_with_their_files(
    committing_api: httpx.AsyncClient, committing_conn: Connection
):
    """In a transaction, as they need several statements; few, because uploads of one network take turns."""
    request = {"data": FORM, "files": [("attachments", ("note.txt", b"Bonjour"))]}
    answers = await at_once(committing_api, *(request for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert await committing_conn.fetchval("SELECT count(DISTINCT ticket_id) FROM attachments") == 3
    assert [answer.json()["acknowledgement"] for answer in answers].count("queued") == 1
    await invariants.check(committing_conn)


async def test_losing_a_race_counts_once(committing_api: httpx.AsyncClient, committing_conn: Connection, app: FastAPI):
    app.state.settings = app.state.settings.model_copy(update={"acknowledgements_per_hour": TIMES})
    await at_once(committing_api, *({"json": FORM} for _ in range(TIMES)))
    assert (
        await committing_conn.fetchval("SELECT hits FROM rate_limits WHERE key = $1", f"form {FORM['email']}") == TIMES
    )


@pytest.mark.parametrize("urgent", [False, True], ids=["one statement", "a transaction"])
async def test_the_same_key_at_once_makes_one_ticket(
    committing_api: httpx.AsyncClient, committing_conn: Connection, urgent: bool
):
    form = FORM | {"urgent": urgent, "urgency_fee_accepted": urgent}
    request = {"json": form, "headers": {"Idempotency-Key": "one and the same"}}

    answers = await at_once(committing_api, *(request for _ in range(TIMES)))

    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    assert [answer.headers.get("idempotency-replayed") for answer in made].count(None) == 1
    others = {(answer.status_code, answer.json()["code"]) for answer in answers if answer.status_code != 201}
    assert others <= {(409, "idempotency-key-in-flight")}
    assert await committing_conn.fetchval("SELECT count(*) FROM tickets") == 1
    await invariants.check(committing_conn)


async def test_one_key_for_two_forms_at_once_takes_one(committing_api: httpx.AsyncClient, committing_conn: Connection):
    headers = {"Idempotency-Key": "one for two"}
    forms = [{"json": FORM | {"email": f"{name}@elsewhere.example"}, "headers": headers} for name in ("rita", "tom")]
    answers = await at_once(committing_api, *forms)
    codes = sorted((answer.status_code, answer.json().get("code")) for answer in answers)
    assert codes[0] == (201, None)
    assert codes[1] in {(409, "idempotency-key-in-flight"), (422, "idempotency-key-reused")}
    assert await committing_conn.fetchval("SELECT count(*) FROM tickets") == 1


async def test_a_key_is_free_again_after_30_days(committing_api: httpx.AsyncClient, committing_conn: Connection):
    request = {"json": FORM, "headers": {"Idempotency-Key": "old"}}
    (first,) = await at_once(committing_api, request)
    await committing_conn.execute("UPDATE idempotency_keys SET created_at = created_at - interval '30 days'")
    second, third = [(await at_once(committing_api, request))[0] for _ in range(2)]
    assert len({first.json()["number"], second.json()["number"]}) == 2
    assert second.content == third.content


async def test_mail_and_form_of_one_mailbox_keep_its_caps(
    committing_api: httpx.AsyncClient, committing_database: Database, committing_conn: Connection
):
    """What opens a ticket within a longer transaction reads again, too, when a form was quicker."""
    now = datetime.now(UTC)

    async def by_mail() -> None:
        async with committing_database.transaction() as connection:
            opening = Opening(channel=Channel.EMAIL, **FORM, language="fr")
            await open_ticket(connection, opening, actor={}, settings=SETTINGS, now=now)
            await asyncio.sleep(0.02)

    mails = [asyncio.create_task(by_mail()) for _ in range(3)]
    answers = await at_once(committing_api, *({"json": FORM} for _ in range(TIMES)))
    await asyncio.gather(*mails)
    assert {answer.status_code for answer in answers} == {201}
    assert await committing_conn.fetchval("SELECT count(*) FROM outgoing_mails WHERE status = 'queued'") == 1
    assert await committing_conn.fetchval("SELECT count(*) FROM tickets") == TIMES + 3
    await invariants.check(committing_conn)


async def test_a_form_too_many_takes_no_number(
    committing_api: httpx.AsyncClient, committing_conn: Connection, app: FastAPI
):
    app.state.settings = app.state.settings.model_copy(update={"form_per_hour_per_address": 2})
    answers = [(await at_once(committing_api, {"json": FORM}))[0] for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0", "0"]
    app.state.settings = app.state.settings.model_copy(update={"form_per_hour_per_address": 5})
    answers.append((await at_once(committing_api, {"json": FORM}))[0])
    numbers = [int(answer.json()["number"].rpartition("-")[2]) for answer in answers if answer.status_code == 201]
    assert [number - numbers[0] for number in numbers] == [0, 1, 2]
