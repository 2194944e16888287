"""Clients over HTTP."""

from typing import Any

import httpx
import pytest

from app.core.db import Connection
from tests.builders import Keys, a_client
from tests.conftest import Clock
from tests.statements import counted

THILL: dict[str, Any] = {
    "name": "Menuiserie Thill s.à r.l.",
    "language": "fr",
    "billing_cycle": "monthly",
    "billing_address": {"street": "14, rue de la Gare", "postal_code": "L-4571", "city": "Differdange"},
    "country": "LU",
    "vat_number": "LU 263 752 45",
    "peppol_id": "9938:LU26375245",
    "domains": ["Thill.lu", "menuiserie-thill.lu", "thill.lu"],
}

LONE_SURROGATE = "WyJcdWQ4MDAiLCIwMTlhYjAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMGEiXQ"


async def create(api: httpx.AsyncClient, keys: Keys, **values: Any) -> dict[str, Any]:
    answer = await api.post("/v1/clients", json=THILL | values, headers=keys["agent"])
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def names(api: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> list[str]:
    answer = await api.get("/v1/clients", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [client["name"] for client in answer.json()["items"]]


# --- create and read ---


async def test_a_client_is_told_back(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    answer = await api.post("/v1/clients", json=THILL, headers=keys["agent"])

    assert answer.status_code == 201
    client = answer.json()
    assert client == THILL | {
        "id": client["id"],
        "vat_number": "LU26375245",
        "domains": ["menuiserie-thill.lu", "thill.lu"],
        "created_at": "2026-11-24T10:00:00Z",
        "version": 1,
    }
    assert answer.headers["etag"].startswith('"1-')
    read = await api.get(answer.headers["location"], headers=keys["accounting"])
    assert read.json() == client
    assert read.headers["etag"].startswith('"1-')


async def test_a_name_and_a_language_are_enough(api: httpx.AsyncClient, keys: Keys):
    answer = await api.post("/v1/clients", json={"name": "Garage Weber", "language": "de"}, headers=keys["finance"])

    assert answer.status_code == 201
    client = answer.json()
    assert (client["billing_cycle"], client["country"], client["domains"]) == ("quarterly", "LU", [])
    assert client["billing_address"] is client["vat_number"] is client["peppol_id"] is None


async def test_who_has_the_version_need_not_read_it_again(api: httpx.AsyncClient, keys: Keys):
    client = await create(api, keys)

    path = f"/v1/clients/{client['id']}"
    tag = (await api.get(path, headers=keys["agent"])).headers["etag"]

    answer = await api.get(path, headers=keys["agent"] | {"If-None-Match": f'"0", {tag}'})

    assert answer.status_code == 304
    assert answer.content == b""


@pytest.mark.parametrize(
    ("field", "value", "pointer", "code"),
    [
        ("name", "", "/name", "too-short"),
        ("name", "  ", "/name", "too-short"),
        ("name", "\u200b", "/name", "text-blank"),
        ("name", "Thill\nBcc: all@thill.lu", "/name", "text-control"),
        ("name", "x" * 201, "/name", "too-long"),
        ("name", None, "/name", "text-expected"),
        ("name", 5, "/name", "text-expected"),
        ("language", "lb", "/language", "value-unknown"),
        ("billing_cycle", "yearly", "/billing_cycle", "value-unknown"),
        ("billing_cycle", None, "/billing_cycle", "value-unknown"),
        ("billing_address", "14, rue de la Gare", "/billing_address", "object-expected"),
        ("billing_address", {"street": "14, rue de la Gare", "city": "Differdange"}, "/billing_address/postal_code", "required"),
        ("country", "lu", "/country", "pattern-mismatch"),
        ("country", "LUX", "/country", "pattern-mismatch"),
        ("country", "XX", "/country", "country-unknown"),
        ("vat_number", "LU26375246", "/vat_number", "vat-number-invalid"),
        ("vat_number", "FR40303265045", "/vat_number", "vat-number-invalid"),
        ("vat_number", "1" * 31, "/vat_number", "too-long"),
        ("peppol_id", "LU26375245", "/peppol_id", "pattern-mismatch"),
        ("peppol_id", "9938:", "/peppol_id", "pattern-mismatch"),
        ("peppol_id", "9938:LU26375245\n", "/peppol_id", "pattern-mismatch"),
        ("domains", "thill.lu", "/domains", "list-expected"),
        ("domains", ["thill.lu", "thill"], "/domains/1", "domain-invalid"),
        ("domains", ["anna@thill.lu"], "/domains/0", "domain-invalid"),
        ("domains", ["GMail.com"], "/domains/0", "domain-shared"),
        ("domains", [f"thill{n}.lu" for n in range(51)], "/domains", "too-many"),
        ("version", 1, "", "field-unknown"),
        ("id", "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6a7b", "", "field-unknown"),
    ],
)  # fmt: skip
async def test_bad_input_is_refused_at_its_field(
    api: httpx.AsyncClient, keys: Keys, field: str, value: Any, pointer: str, code: str
):
    created = await api.post("/v1/clients", json=THILL | {field: value}, headers=keys["agent"])
    there = await create(api, keys)
    changed = await api.patch(f"/v1/clients/{there['id']}", json={field: value}, headers=keys["agent"])

    for answer in (created, changed):
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (pointer, code)
    assert (await api.get(f"/v1/clients/{there['id']}", headers=keys["agent"])).json() == there


async def test_a_domain_belongs_to_one_client(api: httpx.AsyncClient, keys: Keys):
    await create(api, keys)

    answer = await api.post(
        "/v1/clients", json={"name": "Another", "language": "fr", "domains": ["thill.lu"]}, headers=keys["agent"]
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "already-exists"
    assert await names(api, keys["agent"], q="Another") == []


async def test_the_same_request_makes_one_client(api: httpx.AsyncClient, keys: Keys):
    headers = keys["agent"] | {"Idempotency-Key": "thill"}

    first = await api.post("/v1/clients", json=THILL, headers=headers)
    again = await api.post("/v1/clients", json=THILL, headers=headers)
    other = await api.post("/v1/clients", json=THILL | {"name": "Thill"}, headers=headers)

    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert await names(api, keys["agent"], q="Menuiserie") == [THILL["name"]]


# --- change ---


async def test_only_what_is_sent_changes(api: httpx.AsyncClient, keys: Keys):
    client = await create(api, keys)
    headers = keys["finance"] | {"If-Match": '"1"'}

    changes = {"billing_cycle": "quarterly", "billing_address": None, "domains": ["thill.lu", "holz.lu"]}
    answer = await api.patch(f"/v1/clients/{client['id']}", json=changes, headers=headers)

    assert answer.status_code == 200
    assert answer.json() == client | changes | {"domains": ["holz.lu", "thill.lu"], "version": 2}
    assert answer.headers["etag"].startswith('"2-')
    read = await api.get(f"/v1/clients/{client['id']}", headers=keys["finance"])
    assert read.json() == answer.json()


async def test_a_stale_version_is_refused(api: httpx.AsyncClient, keys: Keys):
    client = await create(api, keys)
    path = f"/v1/clients/{client['id']}"
    await api.patch(path, json={"name": "Thill & Fils"}, headers=keys["agent"] | {"If-Match": '"1"'})

    answer = await api.patch(path, json={"language": "de"}, headers=keys["agent"] | {"If-Match": '"1"'})

    assert (answer.status_code, answer.json()["code"]) == (412, "version-mismatch")
    read = await api.get(path, headers=keys["agent"])
    assert (read.json()["name"], read.json()["language"], read.json()["version"]) == ("Thill & Fils", "fr", 2)


async def test_what_is_so_already_is_no_change(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    client = await create(api, keys)

    same = {"name": client["name"], "domains": ["THILL.lu", "menuiserie-thill.lu"], "vat_number": "26375245"}
    for body in ({}, same):
        answer = await api.patch(f"/v1/clients/{client['id']}", json=body, headers=keys["agent"])
        assert answer.status_code == 200
        assert answer.json() == client
    assert await conn.fetchval("SELECT count(*) FROM events WHERE type = 'client.changed'") == 0


async def test_a_vat_number_must_fit_the_country_that_stands_beside_it(api: httpx.AsyncClient, keys: Keys):
    client = await create(api, keys)
    path = f"/v1/clients/{client['id']}"

    alone = await api.patch(path, json={"country": "FR"}, headers=keys["agent"])
    assert (alone.status_code, alone.json()["code"]) == (422, "vat-number-invalid")

    changes = {"country": "FR", "vat_number": "FR 40 303 265 045"}
    together = await api.patch(path, json=changes, headers=keys["agent"])
    assert (together.json()["country"], together.json()["vat_number"]) == ("FR", "FR40303265045")

    without = await api.patch(path, json={"country": "US", "vat_number": None}, headers=keys["agent"])
    assert (without.json()["country"], without.json()["vat_number"]) == ("US", None)


async def test_another_client_s_domain_is_not_taken_over(api: httpx.AsyncClient, keys: Keys):
    await create(api, keys)
    other = await create(api, keys, name="Another", domains=[])

    answer = await api.patch(f"/v1/clients/{other['id']}", json={"domains": ["thill.lu"]}, headers=keys["agent"])

    assert (answer.status_code, answer.json()["code"]) == (409, "already-exists")


async def test_history_and_audit_tell_what_changed(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    client = await create(api, keys)
    await api.patch(f"/v1/clients/{client['id']}", json={"billing_cycle": "quarterly"}, headers=keys["finance"])

    events = await conn.fetch("SELECT type, client_id, actor, data FROM events ORDER BY id")
    assert [event["type"] for event in events] == ["client.created", "client.changed"]
    assert {str(event["client_id"]) for event in events} == {client["id"]}
    assert events[1]["data"] == {"changes": {"billing_cycle": ["monthly", "quarterly"]}}
    assert events[1]["actor"]["role"] == "finance"
    audit = await conn.fetch("SELECT operation, status_code, data FROM audit_log ORDER BY id")
    assert [(row["operation"], row["status_code"]) for row in audit] == [("create_client", 201), ("change_client", 200)]
    assert audit[0]["data"] == {"id": client["id"]}


# --- who sees what ---


async def test_a_client_s_key_sees_itself_and_nobody_else(api: httpx.AsyncClient, keys: Keys):
    own = await api.get(f"/v1/clients/{keys.client_id}", headers=keys["client"])
    foreign = await api.get(f"/v1/clients/{keys.other_client_id}", headers=keys["client"])
    absent = await api.get("/v1/clients/019ab000-0000-7000-8000-0000000000ff", headers=keys["client"])

    assert own.status_code == 200
    assert foreign.status_code == absent.status_code == 404
    for answer in (foreign, absent):
        answer.headers.pop("x-request-id")
    assert foreign.headers == absent.headers
    assert foreign.json() | {"request_id": ""} == absent.json() | {"request_id": ""}
    assert len(await names(api, keys["client"])) == 1
    assert await names(api, keys["client"], q="Garage") == []
    assert await names(api, keys["other_client"]) == ["Garage Exemple"]


@pytest.mark.parametrize("role", ["client", "accounting", "mail"])
async def test_who_may_not_write_clients(api: httpx.AsyncClient, keys: Keys, role: str):
    created = await api.post("/v1/clients", json=THILL, headers=keys[role])
    changed = await api.patch(f"/v1/clients/{keys.client_id}", json={"name": "Mine"}, headers=keys[role])

    assert (created.status_code, changed.status_code) == (403, 403)


async def test_mail_servers_read_no_clients(api: httpx.AsyncClient, keys: Keys):
    assert (await api.get("/v1/clients", headers=keys["mail"])).status_code == 403


async def test_clients_are_never_removed(api: httpx.AsyncClient, keys: Keys):
    answer = await api.delete(f"/v1/clients/{keys.client_id}", headers=keys["admin"])

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"


# --- lists ---


async def test_q_finds_by_the_beginning_of_the_name_or_by_domain(api: httpx.AsyncClient, keys: Keys):
    await create(api, keys)
    await create(api, keys, name="100% Bio_Lux", domains=["münchen-bau.de"])

    assert await names(api, keys["agent"], q="MENUISERIE t") == [THILL["name"]]
    assert await names(api, keys["agent"], q="Thill.LU") == [THILL["name"]]
    assert await names(api, keys["agent"], q="Sophie@thill.lu") == [THILL["name"]]
    assert await names(api, keys["agent"], q="münchen-bau.de") == ["100% Bio_Lux"]
    assert await names(api, keys["agent"], q="100%") == ["100% Bio_Lux"]
    assert await names(api, keys["agent"], q="%") == []
    assert await names(api, keys["agent"], q="_") == []
    assert await names(api, keys["agent"], q="thill") == []


async def test_pages_hold_every_client_once_while_others_are_added(api: httpx.AsyncClient, keys: Keys):
    for name in ("b", "B", "d", "Éclair", "a", "d"):
        await create(api, keys, name=name, domains=[])
    there = await names(api, keys["agent"], limit=100)

    seen: list[str] = []
    url: str | None = "/v1/clients?limit=2"
    while url:
        page = await api.get(url, headers=keys["agent"])
        seen += [client["name"] for client in page.json()["items"]]
        url = page.links.get("next", {}).get("url")
        assert (url is None) == (page.json()["next_cursor"] is None)
        if len(seen) == 4:
            await create(api, keys, name="Aa comes before the place read last", domains=[])
    assert seen == there
    assert seen.index("Boulangerie Exemple") > seen.index("b")


@pytest.mark.parametrize("cursor", ["x", "WyJhIl0", LONE_SURROGATE, "WzEsMl0"])
async def test_a_forged_cursor_is_refused(api: httpx.AsyncClient, keys: Keys, cursor: str):
    answer = await api.get("/v1/clients", params={"cursor": cursor}, headers=keys["agent"])

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "cursor-invalid"


async def test_a_page_costs_the_same_statements_whatever_is_on_it(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    for number in range(50):
        client = await a_client(conn, name=f"Client {number:02}")
        domains = [f"{name}{number}.lu" for name in ("a", "b")]
        await conn.execute("INSERT INTO client_domains SELECT unnest($1::text[]), $2", domains, client["id"])

    for limit in (5, 50):
        with counted(conn) as statements:
            answer = await api.get("/v1/clients", params={"q": "Client", "limit": limit}, headers=keys["agent"])
        assert len(answer.json()["items"]) == limit
        assert answer.json()["items"][4]["domains"] == ["a4.lu", "b4.lu"]
        assert len(statements) <= 4, statements
