"""Payments: rows that only come, never change; what is owed is derived (I6)."""

from datetime import date, datetime
from uuid import UUID

from app.billing.invoices.queries import credits as queries
from app.core import events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.calendar import local_date
from app.domain.errors import Refusal


async def record_payment(
    connection: Connection,
    invoice: Row,
    *,
    amount_cents: int,
    paid_on: date,
    reference: str | None,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """Money that came for an issued invoice: in part, all of it, or too much.

    Raises:
        Refusal: `invoice-not-issued`, `payment-in-future`.
    """
    if invoice["status"] != "issued" or invoice["kind"] != "invoice":
        raise Refusal("invoice-not-issued", "Only an issued invoice is paid.")
    if paid_on > local_date(now):
        raise Refusal("payment-in-future", "A payment is recorded once it has come.", pointer="/paid_on")
    await queries.lock_invoice(connection, invoice["client_id"], invoice["id"])
    return await _book(connection, invoice, [amount_cents, paid_on, reference, None, None], actor, now)


async def reverse_payment(
    connection: Connection, invoice: Row, payment_id: UUID, *, reason: str, actor: dict[str, str], now: datetime
) -> Row | None:
    """Take a payment back by a row against it; None when the invoice has no such payment.

    Raises:
        Refusal: `payment-reversed`.
    """
    await queries.lock_invoice(connection, invoice["client_id"], invoice["id"])
    payment = await queries.payment(connection, invoice["id"], payment_id)
    if payment is None:
        return None
    if payment["reversed"] or payment["reverses_id"] is not None:
        raise Refusal("payment-reversed", "It was reversed already, or is a reversal itself.")
    values = [-payment["amount_cents"], local_date(now), payment["reference"], payment_id, reason]
    return await _book(connection, invoice, values, actor, now)


async def _book(
    connection: Connection, invoice: Row, values: list[object], actor: dict[str, str], now: datetime
) -> Row:
    amount_cents, paid_on, reference, reverses_id, reason = values
    row = await queries.insert_payment(
        connection,
        [new_id(), invoice["client_id"], invoice["id"], amount_cents, invoice["currency"], paid_on, reference,
         reverses_id, reason, now],
    )  # fmt: skip
    type_ = "invoice.payment_reversed" if reverses_id else "invoice.paid"
    data = {"number": invoice["number"], "payment_id": str(row["id"]), "amount_cents": amount_cents}
    await events.record(
        connection, type_, subject_id=invoice["id"], client_id=invoice["client_id"], actor=actor, data=data, now=now
    )
    return row
