"""Write a document: as a draft, or whole with lines, links and number (I4)."""

from typing import Any
from uuid import UUID

from app.billing.invoices.queries import documents as queries
from app.billing.invoices.service.books import Books
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.errors import Refusal
from app.domain.invoice_assembly import Billed, Invoicing
from app.domain.invoice_body import body_of, digest_of
from app.domain.invoice_document import Document, DocumentKind


def values_of(document: Document, body: str, status: str, books: Books, **more: Any) -> dict[str, Any]:
    """The columns of a document that has no number yet."""
    return {
        "id": document.id,
        "client_id": document.buyer.client_id,
        "kind": document.kind.value,
        "basis": "period",
        "status": status,
        "period": document.period,
        "period_start": document.period_start,
        "period_end": document.period_end,
        "contract_id": None,
        "credits_id": document.credits.invoice_id if document.credits else None,
        "currency": document.currency,
        "subtotal_cents": document.subtotal_cents,
        "vat_cents": document.vat_cents,
        "total_cents": document.total_cents,
        "body": body,
        "digest": digest_of(body),
        "created_at": books.now,
    } | more


async def issue(
    connection: Connection,
    invoicing: Invoicing,
    books: Books,
    *,
    draft: bool = False,
    body: str | None = None,
    told: dict[UUID, int] | None = None,
    run_id: UUID | None = None,
    **more: Any,
) -> Row:
    """Write a document with its lines and what they take off the open list, number it, tell of it.

    With `draft` its row is there already. The number comes with the last statement: nothing may follow that takes
    long (I4). `told` is up to where the annex tells contracts.

    Raises:
        Refusal: `date-goes-back` when a document of the series has a later date.
    """
    document = invoicing.document
    await _check_date(connection, document.kind, books)
    values = values_of(document, body or body_of(document), "issuing", books, **more)
    if draft:
        await queries.rewrite(connection, document.id, values)
    else:
        await queries.insert(connection, values)
    if invoicing.billed:
        await queries.insert_lines(connection, [_line(document, at, one) for at, one in enumerate(invoicing.billed, 1)])
    await _take(connection, invoicing)
    await _tell_annex(connection, document, told or {})
    due_on = books.due_on if document.kind is DocumentKind.INVOICE else None
    return await queries.issue(connection, document.id, due_on, run_id=run_id, actor=books.actor, now=books.now)


async def _check_date(connection: Connection, kind: DocumentKind, books: Books) -> None:
    later = await queries.issued_after(connection, kind.value, books.today)
    if later is not None:
        detail = f"A document of the series has the date {later} already: the clock has gone back."
        raise Refusal("date-goes-back", detail, issued_on=later)


def _line(document: Document, position: int, one: Billed) -> dict[str, Any]:
    line = one.line
    return {
        "id": str(line.id),
        "client_id": str(document.buyer.client_id),
        "invoice_id": str(document.id),
        "position": position,
        "kind": line.kind.value,
        "ticket_id": _text(line.ticket_id),
        "description": line.description,
        "quantity": line.quantity,
        "unit": line.unit.value,
        "unit_price_cents": line.unit_price_cents,
        "base_quantity": line.base_quantity,
        "discount_bp": line.discount_bp,
        "net_cents": line.net_cents,
        "vat_category": line.vat_category.value,
        "vat_rate_bp": line.vat_rate_bp,
        "terms_id": _text(line.terms_id),
        "source_id": _text(line.source_id),
        "credited_line_id": _text(one.origin.line_id if one.origin else None),
    }


def _text(id_: UUID | None) -> str | None:
    return str(id_) if id_ is not None else None


async def _take(connection: Connection, invoicing: Invoicing) -> None:
    """Entries, fees, charges and refunds leave the open list."""
    links = [(one.line.id, entry_id, minutes) for one in invoicing.billed for entry_id, minutes in one.entries]
    if links:
        await queries.insert_entries(connection, links)
    claims = [
        (new_id(), one.line.id, fee_id, charge_id, refund_id)
        for one in invoicing.billed
        for fee_id, charge_id, refund_id in _claims(one)
    ]
    if claims:
        await queries.insert_claims(connection, invoicing.document.buyer.client_id, claims)


def _claims(one: Billed) -> list[tuple[UUID | None, UUID | None, UUID | None]]:
    found: list[tuple[UUID | None, UUID | None, UUID | None]] = [(fee_id, None, None) for fee_id in one.fee_ids]
    if one.charge_id is not None:
        found.append((None, one.charge_id, None))
    if one.refund_id is not None:
        found.append((None, None, one.refund_id))
    return found


async def _tell_annex(connection: Connection, document: Document, told: dict[UUID, int]) -> None:
    rows = [(pool.contract_id, told[pool.contract_id], pool.left_minutes) for pool in document.prepaid_annex]
    if rows and document.period_end is not None:
        await queries.insert_annex(connection, document.id, document.buyer.client_id, document.period_end, rows)
