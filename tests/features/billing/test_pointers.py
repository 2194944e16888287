"""A refusal of input names the field at fault, wherever the rule stands that says no."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core.db import Connection
from tests.billing import invoiced, logged
from tests.builders import Keys, a_ticket
from tests.conftest import Clock
from tests.contract.world import ABSENT

Api = httpx.AsyncClient
WORK = {"description": "Repaired the menu"}


@pytest.fixture
async def ticket_id(conn: Connection, keys: Keys, clock: Clock) -> str:
    return str((await a_ticket(conn, client_id=keys.client_id, status="in_progress"))["id"])


def told(answer: httpx.Response, status: int = 422) -> tuple[str, str, str]:
    """Code of the problem; place and pointer of its only error."""
    assert answer.status_code == status, answer.text
    problem = answer.json()
    (error,) = problem["errors"]
    return problem["code"], error["in"], error["pointer"]


FUTURE: dict[str, Any] = {"started_at": "2026-11-24T10:00:00Z", "ended_at": "2026-11-24T12:00:00Z"}
EMPTY: dict[str, Any] = {"started_at": "2026-11-24T09:00:00Z", "ended_at": "2026-11-24T09:00:00Z"}
LONG: dict[str, Any] = {"started_at": "2026-11-01T09:00:00Z", "ended_at": "2026-11-08T09:00:00Z"}  # 10,080 minutes
WRONG_TIMES = [
    ({"worked_on": "2026-11-23", "worked_minutes": 1441}, "longer-than-day", "/worked_minutes"),
    ({"worked_on": "2026-10-25", "worked_minutes": 1501}, "longer-than-day", "/worked_minutes"),
    ({"worked_on": "2026-11-25", "worked_minutes": 10}, "future-work", "/worked_on"),
    (FUTURE, "future-work", "/ended_at"),
    (EMPTY, "empty-span", "/ended_at"),
    (LONG, "entry-too-long", "/ended_at"),
]


@pytest.mark.parametrize(("when", "code", "pointer"), WRONG_TIMES, ids=[f"{one[1]} {one[2]}" for one in WRONG_TIMES])
async def test_times_that_cannot_be(
    api: Api, keys: Keys, ticket_id: str, when: dict[str, Any], code: str, pointer: str
):
    """Logged, imported or as what is right instead: the same rule, each time pointed at where it was sent."""
    entry = await logged(api, keys, ticket_id, 25)
    body = WORK | {"ticket_id": ticket_id} | when

    answer = await api.post("/v1/time-entries", json=body, headers=keys["agent"])
    assert told(answer) == (code, "body", pointer)
    correction = {"reason": "Typed wrongly", "replacement": body}
    answer = await api.post(f"/v1/time-entries/{entry['id']}/corrections", json=correction, headers=keys["agent"])
    assert told(answer) == (code, "body", f"/replacement{pointer}")
    good = WORK | {"ticket_id": ticket_id, "worked_on": "2026-11-23", "worked_minutes": 10}
    answer = await api.post("/v1/time-entry-imports", json={"entries": [good, body]}, headers=keys["agent"])
    first, second = answer.json()["results"]
    assert (first["outcome"], second["outcome"], second["problem"]["code"]) == ("logged", "refused", code)
    assert [error["pointer"] for error in second["problem"]["errors"]] == [f"/entries/1{pointer}"]


async def test_a_whole_day_is_a_day(api: Api, keys: Keys, ticket_id: str):
    """24 hours of work are believed; nobody pays them here, so no quote is asked for."""
    for day, minutes in (("2026-11-23", 1440), ("2026-10-25", 1500)):
        entry = await logged(
            api, keys, ticket_id, minutes, worked_on=day, non_billable_reason="The server was moved", **WORK
        )
        assert entry["non_billable_minutes"] == minutes


async def test_on_call_is_asked_for_oneself(api: Api, keys: Keys, clock: Clock):
    body = {
        "event": "Christmas market",
        "site_ids": [str(ABSENT)],
        "starts_at": "2026-12-05T18:00:00Z",
        "ends_at": "2026-12-05T22:00:00Z",
        "requested_by": "Rita",
        "contact": {"name": "Rita", "phone": "+352 621 000 001"},
    }
    answers = [
        await api.post("/v1/permanence-requests", json=body | {"client_id": str(client)}, headers=keys["client"])
        for client in (keys.other_client_id, ABSENT)
    ]
    assert [told(answer) for answer in answers] == [("reference-unknown", "body", "/client_id")] * 2
    foreign, absent = (
        {name: value for name, value in answer.json().items() if name != "request_id"} for answer in answers
    )
    assert foreign == absent


async def test_years_that_the_desk_cannot_reckon_with(api: Api, keys: Keys, clock: Clock):
    for path in ("/v1/invoice-previews", "/v1/invoice-runs"):
        answer = await api.post(path, json={"period": "1007-Q1"}, headers=keys["finance"])
        assert told(answer) == ("period-invalid", "body", "/period")
    answer = await api.get("/v1/reports/minutes", params={"period": "1007-Q1"}, headers=keys["finance"])
    assert told(answer) == ("period-invalid", "query", "/period")


async def test_what_is_sold_names_its_field(api: Api, keys: Keys, ticket_id: str, clock: Clock):
    hours = {"client_id": str(keys.client_id), "year": 2027, "bought_minutes": 60}
    answer = await api.post("/v1/contracts", json=hours, headers=keys["finance"])
    assert told(answer) == ("contract-year", "body", "/year")
    line = {"description": "Theme", "quantity": 1, "unit_price_cents": 1}
    fixed = {"ticket_id": ticket_id, "kind": "estimate", "lines": [line]}
    answer = await api.post("/v1/quotes", json=fixed, headers=keys["agent"])
    assert told(answer) == ("estimate-needs-minutes", "body", "/lines")


async def test_the_feed_names_its_own_parameter(api: Api, keys: Keys):
    answer = await api.get("/v1/events", params={"after": "-1"}, headers=keys["admin"])
    assert told(answer) == ("invalid-request", "query", "/after")


async def test_money_comes_for_invoices_and_in_their_time(api: Api, conn: Connection, keys: Keys, ticket_id: str):
    """Issued on 24 November 2026: paid in advance from 24 November 2025 on, not before; a credit note is not paid."""
    await logged(api, keys, ticket_id, 25)
    invoice = await invoiced(conn, keys.client_id)
    path = f"/v1/invoices/{invoice['id']}"
    issued_on = invoice["issued_on"]
    first = issued_on - timedelta(days=365)

    def payment(day: Any) -> dict[str, Any]:
        return {"amount_cents": 100, "paid_on": day.isoformat()}

    early = await api.post(f"{path}/payments", json=payment(first - timedelta(days=1)), headers=keys["finance"])
    assert told(early) == ("payment-too-early", "body", "/paid_on")
    assert early.json()["earliest_on"] == first.isoformat()
    advance = await api.post(f"{path}/payments", json=payment(first), headers=keys["finance"])
    assert advance.status_code == 201, advance.text

    note = await api.post(f"{path}/credit-notes", json={"reason": "Wrong client"}, headers=keys["finance"])
    answer = await api.post(
        f"/v1/invoices/{note.json()['id']}/payments", json=payment(issued_on), headers=keys["finance"]
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "not-payable")
    assert answer.json()["detail"] == "It is a credit note: only invoices are paid."
