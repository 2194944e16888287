"""Credit notes, corrections of what is invoiced, payments (I4, I6, P6)."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.db import Connection
from tests import invariants
from tests.billing import logged, settled
from tests.builders import Keys, a_ticket
from tests.conftest import Clock
from tests.features.billing.test_invoices import QUARTER, read, run


@pytest.fixture
async def ticket(conn: Connection, keys: Keys, clock: Clock) -> Any:
    return await a_ticket(conn, client_id=keys.client_id, status="in_progress")


@pytest.fixture
async def entry(api: httpx.AsyncClient, keys: Keys, ticket: Any) -> Any:
    return await logged(api, keys, ticket["id"], 50)


@pytest.fixture
async def invoice(api: httpx.AsyncClient, keys: Keys, entry: Any) -> dict[str, Any]:
    """50 minutes: 100.00 and 17.00 of tax."""
    (created,) = (await run(api, keys))["created"]
    return await read(api, keys, created["invoice_id"])


async def credit(api: httpx.AsyncClient, keys: Keys, invoice: Any, **body: Any) -> httpx.Response:
    path = f"/v1/invoices/{invoice['id']}/credit-notes"
    return await api.post(path, json={"reason": "Agreed by phone"} | body, headers=keys["finance"])


async def correct(api: httpx.AsyncClient, keys: Keys, entry: Any, **replacement: Any) -> None:
    body: dict[str, Any] = {"reason": "Typed the wrong number"}
    if replacement:
        body["replacement"] = {"worked_on": "2026-11-23", "description": "Repaired the menu"} | replacement
    answer = await api.post(f"/v1/time-entries/{entry['id']}/corrections", json=body, headers=keys["agent"])
    assert answer.status_code == 201, answer.text


async def open_minutes(conn: Connection) -> int:
    await settled(conn)
    found: int = await conn.fetchval("SELECT coalesce(sum(minutes), 0) FROM open_time")
    return found


async def test_a_whole_invoice_is_credited_and_invoiced_again(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, invoice: Any
):
    answer = await credit(api, keys, invoice, free_entries=True)
    assert answer.status_code == 201, answer.text
    note = answer.json()
    assert (note["number"], note["kind"], note["credits_id"]) == ("NC2026-0001", "credit_note", invoice["id"])
    assert (note["subtotal_cents"], note["vat_cents"], note["total_cents"]) == (10000, 1700, 11700)
    assert note["lines"][0]["quantity"] == 50
    assert note["credit_reason"] == "Agreed by phone"
    assert await open_minutes(conn) == 50
    credited = await read(api, keys, invoice["id"])
    assert (credited["payment_status"], credited["outstanding_cents"]) == ("credited", 0)
    assert [one["number"] for one in credited["credits"]] == ["NC2026-0001"]
    again = await credit(api, keys, invoice)
    assert (again.status_code, again.json()["code"]) == (409, "credit-exceeds-line")
    (created,) = (await run(api, keys))["created"]
    assert created["number"] == "F2026-0002"
    assert await open_minutes(conn) == 0
    await invariants.check(conn)


async def test_credits_by_minutes_and_amount_never_exceed_the_line(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, invoice: Any
):
    line_id = invoice["lines"][0]["id"]
    first = (await credit(api, keys, invoice, lines=[{"line_id": line_id, "minutes": 20}])).json()
    assert (first["subtotal_cents"], first["lines"][0]["quantity"], first["lines"][0]["unit"]) == (4000, 20, "minute")
    assert await open_minutes(conn) == 0  # given away, not freed
    second = (await credit(api, keys, invoice, lines=[{"line_id": line_id, "net_cents": 1234}])).json()
    assert (second["subtotal_cents"], second["vat_cents"], second["lines"][0]["unit"]) == (1234, 210, "piece")
    for wish in ({"minutes": 31}, {"net_cents": 4767}):
        answer = await credit(api, keys, invoice, lines=[{"line_id": line_id} | wish])
        assert (answer.status_code, answer.json()["code"]) == (409, "credit-exceeds-line")
        assert (answer.json()["left_cents"], answer.json()["left_minutes"]) == (4766, 30)
    rest = (await credit(api, keys, invoice)).json()
    assert rest["subtotal_cents"] == 4766
    assert (await read(api, keys, invoice["id"]))["payment_status"] == "credited"
    await settled(conn)
    await invariants.check(conn)


async def test_some_minutes_are_freed(api: httpx.AsyncClient, conn: Connection, keys: Keys, invoice: Any):
    line_id = invoice["lines"][0]["id"]
    answer = await credit(api, keys, invoice, lines=[{"line_id": line_id, "minutes": 20}], free_entries=True)
    assert answer.status_code == 201, answer.text
    assert await open_minutes(conn) == 20
    await invariants.check(conn)


async def test_a_correction_goes_onto_the_next_invoice(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Any, entry: Any, invoice: Any, clock: Clock
):
    await correct(api, keys, entry, ticket_id=str(ticket["id"]), worked_minutes=15)
    await logged(api, keys, ticket["id"], 60)
    clock.advance(days=60)
    (created,) = (await run(api, keys, period="2027-Q1"))["created"]
    following = await read(api, keys, created["invoice_id"])
    told = [(line["kind"], line["quantity"], line["net_cents"]) for line in following["lines"]]
    assert told == [("time", 75, 15000), ("adjustment", -50, -10000)]
    assert following["lines"][1]["source_id"] == invoice["lines"][0]["id"]
    assert following["total_cents"] == 5850
    for line in following["lines"]:
        path = f"/v1/invoices/{following['id']}/lines/{line['id']}/explanation"
        explained = (await api.get(path, headers=keys["finance"])).json()
        assert explained["equal"], explained
    await settled(conn)
    await invariants.check(conn)


async def test_more_given_back_than_charged_is_parked_and_credited(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, entry: Any, invoice: Any, clock: Clock
):
    await correct(api, keys, entry)
    clock.advance(days=60)
    (parked,) = (await run(api, keys, period="2027-Q1"))["parked"]
    assert parked["reason"] == "total-negative"
    assert "credit note" in parked["detail"]
    answer = await credit(api, keys, invoice, corrections=True)
    assert answer.status_code == 201, answer.text
    assert answer.json()["total_cents"] == 11700
    assert await open_minutes(conn) == 0
    assert (await run(api, keys, period="2027-Q1"))["parked"] == []
    await invariants.check(conn)


async def test_payments_part_over_and_reversed(api: httpx.AsyncClient, conn: Connection, keys: Keys, invoice: Any):
    path = f"/v1/invoices/{invoice['id']}/payments"

    async def pay(cents: int) -> dict[str, Any]:
        body = {"amount_cents": cents, "paid_on": "2026-11-24", "reference": "F2026-0001"}
        answer = await api.post(path, json=body, headers=keys["accounting"])
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def stands() -> tuple[str, int]:
        found = await read(api, keys, invoice["id"])
        return found["payment_status"], found["outstanding_cents"]

    assert await stands() == ("unpaid", 11700)
    first = await pay(10000)
    assert await stands() == ("partially_paid", 1700)
    await pay(1700)
    assert await stands() == ("paid", 0)
    await pay(300)
    assert await stands() == ("overpaid", -300)
    back = await api.post(f"{path}/{first['id']}/reversal", json={"reason": "Bounced"}, headers=keys["finance"])
    assert (back.status_code, back.json()["amount_cents"]) == (201, -10000)
    assert await stands() == ("partially_paid", 9700)
    twice = await api.post(f"{path}/{first['id']}/reversal", json={"reason": "Bounced"}, headers=keys["finance"])
    assert (twice.status_code, twice.json()["code"]) == (409, "payment-reversed")
    listed = (await api.get(path, headers=keys["client"])).json()["items"]
    assert [one["amount_cents"] for one in listed] == [10000, 1700, 300, -10000]
    await settled(conn)
    await invariants.check(conn)


async def test_what_a_client_paid_too_much_is_paid_back_and_no_more(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, invoice: Any
):
    path = f"/v1/invoices/{invoice['id']}"

    async def book(where: str, cents: int, **more: str) -> httpx.Response:
        body = {"amount_cents": cents, "paid_on": "2026-11-24"} | more
        return await api.post(f"{path}/{where}", json=body, headers=keys["accounting"])

    async def stands() -> tuple[str, int, int]:
        found = await read(api, keys, invoice["id"])
        return found["payment_status"], found["paid_cents"], found["surplus_cents"]

    paid = (await book("payments", 12000)).json()
    assert await stands() == ("overpaid", 12000, 300)
    too_much = await book("refunds", 301, reason="Paid too much")
    assert (too_much.status_code, too_much.json()["code"]) == (409, "refund-exceeds-surplus")
    assert too_much.json()["surplus_cents"] == 300
    refund = await book("refunds", 200, reason="Paid too much", reference="SEPA 117")
    assert refund.status_code == 201, refund.text
    told = refund.json()
    assert (told["kind"], told["amount_cents"], told["reason"]) == ("refund", -200, "Paid too much")
    assert await stands() == ("overpaid", 11800, 100)
    # The bank returns the refund: it can be made again.
    back = await api.post(f"{path}/payments/{told['id']}/reversal", json={"reason": "IBAN"}, headers=keys["finance"])
    assert (back.status_code, back.json()["kind"], back.json()["amount_cents"]) == (201, "reversal", 200)
    assert (await book("refunds", 300, reason="Once more")).status_code == 201
    assert await stands() == ("paid", 11700, 0)
    assert (await book("refunds", 1, reason="Nothing is left")).json()["surplus_cents"] == 0
    # The client's own payment is recalled after all: all is owed again, and what went back with it.
    await api.post(f"{path}/payments/{paid['id']}/reversal", json={"reason": "Recalled"}, headers=keys["finance"])
    assert await stands() == ("unpaid", -300, 0)
    for status, found in ("unpaid", 1), ("partially_paid", 0), ("overpaid", 0):
        listed = await api.get("/v1/invoices", params={"payment_status": status}, headers=keys["accounting"])
        assert len(listed.json()["items"]) == found, status
    types = await conn.fetch("SELECT type FROM events WHERE subject_id = $1 ORDER BY id", UUID(invoice["id"]))
    assert [row["type"] for row in types if "refund" in row["type"]] == ["invoice.refunded"] * 2
    await settled(conn)
    await invariants.check(conn)


async def test_what_was_paid_and_then_credited_is_paid_back(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, invoice: Any
):
    path = f"/v1/invoices/{invoice['id']}"
    body = {"amount_cents": 11700, "paid_on": "2026-11-24"}
    paid = await api.post(f"{path}/payments", json=body, headers=keys["finance"])
    await api.post(f"{path}/credit-notes", json={"reason": "Wrong client"}, headers=keys["finance"])
    assert (await read(api, keys, invoice["id"]))["surplus_cents"] == 11700
    future = body | {"paid_on": "2026-11-26", "reason": "Wrong client"}
    early = await api.post(f"{path}/refunds", json=future, headers=keys["finance"])
    assert (early.status_code, early.json()["code"]) == (422, "payment-in-future")
    refund = await api.post(f"{path}/refunds", json=body | {"reason": "Wrong client"}, headers=keys["finance"])
    assert refund.status_code == 201, refund.text
    found = await read(api, keys, invoice["id"])
    assert (found["payment_status"], found["outstanding_cents"]) == ("credited", 0)
    # The bank recalls the payment: what went back is owed, and the list and the invoice say so alike.
    reversal = f"{path}/payments/{paid.json()['id']}/reversal"
    assert (await api.post(reversal, json={"reason": "Recalled"}, headers=keys["finance"])).status_code == 201
    found = await read(api, keys, invoice["id"])
    assert (found["payment_status"], found["outstanding_cents"]) == ("unpaid", 11700)
    for status, count in ("unpaid", 1), ("credited", 0):
        listed = await api.get("/v1/invoices", params={"payment_status": status}, headers=keys["accounting"])
        assert len(listed.json()["items"]) == count, status
    await settled(conn)
    await invariants.check(conn)


async def test_an_unpaid_invoice_is_overdue_with_interest_where_a_rate_is_set(
    api: httpx.AsyncClient, app: Any, keys: Keys, invoice: Any, clock: Clock
):
    clock.advance(days=40)  # due on 24 December
    late = await read(api, keys, invoice["id"])
    assert (late["overdue"], late["overdue_days"], late["interest_cents"]) == (True, 10, None)
    app.state.settings = app.state.settings.model_copy(update={"late_interest_bp": 1215})
    # 117.00 at 12.15 % for 10 of 365 days: 38.95 cents.
    assert (await read(api, keys, invoice["id"]))["interest_cents"] == 39
    for query, found in ({"overdue": "true"}, 1), ({"payment_status": "paid"}, 0), ({"payment_status": "unpaid"}, 1):
        listed = await api.get("/v1/invoices", params=query, headers=keys["accounting"])
        assert len(listed.json()["items"]) == found, query


async def test_a_draft_is_issued_only_as_it_was_read(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Any, entry: Any
):
    (created,) = (await run(api, keys, issue=False))["created"]
    path = f"/v1/invoices/{created['invoice_id']}"
    draft = await api.get(path, headers=keys["finance"])
    assert (draft.json()["status"], draft.json()["number"], draft.json()["payment_status"]) == ("draft", None, None)
    assert (await api.get(path, headers=keys["client"])).status_code == 404
    assert (await api.post(f"{path}/issue", json={}, headers=keys["finance"])).status_code == 428
    match = keys["finance"] | {"If-Match": draft.headers["etag"]}
    await logged(api, keys, ticket["id"], 10)
    refused = await api.post(f"{path}/issue", json={}, headers=match)
    assert (refused.status_code, refused.json()["code"]) == (409, "facts-changed")
    assert refused.json()["differences"] == [
        f"Changed: {ticket['number']} · The menu does not open: 50 minutes, 100.00 EUR before, 60 minutes, 120.00 EUR now.",
        "Changed: the tax.",
        "The total was 117.00 EUR, and is 140.40 EUR now.",
    ]
    again = await run(api, keys, issue=False)
    assert again["created"][0]["invoice_id"] == created["invoice_id"]
    assert (await run(api, keys, issue=False))["skipped"][0]["reason"] in {"draft-unchanged", "nothing-to-bill"}
    assert (await api.post(f"{path}/issue", json={}, headers=match)).status_code == 412
    match = keys["finance"] | {"If-Match": (await api.get(path, headers=keys["finance"])).headers["etag"]}
    issued = await api.post(f"{path}/issue", json={}, headers=match)
    assert (issued.status_code, issued.json()["number"], issued.json()["total_cents"]) == (200, "F2026-0001", 14040)
    gone = await api.delete(path, headers=keys["finance"] | {"If-Match": "*"})
    assert (gone.status_code, gone.json()["code"]) == (409, "invoice-issued")
    await settled(conn)
    await invariants.check(conn)


async def test_a_draft_holds_nothing(api: httpx.AsyncClient, conn: Connection, keys: Keys, entry: Any):
    (created,) = (await run(api, keys, issue=False))["created"]
    assert await open_minutes(conn) == 50
    path = f"/v1/invoices/{created['invoice_id']}"
    answer = await api.delete(path, headers=keys["finance"] | {"If-Match": "*"})
    assert answer.status_code == 204
    assert (await api.get(path, headers=keys["finance"])).status_code == 404
    assert [one["number"] for one in (await run(api, keys))["created"]] == ["F2026-0001"]


async def test_another_digest_parks_the_client_and_tells_how_it_is_now(
    api: httpx.AsyncClient, keys: Keys, ticket: Any, entry: Any
):
    body = QUARTER | {"client_id": str(keys.client_id)}
    (preview,) = (await api.post("/v1/invoice-previews", json=body, headers=keys["finance"])).json()["items"]
    await logged(api, keys, ticket["id"], 10)
    digests = [{"client_id": str(keys.client_id), "digest": preview["digest"]}]
    (parked,) = (await run(api, keys, digests=digests))["parked"]
    assert parked["reason"] == "facts-changed"
    assert "Now it is 140.40 EUR in all, on 1 line" in parked["detail"]
