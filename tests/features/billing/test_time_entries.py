"""Time entries over HTTP: prices, draws, splits, flags, refusals (rules P, C2 to C4, T4, T5)."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.core.db import Connection
from tests.billing import a_contract, logged, settled, sums
from tests.builders import Keys, a_ticket
from tests.conftest import Clock

NEW_TERMS: dict[str, Any] = {
    "effective_on": "2027-01-15",
    "hourly_rate_cents": 12600,
    "contract_discount_bp": 500,
    "urgency": {"opening_fee_cents": 15000},
    "billing_increment_minutes": 15,
    "minimum_minutes": 30,
    "quote_threshold_minutes": 480,
    "text": {"fr": "a", "en": "b", "de": "c"},
}


@pytest.fixture
async def ticket_id(conn: Connection, keys: Keys, clock: Clock) -> str:
    """A standard ticket of the client."""
    ticket = await a_ticket(conn, client_id=keys.client_id)
    return str(ticket["id"])


async def test_minutes_of_a_date_cost_two_euro_each(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    entry = await logged(api, keys, ticket_id, 25)

    assert sums(entry) == (25, 0, 25, 0)
    assert (entry["hourly_rate_cents"], entry["amount_cents"], entry["currency"]) == (12000, 5000, "EUR")
    assert (entry["status"], entry["flags"], entry["further_parts"]) == ("open", [], [])
    assert entry["client_id"] == str(keys.client_id)
    assert entry["agent_id"] == str(keys.agent_id)
    assert entry["logged_at"] == "2026-11-24T10:00:00Z"
    assert [(step["because"], step["text"]) for step in entry["explanation"]] == [
        ("terms", "The terms of 2022-07-01 were in force on 2026-11-23: 120.00 EUR an hour."),
        ("increment", "25 minutes worked are billed as 25: in steps of 1, at least 1."),
        ("billable", "25 minutes at 120.00 EUR an hour: 50.00 EUR."),
    ]
    read = await api.get(f"/v1/time-entries/{entry['id']}", headers=keys["agent"])
    assert read.json() == {name: value for name, value in entry.items() if name != "further_parts"}
    await settled(conn)


async def test_a_stretch_of_time_counts_its_minutes(api: httpx.AsyncClient, keys: Keys, ticket_id: str):
    span: dict[str, Any] = {"started_at": "2026-11-24T09:00:10+01:00", "ended_at": "2026-11-24T09:35:50+01:00"}
    entry = await logged(api, keys, ticket_id, worked_on=None, worked_minutes=None, **span)
    assert (entry["worked_minutes"], entry["worked_on"], entry["amount_cents"]) == (35, "2026-11-24", 7000)
    assert (entry["started_at"], entry["ended_at"]) == ("2026-11-24T08:00:10Z", "2026-11-24T08:35:50Z")


async def test_prepaid_minutes_come_first_and_the_rest_is_billed(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    contract = await a_contract(conn, keys.client_id, 70)

    first = await logged(api, keys, ticket_id, 50)
    second = await logged(api, keys, ticket_id, 50)

    assert sums(first) == (50, 50, 0, 0)
    assert first["amount_cents"] == 0
    assert sums(second) == (50, 20, 30, 0)
    assert second["amount_cents"] == 6000
    assert second["draws"] == [{"contract_id": str(contract["id"]), "minutes": 20}]
    assert [step["text"] for step in second["explanation"][2:]] == [
        f"20 minutes are drawn from contract {contract['id']}.",
        "30 minutes at 120.00 EUR an hour: 60.00 EUR.",
    ]
    lines = await conn.fetch("SELECT minutes, position, left_minutes FROM time_allocations WHERE place = 'drawn' ORDER BY position")  # fmt: skip
    assert [tuple(line) for line in lines] == [(50, 2, 20), (20, 3, 0)]  # line 1 is the purchase
    await settled(conn)


async def test_pools_are_used_in_the_order_of_their_expiry_then_purchase(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    march = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    later = await a_contract(conn, keys.client_id, 60, purchased_on=march.date(), created_at=march)
    earlier = await a_contract(conn, keys.client_id, 60)
    entry = await logged(api, keys, ticket_id, 90)
    assert {draw["contract_id"]: draw["minutes"] for draw in entry["draws"]} == {
        str(earlier["id"]): 60,
        str(later["id"]): 30,
    }


async def test_work_of_another_year_or_before_the_contract_counts_is_not_prepaid(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    await a_contract(conn, keys.client_id, 60, effective_at=None, effective_reason=None)
    assert sums(await logged(api, keys, ticket_id, 10)) == (10, 0, 10, 0)
    await a_contract(conn, keys.client_id, 60)
    assert sums(await logged(api, keys, ticket_id, 10, worked_on="2025-12-31")) == (10, 0, 10, 0)


async def test_work_typed_in_january_for_december_draws_from_decembers_pool(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str, clock: Clock
):
    await a_contract(conn, keys.client_id, 60)
    clock.set(datetime(2027, 1, 12, 9, 0, tzinfo=UTC))
    entry = await logged(api, keys, ticket_id, 10, worked_on="2026-12-31")
    assert sums(entry) == (10, 10, 0, 0)
    assert entry["flags"] == ["late"]  # the last quarter of 2026 is over


async def test_prepaid_minutes_of_others_are_not_touched(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    await a_contract(conn, keys.other_client_id, 60)
    assert sums(await logged(api, keys, ticket_id, 10)) == (10, 0, 10, 0)


async def test_urgent_minutes_are_prepaid_too(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    await a_contract(conn, keys.client_id, 60)
    ticket = await a_ticket(conn, client_id=keys.client_id, lane="urgent")
    entry = await logged(api, keys, ticket["id"], 45)
    assert (sums(entry), entry["lane"]) == ((45, 45, 0, 0), "urgent")


async def test_a_reason_makes_time_free(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str):
    await a_contract(conn, keys.client_id, 60)
    entry = await logged(api, keys, ticket_id, 25, non_billable_reason="goodwill")
    assert sums(entry) == (25, 0, 0, 25)
    assert (entry["amount_cents"], entry["non_billable_reason"]) == (0, "goodwill")
    assert entry["explanation"][-1]["text"] == "25 minutes are not billed: goodwill."


async def test_a_ticket_of_a_site_in_its_project_is_free_unless_somebody_bills_it(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    ticket = await a_ticket(conn, client_id=keys.client_id, flags=["in_project"])
    free = await logged(api, keys, ticket["id"], 25)
    assert (sums(free), free["non_billable_reason"]) == ((25, 0, 0, 25), "in_project")
    billed = await logged(api, keys, ticket["id"], 25, bill_in_project=True)
    assert (sums(billed), billed["non_billable_reason"]) == ((25, 0, 25, 0), None)


async def test_nobody_is_billed_for_a_ticket_of_nobody(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    ticket = await a_ticket(conn)
    body = {"ticket_id": str(ticket["id"]), "worked_on": "2026-11-23", "worked_minutes": 5, "description": "Asked who"}
    refused = await api.post("/v1/time-entries", json=body, headers=keys["agent"])
    assert (refused.status_code, refused.json()["code"]) == (409, "client-unidentified")
    free = await logged(api, keys, ticket["id"], 5, non_billable_reason="unknown sender")
    assert (free["client_id"], sums(free)) == (None, (5, 0, 0, 5))
    await settled(conn)


async def test_nobody_is_billed_for_spam(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    ticket = await a_ticket(conn, client_id=keys.client_id, status="spam")
    body = {"ticket_id": str(ticket["id"]), "worked_on": "2026-11-23", "worked_minutes": 5, "description": "Read it"}
    refused = await api.post("/v1/time-entries", json=body, headers=keys["agent"])
    assert (refused.status_code, refused.json()["code"]) == (409, "ticket-is-spam")
    free = await logged(api, keys, ticket["id"], 5, non_billable_reason="spam")
    assert sums(free) == (5, 0, 0, 5)
    await settled(conn)


async def test_times_of_one_agent_touch_but_do_not_overlap(api: httpx.AsyncClient, keys: Keys, ticket_id: str):
    def span(start: str, end: str) -> dict[str, Any]:
        return {
            "ticket_id": ticket_id, "started_at": f"2026-11-24T{start}:00Z", "ended_at": f"2026-11-24T{end}:00Z",
            "description": "x",
        }  # fmt: skip

    async def status(start: str, end: str) -> int:
        answer = await api.post("/v1/time-entries", json=span(start, end), headers=keys["agent"])
        assert answer.status_code == 201 or answer.json()["code"] == "time-overlaps"
        return answer.status_code

    assert await status("08:00", "08:30") == 201
    assert await status("08:30", "09:00") == 201
    assert await status("07:45", "08:00") == 201
    for start, end in (("08:29", "08:45"), ("07:00", "10:00"), ("08:10", "08:20"), ("08:00", "08:30")):
        assert await status(start, end) == 409


async def test_work_over_the_end_of_a_quarter_is_cut_there(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    # 1 October begins at 22:00 UTC of the day before.
    span: dict[str, Any] = {"started_at": "2026-09-30T21:30:00Z", "ended_at": "2026-09-30T22:45:00Z"}
    first = await logged(api, keys, ticket_id, worked_on=None, worked_minutes=None, **span)
    (second,) = first["further_parts"]
    assert (first["worked_on"], first["worked_minutes"], first["ended_at"]) == (
        "2026-09-30",
        30,
        "2026-09-30T22:00:00Z",
    )
    assert (second["worked_on"], second["worked_minutes"]) == ("2026-10-01", 45)
    assert second["part_of_id"] == first["id"]
    assert first["part_of_id"] is None
    assert first["flags"] == ["late", "out_of_hours"]  # the third quarter is over
    assert second["flags"] == ["out_of_hours"]
    await settled(conn)


async def test_the_end_of_a_month_cuts_only_for_those_invoiced_by_month(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    # 1 November begins at 23:00 UTC of the day before: summer time is over.
    span: dict[str, Any] = {"started_at": "2026-10-31T22:30:00Z", "ended_at": "2026-10-31T23:30:00Z"}
    whole = await logged(api, keys, ticket_id, worked_on=None, worked_minutes=None, **span)
    assert (whole["worked_minutes"], whole["worked_on"], whole["further_parts"]) == (60, "2026-10-31", [])
    await conn.execute("UPDATE clients SET billing_cycle = 'monthly' WHERE id = $1", keys.client_id)
    await conn.execute("DELETE FROM busy_times")
    cut = await logged(api, keys, ticket_id, worked_on=None, worked_minutes=None, **span)
    assert [part["worked_minutes"] for part in (cut, *cut["further_parts"])] == [30, 30]


async def test_new_terms_cut_work_at_their_midnight(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str, clock: Clock
):
    assert (await api.post("/v1/terms", json=NEW_TERMS, headers=keys["finance"])).status_code == 201
    clock.set(datetime(2027, 1, 20, 9, 0, tzinfo=UTC))
    span: dict[str, Any] = {
        "started_at": "2027-01-14T22:40:00Z",
        "ended_at": "2027-01-14T23:31:00Z",
    }  # midnight is 23:00 UTC
    old = await logged(api, keys, ticket_id, worked_on=None, worked_minutes=None, **span)
    (new,) = old["further_parts"]
    assert (old["worked_minutes"], old["billed_minutes"], old["amount_cents"]) == (20, 20, 4000)
    # 31 minutes in steps of 15 are 45, at 2.10 € each.
    assert (new["worked_minutes"], new["billed_minutes"], new["amount_cents"]) == (31, 45, 9450)
    assert old["terms_id"] != new["terms_id"]
    short = await logged(api, keys, ticket_id, 1, worked_on="2027-01-15")
    assert (short["billed_minutes"], short["amount_cents"]) == (30, 6300)  # at least 30
    before = await logged(api, keys, ticket_id, 1, worked_on="2027-01-14")
    assert (before["billed_minutes"], before["amount_cents"]) == (1, 200)
    await settled(conn)


async def test_the_future_is_five_minutes_long(api: httpx.AsyncClient, keys: Keys, ticket_id: str):
    def body(**when: Any) -> dict[str, Any]:
        return {"ticket_id": ticket_id, "description": "x", **when}

    ahead = body(started_at="2026-11-24T09:50:00Z", ended_at="2026-11-24T10:05:00Z")
    answer = await api.post("/v1/time-entries", json=ahead, headers=keys["agent"])
    assert (answer.status_code, answer.json()["flags"]) == (201, ["future"])
    for when in (
        {"started_at": "2026-11-24T10:05:00Z", "ended_at": "2026-11-24T10:05:01Z"},
        {"worked_on": "2026-11-25", "worked_minutes": 1},
    ):
        refused = await api.post("/v1/time-entries", json=body(**when), headers=keys["agent"])
        assert (refused.status_code, refused.json()["code"]) == (422, "future-work")


async def test_evenings_and_holidays_are_out_of_hours(api: httpx.AsyncClient, keys: Keys, ticket_id: str):
    for start, end, flagged in (
        ("2026-11-23T16:20:00Z", "2026-11-23T16:30:00Z", []),  # until 17:30
        ("2026-11-23T16:30:00Z", "2026-11-23T16:31:00Z", ["out_of_hours"]),
        ("2026-11-22T10:00:00Z", "2026-11-22T10:10:00Z", ["out_of_hours"]),  # a Sunday
        ("2026-06-23T10:00:00Z", "2026-06-23T10:10:00Z", ["late", "out_of_hours"]),  # the national day
    ):
        span: dict[str, Any] = {"started_at": start, "ended_at": end}
        entry = await logged(api, keys, ticket_id, worked_on=None, worked_minutes=None, **span)
        assert entry["flags"] == flagged, start
        assert entry["hourly_rate_cents"] == 12000  # the standard rate all the same (P5)


WHEN: dict[str, Any] = {"worked_on": "2026-11-23", "worked_minutes": 5}


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"worked_minutes": 0}, "too-small", "/worked_minutes"),
        ({"worked_minutes": 10_001}, "too-large", "/worked_minutes"),
        ({"worked_minutes": True}, "integer-expected", "/worked_minutes"),
        ({"worked_minutes": None}, "field-combination", ""),
        ({"started_at": "2026-11-24T09:00:00Z"}, "field-combination", ""),
        ({"started_at": "2026-11-24T09:00:00Z", "ended_at": "2026-11-24T09:10:00Z"}, "field-combination", ""),
        ({"worked_on": "2026-11-23T00:00:00"}, "date-invalid", "/worked_on"),
        ({"description": " "}, "too-short", "/description"),
        ({"description": "x" * 2001}, "too-long", "/description"),
        ({"non_billable_reason": ""}, "too-short", "/non_billable_reason"),
        ({"billed_minutes": 1}, "field-unknown", ""),
        ({"ticket_id": "1"}, "id-invalid", "/ticket_id"),
    ],
)
async def test_what_is_no_entry_is_refused(
    api: httpx.AsyncClient, keys: Keys, ticket_id: str, change: dict[str, Any], code: str, pointer: str
):
    body = {"ticket_id": ticket_id, "description": "x", **WHEN} | change
    answer = await api.post("/v1/time-entries", json=body, headers=keys["agent"])
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["code"], error["pointer"]) == (code, pointer)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"ticket_id": "019ab000-0000-7000-8000-0000000000ff"}, 422, "reference-unknown"),
        ({"agent_id": "019ab000-0000-7000-8000-0000000000ff"}, 422, "reference-unknown"),
        ({"worked_on": "2022-06-30"}, 409, "no-terms"),
        ({"non_billable_reason": "included_in_fee"}, 422, "reason-reserved"),
    ],
)
async def test_what_the_rules_refuse(
    api: httpx.AsyncClient, keys: Keys, ticket_id: str, change: dict[str, Any], status: int, code: str
):
    body = {"ticket_id": ticket_id, "description": "x", **WHEN} | change
    answer = await api.post("/v1/time-entries", json=body, headers=keys["agent"])
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2026-11-24T09:00:00Z", "2026-11-24T09:00:00Z", "empty-span"),
        ("2026-11-24T09:00:00Z", "2026-11-24T08:00:00Z", "empty-span"),
        ("2026-11-01T09:00:00Z", "2026-11-08T09:00:00Z", "entry-too-long"),  # 10,080 minutes
        ("2001-01-01T00:00:00Z", "2026-11-24T09:00:00Z", "no-terms"),
    ],
)
async def test_stretches_that_make_no_sense(
    api: httpx.AsyncClient, keys: Keys, ticket_id: str, start: str, end: str, code: str
):
    body = {"ticket_id": ticket_id, "description": "x", "started_at": start, "ended_at": end}
    answer = await api.post("/v1/time-entries", json=body, headers=keys["agent"])
    assert answer.json()["code"] == code


async def test_a_key_without_an_agent_names_one(api: httpx.AsyncClient, keys: Keys, ticket_id: str):
    body = {"ticket_id": ticket_id, "description": "x", **WHEN}
    answer = await api.post("/v1/time-entries", json=body, headers=keys["admin"])
    assert (answer.status_code, answer.json()["code"]) == (422, "agent-required")
    named = await api.post("/v1/time-entries", json=body | {"agent_id": str(keys.agent_id)}, headers=keys["admin"])
    assert named.status_code == 201


async def test_a_ticket_with_time_stays_its_clients(api: httpx.AsyncClient, keys: Keys, ticket_id: str):
    await logged(api, keys, ticket_id)
    body = {"client_id": str(keys.other_client_id)}
    answer = await api.patch(f"/v1/tickets/{ticket_id}", json=body, headers=keys["agent"])
    assert (answer.status_code, answer.json()["code"]) == (409, "client-has-time")
