"""What becomes of invoices over HTTP: credit notes, payments; and the invoices of contracts."""

from uuid import UUID

from app.billing.contracts import queries as contracts
from app.billing.invoices import service
from app.billing.invoices.answers import PATH, InvoiceOut, PaymentOut, payment_out
from app.billing.invoices.queries import credits as queries
from app.billing.invoices.routes import standing, to_change, visible
from app.billing.invoices.schemas import CreditNoteIn, PaymentIn, ReversalIn, SurplusRefundIn
from app.core import paging
from app.core.http import allows, desk_router
from app.core.paging import NIL, Cursor, Limit, Page
from app.core.problems import invalid, not_found
from app.core.unit import Work
from app.domain.credit_note import Wish

router = desk_router(PATH, "invoices")
of_contracts = desk_router("/v1/contracts", "invoices")


@router.post(
    "/{invoice_id}/credit-notes",
    operation_id="create_credit_note",
    status_code=201,
    **allows("invoices:write", 404, 409, 412),
)
async def create_credit_note(invoice_id: UUID, body: CreditNoteIn, work: Work) -> InvoiceOut:
    """Issue a credit note: of the whole invoice, of lines, minutes or amounts; at most what is left (I4).

    Prepaid hours go back as refunds of their contract (C6).
    """
    invoice = await to_change(work, invoice_id)
    connection = await work.begin()
    row = await service.credit_invoice(
        connection,
        invoice,
        wishes_of(body),
        reason=body.reason,
        free=body.free_entries,
        corrections=body.corrections,
        books=await service.open_books(connection, work.settings, work.caller.actor(), work.now),
    )
    work.created(PATH, row["id"])
    return await standing(work, row["id"])


def wishes_of(body: CreditNoteIn) -> dict[UUID, Wish] | None:
    """What the body asks to give back of which line; None for all that is left."""
    if body.lines is None:
        return None
    ids = [one.line_id for one in body.lines]
    twice = len(set(ids)) < len(ids) or any(None not in {one.minutes, one.net_cents} for one in body.lines)
    if not ids or body.corrections or twice:
        raise invalid("/lines", "credit-lines-unclear", "Name each line once, with minutes or an amount or neither.")
    return {one.line_id: Wish(one.minutes, one.net_cents) for one in body.lines}


@router.get("/{invoice_id}/payments", operation_id="list_payments", **allows("invoices:read", 404))
async def list_payments(invoice_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[PaymentOut]:
    """What came for an invoice, what went back and what was reversed, in order."""
    invoice = await visible(work, invoice_id)
    after = paging.decode(cursor, UUID)[0] if cursor else NIL
    rows = await queries.payments(await work.connection(), invoice["client_id"], invoice_id, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[payment_out(row) for row in shown], next_cursor=next_cursor)


@router.post(
    "/{invoice_id}/payments", operation_id="record_payment", status_code=201, **allows("payments:write", 404, 409)
)
async def record_payment(invoice_id: UUID, body: PaymentIn, work: Work) -> PaymentOut:
    """Record money that came for an invoice: in part, all of it, or too much (I6)."""
    connection = await work.begin()
    invoice = await visible(work, invoice_id)
    row = await service.record_payment(connection, invoice, **dict(body), actor=work.caller.actor(), now=work.now)
    work.audited["id"] = str(row["id"])
    return payment_out(row)


@router.post(
    "/{invoice_id}/payments/{payment_id}/reversal",
    operation_id="reverse_payment",
    status_code=201,
    **allows("payments:write", 404, 409),
)
async def reverse_payment(invoice_id: UUID, payment_id: UUID, body: ReversalIn, work: Work) -> PaymentOut:
    """Take a payment or a refund back: a row against it, with the reason (I6)."""
    connection = await work.begin()
    invoice = await visible(work, invoice_id)
    row = await service.reverse_payment(
        connection, invoice, payment_id, reason=body.reason, actor=work.caller.actor(), now=work.now
    )
    if row is None:
        raise not_found()
    work.audited["id"] = str(row["id"])
    return payment_out(row)


@router.post(
    "/{invoice_id}/refunds", operation_id="refund_surplus", status_code=201, **allows("payments:write", 404, 409)
)
async def refund_surplus(invoice_id: UUID, body: SurplusRefundIn, work: Work) -> PaymentOut:
    """Record money that went back to the client: at most `surplus_cents`, what it has too much (I6)."""
    connection = await work.begin()
    invoice = await visible(work, invoice_id)
    row = await service.refund_surplus(connection, invoice, **dict(body), actor=work.caller.actor(), now=work.now)
    work.audited["id"] = str(row["id"])
    return payment_out(row)


@of_contracts.post(
    "/{contract_id}/invoice",
    operation_id="issue_contract_invoice",
    status_code=201,
    **allows("invoices:write", 404, 409),
)
async def issue_contract_invoice(contract_id: UUID, work: Work) -> InvoiceOut:
    """Issue a contract's purchase invoice where the one that follows a purchase was refused; once (C1).

    Refunds do not let it be charged again; a credit note of all of it with `free_entries` does.
    """
    connection = await work.begin()
    contract = await contracts.contract(connection, contract_id)
    if contract is None:
        raise not_found()
    books = await service.open_books(connection, work.settings, work.caller.actor(), work.now)
    invoice_id = await service.invoice_purchase(connection, contract, books)
    work.created(PATH, invoice_id)
    return await standing(work, invoice_id)
