"""Sites of a client over HTTP."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.db import Connection
from tests.builders import Keys, a_site

SHOP: dict[str, Any] = {"name": "Online shop", "url": "https://shop.thill.lu/", "project_closed_on": "2025-06-30"}
ABSENT = UUID("019ab000-0000-7000-8000-0000000000ff")


def path_of(client_id: UUID, site_id: object = None) -> str:
    path = f"/v1/clients/{client_id}/sites"
    return f"{path}/{site_id}" if site_id else path


async def create(api: httpx.AsyncClient, keys: Keys, **values: Any) -> dict[str, Any]:
    answer = await api.post(path_of(keys.client_id), json=SHOP | values, headers=keys["agent"])
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_a_site_is_told_back(api: httpx.AsyncClient, keys: Keys):
    answer = await api.post(path_of(keys.client_id), json=SHOP, headers=keys["agent"])

    site = answer.json()
    assert answer.status_code == 201
    assert site == SHOP | {
        "id": site["id"],
        "client_id": str(keys.client_id),
        "created_at": site["created_at"],
        "version": 1,
    }
    read = await api.get(answer.headers["location"], headers=keys["finance"])
    assert read.json() == site
    assert read.headers["etag"] == answer.headers["etag"]
    assert read.headers["etag"].startswith('"1-')


@pytest.mark.parametrize(
    ("typed", "url", "host"),
    [
        ("HTTP://WWW.Thill.LU", "http://www.thill.lu/", "thill.lu"),
        ("https://thill.lu:443/shop?a=1", "https://thill.lu/shop?a=1", "thill.lu"),
        ("https://thill.lu:8443", "https://thill.lu:8443/", "thill.lu"),
        ("https://Bücher.lu/é", "https://xn--bcher-kva.lu/%C3%A9", "xn--bcher-kva.lu"),
    ],
)
async def test_an_address_is_stored_as_browsers_write_it(
    api: httpx.AsyncClient, keys: Keys, conn: Connection, typed: str, url: str, host: str
):
    site = await create(api, keys, url=typed, project_closed_on=None)

    assert site["url"] == url
    assert site["project_closed_on"] is None
    assert await conn.fetchval("SELECT host FROM sites WHERE id = $1", UUID(site["id"])) == host


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "too-short"),
        ("name", "x" * 121, "too-long"),
        ("url", "shop.thill.lu", "url-invalid"),
        ("url", "ftp://shop.thill.lu/", "url-invalid"),
        ("url", "javascript:alert(1)", "url-invalid"),
        ("url", "https://user:password@shop.thill.lu/", "url-invalid"),
        ("url", "https://localhost/", "url-invalid"),
        ("url", "https://127.0.0.1/", "url-invalid"),
        ("url", "https://[::1]/", "url-invalid"),
        ("url", "https://shop.thill.lu./", "url-invalid"),
        ("url", "https://shop.thill.lu/\n", "text-control"),
        ("url", "https://shop.thill.lu/" + "é" * 100, "url-too-long"),
        ("url", "https://shop.thill.lu/" + "e" * 500, "too-long"),
        ("url", None, "text-expected"),
        ("project_closed_on", "30.06.2025", "date-invalid"),
        ("project_closed_on", "2025-02-30", "date-invalid"),
        ("project_closed_on", "1999-12-31", "date-out-of-range"),
        ("project_closed_on", "2025-06-30T00:00:00Z", "date-invalid"),
        ("project_closed_on", 20250630, "date-invalid"),
    ],
)
async def test_bad_input_is_refused_at_its_field(api: httpx.AsyncClient, keys: Keys, field: str, value: Any, code: str):
    body = SHOP | {field: value.replace("/\n", "/\n.") if isinstance(value, str) else value}
    created = await api.post(path_of(keys.client_id), json=body, headers=keys["agent"])
    there = await create(api, keys)
    changed = await api.patch(path_of(keys.client_id, there["id"]), json={field: body[field]}, headers=keys["agent"])

    for answer in (created, changed):
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (f"/{field}", code)


async def test_an_address_stands_once_for_each_client(api: httpx.AsyncClient, keys: Keys):
    await create(api, keys)

    again = await api.post(path_of(keys.client_id), json=SHOP | {"url": "https://SHOP.thill.lu"}, headers=keys["agent"])
    elsewhere = await api.post(path_of(keys.other_client_id), json=SHOP, headers=keys["agent"])

    assert (again.status_code, again.json()["code"]) == (409, "already-exists")
    assert elsewhere.status_code == 201


async def test_the_same_request_makes_one_site(api: httpx.AsyncClient, keys: Keys):
    headers = keys["agent"] | {"Idempotency-Key": "shop"}

    first = await api.post(path_of(keys.client_id), json=SHOP, headers=headers)
    again = await api.post(path_of(keys.client_id), json=SHOP, headers=headers)

    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


async def test_only_what_is_sent_changes(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    site = await create(api, keys, project_closed_on=None)
    path = path_of(keys.client_id, site["id"])
    changes = {"project_closed_on": "2026-11-30", "url": "https://www.thill-shop.lu/"}

    answer = await api.patch(path, json=changes, headers=keys["agent"] | {"If-Match": '"1"'})
    same = await api.patch(path, json=changes, headers=keys["agent"])
    stale = await api.patch(path, json={"name": "Shop"}, headers=keys["agent"] | {"If-Match": '"1"'})
    reopened = await api.patch(path, json={"project_closed_on": None}, headers=keys["agent"] | {"If-Match": '"2"'})

    assert answer.json() == site | changes | {"version": 2}
    assert same.json() == answer.json()
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    assert reopened.json()["project_closed_on"] is None
    assert reopened.headers["etag"].startswith('"3-')
    assert await conn.fetchval("SELECT host FROM sites WHERE id = $1", UUID(site["id"])) == "thill-shop.lu"
    told = await conn.fetchval("SELECT data FROM events WHERE type = 'site.changed' ORDER BY id LIMIT 1")
    assert told["changes"]["project_closed_on"] == [None, "2026-11-30"]


async def test_a_client_s_key_sees_its_own_sites_only(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    own = await a_site(conn, keys.client_id)
    foreign = await a_site(conn, keys.other_client_id)

    listed = await api.get(path_of(keys.client_id), headers=keys["client"])
    assert [site["id"] for site in listed.json()["items"]] == [str(own["id"])]
    assert (await api.get(path_of(keys.client_id, own["id"]), headers=keys["client"])).status_code == 200

    hidden = [
        path_of(keys.other_client_id),
        path_of(ABSENT),
        path_of(keys.other_client_id, foreign["id"]),
        path_of(keys.client_id, foreign["id"]),
        path_of(keys.client_id, ABSENT),
    ]
    answers = [await api.get(path, headers=keys["client"]) for path in hidden]
    assert {answer.status_code for answer in answers} == {404}
    assert len({str(answer.json() | {"request_id": ""}) for answer in answers}) == 1


async def test_sites_of_nobody_are_not_found(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    site = await a_site(conn, keys.client_id)

    assert (await api.get(path_of(ABSENT), headers=keys["agent"])).status_code == 404
    assert (await api.post(path_of(ABSENT), json=SHOP, headers=keys["agent"])).status_code == 404
    wrong = path_of(keys.other_client_id, site["id"])
    assert (await api.patch(wrong, json={"name": "Shop"}, headers=keys["agent"])).status_code == 404


@pytest.mark.parametrize("role", ["client", "finance", "accounting", "mail"])
async def test_who_may_not_write_sites(api: httpx.AsyncClient, keys: Keys, conn: Connection, role: str):
    path = path_of(keys.client_id, (await a_site(conn, keys.client_id))["id"])

    assert (await api.post(path_of(keys.client_id), json=SHOP, headers=keys[role])).status_code == 403
    assert (await api.patch(path, json={"name": "Mine"}, headers=keys[role])).status_code == 403


async def test_sites_are_never_removed(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    site = await a_site(conn, keys.client_id)

    assert (await api.delete(path_of(keys.client_id, site["id"]), headers=keys["admin"])).status_code == 405


async def test_pages_hold_every_site_once_while_others_are_added(api: httpx.AsyncClient, keys: Keys):
    there = [(await create(api, keys, url=f"https://s{number}.thill.lu/"))["id"] for number in range(3)]

    first = await api.get(path_of(keys.client_id), params={"limit": 2}, headers=keys["agent"])
    added = await create(api, keys, url="https://new.thill.lu/")
    second = await api.get(first.links["next"]["url"], headers=keys["agent"])

    items = [site["id"] for page in (first, second) for site in page.json()["items"]]
    assert items == [*there, added["id"]]
    assert second.json()["next_cursor"] is None
