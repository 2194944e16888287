"""First come, first served (T2)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.core.db import Connection
from tests.builders import AGENT_ID, Keys, a_ticket, an_agent

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


async def waiting(conn: Connection, minutes: int, **values: Any) -> Any:
    moment = NOON + timedelta(minutes=minutes)
    return await a_ticket(conn, received_at=moment, queued_at=values.pop("queued_at", moment), **values)


async def claim(api: httpx.AsyncClient, headers: dict[str, str], **body: Any) -> httpx.Response:
    return await api.post("/v1/queue/claims", json=body, headers=headers)


async def test_urgent_first_then_receipt_then_sequence(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    standard = await waiting(conn, 0)
    twin = await waiting(conn, 0)
    urgent = await waiting(conn, 5, lane="urgent")
    reopened = await waiting(conn, -60, queued_at=NOON + timedelta(minutes=9))
    await waiting(conn, -90, status="in_progress")
    items = (await api.get("/v1/queue", headers=keys["agent"])).json()["items"]
    assert [item["ticket_id"] for item in items] == [str(row["id"]) for row in (urgent, standard, twin, reopened)]
    assert [item["position"] for item in items] == [1, 2, 3, 4]
    assert items[0]["why"].startswith("Urgent")
    assert "reopening" in items[3]["why"]


async def test_positions_go_on_over_pages_and_lanes(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    rows = [await waiting(conn, n, lane="urgent" if n % 2 else "standard") for n in range(7)]
    expected = [str(row["id"]) for row in [*rows[1::2], *rows[::2]]]
    seen, cursor = [], None
    for _ in range(4):
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/v1/queue", params=params, headers=keys["agent"])).json()
        seen += [(item["position"], item["ticket_id"]) for item in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == list(enumerate(expected, 1))


async def test_the_next_ticket_goes_to_who_asks(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    first, second = await waiting(conn, 0), await waiting(conn, 1)
    answer = await claim(api, keys["agent"])
    assert answer.status_code == 201
    assert answer.json()["id"] == str(first["id"])
    assert (answer.json()["status"], answer.json()["assignee_id"]) == ("in_progress", str(AGENT_ID))
    assert (await claim(api, keys["agent"])).json()["id"] == str(second["id"])
    empty = await claim(api, keys["agent"])
    assert (empty.status_code, empty.json()["code"]) == (409, "queue-empty")


async def test_a_ticket_assigned_to_somebody_waits_for_them(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    other = await an_agent(conn, email="other@e-connect.lu")
    theirs = await waiting(conn, 0, assignee_id=other["id"])
    anybodys = await waiting(conn, 1)
    assert (await claim(api, keys["agent"])).json()["id"] == str(anybodys["id"])
    assert (await claim(api, keys["admin"], agent_id=str(other["id"]))).json()["id"] == str(theirs["id"])


async def test_nobody_waits_for_who_left(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    left = await an_agent(conn, email="left@e-connect.lu", active=False)
    theirs = await waiting(conn, 0, assignee_id=left["id"])
    later = await waiting(conn, 1)
    refused = await claim(api, keys["agent"], ticket_id=str(later["id"]))
    assert refused.json()["code"] == "reason-required"
    assert (await claim(api, keys["agent"])).json()["id"] == str(theirs["id"])


async def test_out_of_order_needs_a_reason_which_is_recorded(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    await waiting(conn, 0)
    later = str((await waiting(conn, 1))["id"])
    refused = await claim(api, keys["agent"], ticket_id=later)
    assert (refused.status_code, refused.json()["code"]) == (422, "reason-required")
    by_patch = await api.patch(f"/v1/tickets/{later}", json={"status": "in_progress"}, headers=keys["agent"])
    assert by_patch.json()["code"] == "reason-required"
    taken = await claim(api, keys["agent"], ticket_id=later, reason="Same cause as my last one")
    assert taken.status_code == 201
    events = (await api.get(f"/v1/tickets/{later}/events", headers=keys["agent"])).json()["items"]
    assert events[-1]["data"] == {
        "agent_id": str(AGENT_ID),
        "out_of_order": True,
        "reason": "Same cause as my last one",
    }
    again = await claim(api, keys["agent"], ticket_id=later, reason="Again")
    assert (again.status_code, again.json()["code"]) == (409, "ticket-taken")


async def test_the_next_one_by_name_needs_no_reason(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    first = await waiting(conn, 0)
    await waiting(conn, 1)
    assert (await claim(api, keys["agent"], ticket_id=str(first["id"]))).status_code == 201


async def test_a_key_without_agent_must_name_one(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    await waiting(conn, 0)
    refused = await claim(api, keys["admin"])
    assert (refused.status_code, refused.json()["code"]) == (422, "agent-required")


async def test_a_follow_up_never_moves_a_ticket(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    first = await waiting(conn, 0, client_id=keys.client_id)
    await waiting(conn, 1)
    answer = await api.post(f"/v1/tickets/{first['id']}/messages", json={"body": "More"}, headers=keys["client"])
    assert answer.status_code == 201
    items = (await api.get("/v1/queue", headers=keys["agent"])).json()["items"]
    assert items[0]["ticket_id"] == str(first["id"])


async def test_forty_claims_at_once_take_twenty_tickets_once(
    committing_api: httpx.AsyncClient, committing_keys: Keys, committing_conn: Connection
):
    rows = [await waiting(committing_conn, n) for n in range(20)]

    async def patient() -> httpx.Response:
        answer = await claim(committing_api, committing_keys["agent"])
        while answer.status_code == 503:  # forty at once wait for eight connections
            answer = await claim(committing_api, committing_keys["agent"])
        return answer

    answers = await asyncio.gather(*(patient() for _ in range(40)))
    taken = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert sorted(taken) == sorted(str(row["id"]) for row in rows)
    assert {answer.json()["code"] for answer in answers if answer.status_code != 201} == {"queue-empty"}


async def test_eight_clicks_make_one_ticket(committing_api: httpx.AsyncClient, committing_conn: Connection):
    form = {"name": "Anna", "email": "anna@boulangerie.example", "subject": "Basket", "message": "Empty"}
    key = {"Idempotency-Key": "one-click"}
    answers = await asyncio.gather(
        *(committing_api.post("/v1/public/tickets", json=form, headers=key) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    numbers = {answer.json()["number"] for answer in answers if answer.status_code == 201}
    assert len(numbers) == 1
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency-key-in-flight"}
    assert await committing_conn.fetchval("SELECT count(*) FROM tickets") == 1


async def test_eight_tickets_at_once_get_one_acknowledgement(
    committing_api: httpx.AsyncClient, committing_conn: Connection
):
    form = {"name": "Anna", "email": "anna@boulangerie.example", "subject": "Basket", "message": "Empty"}
    answers = await asyncio.gather(*(committing_api.post("/v1/public/tickets", json=form) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [201] * 8
    decisions = sorted(answer.json()["acknowledgement"] for answer in answers)
    assert decisions == ["queued"] + ["suppressed"] * 7
    queued = "SELECT count(*) FROM outgoing_mails WHERE status = 'queued'"
    assert await committing_conn.fetchval(queued) == 1


async def test_a_ticket_that_is_written_on_is_not_passed_over(
    committing_api: httpx.AsyncClient, committing_keys: Keys, committing_conn: Connection
):
    """T2: whoever holds the first ticket's row for a moment must not lose it its turn."""
    first, _second = await waiting(committing_conn, 1), await waiting(committing_conn, 2)
    writing = committing_conn.transaction()
    await writing.start()
    await committing_conn.execute("SELECT FROM tickets WHERE id = $1 FOR UPDATE", first["id"])
    claiming = asyncio.create_task(claim(committing_api, committing_keys["agent"]))
    done, _ = await asyncio.wait([claiming], timeout=0.3)
    await writing.rollback()
    assert not done
    assert (await claiming).json()["id"] == str(first["id"])
