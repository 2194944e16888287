"""API keys over HTTP."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.db import Connection
from tests.builders import CLIENT_ID, OTHER_CLIENT_ID, Keys, a_key
from tests.conftest import Clock
from tests.statements import counted

PORTAL: dict[str, Any] = {"name": "Portal", "role": "client", "client_id": str(CLIENT_ID)}
ABSENT = "019ab000-0000-7000-8000-0000000000ff"


async def create(api: httpx.AsyncClient, keys: Keys, **values: Any) -> dict[str, Any]:
    answer = await api.post("/v1/api-keys", json=PORTAL | values, headers=keys["admin"])
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


async def test_a_key_is_shown_once_and_works(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    answer = await api.post("/v1/api-keys", json=PORTAL, headers=keys["admin"])

    made = answer.json()
    assert answer.status_code == 201
    text = made.pop("key")
    assert text.startswith(f"ec_{UUID(made['id']).hex}_")
    assert made == PORTAL | {
        "id": made["id"],
        "agent_id": None,
        "created_at": made["created_at"],
        "expires_at": None,
        "revoked_at": None,
    }
    seen = await api.get("/v1/clients", headers=bearer(text))
    assert [client["id"] for client in seen.json()["items"]] == [str(CLIENT_ID)]
    read = await api.get(answer.headers["location"], headers=keys["admin"])
    assert read.json() == made
    assert read.headers["etag"].startswith('"1-')


async def test_the_secret_is_stored_nowhere(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    headers = keys["admin"] | {"Idempotency-Key": "portal"}
    made = (await api.post("/v1/api-keys", json=PORTAL, headers=headers)).json()
    again = await api.post("/v1/api-keys", json=PORTAL, headers=headers)
    listed = await api.get("/v1/api-keys", headers=keys["admin"])

    assert again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == made | {"key": None}
    secret = made["key"].split("_", 2)[2]
    assert secret not in listed.text
    tables = await conn.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    for table in tables:
        rows = await conn.fetch(f'SELECT row_to_json(t)::text FROM "{table["relname"]}" t')
        bodies = await conn.fetch("SELECT convert_from(body, 'UTF8') FROM idempotency_keys")
        assert not any(secret in row[0] for row in [*rows, *bodies])


async def test_a_list_shows_no_hash(api: httpx.AsyncClient, keys: Keys):
    listed = (await api.get("/v1/api-keys", headers=keys["admin"])).json()["items"]

    shown = {"id", "name", "role", "client_id", "agent_id", "created_at", "expires_at", "revoked_at"}
    assert len(listed) == 7
    assert {frozenset(key) for key in listed} == {frozenset(shown)}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"name": "Portal", "role": "client"}, "/client_id", "key-client"),
        (PORTAL | {"client_id": None}, "/client_id", "key-client"),
        (PORTAL | {"role": "agent"}, "/client_id", "key-client"),
        (PORTAL | {"client_id": "7"}, "/client_id", "id-invalid"),
        (PORTAL | {"client_id": ABSENT}, "/client_id", "reference-unknown"),
        (PORTAL | {"agent_id": ABSENT}, "/agent_id", "key-agent"),
        ({"name": "Desk", "role": "agent", "agent_id": ABSENT}, "/agent_id", "reference-unknown"),
        ({"name": "Desk", "role": "boss"}, "/role", "value-unknown"),
        ({"name": "Desk"}, "/role", "required"),
        ({"name": "", "role": "mail"}, "/name", "too-short"),
        ({"name": "x" * 121, "role": "mail"}, "/name", "too-long"),
        ({"name": "Desk", "role": "mail", "expires_at": "2026-11-24T10:00:00Z"}, "/expires_at", "expired-already"),
        ({"name": "Desk", "role": "mail", "expires_at": "2027-01-01"}, "/expires_at", "instant-invalid"),
        ({"name": "Desk", "role": "mail", "expires_at": "2027-01-01T00:00:00"}, "/expires_at", "instant-invalid"),
        ({"name": "Desk", "role": "mail", "expires_at": "9999-12-31T23:59:59-14:00"}, "/expires_at", "instant-invalid"),
        ({"name": "Desk", "role": "mail", "key": "ec_1_2"}, "", "field-unknown"),
        ({"name": "Desk", "role": "mail", "secret_hash": "00"}, "", "field-unknown"),
    ],
)
async def test_bad_input_is_refused_at_its_field(
    api: httpx.AsyncClient, keys: Keys, clock: Clock, body: dict[str, Any], pointer: str, code: str
):
    answer = await api.post("/v1/api-keys", json=body, headers=keys["admin"])

    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


async def test_an_agent_s_key_names_the_agent(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    made = await create(api, keys, role="agent", client_id=None, agent_id=str(keys.agent_id))

    await api.post("/v1/clients", json={"name": "Thill", "language": "fr"}, headers=bearer(made["key"]))

    actor = await conn.fetchval("SELECT actor FROM events WHERE type = 'client.created'")
    assert actor == {"role": "agent", "api_key_id": made["id"], "agent_id": str(keys.agent_id)}


async def test_a_key_works_until_it_expires(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    made = await create(api, keys, expires_at="2026-11-24T12:00:00+01:00")
    assert made["expires_at"] == "2026-11-24T11:00:00Z"

    clock.advance(minutes=59, seconds=59)
    assert (await api.get("/v1/clients", headers=bearer(made["key"]))).status_code == 200
    clock.advance(seconds=1)
    refused = await api.get("/v1/clients", headers=bearer(made["key"]))
    assert (refused.status_code, refused.json()["code"]) == (401, "credentials-invalid")


async def test_a_revoked_key_is_refused_from_the_next_call_on(
    api: httpx.AsyncClient, keys: Keys, conn: Connection, clock: Clock
):
    made = await create(api, keys)
    assert (await api.get("/v1/clients", headers=bearer(made["key"]))).status_code == 200

    revoked = await api.post(f"/v1/api-keys/{made['id']}/revocation", headers=keys["admin"])

    assert revoked.status_code == 200
    assert revoked.json()["revoked_at"] == "2026-11-24T10:00:00Z"
    assert revoked.headers["etag"].startswith('"2-')
    assert (await api.get("/v1/clients", headers=bearer(made["key"]))).status_code == 401

    clock.advance(hours=1)
    again = await api.post(f"/v1/api-keys/{made['id']}/revocation", headers=keys["admin"])
    assert (again.status_code, again.json()) == (200, revoked.json())
    told = await conn.fetch("SELECT client_id, data FROM events WHERE type = 'api_key.revoked'")
    assert [(row["client_id"], row["data"]) for row in told] == [(CLIENT_ID, {"name": "Portal", "role": "client"})]


async def test_a_revocation_can_be_repeated_with_its_key(api: httpx.AsyncClient, keys: Keys):
    made = await create(api, keys)
    other = await create(api, keys, client_id=str(OTHER_CLIENT_ID))
    headers = keys["admin"] | {"Idempotency-Key": "revoke"}

    first = await api.post(f"/v1/api-keys/{made['id']}/revocation", headers=headers)
    again = await api.post(f"/v1/api-keys/{made['id']}/revocation", headers=headers)
    elsewhere = await api.post(f"/v1/api-keys/{other['id']}/revocation", headers=headers)

    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_key_that_is_not_there_is_not_found(api: httpx.AsyncClient, keys: Keys):
    assert (await api.get(f"/v1/api-keys/{ABSENT}", headers=keys["admin"])).status_code == 404
    assert (await api.post(f"/v1/api-keys/{ABSENT}/revocation", headers=keys["admin"])).status_code == 404


@pytest.mark.parametrize("role", ["agent", "finance", "accounting", "client", "mail"])
async def test_keys_are_the_administrator_s(api: httpx.AsyncClient, keys: Keys, conn: Connection, role: str):
    key_id = await conn.fetchval("SELECT id FROM api_keys WHERE role = $1 LIMIT 1", role)

    answers = [
        await api.get("/v1/api-keys", headers=keys[role]),
        await api.get(f"/v1/api-keys/{key_id}", headers=keys[role]),
        await api.post("/v1/api-keys", json={"name": "More", "role": "admin"}, headers=keys[role]),
        await api.post(f"/v1/api-keys/{key_id}/revocation", headers=keys[role]),
    ]

    assert {answer.status_code for answer in answers} == {403}


async def test_pages_hold_every_key_once_while_others_are_added(api: httpx.AsyncClient, keys: Keys):
    first = await api.get("/v1/api-keys", params={"limit": 4}, headers=keys["admin"])
    added = await create(api, keys)
    second = await api.get(first.links["next"]["url"], headers=keys["admin"])

    items = [key["id"] for page in (first, second) for key in page.json()["items"]]
    assert len(items) == len(set(items)) == 8
    assert items[-1] == added["id"]
    assert second.json()["next_cursor"] is None


async def test_a_page_costs_the_same_statements_whatever_is_on_it(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    for _ in range(50):
        await a_key(conn, "mail")

    for limit in (5, 50):
        with counted(conn) as statements:
            answer = await api.get("/v1/api-keys", params={"limit": limit}, headers=keys["admin"])
        assert len(answer.json()["items"]) == limit
        assert len(statements) <= 4, statements
