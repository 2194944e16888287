"""The audit log over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.db import Connection, Row
from app.core.ids import new_id
from app.desk.oversight.queries import audit_log_sql
from tests.builders import A_MOMENT_AGO, Keys, insert, some_keys
from tests.conftest import Clock
from tests.postgres import Clone, connected
from tests.statements import counted


async def an_entry(conn: Connection, **values: Any) -> Row:
    defaults = {
        "id": new_id(),
        "occurred_at": A_MOMENT_AGO,
        "role": "agent",
        "operation": "change_ticket",
        "path": "/v1/tickets/7",
        "status_code": 200,
        "request_id": "a-request",
        "client_address": "192.0.2.17",
        "data": {},
    }
    return await insert(conn, "audit_log", defaults | values)


async def ids(api: httpx.AsyncClient, keys: Keys, **query: Any) -> list[str]:
    answer = await api.get("/v1/audit-log", params=query, headers=keys["admin"])
    assert answer.status_code == 200, answer.text
    return [entry["id"] for entry in answer.json()["items"]]


async def key_id_of(conn: Connection, role: str) -> UUID:
    found: UUID = await conn.fetchval("SELECT id FROM api_keys WHERE role = $1 LIMIT 1", role)
    return found


async def test_a_change_is_told_with_who_made_it(api: httpx.AsyncClient, keys: Keys, conn: Connection, clock: Clock):
    headers = keys["agent"] | {"X-Request-ID": "the-request-in-question"}
    made = await api.post("/v1/clients", json={"name": "Thill", "language": "fr"}, headers=headers)

    answer = await api.get("/v1/audit-log", headers=keys["finance"])

    (entry,) = answer.json()["items"]
    assert entry == {
        "id": entry["id"],
        "occurred_at": "2026-11-24T10:00:00Z",
        "api_key_id": str(await key_id_of(conn, "agent")),
        "role": "agent",
        "operation": "create_client",
        "path": "/v1/clients",
        "status_code": 201,
        "request_id": "the-request-in-question",
        "client_address": "127.0.0.1",
        "data": {"id": made.json()["id"]},
    }


async def test_reading_and_refused_calls_leave_no_entry(api: httpx.AsyncClient, keys: Keys):
    await api.get("/v1/clients", headers=keys["agent"])
    await api.post("/v1/clients", json={"name": ""}, headers=keys["agent"])
    await api.patch(f"/v1/clients/{keys.client_id}", json={}, headers=keys["agent"] | {"If-Match": '"9"'})

    assert await ids(api, keys) == []


async def test_filters_narrow_by_key_operation_and_window(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    key_id = await key_id_of(conn, "agent")
    plain = await an_entry(conn)
    by_key = await an_entry(conn, api_key_id=key_id)
    revocation = await an_entry(conn, api_key_id=key_id, operation="revoke_api_key")
    later = await an_entry(conn, occurred_at=A_MOMENT_AGO + timedelta(hours=1))

    def of(*entries: Row) -> list[str]:
        return [str(entry["id"]) for entry in entries]

    assert await ids(api, keys) == of(later, revocation, by_key, plain)
    assert await ids(api, keys, api_key_id=str(key_id)) == of(revocation, by_key)
    assert await ids(api, keys, operation="revoke_api_key") == of(revocation)
    assert await ids(api, keys, api_key_id=str(key_id), operation="change_ticket") == of(by_key)
    assert await ids(api, keys, occurred_from="2026-11-24T10:30:00Z") == of(later)
    assert await ids(api, keys, occurred_until="2026-11-24T10:30:00Z") == of(revocation, by_key, plain)
    assert await ids(api, keys, occurred_from="2026-11-24T10:30:01Z") == []
    window = {"occurred_from": "2026-11-24T10:30:00+01:00", "occurred_until": "2026-11-24T10:30:01+01:00"}
    assert await ids(api, keys, operation="change_ticket", **window) == of(by_key, plain)


@pytest.mark.parametrize("query", [{}, {"operation": "change_ticket"}, {"api_key_id": "agent"}])
async def test_pages_hold_every_entry_once_while_others_are_added(
    api: httpx.AsyncClient, keys: Keys, conn: Connection, query: dict[str, str]
):
    key_id = await key_id_of(conn, "agent")
    query = {name: str(key_id) if name == "api_key_id" else value for name, value in query.items()}
    there = [str((await an_entry(conn, api_key_id=key_id))["id"]) for _ in range(5)]
    there.reverse()

    seen: list[str] = []
    page = await api.get("/v1/audit-log", params=query | {"limit": "2"}, headers=keys["admin"])
    while True:
        seen += [entry["id"] for entry in page.json()["items"]]
        if page.json()["next_cursor"] is None:
            break
        await an_entry(conn, api_key_id=key_id)
        page = await api.get(page.links["next"]["url"], headers=keys["admin"])
    assert seen == there


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"api_key_id": "7"}, "/api_key_id"),
        ({"operation": "DROP TABLE"}, "/operation"),
        ({"occurred_from": "yesterday"}, "/occurred_from"),
        ({"occurred_until": "2026-11-24T10:30:00"}, "/occurred_until"),
        ({"limit": "0"}, "/limit"),
        ({"limit": "101"}, "/limit"),
        ({"cursor": "nonsense"}, "/cursor"),
        ({"role": "agent"}, ""),
    ],
)
async def test_bad_queries_are_refused(api: httpx.AsyncClient, keys: Keys, query: dict[str, str], pointer: str):
    answer = await api.get("/v1/audit-log", params=query, headers=keys["admin"])

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_cursor_from_the_edge_of_time_is_refused(api: httpx.AsyncClient, keys: Keys):
    # ["0001-01-01T00:00:00+14:00", an id]: before the first moment in UTC
    cursor = "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwiMDE5YWIwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDBhIl0"
    answer = await api.get("/v1/audit-log", params={"cursor": cursor}, headers=keys["admin"])

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "cursor-invalid")


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("finance", 200), ("agent", 403), ("accounting", 403), ("client", 403), ("mail", 403)],
)
async def test_who_may_read_the_audit_log(api: httpx.AsyncClient, keys: Keys, role: str, status: int):
    assert (await api.get("/v1/audit-log", headers=keys[role])).status_code == status


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "ix_audit_log_occurred_at_id"),
        ({"api_key_id": True}, "ix_audit_log_api_key_id_occurred_at_id"),
        ({"operation": "change_ticket"}, "ix_audit_log_operation_occurred_at_id"),
    ],
)
async def test_each_filter_has_its_index(fresh_database: Clone, filters: dict[str, Any], index: str):
    chosen = dict.fromkeys(("api_key_id", "operation", "occurred_from", "occurred_until")) | filters
    async with connected(fresh_database.owner_url) as owner:
        await some_keys(owner)
        key_id = await key_id_of(owner, "agent")
        chosen |= {"api_key_id": key_id} if filters.get("api_key_id") else {}
        await owner.execute(
            "INSERT INTO audit_log (id, occurred_at, api_key_id, role, operation, path, status_code, request_id, "
            "client_address) SELECT gen_random_uuid(), $2::timestamptz + make_interval(secs => n), $1, 'agent', "
            "'change_ticket', '/', 200, '', '' FROM generate_series(1, 3000) AS n",
            key_id,
            A_MOMENT_AGO,
        )
        await owner.execute("ANALYZE audit_log")

        sql, values = audit_log_sql(chosen, (A_MOMENT_AGO + timedelta(seconds=1500), new_id()), 51)
        plan = "\n".join(row[0] for row in await owner.fetch(f"EXPLAIN {sql}", *values))

    assert f"using {index}" in plan
    assert "Sort" not in plan


async def test_a_page_costs_the_same_statements_whatever_is_on_it(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    for _ in range(50):
        await an_entry(conn)

    for limit in (5, 50):
        with counted(conn) as statements:
            answer = await api.get("/v1/audit-log", params={"limit": limit}, headers=keys["admin"])
        assert len(answer.json()["items"]) == limit
        assert len(statements) <= 4, statements
