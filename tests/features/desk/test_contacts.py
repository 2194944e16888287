"""Contacts of a client over HTTP."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.db import Connection
from tests.builders import Keys, a_contact, a_ticket
from tests.statements import counted

SOPHIE: dict[str, Any] = {
    "name": "Sophie Thill",
    "email": "Sophie@Thill.lu",
    "phone": "+352 621 123 456",
    "language": "de",
    "billing": True,
}
ABSENT = UUID("019ab000-0000-7000-8000-0000000000ff")


def path_of(client_id: UUID, contact_id: object = None) -> str:
    path = f"/v1/clients/{client_id}/contacts"
    return f"{path}/{contact_id}" if contact_id else path


async def create(api: httpx.AsyncClient, keys: Keys, **values: Any) -> dict[str, Any]:
    answer = await api.post(path_of(keys.client_id), json=SOPHIE | values, headers=keys["agent"])
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_a_contact_is_told_back(api: httpx.AsyncClient, keys: Keys):
    answer = await api.post(path_of(keys.client_id), json=SOPHIE, headers=keys["agent"])

    contact = answer.json()
    assert answer.status_code == 201
    assert contact == SOPHIE | {
        "id": contact["id"],
        "client_id": str(keys.client_id),
        "email": "Sophie@thill.lu",
        "phone": "+352621123456",
        "bounce": None,
        "created_at": contact["created_at"],
        "version": 1,
    }
    read = await api.get(answer.headers["location"], headers=keys["accounting"])
    assert read.json() == contact
    assert read.headers["etag"] == answer.headers["etag"]
    assert read.headers["etag"].startswith('"1-')


async def test_a_name_and_an_address_are_enough(api: httpx.AsyncClient, keys: Keys):
    body = {"name": "Sophie Thill", "email": "sophie@thill.lu"}
    answer = await api.post(path_of(keys.client_id), json=body, headers=keys["finance"])

    assert answer.status_code == 201
    assert (answer.json()["phone"], answer.json()["language"], answer.json()["billing"]) == (None, None, False)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "too-short"),
        ("name", "x" * 121, "too-long"),
        ("name", "Sophie\r\nBcc: all@thill.lu", "text-control"),
        ("email", "sophie", "email-invalid"),
        ("email", "sophie@thill.lu, max@thill.lu", "email-invalid"),
        ("email", "sophie@thill.lu\nBcc: all@thill.lu", "email-invalid"),
        ("email", "Sophie <sophie@thill.lu>", "email-invalid"),
        ("email", None, "text-expected"),
        ("email", "s" * 255 + "@thill.lu", "too-long"),
        ("phone", "call me", "phone-invalid"),
        ("phone", 352621123456, "text-expected"),
        ("language", "lb", "value-unknown"),
        ("billing", "true", "boolean-expected"),
        ("billing", 1, "boolean-expected"),
        ("billing", None, "boolean-expected"),
    ],
)
async def test_bad_input_is_refused_at_its_field(api: httpx.AsyncClient, keys: Keys, field: str, value: Any, code: str):
    created = await api.post(path_of(keys.client_id), json=SOPHIE | {field: value}, headers=keys["agent"])
    there = await create(api, keys)
    changed = await api.patch(path_of(keys.client_id, there["id"]), json={field: value}, headers=keys["agent"])

    for answer in (created, changed):
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (f"/{field}", code)


async def test_an_address_stands_once_for_each_client(api: httpx.AsyncClient, keys: Keys):
    await create(api, keys)
    max_ = await create(api, keys, email="max@thill.lu")

    created = await api.post(path_of(keys.client_id), json=SOPHIE | {"email": "SOPHIE@thill.lu"}, headers=keys["agent"])
    changed = await api.patch(
        path_of(keys.client_id, max_["id"]), json={"email": "sophie@thill.lu"}, headers=keys["agent"]
    )
    elsewhere = await api.post(path_of(keys.other_client_id), json=SOPHIE, headers=keys["agent"])

    assert [created.status_code, changed.status_code, elsewhere.status_code] == [409, 409, 201]
    assert created.json()["code"] == changed.json()["code"] == "already-exists"


async def test_the_same_request_makes_one_contact(api: httpx.AsyncClient, keys: Keys):
    headers = keys["agent"] | {"Idempotency-Key": "sophie"}

    first = await api.post(path_of(keys.client_id), json=SOPHIE, headers=headers)
    again = await api.post(path_of(keys.client_id), json=SOPHIE, headers=headers)
    elsewhere = await api.post(path_of(keys.other_client_id), json=SOPHIE, headers=headers)

    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "idempotency-key-reused")


async def test_only_what_is_sent_changes(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    contact = await create(api, keys)
    path = path_of(keys.client_id, contact["id"])

    answer = await api.patch(path, json={"phone": None, "billing": False}, headers=keys["agent"] | {"If-Match": '"1"'})
    same = await api.patch(path, json={"billing": False}, headers=keys["agent"])
    stale = await api.patch(path, json={"phone": "112"}, headers=keys["agent"] | {"If-Match": '"1"'})

    assert answer.json() == contact | {"phone": None, "billing": False, "version": 2}
    assert same.json() == answer.json()
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    events = await conn.fetch("SELECT type, subject_id, data FROM events ORDER BY id")
    assert [(event["type"], event["data"]) for event in events] == [
        ("contact.created", {}),
        ("contact.changed", {"fields": ["billing", "phone"]}),
    ]
    assert {str(event["subject_id"]) for event in events} == {contact["id"]}


async def test_a_contact_that_nothing_names_is_removed(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    contact = await create(api, keys)
    path = path_of(keys.client_id, contact["id"])

    stale = await api.delete(path, headers=keys["agent"] | {"If-Match": '"7"'})
    removed = await api.delete(path, headers=keys["agent"] | {"If-Match": '"1"'})
    again = await api.delete(path, headers=keys["agent"])

    assert [stale.status_code, removed.status_code, again.status_code] == [412, 204, 404]
    assert removed.content == b""
    assert (await api.get(path, headers=keys["agent"])).status_code == 404
    assert await conn.fetchval("SELECT count(*) FROM events WHERE type = 'contact.removed'") == 1
    assert await conn.fetchval("SELECT count(*) FROM audit_log WHERE operation = 'delete_contact'") == 1


async def test_a_contact_that_a_ticket_names_stays(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    contact = await a_contact(conn, keys.client_id)
    await a_ticket(conn, client_id=keys.client_id, contact_id=contact["id"])

    answer = await api.delete(path_of(keys.client_id, contact["id"]), headers=keys["agent"])

    assert (answer.status_code, answer.json()["code"]) == (409, "still-in-use")
    assert (await api.get(path_of(keys.client_id, contact["id"]), headers=keys["agent"])).status_code == 200


async def test_a_client_s_key_sees_its_own_contacts_only(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    own = await a_contact(conn, keys.client_id)
    foreign = await a_contact(conn, keys.other_client_id)

    listed = await api.get(path_of(keys.client_id), headers=keys["client"])
    assert [contact["id"] for contact in listed.json()["items"]] == [str(own["id"])]
    assert (await api.get(path_of(keys.client_id, own["id"]), headers=keys["client"])).status_code == 200

    hidden = [
        path_of(keys.other_client_id),
        path_of(ABSENT),
        path_of(keys.other_client_id, foreign["id"]),
        path_of(keys.client_id, foreign["id"]),
        path_of(keys.client_id, ABSENT),
        path_of(ABSENT, own["id"]),
    ]
    answers = [await api.get(path, headers=keys["client"]) for path in hidden]
    assert {answer.status_code for answer in answers} == {404}
    assert len({str(answer.json() | {"request_id": ""}) for answer in answers}) == 1


async def test_contacts_of_nobody_are_not_found(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    contact = await a_contact(conn, keys.client_id)

    assert (await api.get(path_of(ABSENT), headers=keys["agent"])).status_code == 404
    assert (await api.post(path_of(ABSENT), json=SOPHIE, headers=keys["agent"])).status_code == 404
    wrong = path_of(keys.other_client_id, contact["id"])
    assert (await api.patch(wrong, json={"billing": True}, headers=keys["agent"])).status_code == 404
    assert (await api.delete(wrong, headers=keys["agent"])).status_code == 404


@pytest.mark.parametrize("role", ["client", "accounting", "mail"])
async def test_who_may_not_write_contacts(api: httpx.AsyncClient, keys: Keys, conn: Connection, role: str):
    path = path_of(keys.client_id, (await a_contact(conn, keys.client_id))["id"])

    assert (await api.post(path_of(keys.client_id), json=SOPHIE, headers=keys[role])).status_code == 403
    assert (await api.patch(path, json={"billing": True}, headers=keys[role])).status_code == 403
    assert (await api.delete(path, headers=keys[role])).status_code == 403


async def test_pages_hold_every_contact_once_while_others_are_added(api: httpx.AsyncClient, keys: Keys):
    there = [(await create(api, keys, email=f"c{number}@thill.lu"))["id"] for number in range(5)]

    first = await api.get(path_of(keys.client_id), params={"limit": 2}, headers=keys["agent"])
    added = await create(api, keys, email="new@thill.lu")
    second = await api.get(first.links["next"]["url"], headers=keys["agent"])
    third = await api.get(second.links["next"]["url"], headers=keys["agent"])

    items = [contact["id"] for page in (first, second, third) for contact in page.json()["items"]]
    assert items == [*there, added["id"]]
    assert third.json()["next_cursor"] is None


async def test_a_page_costs_the_same_statements_whatever_is_on_it(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    for number in range(50):
        await a_contact(conn, keys.client_id, email=f"c{number}@thill.lu")

    for limit in (5, 50):
        with counted(conn) as statements:
            answer = await api.get(path_of(keys.client_id), params={"limit": limit}, headers=keys["agent"])
        assert len(answer.json()["items"]) == limit
        assert len(statements) <= 4, statements
