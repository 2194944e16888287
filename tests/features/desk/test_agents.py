"""Agents over HTTP."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.db import Connection
from tests.builders import Keys, an_agent
from tests.statements import counted

LAURENT: dict[str, Any] = {"name": "Laurent Weis", "email": "laurent.weis@e-connect.lu", "language": "de"}
ABSENT = UUID("019ab000-0000-7000-8000-0000000000ff")


async def create(api: httpx.AsyncClient, keys: Keys, **values: Any) -> dict[str, Any]:
    answer = await api.post("/v1/agents", json=LAURENT | values, headers=keys["admin"])
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_an_agent_is_told_back(api: httpx.AsyncClient, keys: Keys):
    answer = await api.post("/v1/agents", json=LAURENT, headers=keys["admin"])

    agent = answer.json()
    assert answer.status_code == 201
    assert agent == LAURENT | {"id": agent["id"], "active": True, "created_at": agent["created_at"], "version": 1}
    read = await api.get(answer.headers["location"], headers=keys["agent"])
    assert read.json() == agent
    assert read.headers["etag"] == answer.headers["etag"]
    assert read.headers["etag"].startswith('"1-')


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "too-short"),
        ("name", "x" * 121, "too-long"),
        ("name", "Laurent\nWeis", "text-control"),
        ("email", "laurent", "email-invalid"),
        ("email", None, "text-expected"),
        ("language", "lb", "value-unknown"),
        ("language", None, "value-unknown"),
        ("active", "yes", "boolean-expected"),
        ("active", None, "boolean-expected"),
    ],
)
async def test_bad_input_is_refused_at_its_field(api: httpx.AsyncClient, keys: Keys, field: str, value: Any, code: str):
    created = await api.post("/v1/agents", json=LAURENT | {field: value}, headers=keys["admin"])
    there = await create(api, keys)
    changed = await api.patch(f"/v1/agents/{there['id']}", json={field: value}, headers=keys["admin"])

    for answer in (created, changed):
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (f"/{field}", code)


async def test_an_address_is_one_agent_s(api: httpx.AsyncClient, keys: Keys):
    await create(api, keys)
    other = await create(api, keys, email="other@e-connect.lu")
    taken = {"email": "Laurent.Weis@e-connect.lu"}

    created = await api.post("/v1/agents", json=LAURENT | taken, headers=keys["admin"])
    changed = await api.patch(f"/v1/agents/{other['id']}", json=taken, headers=keys["admin"])

    for answer in (created, changed):
        assert (answer.status_code, answer.json()["code"]) == (409, "already-exists")
        assert answer.json()["errors"][0]["pointer"] == "/email"


async def test_the_same_request_makes_one_agent(api: httpx.AsyncClient, keys: Keys):
    headers = keys["admin"] | {"Idempotency-Key": "laurent"}

    first = await api.post("/v1/agents", json=LAURENT, headers=headers)
    again = await api.post("/v1/agents", json=LAURENT, headers=headers)

    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


async def test_only_what_is_sent_changes(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    agent = await create(api, keys)
    path = f"/v1/agents/{agent['id']}"

    answer = await api.patch(path, json={"active": False}, headers=keys["admin"] | {"If-Match": '"1"'})
    same = await api.patch(path, json={"active": False}, headers=keys["admin"])
    stale = await api.patch(path, json={"name": "L. Weis"}, headers=keys["admin"] | {"If-Match": '"1"'})

    assert answer.json() == agent | {"active": False, "version": 2}
    assert same.json() == answer.json()
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    events = await conn.fetch("SELECT type, data FROM events ORDER BY id")
    assert [(event["type"], event["data"]) for event in events] == [
        ("agent.created", {}),
        ("agent.changed", {"fields": ["active"], "active": False}),
    ]


async def test_the_keys_of_who_leaves_are_revoked(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    agent = await create(api, keys)
    key = {"name": "Laurent's desk", "role": "agent", "agent_id": agent["id"]}
    theirs = (await api.post("/v1/api-keys", json=key, headers=keys["admin"])).json()
    headers = {"Authorization": f"Bearer {theirs['key']}"}
    assert (await api.get("/v1/queue", headers=headers)).status_code == 200

    path = f"/v1/agents/{agent['id']}"
    assert (await api.patch(path, json={"active": False}, headers=keys["admin"])).status_code == 200

    assert (await api.get("/v1/queue", headers=headers)).status_code == 401
    assert (await api.get("/v1/queue", headers=keys["agent"])).status_code == 200
    told = await conn.fetch("SELECT subject_id FROM events WHERE type = 'api_key.revoked'")
    assert [str(row["subject_id"]) for row in told] == [theirs["id"]]
    another = await api.post("/v1/api-keys", json=key, headers=keys["admin"])
    assert (another.status_code, another.json()["errors"][0]["pointer"]) == (422, "/agent_id")
    await api.patch(path, json={"active": True}, headers=keys["admin"])
    assert (await api.get("/v1/queue", headers=headers)).status_code == 401
    assert (await api.post("/v1/api-keys", json=key, headers=keys["admin"])).status_code == 201


async def test_who_is_absent_is_not_found(api: httpx.AsyncClient, keys: Keys):
    assert (await api.get(f"/v1/agents/{ABSENT}", headers=keys["agent"])).status_code == 404
    assert (await api.patch(f"/v1/agents/{ABSENT}", json={}, headers=keys["admin"])).status_code == 404


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [
        ("admin", 200, 201),
        ("agent", 200, 403),
        ("finance", 200, 403),
        ("accounting", 403, 403),
        ("client", 403, 403),
        ("mail", 403, 403),
    ],
)
async def test_who_may_read_and_write_agents(api: httpx.AsyncClient, keys: Keys, role: str, read: int, write: int):
    path = f"/v1/agents/{keys.agent_id}"

    assert (await api.get("/v1/agents", headers=keys[role])).status_code == read
    assert (await api.get(path, headers=keys[role])).status_code == read
    assert (await api.post("/v1/agents", json=LAURENT, headers=keys[role])).status_code == write
    changed = await api.patch(path, json={"name": "Anne"}, headers=keys[role])
    assert changed.status_code == (200 if write == 201 else 403)


async def test_pages_hold_every_agent_once_while_others_are_added(api: httpx.AsyncClient, keys: Keys):
    there = [(await create(api, keys, email=f"a{number}@e-connect.lu"))["id"] for number in range(3)]

    first = await api.get("/v1/agents", params={"limit": 3}, headers=keys["agent"])
    added = await create(api, keys, email="new@e-connect.lu")
    second = await api.get(first.links["next"]["url"], headers=keys["agent"])

    items = [agent["id"] for page in (first, second) for agent in page.json()["items"]]
    assert items == [str(keys.agent_id), *there, added["id"]]
    assert second.json()["next_cursor"] is None


async def test_a_page_costs_the_same_statements_whatever_is_on_it(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    for number in range(50):
        await an_agent(conn, email=f"a{number}@e-connect.lu")

    for limit in (5, 50):
        with counted(conn) as statements:
            answer = await api.get("/v1/agents", params={"limit": limit}, headers=keys["agent"])
        assert len(answer.json()["items"]) == limit
        assert len(statements) <= 4, statements
