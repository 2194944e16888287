"""Credit an issued invoice: whole, by line, by minutes or by amount (I4); what waits to be given back goes first."""

from collections.abc import Collection, Mapping
from uuid import UUID

from app.billing.contracts import queries as contracts
from app.billing.contracts.service.buying import INVOICE
from app.billing.givebacks.service import EVER, settle, waiting_of
from app.billing.invoices.queries import credits as queries
from app.billing.invoices.queries import documents, facts
from app.billing.invoices.service.books import Books
from app.billing.invoices.service.writing import ToIssue, issue
from app.billing.pools.service import pool_of
from app.core import jobs
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.desk.urgencies.queries import settle_fees
from app.domain.balance import refundable_minutes
from app.domain.calendar import day_start
from app.domain.credit_note import Credit, Creditable, Wish, check_purchase_credit, corrections_of, credit_note
from app.domain.errors import Refusal
from app.domain.giving_back import left_of
from app.domain.invoice_assembly import Invoicing
from app.domain.invoice_body import body_of, document_of
from app.domain.invoice_document import Document


async def credit_invoice(
    connection: Connection,
    invoice: Row,
    wishes: Mapping[UUID, Wish] | None,
    *,
    reason: str,
    free: bool = False,
    corrections: bool = False,
    books: Books,
) -> Row:
    """Issue a credit note; what it names can be invoiced again where `free` says so.

    With `corrections`, what counter-entries and reversed fees wait to have given back of the invoice.

    Raises:
        Refusal: `invoice-not-issued`, `reference-unknown`, `credit-exceeds-line`, `purchase-refunded-only`,
            `date-goes-back`.
    """
    if invoice["status"] != "issued" or invoice["kind"] != "invoice":
        raise Refusal("invoice-not-issued", "Only an issued invoice can be credited.")
    await queries.lock_invoice(connection, invoice["client_id"], invoice["id"])
    document = _document(invoice)
    lines = await _creditable(connection, invoice, document)
    if corrections:
        wishes = corrections_of(lines)
    credit = Credit(lines, wishes, reason, free)
    if invoice["contract_id"] is not None:
        await _check_purchase(connection, invoice["contract_id"], credit, books)
    made = credit_note(document, credit, new_id())
    row = await issue(connection, ToIssue(made, body_of(made.document), columns={"basis": "credit"}), books)
    await _release(connection, invoice, _due_again(made, free=free))
    await settle(connection, invoice["client_id"], books.now)
    await settle_fees(connection, invoice["client_id"])
    return row


async def _check_purchase(connection: Connection, contract_id: UUID, credit: Credit, books: Books) -> None:
    """See `check_purchase_credit`; what is to be invoiced again is, by the job that a purchase promises."""
    contract = await contracts.contract(connection, contract_id)
    assert contract is not None  # noqa: S101 (contracts are never removed)
    check_purchase_credit(credit, contract_id, refundable_minutes(pool_of(contract), books.today))
    if credit.free:
        await jobs.enqueue(connection, INVOICE, {"contract_id": str(contract_id)}, now=books.now)


def _due_again(made: Invoicing, *, free: bool) -> set[UUID]:
    """Lines whose fees and charges come back: those to be freed, and adjustments, which gave nothing any more."""
    return {one.origin.line_id for one in made.billed if one.origin and (free or one.line.net_cents < 0)}


async def _release(connection: Connection, invoice: Row, credited: Collection[UUID]) -> None:
    """Fees and charges of those lines that credit notes have given back whole."""
    if credited:
        rows = await queries.lines(connection, invoice["client_id"], invoice["id"])
        gone = [row["id"] for row in rows if row["id"] in credited and row["credited_cents"] == row["net_cents"]]
        await documents.release_claims(connection, gone)


def _document(invoice: Row) -> Document:
    dates = {name: invoice[name] for name in ("number", "issued_on", "due_on")}
    return document_of(invoice["body"], invoice["id"], **dates)


async def _creditable(connection: Connection, invoice: Row, document: Document) -> dict[UUID, Creditable]:
    client_id, invoice_id = invoice["client_id"], invoice["id"]
    left = {row["id"]: row for row in await queries.lines(connection, client_id, invoice_id)}
    entries: dict[UUID, list[tuple[UUID, int]]] = {}
    pending: dict[UUID, list[tuple[UUID, int]]] = {}
    fees: dict[UUID, tuple[UUID, ...]] = {}
    for row in await queries.entries(connection, client_id, invoice_id):
        entries.setdefault(row["line_id"], []).append((row["entry_id"], row["minutes"]))
    for row in await waiting_of(connection, client_id):
        pending.setdefault(row["line_id"], []).append((row["entry_id"], row["minutes"]))
    for row in await facts.fees(connection, [client_id], day_start(EVER)):
        if row["amount_cents"] < 0:
            fees[row["line_id"]] = tuple(row["fee_ids"])
    return {
        line.id: Creditable(
            line=line,
            left_cents=left[line.id]["left_cents"],
            left_minutes=left_of(left[line.id]["left_cents"], left[line.id]["left_minutes"]).minutes,
            credited_cents=left[line.id]["credited_cents"],
            pending=tuple(pending.get(line.id, ())),
            entries=tuple(entries.get(line.id, ())),
            fee_ids=fees.get(line.id, ()),
        )
        for line in document.lines
    }
