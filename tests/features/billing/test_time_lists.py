"""Lists, exports and imports of time entries."""

import csv
import io
from typing import Any

import httpx
import pytest

from app.core.db import Connection
from tests.billing import a_contract, logged, settled, sums
from tests.builders import Keys, a_ticket, an_agent
from tests.conftest import Clock
from tests.statements import counted


@pytest.fixture
async def ticket_id(conn: Connection, keys: Keys, clock: Clock) -> str:
    ticket = await a_ticket(conn, client_id=keys.client_id)
    return str(ticket["id"])


async def listed(api: httpx.AsyncClient, keys: Keys, key: str = "agent", **filters: Any) -> list[str]:
    answer = await api.get("/v1/time-entries", params=filters, headers=keys[key])
    assert answer.status_code == 200, answer.text
    return [entry["description"] for entry in answer.json()["items"]]


async def test_the_newest_work_comes_first_and_filters_narrow(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    colleague = (await an_agent(conn, email="bob@e-connect.lu"))["id"]
    theirs = str((await a_ticket(conn, client_id=keys.other_client_id))["id"])
    await logged(api, keys, ticket_id, description="a", worked_on="2026-11-20")
    await logged(api, keys, theirs, description="b", worked_on="2026-11-21")
    await logged(api, keys, ticket_id, description="c", worked_on="2026-11-22", agent_id=str(colleague))
    late = await logged(api, keys, ticket_id, description="d", worked_on="2026-09-30")

    assert await listed(api, keys) == ["c", "b", "a", "d"]
    assert await listed(api, keys, ticket_id=ticket_id) == ["c", "a", "d"]
    assert await listed(api, keys, client_id=str(keys.other_client_id)) == ["b"]
    assert await listed(api, keys, agent_id=str(colleague)) == ["c"]
    assert await listed(api, keys, worked_from="2026-11-21") == ["c", "b"]
    assert await listed(api, keys, worked_from="2026-11-20", worked_until="2026-11-22") == ["b", "a"]
    assert await listed(api, keys, flag="late") == ["d"]
    assert await listed(api, keys, client_id=str(keys.client_id), agent_id=str(keys.agent_id)) == ["a", "d"]
    await api.post(f"/v1/time-entries/{late['id']}/corrections", json={"reason": "x"}, headers=keys["agent"])
    assert await listed(api, keys, status="corrected") == ["d"]
    assert await listed(api, keys, status="open") == ["c", "b", "a", "d"]  # the last one is the counter-entry
    assert await listed(api, keys, status="invoiced") == []


@pytest.mark.parametrize("filters", [{}, {"client_id": "client"}, {"ticket_id": "ticket"}, {"agent_id": "agent"}])
async def test_pages_hold_each_entry_once(api: httpx.AsyncClient, keys: Keys, ticket_id: str, filters: dict[str, str]):
    ids = {"client": str(keys.client_id), "ticket": ticket_id, "agent": str(keys.agent_id)}
    for number in range(7):
        await logged(api, keys, ticket_id, description=str(number), worked_on=f"2026-11-{10 + number // 3}")
    params = {name: ids[value] for name, value in filters.items()} | {"limit": "3"}
    seen, path = [], f"/v1/time-entries?{httpx.QueryParams(params)}"
    while path:
        page = await api.get(path, headers=keys["agent"])
        seen += [item["description"] for item in page.json()["items"]]
        path = page.links.get("next", {}).get("url", "")
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


async def test_a_client_sees_its_own_time_only(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str):
    theirs = str((await a_ticket(conn, client_id=keys.other_client_id))["id"])
    await logged(api, keys, ticket_id, description="ours")
    foreign = await logged(api, keys, theirs, description="theirs")
    assert await listed(api, keys, "client") == ["ours"]
    assert await listed(api, keys, "client", ticket_id=theirs) == []
    assert await listed(api, keys, "client", client_id=str(keys.other_client_id)) == []
    assert (await api.get(f"/v1/time-entries/{foreign['id']}", headers=keys["client"])).status_code == 404


async def test_a_page_costs_two_statements_whatever_its_length(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    await a_contract(conn, keys.client_id, 10_000)
    for number in range(12):
        await logged(api, keys, ticket_id, description=str(number))
    for limit in (1, 12):
        with counted(conn) as statements:
            await listed(api, keys, limit=limit)
        assert len(statements) == 2  # the key and the page; terms are read once a process


async def test_logging_a_draw_costs_five_round_trips(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    await a_contract(conn, keys.client_id, 10_000)
    await logged(api, keys, ticket_id)
    with counted(conn) as statements:
        await logged(api, keys, ticket_id)
    # key, BEGIN, facts and pools, entry and audit log, COMMIT
    assert len(statements) == 5, statements


async def test_entries_as_csv(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str):
    await a_contract(conn, keys.client_id, 10)
    await logged(api, keys, ticket_id, 25, description='=HYPERLINK("x"), really')
    await logged(api, keys, ticket_id, 5, description="Zwei\nZeilen", worked_on="2026-11-20", non_billable_reason="+1")

    for request in ({"params": {"format": "csv"}}, {"extra": {"Accept": "text/csv"}}):
        headers = keys["agent"] | request.get("extra", {})
        answer = await api.get("/v1/time-entries", params=request.get("params"), headers=headers)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert "attachment" in answer.headers["content-disposition"]
        first, second = csv.DictReader(io.StringIO(answer.text))
        assert (first["worked_on"], first["worked_minutes"], first["drawn_minutes"]) == ("2026-11-23", "25", "10")
        assert (first["billable_minutes"], first["amount_cents"], first["currency"]) == ("15", "3000", "EUR")
        assert first["description"] == '\'=HYPERLINK("x"), really'
        assert (first["client_name"], first["agent_name"]) == ("Boulangerie Exemple", "Anne Agent")
        assert (second["description"], second["non_billable_reason"]) == ("Zwei\nZeilen", "'+1")
        assert second["non_billable_minutes"] == "5"
    own = await api.get("/v1/time-entries", params={"format": "csv"}, headers=keys["other_client"])
    assert list(csv.DictReader(io.StringIO(own.text))) == []


async def test_an_export_has_its_limit(
    api: httpx.AsyncClient, keys: Keys, ticket_id: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.core.csv.MOST_ROWS", 1)
    for _ in range(2):
        await logged(api, keys, ticket_id)
    answer = await api.get("/v1/time-entries", params={"format": "csv"}, headers=keys["agent"])
    assert (answer.status_code, answer.json()["code"]) == (422, "export-too-large")


async def imported(api: httpx.AsyncClient, keys: Keys, *entries: Any, key: str = "agent") -> dict[str, Any]:
    answer = await api.post("/v1/time-entry-imports", json={"entries": list(entries)}, headers=keys[key])
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def test_an_import_gives_each_entry_its_result(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    await a_contract(conn, keys.client_id, 30)
    await logged(
        api, keys, ticket_id, worked_on=None, worked_minutes=None,
        started_at="2026-11-23T08:00:00Z", ended_at="2026-11-23T08:10:00Z",
    )  # fmt: skip
    good = {"ticket_id": ticket_id, "worked_on": "2026-11-20", "worked_minutes": 15, "description": "x"}
    timed = {"ticket_id": ticket_id, "description": "x"}
    result = await imported(
        api, keys,
        good,
        good | {"worked_minutes": 0},
        good | {"ticket_id": "019ab000-0000-7000-8000-0000000000ff"},
        timed | {"started_at": "2026-11-23T08:09:00Z", "ended_at": "2026-11-23T08:20:00Z"},
        timed | {"started_at": "2026-11-23T08:10:00Z", "ended_at": "2026-11-23T08:20:00Z"},
        timed | {"started_at": "2026-11-23T08:19:00Z", "ended_at": "2026-11-23T08:21:00Z"},
        timed | {"started_at": "2026-09-30T21:50:00Z", "ended_at": "2026-09-30T22:05:00Z"},
        "nonsense",
        good | {"worked_on": "2026-11-25"},
        timed | {"started_at": "2026-11-23T08:00:00Z", "ended_at": "2026-11-23T08:00:00Z"},
    )  # fmt: skip

    outcomes = [(one["index"], one["problem"] and one["problem"]["code"]) for one in result["results"]]
    assert outcomes == [
        (0, None),
        (1, "invalid-request"),
        (2, "reference-unknown"),
        (3, "time-overlaps"),
        (4, None),
        (5, "time-overlaps"),
        (6, None),
        (7, "invalid-request"),
        (8, "future-work"),
        (9, "empty-span"),
    ]
    assert (result["logged"], result["refused"]) == (3, 7)
    assert result["results"][1]["problem"]["errors"][0]["pointer"] == "/entries/1/worked_minutes"
    assert [len(one["entry_ids"]) for one in result["results"]] == [1, 0, 0, 0, 1, 0, 2, 0, 0, 0]
    # 30 minutes were there: 10 for the first entry of all, then the import in its order: 15, 5 of 10, 0 of 10 and 5.
    entries = [
        (await api.get(f"/v1/time-entries/{id_}", headers=keys["agent"])).json()
        for one in result["results"]
        for id_ in one["entry_ids"]
    ]
    assert [sums(entry) for entry in entries] == [(15, 15, 0, 0), (10, 5, 5, 0), (10, 0, 10, 0), (5, 0, 5, 0)]
    await settled(conn)


async def test_a_thousand_entries_are_one_import(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str):
    await a_contract(conn, keys.client_id, 600)
    others = [str((await a_ticket(conn, client_id=keys.client_id))["id"]) for _ in range(2)]
    entry = {"worked_on": "2026-11-20", "worked_minutes": 1, "description": "x" * 300}
    entries = [entry | {"ticket_id": (ticket_id, *others)[number % 3]} for number in range(1000)]
    with counted(conn) as statements:
        result = await imported(api, keys, *entries)
    assert (result["logged"], result["refused"]) == (1000, 0)
    assert len(statements) <= 9
    assert await conn.fetchval("SELECT sum(minutes) FROM open_time") == 400
    await settled(conn)
    too_many = await api.post("/v1/time-entry-imports", json={"entries": [1] * 1001}, headers=keys["agent"])
    assert too_many.status_code == 422


async def test_an_import_of_nothing_right_logs_nothing(api: httpx.AsyncClient, keys: Keys, ticket_id: str):
    result = await imported(api, keys, {}, None, {"ticket_id": ticket_id, "worked_on": "2026-11-20"})
    assert (result["logged"], result["refused"]) == (0, 3)
    nobody = {"ticket_id": ticket_id, "worked_on": "2026-11-20", "worked_minutes": 1, "description": "x"}
    result = await imported(api, keys, nobody, key="admin")
    assert result["results"][0]["problem"]["code"] == "agent-required"
    assert await listed(api, keys) == []


async def test_an_import_is_repeated_safely(api: httpx.AsyncClient, keys: Keys, ticket_id: str):
    body = {"entries": [{"ticket_id": ticket_id, "worked_on": "2026-11-20", "worked_minutes": 1, "description": "x"}]}
    headers = keys["agent"] | {"Idempotency-Key": "november"}
    first = await api.post("/v1/time-entry-imports", json=body, headers=headers)
    again = await api.post("/v1/time-entry-imports", json=body, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert await listed(api, keys) == ["x"]
