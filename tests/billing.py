"""Boring contracts and entries for tests of money."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx

from app.billing.invoices.service.books import open_books
from app.billing.invoices.service.invoicing import Order, invoice_clients
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.period import parse_period
from tests.builders import A_MOMENT_AGO, Keys, insert
from tests.service import SETTINGS

TERMS_2022 = UUID("01816f8a-9800-7000-8000-000000002022")
JANUARY_5 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


async def a_contract(conn: Connection, client_id: UUID, minutes: int = 600, **values: Any) -> Row:
    """Ten hours for 2026, bought on 5 January at 114.00 €/h (1.90 € a minute), effective at once."""
    defaults = {
        "id": new_id(),
        "client_id": client_id,
        "year": 2026,
        "purchased_on": date(2026, 1, 5),
        "starts_on": date(2026, 1, 1),
        "expires_on": date(2026, 12, 31),
        "terms_id": TERMS_2022,
        "hourly_rate_cents": 12000,
        "discount_bp": 500,
        "bought_minutes": minutes,
        "price_cents": minutes * 190,
        "currency": "EUR",
        "effective_at": JANUARY_5,
        "effective_reason": "Paid by cheque",
        "created_at": JANUARY_5,
    }
    contract = await insert(conn, "contracts", defaults | values)
    movement = {
        "id": new_id(),
        "client_id": client_id,
        "contract_id": contract["id"],
        "kind": "bought",
        "minutes": minutes,
        "amount_cents": contract["price_cents"],
        "created_at": contract["created_at"],
    }
    await insert(conn, "contract_movements", movement)
    return contract


async def logged(api: httpx.AsyncClient, keys: Keys, ticket_id: Any, minutes: int = 25, **body: Any) -> dict[str, Any]:
    """An entry of the agent on 23 November, logged over HTTP."""
    subject = {"ticket_id": str(ticket_id)} if ticket_id is not None else {}
    defaults = subject | {"worked_on": "2026-11-23", "worked_minutes": minutes}
    answer = await api.post(
        "/v1/time-entries", json=defaults | {"description": "Repaired the menu"} | body, headers=keys["agent"]
    )
    assert answer.status_code == 201, answer.text
    entry: dict[str, Any] = answer.json()
    return entry


async def settled(conn: Connection) -> None:
    """Let the checks that wait for the end of the transaction speak now."""
    await conn.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def sums(entry: dict[str, Any]) -> tuple[int, int, int, int]:
    """Minutes billed, drawn, billable, non-billable."""
    return (
        entry["billed_minutes"], entry["drawn_minutes"], entry["billable_minutes"], entry["non_billable_minutes"],
    )  # fmt: skip


async def an_entry(conn: Connection, ticket: Row, agent_id: UUID, minutes: int = 25, **values: Any) -> Row:
    """Billable minutes of 23 November on a client's ticket, straight into the database; nothing of it is prepaid."""
    defaults = {
        "id": new_id(),
        "kind": "work",
        "client_id": ticket["client_id"],
        "ticket_id": ticket["id"],
        "agent_id": agent_id,
        "worked_on": date(2026, 11, 23),
        "worked_minutes": minutes,
        "billed_minutes": minutes,
        "lane": ticket["lane"],
        "description": "Repaired the menu",
        "terms_id": TERMS_2022,
        "hourly_rate_cents": 12000,
        "discount_bp": 0,
        "currency": "EUR",
        "logged_at": A_MOMENT_AGO,
    }
    entry = await insert(conn, "time_entries", defaults | values)
    await an_allocation(conn, entry, "open", entry["billed_minutes"])
    return entry


async def an_allocation(conn: Connection, entry: Row, place: str, minutes: int, contract_id: UUID | None = None) -> Row:
    """Minutes of an entry that come to a place, or leave it."""
    values = {
        "id": new_id(),
        "client_id": entry["client_id"],
        "entry_id": entry["id"],
        "place": place,
        "minutes": minutes,
        "contract_id": contract_id,
        "created_at": A_MOMENT_AGO,
    }
    return await insert(conn, "time_allocations", values)


async def a_timer(conn: Connection, ticket: Row, agent_id: UUID, **values: Any) -> Row:
    """A clock that has been running for an agent."""
    defaults = {"id": new_id(), "agent_id": agent_id, "ticket_id": ticket["id"], "started_at": A_MOMENT_AGO}
    return await insert(conn, "timers", defaults | values)


async def an_urgency(conn: Connection, ticket: Row, **values: Any) -> Row:
    """A ticket that was urgent when it came in: its fee is due."""
    defaults = {
        "id": new_id(),
        "ticket_id": ticket["id"],
        "client_id": ticket["client_id"],
        "requested_by": "Tom Weber",
        "opened_at": A_MOMENT_AGO,
        "terms_id": TERMS_2022,
        "opening_fee_cents": 15000,
        "currency": "EUR",
    }
    urgency = await insert(conn, "urgencies", defaults | values)
    fee = {"id": new_id(), "urgency_id": urgency["id"], "kind": "charge", "amount_cents": 15000}
    await insert(conn, "urgency_fees", fee | {"created_at": A_MOMENT_AGO})
    return urgency


async def invoiced(conn: Connection, client_id: UUID, period: str = "2026-Q4", now: datetime = A_MOMENT_AGO) -> Row:
    """Everything that is open of a client, issued: the invoice."""
    order = Order(parse_period(period), issue=True, digests={})
    books = await open_books(conn, SETTINGS, {"role": "finance"}, now)
    outcome = (await invoice_clients(conn, [client_id], order, books))[client_id].outcome
    assert outcome.outcome == "created", outcome
    row = await conn.fetchrow("SELECT * FROM invoices WHERE id = $1", outcome.invoice_id)
    assert row is not None
    return row


async def a_payment(conn: Connection, invoice: Row, cents: int = 100, **values: Any) -> Row:
    """Money that came for an invoice."""
    defaults = {
        "id": new_id(),
        "client_id": invoice["client_id"],
        "invoice_id": invoice["id"],
        "amount_cents": cents,
        "currency": "EUR",
        "paid_on": date(2026, 11, 24),
        "created_at": A_MOMENT_AGO,
    }
    return await insert(conn, "payments", defaults | values)
