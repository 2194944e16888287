"""However many run, issue, credit and correct at once, and wherever a run is killed: each minute is invoiced once."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.billing.invoices.service.running import begin_run, work_off
from app.core import clock
from app.core.db import Connection, Database
from app.domain.period import parse_period
from tests import invariants
from tests.billing import an_entry, invoiced, logged
from tests.builders import AGENT_ID, Keys, a_client, a_ticket
from tests.faults.test_mail_kills import Killed, Mortal
from tests.features.billing.test_credit_notes import credit
from tests.features.billing.test_invoices import run
from tests.service import SETTINGS

MANY = 8
PERIOD = parse_period("2026-Q4")
ACTOR = {"role": "finance"}
INVOICED = (
    "SELECT client_id, sum(total_cents)::bigint, count(*) FROM invoices WHERE kind = 'invoice' GROUP BY client_id"
)


async def clients_with_work(conn: Connection, many: int) -> list[UUID]:
    found = []
    for number in range(many):
        client = await a_client(conn, name=f"Client {number}")
        ticket = await a_ticket(conn, client_id=client["id"])
        async with conn.transaction():
            for minutes in (10, 20):
                await an_entry(conn, ticket, AGENT_ID, minutes)
        found.append(client["id"])
    return found


async def billed(conn: Connection) -> dict[UUID, tuple[int, int]]:
    return {client_id: (cents, count) for client_id, cents, count in await conn.fetch(INVOICED)}


async def test_eight_runs_at_once_invoice_everybody_once(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    clients = await clients_with_work(committing_conn, 5)
    told = await asyncio.gather(*[run(committing_api, committing_keys) for _ in range(MANY)])
    assert sum(len(one["created"]) for one in told) == 5
    assert [one["parked"] for one in told] == [[]] * MANY
    assert await billed(committing_conn) == dict.fromkeys(clients, (7020, 1))
    await invariants.check(committing_conn)


async def test_a_run_that_was_overtaken_says_so_of_each_client(
    committing_database: Database, committing_conn: Connection, committing_api: httpx.AsyncClient, committing_keys: Keys
):
    clients = await clients_with_work(committing_conn, 3)
    async with committing_database.transaction() as connection:
        run_id = await begin_run(
            connection, PERIOD, client_id=None, issue=True, digests={}, work_at=clock.now(), actor=ACTOR,
            now=clock.now(),
        )  # fmt: skip
    assert len((await run(committing_api, committing_keys))["created"]) == 3
    assert await work_off(committing_database, run_id, SETTINGS)
    results = await committing_conn.fetch(
        "SELECT client_id, outcome, reason FROM invoice_run_results WHERE run_id = $1", run_id
    )
    assert {(row["outcome"], row["reason"]) for row in results if row["client_id"] in clients} == {
        ("skipped", "already-invoiced")
    }
    told = await committing_conn.fetchval(
        "SELECT data ->> 'skipped' FROM events WHERE type = 'invoice_run.done' AND subject_id = $1", run_id
    )
    assert told == str(len(results))
    await invariants.check(committing_conn)


async def test_eight_issues_of_a_draft_are_one(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    api, keys = committing_api, committing_keys
    await clients_with_work(committing_conn, 3)
    drafts = (await run(api, keys, issue=False))["created"]
    headers = keys["finance"] | {"If-Match": "*"}
    calls = [
        api.post(f"/v1/invoices/{draft['invoice_id']}/issue", json={}, headers=headers)
        for draft in drafts
        for _ in range(MANY)
    ]
    answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 3 * (MANY - 1)
    numbers = await committing_conn.fetch("SELECT number FROM invoices ORDER BY number")
    assert [row["number"] for row in numbers] == ["F2026-0001", "F2026-0002", "F2026-0003"]
    await invariants.check(committing_conn)


async def test_eight_credits_give_back_a_line_once(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    await clients_with_work(committing_conn, 1)
    (created,) = (await run(committing_api, committing_keys))["created"]
    answers = await asyncio.gather(
        *[credit(committing_api, committing_keys, {"id": created["invoice_id"]}) for _ in range(MANY)]
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (MANY - 1)
    await invariants.check(committing_conn)


async def test_eight_refunds_give_back_a_surplus_once(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    await clients_with_work(committing_conn, 1)
    (created,) = (await run(committing_api, committing_keys))["created"]
    path = f"/v1/invoices/{created['invoice_id']}"
    today = (await committing_api.get(path, headers=committing_keys["finance"])).json()["issued_on"]
    paid = {"amount_cents": created["total_cents"] + 300, "paid_on": today}
    await committing_api.post(f"{path}/payments", json=paid, headers=committing_keys["finance"])
    back = {"amount_cents": 100, "paid_on": today, "reason": "Paid too much"}
    answers = await asyncio.gather(
        *[committing_api.post(f"{path}/refunds", json=back, headers=committing_keys["finance"]) for _ in range(MANY)]
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * (MANY - 3)
    await invariants.check(committing_conn)


async def test_corrections_while_invoicing(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    """Whoever is first: what was corrected is either not invoiced, or waits to be given back."""
    api, keys = committing_api, committing_keys
    ticket = await a_ticket(committing_conn, client_id=keys.client_id)
    entries = [await logged(api, keys, ticket["id"], 10 + number) for number in range(MANY)]

    async def correct(entry: dict[str, Any]) -> int:
        path = f"/v1/time-entries/{entry['id']}/corrections"
        return (await api.post(path, json={"reason": "Twice"}, headers=keys["agent"])).status_code

    outcomes = await asyncio.gather(run(api, keys), *[correct(entry) for entry in entries], run(api, keys))
    assert set(outcomes[1:-1]) == {201}
    await invariants.check(committing_conn)
    open_minutes = await committing_conn.fetchval("SELECT coalesce(sum(minutes), 0) FROM open_time")
    on_invoices = await committing_conn.fetchval("SELECT coalesce(sum(minutes), 0) FROM invoice_entries")
    assert open_minutes + on_invoices == 0


async def test_time_logged_while_invoicing_waits_for_the_next_invoice(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys
):
    api, keys = committing_api, committing_keys
    ticket = await a_ticket(committing_conn, client_id=keys.client_id)
    await logged(api, keys, ticket["id"], 5)
    calls: list[Any] = [logged(api, keys, ticket["id"], 10) for _ in range(MANY)]
    await asyncio.gather(run(api, keys), *calls, run(api, keys))
    await invariants.check(committing_conn)
    minutes = await committing_conn.fetchval(
        "SELECT (SELECT coalesce(sum(minutes), 0) FROM open_time) + (SELECT sum(minutes) FROM invoice_entries)"
    )
    assert minutes == 5 + 10 * MANY


@pytest.mark.slow
async def test_a_run_killed_at_any_statement_goes_on_with_the_same_result(
    committing_database: Database, committing_conn: Connection, committing_keys: Keys
):
    """Two clients, killed after 0, 1, 2 … statements, until a run survives; then worked off again."""
    survived = False
    expected: dict[UUID, tuple[int, int]] = {}
    for statements in range(80):
        clients = await clients_with_work(committing_conn, 2)
        expected |= dict.fromkeys(clients, (7020, 1))
        async with committing_database.transaction() as connection:
            run_id = await begin_run(
                connection, PERIOD, client_id=None, issue=True, digests={}, work_at=clock.now(), actor=ACTOR,
                now=clock.now(),
            )  # fmt: skip
        with contextlib.suppress(Killed):
            survived = await work_off(Mortal(committing_database, statements), run_id, SETTINGS)
        assert await work_off(committing_database, run_id, SETTINGS)
        assert await billed(committing_conn) == expected, statements
        row = await committing_conn.fetchrow(
            "SELECT status, (SELECT count(*) FROM invoice_run_results WHERE run_id = r.id AND outcome = 'created') "
            "AS created FROM invoice_runs r WHERE id = $1",
            run_id,
        )
        assert row is not None
        assert (row["status"], row["created"]) == ("done", 2)
        if survived:
            break
    assert survived
    await invariants.check(committing_conn)


@pytest.mark.parametrize("statements", [5, 12, 20, 1_000])
async def test_several_clients_at_a_time_are_invoiced_once(
    committing_database: Database, committing_conn: Connection, committing_keys: Keys, statements: int
):
    """Three by three, killed in the middle of all three or never."""
    at_once = SETTINGS.model_copy(update={"invoice_run_clients_at_once": 3})
    clients = await clients_with_work(committing_conn, 7)
    async with committing_database.transaction() as connection:
        run_id = await begin_run(
            connection, PERIOD, client_id=None, issue=True, digests={}, work_at=clock.now(), actor=ACTOR,
            now=clock.now(),
        )  # fmt: skip
    survived = False
    with contextlib.suppress(Killed):
        survived = await work_off(Mortal(committing_database, statements), run_id, at_once)
    assert survived == (statements == 1_000)
    assert await work_off(committing_database, run_id, at_once)
    assert await billed(committing_conn) == dict.fromkeys(clients, (7020, 1))
    numbers = await committing_conn.fetch("SELECT sequence FROM invoices ORDER BY sequence")
    assert [row["sequence"] for row in numbers] == [1, 2, 3, 4, 5, 6, 7]
    await invariants.check(committing_conn)


async def test_an_issue_that_fails_gives_its_number_back(
    committing_database: Database, committing_conn: Connection, committing_keys: Keys
):
    first, second = await clients_with_work(committing_conn, 2)
    attempt = committing_conn.transaction()
    await attempt.start()
    assert (await invoiced(committing_conn, first))["number"] == "F2026-0001"
    await attempt.rollback()
    async with committing_database.transaction() as connection:
        assert (await invoiced(connection, second))["number"] == "F2026-0001"
    await invariants.check(committing_conn)
