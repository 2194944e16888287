"""Whatever is read by its name carries a strong ETag: of what the answer says, whoever wrote it and whatever the day."""

import re
from typing import Any

import httpx
import pytest

from app.core.db import Connection
from tests.builders import Keys, a_ticket
from tests.conftest import Clock
from tests.contract.operations import OPERATIONS, Operation
from tests.contract.world import World, a_world

SINGLE = [one for one in OPERATIONS if one.method == "GET" and one.path.startswith("/v1") and one.path.endswith("}")]
STRONG = re.compile(r'"[0-9a-f-]+"')


@pytest.fixture
async def world(conn: Connection, keys: Keys, clock: Clock) -> World:
    return await a_world(conn, keys)


@pytest.mark.parametrize("operation", SINGLE, ids=[one.id for one in SINGLE])
async def test_what_is_known_is_not_sent_again(api: httpx.AsyncClient, keys: Keys, world: World, operation: Operation):
    path = operation.path.format(**world.own)
    if operation.id == "read_export":
        await api.put(path, json={"external_reference": "LO-1"}, headers=keys["accounting"])
    first = await api.get(path, headers=keys["admin"])
    assert first.status_code == 200, first.text
    tag = first.headers["etag"]
    assert STRONG.fullmatch(tag)
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await api.get(path, headers=keys["admin"] | {"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await api.get(path, headers=keys["admin"] | {"If-None-Match": '"0"'})
    assert (other.status_code, other.headers["etag"]) == (200, tag)


async def test_an_invoice_that_is_overdue_overnight_is_sent_again(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    """Issued on 24 November, due on 24 December: on Christmas it is one day late, though nobody touched it."""
    ticket: Any = await a_ticket(conn, client_id=keys.client_id, status="in_progress")
    body = {"ticket_id": str(ticket["id"]), "worked_on": "2026-11-23", "worked_minutes": 25, "description": "Menu"}
    await api.post("/v1/time-entries", json=body, headers=keys["agent"])
    asked = {"cycle": "quarterly", "period": "2026-Q4", "issue": True}
    run = (await api.post("/v1/invoice-runs", json=asked, headers=keys["finance"])).json()
    path = f"/v1/invoices/{run['created'][0]['invoice_id']}"
    seen = await api.get(path, headers=keys["finance"])
    assert (seen.json()["overdue"], seen.json()["due_on"]) == (False, "2026-12-24")

    clock.advance(days=30)
    due = await api.get(path, headers=keys["finance"] | {"If-None-Match": seen.headers["etag"]})
    assert due.status_code == 304
    clock.advance(days=1)
    late = await api.get(path, headers=keys["finance"] | {"If-None-Match": seen.headers["etag"]})
    assert (late.status_code, late.json()["overdue"], late.json()["overdue_days"]) == (200, True, 1)
    assert late.json()["version"] == seen.json()["version"]


async def test_a_tag_of_yesterday_still_names_the_version(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    """If-Match compares the version, whatever else was shown beside it; only strong tags match."""
    client: Any = (await api.get(f"/v1/clients/{keys.client_id}", headers=keys["agent"])).headers["etag"]
    path = f"/v1/clients/{keys.client_id}"
    version = client.strip('"').partition("-")[0]
    for tag in (client, f'"{version}"', f'"{version}-0123456789abcdef"'):
        same = await api.patch(path, json={}, headers=keys["agent"] | {"If-Match": tag})
        assert same.status_code == 200
    for tag in (f'"{version}9-0123"', f"W/{client}", f'"{version}', version, client.replace("-", "+")):
        stale = await api.patch(path, json={}, headers=keys["agent"] | {"If-Match": tag})
        assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch"), tag
