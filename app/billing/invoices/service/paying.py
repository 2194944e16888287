"""Payments: rows that only come, never change; what is owed is derived (I6)."""

from datetime import date, datetime
from uuid import UUID

from app.billing.invoices.queries import credits as queries
from app.core import events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.calendar import local_date
from app.domain.errors import Refusal
from app.domain.payment import PaymentKind, earliest_payment, kind_of, surplus_cents

EVENTS = {
    PaymentKind.PAYMENT: "invoice.paid",
    PaymentKind.REFUND: "invoice.refunded",
    PaymentKind.REVERSAL: "invoice.payment_reversed",
}


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
        Refusal: `not-payable`, `invoice-not-issued`, `payment-too-early`, `payment-in-future`.
    """
    await _payable(connection, invoice, paid_on, now)
    return await _book(connection, invoice, [amount_cents, paid_on, reference, None, None], actor, now)


async def refund_surplus(
    connection: Connection,
    invoice: Row,
    *,
    amount_cents: int,
    paid_on: date,
    reason: str,
    reference: str | None,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """Money that went back to the client, who had paid more than is owed.

    Raises:
        Refusal: `not-payable`, `invoice-not-issued`, `payment-too-early`, `payment-in-future`,
            `refund-exceeds-surplus`.
    """
    await _payable(connection, invoice, paid_on, now)
    surplus = surplus_cents(await queries.outstanding(connection, invoice["id"]))
    if amount_cents > surplus:
        raise Refusal("refund-exceeds-surplus", "The client has not that much too much.", surplus_cents=surplus)
    return await _book(connection, invoice, [-amount_cents, paid_on, reference, None, reason], actor, now)


async def _payable(connection: Connection, invoice: Row, paid_on: date, now: datetime) -> None:
    """An issued invoice, locked, and a day that has come."""
    if invoice["kind"] != "invoice":
        raise Refusal("not-payable", f"It is a {invoice['kind'].replace('_', ' ')}: only invoices are paid.")
    if invoice["status"] != "issued":
        raise Refusal("invoice-not-issued", "Only an issued invoice is paid.")
    earliest = earliest_payment(invoice["issued_on"])
    if paid_on < earliest:
        detail = "It lies more than a year before the invoice was issued."
        raise Refusal("payment-too-early", detail, pointer="/paid_on", earliest_on=earliest)
    if paid_on > local_date(now):
        raise Refusal("payment-in-future", "Money is recorded once it has moved.", pointer="/paid_on")
    await queries.lock_invoice(connection, invoice["client_id"], invoice["id"])


async def reverse_payment(
    connection: Connection, invoice: Row, payment_id: UUID, *, reason: str, actor: dict[str, str], now: datetime
) -> Row | None:
    """Take a payment or a refund back by a row against it; None when the invoice has no such row.

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
    type_ = EVENTS[kind_of(row["amount_cents"], reverses=reverses_id is not None)]
    data = {"number": invoice["number"], "payment_id": str(row["id"]), "amount_cents": amount_cents}
    await events.record(
        connection, type_, subject_id=invoice["id"], client_id=invoice["client_id"], actor=actor, data=data, now=now
    )
    return row
