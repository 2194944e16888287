"""From logged time to an issued invoice over HTTP: previews, drafts, issue, runs (I1 to I4)."""

from typing import Any

import httpx
import pytest

from app.core.db import Connection
from tests.billing import logged, settled
from tests.builders import Keys, a_contact, a_ticket
from tests.conftest import Clock

QUARTER = {"cycle": "quarterly", "period": "2026-Q4"}


@pytest.fixture
async def ticket(conn: Connection, keys: Keys, clock: Clock) -> Any:
    return await a_ticket(conn, client_id=keys.client_id, status="in_progress")


async def run(api: httpx.AsyncClient, keys: Keys, **body: Any) -> dict[str, Any]:
    answer = await api.post("/v1/invoice-runs", json=QUARTER | {"issue": True} | body, headers=keys["finance"])
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def read(api: httpx.AsyncClient, keys: Keys, invoice_id: str) -> dict[str, Any]:
    answer = await api.get(f"/v1/invoices/{invoice_id}", headers=keys["finance"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_from_minutes_to_an_issued_invoice(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Any):
    await a_contact(conn, keys.client_id, billing=True)
    await logged(api, keys, ticket["id"], 25)
    await logged(api, keys, ticket["id"], 20, worked_on="2026-11-20")
    answer = await api.post(
        "/v1/invoice-previews", json=QUARTER | {"client_id": str(keys.client_id)}, headers=keys["finance"]
    )
    (preview,) = answer.json()["items"]
    assert preview["obstacles"] == []
    told = await run(api, keys)
    assert told["status"] == "done"
    (created,) = told["created"]
    assert [one["reason"] for one in told["skipped"]] == ["nothing-to-bill"]
    await settled(conn)
    invoice = await read(api, keys, created["invoice_id"])
    assert invoice["number"] == created["number"] == "F2026-0001"
    assert (invoice["issued_on"], invoice["due_on"]) == ("2026-11-24", "2026-12-24")
    (line,) = invoice["lines"]
    assert (line["quantity"], line["unit"], line["unit_price_cents"], line["base_quantity"]) == (
        45,
        "minute",
        12000,
        60,
    )
    assert [(one["worked_on"], one["minutes"], one["agent"]) for one in line["details"]] == [
        ("2026-11-20", 20, "Anne Agent"),
        ("2026-11-23", 25, "Anne Agent"),
    ]
    assert (invoice["subtotal_cents"], invoice["vat_cents"], invoice["total_cents"]) == (9000, 1530, 10530)
    assert invoice["digest"] == preview["digest"]
    again = await run(api, keys)
    assert sorted(one["reason"] for one in again["skipped"]) == ["already-invoiced", "nothing-to-bill"]
    assert again["created"] == []


async def test_an_invoice_names_its_client_as_it_was_called_then(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Any
):
    """The client is renamed after the issue: list, feed and document all show the name that was invoiced (I7)."""
    await logged(api, keys, ticket["id"], 25)
    (created,) = (await run(api, keys))["created"]
    renamed = await api.patch(f"/v1/clients/{keys.client_id}", json={"name": "Pains & Fils"}, headers=keys["agent"])
    assert renamed.json()["name"] == "Pains & Fils"

    assert (await read(api, keys, created["invoice_id"]))["client_name"] == "Boulangerie Exemple"
    for query in ({}, {"client_id": str(keys.client_id)}):
        listed = await api.get("/v1/invoices", params=query, headers=keys["finance"])
        assert [one["client_name"] for one in listed.json()["items"]] == ["Boulangerie Exemple"]
