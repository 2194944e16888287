"""Urgencies: the fee once per ticket, both ways between the lanes, waivers, how soon somebody acted (rule U)."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Connection
from app.core.settings import Settings
from tests.billing import logged, settled, sums
from tests.builders import Keys, a_contact, a_ticket
from tests.conftest import Clock

FORM: dict[str, Any] = {
    "name": "Rita Requester",
    "email": "rita@bakery.example",
    "subject": "Everything is offline",
    "message": "Nobody can order.",
    "urgent": True,
    "urgency_fee_accepted": True,
}
TERMS_2027: dict[str, Any] = {
    "effective_on": "2027-01-01",
    "hourly_rate_cents": 12000,
    "contract_discount_bp": 500,
    "urgency": {"opening_fee_cents": 15000, "hourly_rate_cents": 15000, "included_minutes": 60},
    "billing_increment_minutes": 1,
    "minimum_minutes": 1,
    "quote_threshold_minutes": 480,
    "text": {"fr": "a", "en": "b", "de": "c"},
}


@pytest.fixture
def on_duty(app: FastAPI, settings: Settings) -> str:
    """Somebody carries the phone."""
    address = "garde@e-connect.lu"
    app.state.settings = settings.model_copy(update={"on_duty_address": address})
    return address


async def posted(
    api: httpx.AsyncClient, keys: Keys, path: str, body: Any, status: int = 201, key: str = "agent"
) -> dict[str, Any]:
    answer = await api.post(path, json=body, headers=keys[key])
    assert answer.status_code == status, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def listed(api: httpx.AsyncClient, keys: Keys, key: str = "agent", **filters: Any) -> list[dict[str, Any]]:
    answer = await api.get("/v1/urgencies", params=filters, headers=keys[key])
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def raised(api: httpx.AsyncClient, keys: Keys, ticket_id: Any) -> dict[str, Any]:
    return await posted(api, keys, "/v1/urgencies", {"ticket_id": str(ticket_id), "requested_by": "Tom Weber"})


async def ticket_of(api: httpx.AsyncClient, keys: Keys, urgency: dict[str, Any]) -> dict[str, Any]:
    answer = await api.get(f"/v1/tickets/{urgency['ticket_id']}", headers=keys["agent"])
    document: dict[str, Any] = answer.json()
    return document


async def moved(
    api: httpx.AsyncClient, keys: Keys, urgency: dict[str, Any], lane: str, status: int = 201
) -> dict[str, Any]:
    body = {"lane": lane, "reason": f"Now {lane}"}
    return await posted(api, keys, f"/v1/urgencies/{urgency['id']}/requalification", body, status)


def booked(urgency: dict[str, Any]) -> list[tuple[str, int]]:
    return [(fee["kind"], fee["amount_cents"]) for fee in urgency["fees"]]


async def test_the_form_charges_the_fee_and_tells_who_is_on_duty(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock, on_duty: str
):
    await a_contact(conn, keys.client_id, email="rita@bakery.example")
    receipt = (await api.post("/v1/public/tickets", json=FORM)).json()
    (urgency,) = await listed(api, keys, "client")
    assert (urgency["requested_by"], urgency["opened_at"]) == ("Rita Requester", "2026-11-24T10:00:00Z")
    assert (urgency["opening_fee_cents"], urgency["currency"], urgency["fee_status"]) == (15000, "EUR", "due")
    assert (urgency["client_id"], urgency["terms_id"]) == (str(keys.client_id), receipt["terms_id"])
    assert booked(urgency) == [("charge", 15000)]
    mail = await conn.fetchrow("SELECT recipient, ticket_id FROM outgoing_mails WHERE kind = 'urgency_alert'")
    assert mail is not None
    assert (mail["recipient"], str(mail["ticket_id"])) == (on_duty, urgency["ticket_id"])
    event = await conn.fetchrow("SELECT subject_id, data FROM events WHERE type = 'urgency.opened'")
    assert event is not None
    assert (str(event["subject_id"]), event["data"]) == (
        urgency["id"], {"fee_cents": 15000, "requested_by": "Rita Requester"},
    )  # fmt: skip


async def test_a_standard_ticket_and_a_robots_one_have_no_urgency(
    api: httpx.AsyncClient, keys: Keys, clock: Clock, on_duty: str
):
    await api.post("/v1/public/tickets", json=FORM | {"urgent": False})
    await api.post("/v1/public/tickets", json=FORM | {"website": "https://spam.example"})
    assert await listed(api, keys) == []


async def test_an_agent_opens_one_with_the_name_of_who_asked(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    ticket = {
        "subject": "Offline", "message": "x", "client_id": str(keys.client_id), "channel": "phone",
        "requester": {"name": "Tom Weber", "email": "tom@weber.example"},
    }  # fmt: skip
    urgency = await posted(api, keys, "/v1/urgencies", {"ticket": ticket, "requested_by": "Tom Weber"})
    assert (urgency["lane"], urgency["requested_by"], urgency["fee_status"]) == ("urgent", "Tom Weber", "due")
    row = await ticket_of(api, keys, urgency)
    assert (row["lane"], row["channel"], row["urgency_accepted_by"]) == ("urgent", "phone", "Tom Weber")
    assert (await api.get(f"/v1/urgencies/{urgency['id']}", headers=keys["client"])).json() == urgency
    assert (await api.get(f"/v1/urgencies/{urgency['id']}", headers=keys["other_client"])).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"requested_by": "Tom"}, ""),
        ({"requested_by": "Tom", "ticket_id": "019ab000-0000-7000-8000-0000000000ff", "ticket": {}}, "/ticket/subject"),
        ({"ticket_id": "019ab000-0000-7000-8000-0000000000ff"}, "/requested_by"),
        ({"ticket_id": "019ab000-0000-7000-8000-0000000000ff", "requested_by": " "}, "/requested_by"),
        ({"ticket_id": "019ab000-0000-7000-8000-0000000000ff", "requested_by": "Tom"}, "/ticket_id"),
    ],
)
async def test_what_is_no_urgency(api: httpx.AsyncClient, keys: Keys, clock: Clock, body: Any, pointer: str):
    refused = await posted(api, keys, "/v1/urgencies", body, 422)
    assert refused["errors"][0]["pointer"] == pointer


async def test_a_ticket_that_is_there_goes_to_the_front_and_keeps_its_receipt(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock, on_duty: str
):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    urgency = await raised(api, keys, ticket["id"])
    assert (urgency["opened_at"], urgency["fee_status"]) == ("2026-11-24T10:00:00Z", "due")
    row = await ticket_of(api, keys, urgency)
    assert (row["lane"], row["urgency_fee_cents"], row["urgency_accepted_by"]) == ("urgent", 15000, "Tom Weber")
    assert row["received_at"] == row["queued_at"] == "2026-11-24T09:30:00Z"
    queue = (await api.get("/v1/queue", headers=keys["agent"])).json()["items"]
    assert queue[0]["ticket_id"] == str(ticket["id"])
    assert await conn.fetchval("SELECT count(*) FROM outgoing_mails WHERE kind = 'urgency_alert'") == 1
    again = await posted(api, keys, "/v1/urgencies", {"ticket_id": str(ticket["id"]), "requested_by": "Tom"}, 409)
    assert again["code"] == "lane-unchanged"


async def test_down_reverses_the_fee_and_up_brings_it_back_never_twice(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock, on_duty: str
):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    urgency = await raised(api, keys, ticket["id"])
    down = await moved(api, keys, urgency, "standard")
    assert (down["lane"], down["fee_status"], down["fee_reason"]) == ("standard", "reversed", "Now standard")
    assert booked(down) == [("charge", 15000), ("reversal", -15000)]
    assert (await ticket_of(api, keys, urgency))["queued_at"] == "2026-11-24T09:30:00Z"
    assert (await moved(api, keys, urgency, "standard", 409))["code"] == "lane-unchanged"
    up = await moved(api, keys, urgency, "urgent")
    assert (up["lane"], up["fee_status"]) == ("urgent", "due")
    assert booked(up) == [("charge", 15000), ("reversal", -15000), ("reinstatement", 15000)]
    assert sum(fee["amount_cents"] for fee in up["fees"]) == 15000
    assert await conn.fetchval("SELECT count(*) FROM outgoing_mails WHERE kind = 'urgency_alert'") == 2
    history = (await api.get(f"/v1/tickets/{ticket['id']}/events", headers=keys["agent"])).json()["items"]
    told = [(e["data"]["to"], e["data"]["fee_status"]) for e in history if e["type"] == "ticket.requalified"]
    assert told == [("urgent", "due"), ("standard", "reversed"), ("urgent", "due")]


@pytest.mark.parametrize(
    ("status", "fees"),
    [("spam", [("charge", 15000), ("reversal", -15000)]), ("cancelled", [("charge", 15000)])],
)
async def test_what_was_spam_costs_nobody_a_fee(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock, status: str, fees: list[tuple[str, int]]
):
    """A forged mail to urgence@ opens an urgency; who cancels theirs had the desk hurry, and pays unless it is waived."""
    ticket = await a_ticket(conn, client_id=keys.client_id)
    urgency = await raised(api, keys, ticket["id"])
    answer = await api.patch(f"/v1/tickets/{ticket['id']}", json={"status": status}, headers=keys["agent"])
    assert answer.status_code == 200, answer.text
    (told,) = await listed(api, keys, ticket_id=str(ticket["id"]))
    assert (told["id"], booked(told)) == (urgency["id"], fees)
    answer = await api.get(f"/v1/clients/{keys.client_id}/balance", headers=keys["agent"])
    assert answer.json()["unbilled"]["urgency_fees_cents"] == sum(cents for _, cents in fees)
    await settled(conn)


async def test_spam_is_nobodys_urgency(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    urgency = await raised(api, keys, ticket["id"])
    down = {"lane": "standard", "reason": "Looks forged"}
    await posted(api, keys, f"/v1/urgencies/{urgency['id']}/requalification", down, 201)
    spam = await api.patch(f"/v1/tickets/{ticket['id']}", json={"status": "spam"}, headers=keys["agent"])
    assert spam.status_code == 200, spam.text
    up = {"lane": "urgent", "reason": "A slip of the hand"}
    again = await posted(api, keys, f"/v1/urgencies/{urgency['id']}/requalification", up, 409)
    fresh = await a_ticket(conn, client_id=keys.client_id, status="spam")
    asked = {"ticket_id": str(fresh["id"]), "requested_by": "Tom Weber"}
    first = await posted(api, keys, "/v1/urgencies", asked, 409)
    assert (again["code"], first["code"]) == ("ticket-is-spam", "ticket-is-spam")
    (told,) = await listed(api, keys)
    assert booked(told) == [("charge", 15000), ("reversal", -15000)]
    await settled(conn)


async def test_a_due_fee_is_waived_by_finance_with_a_reason(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    urgency = await raised(api, keys, ticket["id"])
    path = f"/v1/urgencies/{urgency['id']}/waiver"
    assert (await posted(api, keys, path, {"reason": "x"}, 403))["code"] == "forbidden"
    assert (await posted(api, keys, path, {}, 422, "finance"))["errors"][0]["pointer"] == "/reason"
    waived = await posted(api, keys, path, {"reason": "Our own mistake"}, key="finance")
    assert (waived["fee_status"], waived["fee_reason"]) == ("waived", "Our own mistake")
    assert booked(waived) == [("charge", 15000), ("waiver", -15000)]
    assert (await posted(api, keys, path, {"reason": "x"}, 409, "finance"))["code"] == "fee-not-due"
    # It stays waived, whatever lane the ticket goes to.
    assert (await moved(api, keys, urgency, "standard"))["fee_status"] == "waived"
    assert (await moved(api, keys, urgency, "urgent"))["fee_status"] == "waived"


async def test_lists_narrow_and_come_in_pages(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    ours = [await raised(api, keys, (await a_ticket(conn, client_id=keys.client_id))["id"]) for _ in range(3)]
    theirs = await raised(api, keys, (await a_ticket(conn, client_id=keys.other_client_id))["id"])
    await moved(api, keys, ours[0], "standard")
    ids = [one["id"] for one in ours]
    assert [one["id"] for one in await listed(api, keys)] == [theirs["id"], *reversed(ids)]
    assert [one["id"] for one in await listed(api, keys, client_id=str(keys.client_id))] == ids[::-1]
    assert [one["id"] for one in await listed(api, keys, "client")] == ids[::-1]
    assert await listed(api, keys, "client", client_id=str(keys.other_client_id)) == []
    assert [one["id"] for one in await listed(api, keys, fee_status="reversed")] == [ids[0]]
    assert [one["id"] for one in await listed(api, keys, fee_status="due", client_id=str(keys.client_id))] == ids[:0:-1]
    assert await listed(api, keys, fee_status="invoiced") == []
    assert [one["id"] for one in await listed(api, keys, ticket_id=theirs["ticket_id"])] == [theirs["id"]]
    page = await api.get("/v1/urgencies?limit=3", headers=keys["agent"])
    rest = await api.get(page.links["next"]["url"], headers=keys["agent"])
    assert [one["id"] for one in rest.json()["items"]] == [ids[0]]
    mine = await api.get("/v1/urgencies?limit=2", headers=keys["client"])
    assert [one["id"] for one in (await api.get(mine.links["next"]["url"], headers=keys["client"])).json()["items"]] == [ids[0]]  # fmt: skip


async def test_at_once_counts_from_the_opening_hours(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    first = await raised(api, keys, (await a_ticket(conn, client_id=keys.client_id))["id"])
    assert (first["first_action_at"], first["minutes_to_first_action"]) == (None, None)
    assert first["counts_from_at"] == "2026-11-24T10:00:00Z"
    clock.advance(minutes=7)
    claim = {"ticket_id": first["ticket_id"], "reason": "Urgent"}
    await posted(api, keys, "/v1/queue/claims", claim)
    first = (await api.get(f"/v1/urgencies/{first['id']}", headers=keys["agent"])).json()
    assert (first["first_action_at"], first["minutes_to_first_action"]) == ("2026-11-24T10:07:00Z", 7)
    # Saturday evening; Monday opens at 08:30 in Luxembourg, 07:30 UTC.
    clock.set(datetime(2026, 11, 28, 19, 0, tzinfo=UTC))
    second = await raised(api, keys, (await a_ticket(conn, client_id=keys.client_id))["id"])
    assert second["counts_from_at"] == "2026-11-30T07:30:00Z"
    clock.set(datetime(2026, 11, 29, 9, 0, tzinfo=UTC))
    note = {"body": "Looking at it from home", "visibility": "internal"}
    await posted(api, keys, f"/v1/tickets/{second['ticket_id']}/messages", note)
    second = (await api.get(f"/v1/urgencies/{second['id']}", headers=keys["agent"])).json()
    assert (second["first_action_at"], second["minutes_to_first_action"]) == ("2026-11-29T09:00:00Z", 0)


async def test_an_urgency_of_nobody_becomes_the_clients(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    await api.post("/v1/public/tickets", json=FORM)
    (urgency,) = await listed(api, keys)
    assert urgency["client_id"] is None
    path = f"/v1/tickets/{urgency['ticket_id']}"
    for client_id in (keys.client_id, keys.other_client_id):
        await api.patch(path, json={"client_id": str(client_id)}, headers=keys["agent"])
        assert [one["client_id"] for one in await listed(api, keys)] == [str(client_id)]


async def test_a_fee_may_include_the_first_hour_and_urgent_work_have_its_own_rate(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    await posted(api, keys, "/v1/terms", TERMS_2027, key="finance")
    clock.set(datetime(2027, 1, 4, 10, 0, tzinfo=UTC))
    urgency = await raised(api, keys, (await a_ticket(conn, client_id=keys.client_id))["id"])
    first = await logged(api, keys, urgency["ticket_id"], 40, worked_on="2027-01-04")
    second = await logged(api, keys, urgency["ticket_id"], 40, worked_on="2027-01-04")
    assert (sums(first), first["non_billable_reason"]) == ((40, 0, 0, 40), "included_in_fee")
    assert (sums(second), second["amount_cents"]) == ((40, 0, 20, 20), 5000)  # 20 min at 150 €/h
    assert second["explanation"][2]["text"] == "20 minutes are included in the urgency fee."
    # Taken back, the included minutes are there again.
    body = {"reason": "Lunch", "replacement": {"ticket_id": urgency["ticket_id"], "worked_on": "2027-01-04", "worked_minutes": 10, "description": "x"}}  # fmt: skip
    corrected = await posted(api, keys, f"/v1/time-entries/{first['id']}/corrections", body)
    assert sums(corrected["replacement"]) == (10, 0, 0, 10)
    third = await logged(api, keys, urgency["ticket_id"], 60, worked_on="2027-01-04")
    assert sums(third) == (60, 0, 30, 30)
    # Without the fee nothing is included.
    await moved(api, keys, urgency, "standard")
    await moved(api, keys, urgency, "urgent")
    other = await raised(api, keys, (await a_ticket(conn, client_id=keys.client_id))["id"])
    await posted(api, keys, f"/v1/urgencies/{other['id']}/waiver", {"reason": "x"}, key="finance")
    assert sums(await logged(api, keys, other["ticket_id"], 20, worked_on="2027-01-04")) == (20, 0, 0, 20)
    await settled(conn)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE urgencies SET opening_fee_cents = 1",
        "DELETE FROM urgencies",
        "UPDATE urgency_fees SET amount_cents = 1",
        "DELETE FROM urgency_fees",
    ],
)
async def test_the_database_keeps_the_fee(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock, statement: str
):
    await raised(api, keys, (await a_ticket(conn, client_id=keys.client_id))["id"])
    with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
        await conn.execute(statement)


async def test_one_charge_and_one_reversal_of_each_booking(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    await raised(api, keys, (await a_ticket(conn, client_id=keys.client_id))["id"])
    insert = (
        "INSERT INTO urgency_fees (id, urgency_id, kind, amount_cents, reverses_id, reason, created_at) "
        "SELECT gen_random_uuid(), urgency_id, $1, $2, CASE WHEN $3 THEN id END, 'x', now() FROM urgency_fees "
        "WHERE kind = 'charge'"
    )
    await conn.execute(insert, "reversal", -15000, True)
    for kind, cents, reverses in (("charge", 15000, False), ("reversal", -15000, True), ("waiver", -15000, True)):
        with pytest.raises(asyncpg.UniqueViolationError):
            async with conn.transaction():
                await conn.execute(insert, kind, cents, reverses)
