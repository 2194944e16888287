"""Time and on-call: hours that a window covers, and work on the permanence itself (O3, O4, P5, C4)."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.core.db import Connection, Row
from app.core.ids import new_id
from tests.billing import a_contract, logged, settled, sums
from tests.builders import Keys, a_permanence, a_quote, a_ticket, insert
from tests.conftest import Clock

ASKED = datetime(2026, 11, 10, 9, tzinfo=UTC)
SIX, ELEVEN = datetime(2026, 11, 21, 17, tzinfo=UTC), datetime(2026, 11, 21, 22, tzinfo=UTC)  # Saturday, 18 to 23 here


async def on_call(conn: Connection, client_id: Any, status: str = "scheduled") -> Row:
    """On-call on Saturday evening; bought unless it is only requested."""
    values = {"starts_at": SIX, "ends_at": ELEVEN, "requested_at": ASKED, "status": status}
    if status == "cancelled":
        values["cancelled_at"] = ASKED
    permanence = await a_permanence(conn, client_id, **values)
    if status != "requested":
        await a_quote(conn, client_id, permanence_id=permanence["id"], status="accepted", decided_at=ASKED)
        window = {"id": new_id(), "client_id": client_id, "permanence_id": permanence["id"]}
        await insert(conn, "permanence_windows", window | {"starts_at": SIX, "ends_at": ELEVEN})
    return permanence


@pytest.fixture
async def ticket_id(conn: Connection, keys: Keys, clock: Clock) -> Any:
    ticket = await a_ticket(conn, client_id=keys.client_id)
    return ticket["id"]


async def on_saturday(api: httpx.AsyncClient, keys: Keys, ticket_id: Any, start: str, end: str) -> Any:
    span: dict[str, Any] = {"started_at": f"2026-11-21T{start}:00+01:00", "ended_at": f"2026-11-21T{end}:00+01:00"}
    return await logged(api, keys, ticket_id, worked_on=None, worked_minutes=None, **span)


async def test_time_inside_a_window_is_not_outside_hours(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: Any
):
    await on_call(conn, keys.client_id)
    assert (await on_saturday(api, keys, ticket_id, "18:00", "18:30"))["flags"] == []
    assert (await on_saturday(api, keys, ticket_id, "22:30", "23:00"))["flags"] == []
    assert (await on_saturday(api, keys, ticket_id, "17:30", "17:45"))["flags"] == ["out_of_hours"]
    assert (await on_saturday(api, keys, ticket_id, "17:50", "18:00"))["flags"] == ["out_of_hours"]
    assert (await on_saturday(api, keys, ticket_id, "23:00", "23:10"))["flags"] == ["out_of_hours"]


async def test_time_that_leaves_the_window_is_outside_hours(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: Any
):
    await on_call(conn, keys.client_id)
    assert (await on_saturday(api, keys, ticket_id, "22:30", "23:01"))["flags"] == ["out_of_hours"]


@pytest.mark.parametrize("status", ["requested", "cancelled"])
async def test_windows_that_were_not_bought_cover_nothing(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: Any, status: str
):
    await on_call(conn, keys.client_id, status)
    assert (await on_saturday(api, keys, ticket_id, "18:00", "18:30"))["flags"] == ["out_of_hours"]


async def test_another_clients_window_covers_nothing(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: Any
):
    await on_call(conn, keys.other_client_id)
    assert (await on_saturday(api, keys, ticket_id, "18:00", "18:30"))["flags"] == ["out_of_hours"]


async def test_time_on_a_permanence_is_covered_by_its_price(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    permanence = await on_call(conn, keys.client_id)
    await a_contract(conn, keys.client_id, 600)

    entry = await logged(api, keys, None, 45, permanence_request_id=str(permanence["id"]))

    assert (entry["ticket_id"], entry["permanence_request_id"]) == (None, str(permanence["id"]))
    assert entry["client_id"] == str(keys.client_id)
    assert (sums(entry), entry["quoted_minutes"], entry["amount_cents"]) == ((45, 0, 0, 0), 45, 0)
    assert entry["explanation"][-1]["text"] == "45 minutes are part of an accepted quote."
    await settled(conn)
    for query in ({"permanence_request_id": str(permanence["id"])}, {"client_id": str(keys.client_id)}):
        page = await api.get("/v1/time-entries", params=query, headers=keys["client"])
        assert [item["id"] for item in page.json()["items"]] == [entry["id"]]
    csv = await api.get("/v1/time-entries?format=csv", headers=keys["finance"])
    assert str(permanence["id"]) in csv.text
    report = await api.get("/v1/reports/minutes?period=2026-Q4", headers=keys["finance"])
    (sums_of_client,) = report.json()["items"]
    assert (sums_of_client["quoted_minutes"], sums_of_client["equal"]) == (45, True)


async def test_time_on_a_permanence_is_corrected_like_any_other(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    permanence = await on_call(conn, keys.client_id, "scheduled")
    subject = {"permanence_request_id": str(permanence["id"])}
    entry = await logged(api, keys, None, 45, **subject)
    right = {**subject, "worked_on": "2026-11-21", "worked_minutes": 15, "description": "Watched the shop"}

    answer = await api.post(
        f"/v1/time-entries/{entry['id']}/corrections",
        json={"reason": "Typed 45 instead of 15", "replacement": right},
        headers=keys["agent"],
    )

    assert answer.status_code == 201, answer.text
    corrected = answer.json()
    assert corrected["counter_entry"]["permanence_request_id"] == str(permanence["id"])
    assert corrected["counter_entry"]["quoted_minutes"] == -45
    assert corrected["replacement"]["quoted_minutes"] == 15
    await settled(conn)


async def test_on_call_without_an_accepted_quote_can_only_be_given_away(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    permanence = await on_call(conn, keys.client_id, "requested")
    body: dict[str, Any] = {
        "permanence_request_id": str(permanence["id"]), "worked_on": "2026-11-23", "worked_minutes": 20,
        "description": "Looked for somebody who is free",
    }  # fmt: skip
    refused = await api.post("/v1/time-entries", json=body, headers=keys["agent"])
    assert (refused.status_code, refused.json()["code"]) == (409, "permanence-unquoted")
    given = await api.post("/v1/time-entries", json=body | {"non_billable_reason": "sales"}, headers=keys["agent"])
    assert given.status_code == 201
    assert sums(given.json()) == (20, 0, 0, 20)
    await settled(conn)


async def test_time_is_about_one_thing_that_exists(api: httpx.AsyncClient, keys: Keys, ticket_id: Any):
    body = {"worked_on": "2026-11-23", "worked_minutes": 20, "description": "x"}
    for subject in ({}, {"ticket_id": str(ticket_id), "permanence_request_id": str(new_id())}):
        answer = await api.post("/v1/time-entries", json=body | subject, headers=keys["agent"])
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "field-combination")
    for wrong in ({"permanence_request_id": str(ticket_id)}, {"permanence_request_id": str(new_id())}):
        answer = await api.post("/v1/time-entries", json=body | wrong, headers=keys["agent"])
        assert (answer.status_code, answer.json()["code"]) == (422, "reference-unknown")
        assert answer.json()["errors"][0]["pointer"] == "/permanence_request_id"


async def test_an_import_holds_tickets_and_on_call(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: Any
):
    permanence = await on_call(conn, keys.client_id)
    work: dict[str, Any] = {"worked_on": "2026-11-23", "worked_minutes": 20, "description": "x"}
    entries = [
        work | {"ticket_id": str(ticket_id)},
        work | {"permanence_request_id": str(permanence["id"])},
        work | {"permanence_request_id": str(ticket_id)},
    ]
    answer = await api.post("/v1/time-entry-imports", json={"entries": entries}, headers=keys["agent"])
    assert [result["outcome"] for result in answer.json()["results"]] == ["logged", "logged", "refused"]
    await settled(conn)


async def test_an_urgency_counts_at_once_only_in_a_window_that_was_bought(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    clock.set(datetime(2026, 11, 21, 18, tzinfo=UTC))
    body = {"requested_by": "Tom Weber"}
    seen = []
    for status in ("cancelled", "scheduled"):
        await on_call(conn, keys.client_id, status)
        ticket = await a_ticket(conn, client_id=keys.client_id)
        answer = await api.post("/v1/urgencies", json=body | {"ticket_id": str(ticket["id"])}, headers=keys["agent"])
        seen.append(answer.json()["counts_from_at"])
    assert seen == ["2026-11-23T07:30:00Z", "2026-11-21T18:00:00Z"]
