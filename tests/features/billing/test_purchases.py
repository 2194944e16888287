"""A purchase of hours is charged once; what of it goes back goes through its pool (C1, C6, I4)."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.billing.invoices.service.purchasing import settle_contract
from app.core.db import Connection, Database
from app.domain.invoice_assembly import vat_lines
from tests import invariants
from tests.billing import logged, settled
from tests.builders import Keys, a_ticket
from tests.conftest import Clock
from tests.service import SETTINGS


class Desk:
    """Buys, refunds and credits over HTTP; the jobs that follow run when told to."""

    def __init__(self, api: httpx.AsyncClient, keys: Keys, database: Database, clock: Clock) -> None:
        self.api, self.keys, self.database, self.clock = api, keys, database, clock

    async def post(self, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
        answer = await self.api.post(path, json=body, headers=self.keys["finance"])
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def buy(self, minutes: int) -> tuple[UUID, dict[str, Any]]:
        """The contract, and its invoice."""
        body = {"client_id": str(self.keys.client_id), "year": 2026, "bought_minutes": minutes}
        contract = await self.post("/v1/contracts", body)
        return UUID(contract["id"]), await self.post(f"/v1/contracts/{contract['id']}/invoice", {})

    async def refund(self, contract_id: UUID, minutes: int, status: int = 201) -> dict[str, Any]:
        return await self.post(
            f"/v1/contracts/{contract_id}/refunds", {"minutes": minutes, "reason": "Closing"}, status
        )

    async def settle(self, contract_id: UUID) -> None:
        await settle_contract(self.database, contract_id, SETTINGS, self.clock.now())

    async def credit(self, invoice: dict[str, Any], status: int, **body: Any) -> dict[str, Any]:
        return await self.post(f"/v1/invoices/{invoice['id']}/credit-notes", {"reason": "Typing error"} | body, status)

    async def documents(self) -> list[tuple[str, int]]:
        """All of the client's, in order, with what they come to without tax."""
        answer = await self.api.get("/v1/invoices", headers=self.keys["finance"])
        return [(one["number"], one["subtotal_cents"]) for one in reversed(answer.json()["items"])]


@pytest.fixture
def desk(api: httpx.AsyncClient, keys: Keys, database: Database, clock: Clock) -> Desk:
    return Desk(api, keys, database, clock)


@pytest.mark.parametrize("parts", [(5,), (1, 1, 1, 1, 1), (2, 3)])
@pytest.mark.parametrize("at_once", [True, False])
async def test_hours_that_were_refunded_wholly_are_not_charged_again(
    desk: Desk, conn: Connection, parts: tuple[int, ...], at_once: bool
):
    contract_id, _ = await desk.buy(5)
    for minutes in parts:
        await desk.refund(contract_id, minutes)
        if not at_once:
            await desk.settle(contract_id)
    for _ in range(3):
        await desk.settle(contract_id)
    # 114.00 EUR an hour: 1.90 a minute.
    notes = [(f"NC2026-{place:04d}", 190 * minutes) for place, minutes in enumerate(parts, 1)]
    assert await desk.documents() == [("F2026-0001", 950), *notes]
    again = await desk.post(f"/v1/contracts/{contract_id}/invoice", {})
    assert (again["number"], again["payment_status"], again["outstanding_cents"]) == ("F2026-0001", "credited", 0)
    await settled(conn)
    await invariants.check(conn)


async def test_hours_that_are_used_are_not_given_back(desk: Desk, conn: Connection, keys: Keys):
    contract_id, invoice = await desk.buy(60)
    ticket = await a_ticket(conn, client_id=keys.client_id, status="in_progress")
    assert (await logged(desk.api, keys, ticket["id"], 50))["drawn_minutes"] == 50
    line_id = invoice["lines"][0]["id"]
    for body in (
        {},
        {"lines": [{"line_id": line_id, "net_cents": 100}]},
        {"lines": [{"line_id": line_id, "minutes": 1}]},
        {"lines": [{"line_id": line_id, "minutes": 60}], "free_entries": True},
    ):
        refused = await desk.credit(invoice, 409, **body)
        assert refused["code"] == "purchase-refunded-only"
        assert (refused["contract_id"], refused["refundable_minutes"]) == (str(contract_id), 10)
    page = await desk.api.get(refused["type"].removeprefix("http://test"))
    assert page.status_code == 200
    assert "/refunds" in page.text
    assert (await desk.refund(contract_id, 11, 409))["refundable_minutes"] == 10
    assert (await desk.refund(contract_id, 10))["amount_cents"] == 1900
    await desk.settle(contract_id)
    assert await desk.documents() == [("F2026-0001", 11400), ("NC2026-0001", 1900)]
    assert (await desk.credit(invoice, 409, free_entries=True))["refundable_minutes"] == 0
    await settled(conn)
    await invariants.check(conn)


@pytest.mark.parametrize(
    ("bought", "parts", "vat", "still_owed"),
    [
        # 57.00 EUR and 9.69; of half of it 4.845 remain, rounded 4.85.
        (30, (15, 15), (484, 485), (3335, 0)),
        # 9.50 EUR and 1.615, rounded 1.62; there remain 1.292, 0.969, 0.646, 0.323 and nothing.
        (5, (1, 1, 1, 1, 1), (33, 32, 32, 33, 32), (889, 667, 445, 222, 0)),
        # 5.70 EUR and 0.969, rounded 0.97; there remain 0.646, 0.323 and nothing.
        (3, (1, 1, 1), (32, 33, 32), (445, 222, 0)),
    ],
)
async def test_refunds_give_back_the_tax_to_the_cent(
    desk: Desk, conn: Connection, bought: int, parts: tuple[int, ...], vat: tuple[int, ...], still_owed: tuple[int, ...]
):
    contract_id, invoice = await desk.buy(bought)
    for number, (minutes, tax, owed) in enumerate(zip(parts, vat, still_owed, strict=True), 1):
        await desk.refund(contract_id, minutes)
        await desk.settle(contract_id)
        listed = (await desk.api.get("/v1/invoices", headers=desk.keys["finance"])).json()["items"]
        note = next(one for one in listed if one["number"] == f"NC2026-{number:04d}")
        assert (note["subtotal_cents"], note["vat_cents"]) == (190 * minutes, tax)
        stands = (await desk.api.get(f"/v1/invoices/{invoice['id']}", headers=desk.keys["finance"])).json()
        assert stands["outstanding_cents"] == owed
        for form in ("ubl", "cii"):
            paper = await desk.api.get(f"/v1/invoices/{note['id']}/{form}", headers=desk.keys["finance"])
            assert paper.status_code == 200, paper.text
        shown = (await desk.api.get(f"/v1/invoices/{note['id']}", headers=desk.keys["finance"])).json()
        path = f"/v1/invoices/{note['id']}/lines/{shown['lines'][0]['id']}/explanation"
        explained = (await desk.api.get(path, headers=desk.keys["finance"])).json()
        assert (explained["equal"], explained["stored"]["vat_share_cents"]) == (True, tax)
    assert stands["payment_status"] == "credited"
    await settled(conn)
    await invariants.check(conn)


async def test_the_database_refuses_tax_that_was_rounded_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    contract_id, _ = await desk.buy(30)
    await desk.refund(contract_id, 15)
    monkeypatch.setattr("app.domain.credit_note._vat_lines", lambda _credit, lines: vat_lines(lines))
    with pytest.raises(asyncpg.CheckViolationError) as refused:  # 4.85 of 28.50, twice more than 9.69
        await desk.settle(contract_id)
    assert refused.value.constraint_name == "invoices_add_up"


@pytest.mark.parametrize("refunded_between", [True, False])
async def test_a_purchase_is_invoiced_anew_where_finance_asks(desk: Desk, conn: Connection, refunded_between: bool):
    contract_id, invoice = await desk.buy(60)
    note = await desk.credit(invoice, 201, free_entries=True)
    assert note["subtotal_cents"] == 11400
    promised = await conn.fetchval(
        "SELECT count(*) FROM jobs WHERE kind = 'contract_invoice' AND payload ->> 'contract_id' = $1", str(contract_id)
    )
    assert promised == 2  # by the purchase, and by the credit note
    if refunded_between:
        await desk.refund(contract_id, 10)
    for _ in range(2):
        await desk.settle(contract_id)
    found = [("F2026-0001", 11400), ("NC2026-0001", 11400), ("F2026-0002", 11400)]
    assert await desk.documents() == found + [("NC2026-0002", 1900)] * refunded_between
    again = await desk.post(f"/v1/contracts/{contract_id}/invoice", {})
    assert again["number"] == "F2026-0002"
    await settled(conn)
    await invariants.check(conn)
