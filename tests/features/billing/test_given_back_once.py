"""What a credit note gave back is not given back again, and nobody is parked for it (P6, I4, U4)."""

from typing import Any

import asyncpg
import httpx
import pytest

from app.core.db import Connection
from tests import invariants
from tests.billing import logged, settled
from tests.builders import Keys, a_ticket
from tests.conftest import Clock
from tests.features.billing.test_corrections import corrected
from tests.features.billing.test_credit_notes import credit, open_minutes
from tests.features.billing.test_invoices import read, run
from tests.features.billing.test_urgencies import posted

Lines = list[tuple[str, int, int]]


class Desk:
    """A client's year: work is logged, corrected, invoiced quarter by quarter, credited."""

    def __init__(self, api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock, ticket_id: str) -> None:
        self.api, self.conn, self.keys, self.clock, self.ticket_id = api, conn, keys, clock, ticket_id
        self.periods = ["2026-Q4", "2027-Q1", "2027-Q2", "2027-Q3"]

    async def log(self, minutes: int) -> dict[str, Any]:
        return await logged(self.api, self.keys, self.ticket_id, minutes)

    async def correct(self, entry: Any, minutes: int | None = None) -> dict[str, Any]:
        """By another entry, or by none; the counter-entry."""
        other: dict[str, Any] = {"ticket_id": self.ticket_id, "worked_minutes": minutes} if minutes else {}
        answer = await corrected(self.api, self.keys, entry["id"], **other)
        assert answer.status_code == 201, answer.text
        back: dict[str, Any] = answer.json()["counter_entry"]
        stored = (await self.api.get(f"/v1/time-entries/{back['id']}", headers=self.keys["agent"])).json()
        for name in "billable_minutes", "written_off_minutes", "explanation":
            assert back[name] == stored[name]
        return back

    async def invoice(self) -> dict[str, Any]:
        """Of the next quarter: whole, explained, with nothing left open."""
        done = await run(self.api, self.keys, period=self.periods.pop(0))
        assert done["parked"] == []
        (created,) = done["created"]
        self.clock.advance(days=91)
        found = await read(self.api, self.keys, created["invoice_id"])
        for line in found["lines"]:
            assert (await self.explained(found, line))["equal"], line
        await self.check()
        assert await open_minutes(self.conn) == 0
        listed = (await self.api.get("/v1/reports/unbilled", headers=self.keys["finance"])).json()["items"]
        assert listed == []
        return found

    async def explained(self, invoice: Any, line: Any) -> dict[str, Any]:
        path = f"/v1/invoices/{invoice['id']}/lines/{line['id']}/explanation"
        answer: dict[str, Any] = (await self.api.get(path, headers=self.keys["finance"])).json()
        return answer

    async def credit(self, invoice: Any, status: int = 201, **body: Any) -> dict[str, Any]:
        answer = await credit(self.api, self.keys, invoice, **body)
        assert answer.status_code == status, answer.text
        note: dict[str, Any] = answer.json()
        return note

    async def check(self) -> None:
        await settled(self.conn)
        await invariants.check(self.conn)


@pytest.fixture
async def desk(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock) -> Desk:
    ticket = await a_ticket(conn, client_id=keys.client_id, status="in_progress")
    return Desk(api, conn, keys, clock, str(ticket["id"]))


def told(invoice: dict[str, Any]) -> Lines:
    return [(line["kind"], line["quantity"], line["net_cents"]) for line in invoice["lines"]]


def part(invoice: Any, **wish: int) -> dict[str, Any]:
    return {"lines": [{"line_id": invoice["lines"][0]["id"]} | wish]}


@pytest.mark.parametrize("credited_first", [True, False])
async def test_half_is_credited_and_the_entry_corrected(desk: Desk, credited_first: bool):
    entry = await desk.log(60)
    first = await desk.invoice()
    if credited_first:
        await desk.credit(first, **part(first, minutes=30))
    back = await desk.correct(entry, 30)
    if credited_first:
        assert (back["billable_minutes"], back["written_off_minutes"]) == (-30, -30)
    else:
        await desk.credit(first, **part(first, minutes=30))
    await desk.log(300)
    following = await desk.invoice()
    # 30 in the place of 60, and 300; of the 60 only 30 were left to give back.
    assert told(following) == [("time", 330, 66000), ("adjustment", -30, -6000)]
    (counter,) = (await desk.explained(following, following["lines"][1]))["entries"]
    assert (counter["minutes"], counter["billed_minutes"]) == (-30, -60)
    assert counter["steps"][-1] == {
        "because": "credited",
        "text": "30 minutes of these are not given back again: a credit note gave them back already.",
        "facts": {"minutes": 30},
    }
    nothing = await desk.credit(first, status=409)
    assert nothing["code"] == "credit-exceeds-line"


async def test_all_is_credited_and_then_corrected(desk: Desk):
    entry = await desk.log(60)
    first = await desk.invoice()
    await desk.credit(first)
    back = await desk.correct(entry, 30)
    assert (back["billable_minutes"], back["written_off_minutes"]) == (0, -60)
    await desk.log(300)
    assert told(await desk.invoice()) == [("time", 330, 66000)]


async def test_nothing_else_was_worked(desk: Desk):
    entry = await desk.log(60)
    first = await desk.invoice()
    await desk.credit(first)
    await desk.correct(entry)
    assert await open_minutes(desk.conn) == 0
    done = await run(desk.api, desk.keys, period="2027-Q1", client_id=str(desk.keys.client_id))
    assert [one["reason"] for one in done["skipped"]] == ["nothing-to-bill"]
    assert done["parked"] == []
    await desk.check()


async def test_an_amount_was_credited_and_the_rest_is_given_back_to_the_cent(desk: Desk):
    entry, other = await desk.log(60), await desk.log(40)
    first = await desk.invoice()
    await desk.credit(first, **part(first, net_cents=9999))
    await desk.correct(entry)
    await desk.correct(other, 5)
    await desk.log(300)
    following = await desk.invoice()
    # 200.00 less 99.99 is left for all of the 100 minutes.
    assert told(following) == [("time", 305, 61000), ("adjustment", -1, -10001)]
    words = (await desk.explained(following, following["lines"][1]))["formula"]
    assert words.endswith("100 minutes are 200.00 EUR; 100.01 EUR was left of the line.")


async def test_less_is_left_than_the_minutes_cost_and_another_counter_entry_comes_later(desk: Desk):
    entry, other = await desk.log(60), await desk.log(40)
    first = await desk.invoice()
    await desk.credit(first, **part(first, net_cents=15000))
    await desk.correct(entry)
    await desk.log(300)
    assert told(await desk.invoice()) == [("time", 300, 60000), ("adjustment", -1, -5000)]
    assert (await desk.correct(other, 10))["billable_minutes"] == 0
    assert told(await desk.invoice()) == [("time", 10, 2000)]


async def test_of_two_counter_entries_the_first_gives_back_what_is_left(desk: Desk):
    entry, other = await desk.log(60), await desk.log(40)
    first = await desk.invoice()
    await desk.correct(entry)
    await desk.correct(other)
    await desk.credit(first, **part(first, minutes=70))
    # 30 of the line's 100 minutes are left.
    assert await open_minutes(desk.conn) == -30
    note = await desk.credit(first, corrections=True)
    assert (note["subtotal_cents"], await open_minutes(desk.conn)) == (6000, 0)
    await desk.check()


@pytest.mark.parametrize("free", [True, False])
async def test_an_invoice_with_a_correction_is_credited(desk: Desk, free: bool):
    entry = await desk.log(60)
    first = await desk.invoice()
    await desk.correct(entry, 75)
    second = await desk.invoice()
    assert told(second) == [("time", 75, 15000), ("adjustment", -60, -12000)]
    note = await desk.credit(second, free_entries=free)
    assert note["subtotal_cents"] == 3000
    await desk.check()
    await desk.log(300)
    # The 60 minutes of the first invoice are due to be given back again; the 75 only where they were freed.
    minutes = 375 if free else 300
    third = await desk.invoice()
    assert told(third) == [("time", minutes, minutes * 200), ("adjustment", -60, -12000)]
    assert (await desk.credit(first, status=409))["code"] == "credit-exceeds-line"


@pytest.mark.parametrize("free", [True, False])
async def test_then_the_first_invoice_can_be_credited_too(desk: Desk, free: bool):
    entry = await desk.log(60)
    first = await desk.invoice()
    await desk.correct(entry, 75)
    second = await desk.invoice()
    await desk.credit(second, free_entries=free)
    note = await desk.credit(first, corrections=free)
    assert note["subtotal_cents"] == 12000
    assert (await read(desk.api, desk.keys, first["id"]))["outstanding_cents"] == 0
    assert await open_minutes(desk.conn) == (75 if free else 0)
    await desk.log(300)
    assert [line[0] for line in told(await desk.invoice())] == ["time"]


async def test_the_rest_given_back_in_one_piece_is_credited_and_due_again(desk: Desk):
    entry = await desk.log(60)
    first = await desk.invoice()
    await desk.credit(first, **part(first, net_cents=2001))
    await desk.correct(entry, 75)
    second = await desk.invoice()
    assert told(second) == [("time", 75, 15000), ("adjustment", -1, -9999)]
    adjustment = {"line_id": second["lines"][1]["id"], "net_cents": 9999}
    assert (await desk.credit(second, status=409, lines=[adjustment]))["code"] == "credit-exceeds-line"
    await desk.credit(second, free_entries=True)
    assert told(await desk.invoice()) == told(second)


async def test_an_entry_on_two_invoices_is_corrected_once_one_of_them_is_credited(desk: Desk):
    entry = await desk.log(60)
    first = await desk.invoice()
    await desk.credit(first, **part(first, minutes=30), free_entries=True)
    second = await desk.invoice()
    assert told(second) == [("time", 30, 6000)]
    refused = await corrected(desk.api, desk.keys, entry["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "invoiced-twice")
    assert refused.json()["invoices"] == [first["number"], second["number"]]
    await desk.credit(first, free_entries=True)
    await desk.correct(entry, 45)
    await desk.log(300)
    assert told(await desk.invoice()) == [("time", 345, 69000), ("adjustment", -30, -6000)]


async def test_freed_and_invoiced_again_it_is_given_back_where_it_stands(desk: Desk):
    entry = await desk.log(60)
    first = await desk.invoice()
    await desk.credit(first, **part(first, minutes=30), free_entries=True)
    second = await desk.invoice()
    await desk.credit(second, free_entries=True)
    await desk.correct(entry, 45)  # 30 of it stand on the first invoice, none on the second
    third = await desk.invoice()
    assert told(third) == [("time", 45, 9000), ("adjustment", -30, -6000)]
    assert third["lines"][1]["source_id"] == first["lines"][0]["id"]


@pytest.fixture
async def fee(desk: Desk) -> tuple[str, dict[str, Any]]:
    """An urgency with its fee of 150.00, invoiced."""
    urgency = await posted(
        desk.api, desk.keys, "/v1/urgencies", {"ticket_id": desk.ticket_id, "requested_by": "Rita Requester"}
    )
    first = await desk.invoice()
    assert told(first) == [("urgency", 1, 15000)]
    return f"/v1/urgencies/{urgency['id']}/requalification", first


DOWN, UP = ({"lane": lane, "reason": "Asked for"} for lane in ("standard", "urgent"))


@pytest.mark.parametrize(("cents", "rest"), [(None, 0), (5000, 10000)])
@pytest.mark.parametrize("credited_first", [True, False])
async def test_a_fee_is_credited_and_reversed(desk: Desk, fee: Any, cents: int | None, rest: int, credited_first: bool):
    path, first = fee
    wish = part(first, net_cents=cents) if cents else {}
    if credited_first:
        await desk.credit(first, **wish)
    await posted(desk.api, desk.keys, path, DOWN)
    if not credited_first:
        await desk.credit(first, **wish)
    client_id, agent = desk.keys.client_id, desk.keys["agent"]
    balance = (await desk.api.get(f"/v1/clients/{client_id}/balance", headers=agent)).json()
    report = (await desk.api.get("/v1/reports/unbilled", headers=agent)).json()["items"]
    assert balance["unbilled"]["urgency_fees_cents"] == -rest
    assert [row["urgency_fees_cents"] for row in report] == ([-rest] if rest else [])
    await desk.log(300)
    lines: Lines = [("time", 300, 60000)]
    assert told(await desk.invoice()) == lines + ([("adjustment", -1, -rest)] if rest else [])
    # Urgent again after all: the fee is due once more.
    await posted(desk.api, desk.keys, path, UP)
    assert told(await desk.invoice()) == [("urgency", 1, 15000)]


async def test_a_fee_freed_and_reversed_was_never_due(desk: Desk, fee: Any):
    path, first = fee
    await desk.credit(first, free_entries=True)
    await posted(desk.api, desk.keys, path, DOWN)
    await desk.log(300)
    assert told(await desk.invoice()) == [("time", 300, 60000)]


@pytest.mark.parametrize("free", [True, False])
async def test_a_reversed_fee_is_due_again_once_its_adjustment_is_credited(desk: Desk, fee: Any, free: bool):
    path, first = fee
    await posted(desk.api, desk.keys, path, DOWN)
    await desk.log(300)
    second = await desk.invoice()
    assert told(second) == [("time", 300, 60000), ("adjustment", -1, -15000)]
    await desk.credit(second, free_entries=free)
    if free:
        assert told(await desk.invoice()) == told(second)
    else:
        note = await desk.credit(first, corrections=True)
        assert note["subtotal_cents"] == 15000
        await desk.check()


async def test_after_an_amount_a_credit_note_gives_back_the_rest_too(desk: Desk):
    entry = await desk.log(60)
    first = await desk.invoice()
    await desk.credit(first, **part(first, net_cents=2001))
    await desk.correct(entry)
    note = await desk.credit(first, corrections=True)
    assert (note["subtotal_cents"], await open_minutes(desk.conn)) == (9999, 0)
    await desk.check()


CLAIM = """
INSERT INTO invoice_claims (id, client_id, line_id, fee_id)
SELECT gen_random_uuid(), n.client_id, n.id, f.id FROM invoice_lines n
JOIN invoices d ON d.id = n.invoice_id AND d.kind = $1 CROSS JOIN urgency_fees f
WHERE f.amount_cents < 0 LIMIT 1
"""


async def test_a_reversed_fee_stands_on_the_credit_note_only_if_that_gave_back_all_of_it(desk: Desk, fee: Any):
    path, first = fee
    await desk.credit(first, **part(first, net_cents=5000))
    await posted(desk.api, desk.keys, path, DOWN)
    for kind in "credit_note", "invoice":
        with pytest.raises(asyncpg.RestrictViolationError):
            async with desk.conn.transaction():
                await desk.conn.execute(CLAIM, kind)
    await desk.credit(first)
    claimed = await desk.conn.fetchval(
        "SELECT d.kind FROM urgency_fees f JOIN invoice_claims c ON c.fee_id = f.id "
        "JOIN invoice_lines l ON l.id = c.line_id JOIN invoices d ON d.id = l.invoice_id WHERE f.amount_cents < 0"
    )
    assert claimed == "credit_note"
    await desk.check()
