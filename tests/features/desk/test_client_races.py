"""What two people do to clients, contacts, keys and jobs at the same moment, with real commits."""

import asyncio
from typing import Any

import httpx

from app.core.db import Connection, Database
from tests.builders import Keys, a_contact, a_dead_job, a_ticket

THILL: dict[str, Any] = {"name": "Menuiserie Thill", "language": "fr", "domains": ["thill.lu"]}
TIMES = 6


async def at_once(*calls: Any) -> list[httpx.Response]:
    return list(await asyncio.gather(*calls))


async def test_a_domain_goes_to_one_of_those_who_ask_at_once(committing_api: httpx.AsyncClient, committing_keys: Keys):
    headers = committing_keys["agent"]

    answers = await at_once(*(committing_api.post("/v1/clients", json=THILL, headers=headers) for _ in range(TIMES)))

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (TIMES - 1)]
    found = await committing_api.get("/v1/clients", params={"q": "Menuiserie"}, headers=headers)
    assert len(found.json()["items"]) == 1


async def test_the_same_key_at_once_makes_one_client(
    committing_api: httpx.AsyncClient, committing_keys: Keys, committing_conn: Connection
):
    headers = committing_keys["agent"] | {"Idempotency-Key": "thill"}

    answers = await at_once(*(committing_api.post("/v1/clients", json=THILL, headers=headers) for _ in range(TIMES)))

    made = [answer for answer in answers if answer.status_code == 201]
    others = {(answer.status_code, answer.json()["code"]) for answer in answers if answer.status_code != 201}
    assert len({answer.content for answer in made}) == 1
    assert others <= {(409, "idempotency-key-in-flight")}
    assert await committing_conn.fetchval("SELECT count(*) FROM clients WHERE name = $1", THILL["name"]) == 1


async def test_of_changes_to_one_version_one_is_made(committing_api: httpx.AsyncClient, committing_keys: Keys):
    path, headers = f"/v1/clients/{committing_keys.client_id}", committing_keys["agent"]
    matching = headers | {"If-Match": '"1"'}

    answers = await at_once(
        *(committing_api.patch(path, json={"name": f"Name {number}"}, headers=matching) for number in range(TIMES))
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[412] * (TIMES - 1)]
    assert (await committing_api.get(path, headers=headers)).json()["version"] == 2


async def test_changes_of_domains_follow_one_another(committing_api: httpx.AsyncClient, committing_keys: Keys):
    path, headers = f"/v1/clients/{committing_keys.client_id}", committing_keys["agent"]
    wanted = [[f"a{number}.lu", "common.lu"] for number in range(TIMES)]

    answers = await at_once(*(committing_api.patch(path, json={"domains": each}, headers=headers) for each in wanted))

    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["domains"] for answer in answers] == wanted
    last = (await committing_api.get(path, headers=headers)).json()
    assert (last["domains"] in wanted, last["version"]) == (True, 1 + TIMES)


async def test_a_contact_is_removed_or_named_never_both(
    committing_api: httpx.AsyncClient, committing_keys: Keys, committing_database: Database, committing_conn: Connection
):
    client_id, headers = committing_keys.client_id, committing_keys["agent"]
    contact = await a_contact(committing_conn, client_id)
    path = f"/v1/clients/{client_id}/contacts/{contact['id']}"

    async with committing_database.transaction() as conn:
        await a_ticket(conn, client_id=client_id, contact_id=contact["id"])
        removal = asyncio.create_task(committing_api.delete(path, headers=headers))
        await asyncio.sleep(0.2)
        assert not removal.done()
    answer = await removal

    assert (answer.status_code, answer.json()["code"]) == (409, "still-in-use")


async def test_a_revocation_is_told_once(
    committing_api: httpx.AsyncClient, committing_keys: Keys, committing_conn: Connection
):
    key_id = await committing_conn.fetchval("SELECT id FROM api_keys WHERE role = 'mail'")
    path, headers = f"/v1/api-keys/{key_id}/revocation", committing_keys["admin"]

    answers = await at_once(*(committing_api.post(path, headers=headers) for _ in range(TIMES)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["revoked_at"] for answer in answers}) == 1
    assert await committing_conn.fetchval("SELECT count(*) FROM events WHERE type = 'api_key.revoked'") == 1


async def test_a_dead_job_is_retried_once(
    committing_api: httpx.AsyncClient, committing_keys: Keys, committing_conn: Connection
):
    job = await a_dead_job(committing_conn)
    path, headers = f"/v1/jobs/{job['id']}/retry", committing_keys["admin"]

    answers = await at_once(*(committing_api.post(path, headers=headers) for _ in range(TIMES)))

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * (TIMES - 1)]
