"""Write documents: as drafts, or whole with lines, links and numbers (I4)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.billing.givebacks.service import settle
from app.billing.invoices.queries import documents as queries
from app.billing.invoices.service.books import Books
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.core.sql import array_text
from app.domain.errors import Refusal
from app.domain.invoice_assembly import Billed, Invoicing
from app.domain.invoice_body import digest_of
from app.domain.invoice_document import Document, DocumentKind, Unit
from app.domain.invoice_facts import EntryList


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


@dataclass(frozen=True, slots=True)
class ToIssue:
    """A document to be issued; `told` is up to where its annex tells contracts."""

    invoicing: Invoicing
    body: str
    told: Mapping[UUID, int] = field(default_factory=dict)
    draft: bool = False
    """Whether its row is there already."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    """Where it is no invoice of a period."""

    @property
    def document(self) -> Document:
        """It has no number yet."""
        return self.invoicing.document


async def issue(connection: Connection, wanted: ToIssue, books: Books) -> Row:
    """A single document: its id, number and date. See `issue_all`."""
    (row,) = await issue_all(connection, [wanted], books)
    return row


async def issue_all(
    connection: Connection, wanted: Sequence[ToIssue], books: Books, run_id: UUID | None = None
) -> list[Row]:
    """Write documents with their lines and what those take off the open list, number them, tell of them.

    The numbers come with the last statement: nothing may follow that takes long (I4).

    Raises:
        Refusal: `date-goes-back` when a document of a series has a later date.
    """
    for kind in {one.document.kind for one in wanted}:
        await _check_date(connection, kind, books)
    await _write(connection, wanted, books)
    await _take(connection, wanted)
    for client_id in {one.document.buyer.client_id for one in wanted if _gives_the_rest(one)}:
        await settle(connection, client_id, books.now)
    await _tell_annexes(connection, wanted)
    due = [
        (one.document.id, books.due_on if one.document.kind is DocumentKind.INVOICE else None) for one in wanted
    ]  # fmt: skip
    return await queries.issue(connection, due, run_id=run_id, actor=books.actor, now=books.now)


def _gives_the_rest(wanted: ToIssue) -> bool:
    """Whether counter-entries get less than their minutes cost: others of the line may have nothing left to give."""
    return wanted.document.kind is DocumentKind.INVOICE and any(
        one.entries and one.line.unit is Unit.PIECE for one in wanted.invoicing.billed
    )


async def _write(connection: Connection, wanted: Sequence[ToIssue], books: Books) -> None:
    """The rows of the documents and of their lines."""
    fresh = []
    for one in wanted:
        values = values_of(one.document, one.body, "issuing", books, **one.columns)
        if one.draft:
            await queries.rewrite(connection, one.document.id, values)
        else:
            fresh.append(values)
    if fresh:
        await queries.insert(connection, fresh)
    lines = [
        _line(one.document, position, billed)
        for one in wanted
        for position, billed in enumerate(one.invoicing.billed, 1)
    ]
    if lines:
        await queries.insert_lines(connection, lines)


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


async def _take(connection: Connection, wanted: Sequence[ToIssue]) -> None:
    """Entries, fees, charges and refunds leave the open list."""
    billed = [(one.document.buyer.client_id, line) for one in wanted for line in one.invoicing.billed]
    links = [(one.line.id, listed.entries, listed.minutes) for _, one in billed for listed in _lists(one)]
    if links:
        await queries.insert_entries(connection, links)
    claims = [(new_id(), client_id, one.line.id, *source) for client_id, one in billed for source in _claims(one)]
    if claims:
        await queries.insert_claims(connection, claims)


def _lists(one: Billed) -> Iterator[EntryList]:
    yield from one.listed
    if one.entries:
        entries, minutes = map(array_text, zip(*one.entries, strict=True))
        yield EntryList(entries, minutes, len(one.entries))


def _claims(one: Billed) -> list[tuple[UUID | None, UUID | None, UUID | None]]:
    found: list[tuple[UUID | None, UUID | None, UUID | None]] = [(fee_id, None, None) for fee_id in one.fee_ids]
    if one.charge_id is not None:
        found.append((None, one.charge_id, None))
    if one.refund_id is not None:
        found.append((None, None, one.refund_id))
    return found


async def _tell_annexes(connection: Connection, wanted: Sequence[ToIssue]) -> None:
    rows = [
        (one.document.id, pool.contract_id, one.document.buyer.client_id, one.document.period_end,
         one.told[pool.contract_id], pool.left_minutes)
        for one in wanted
        if one.document.period_end is not None
        for pool in one.document.prepaid_annex
    ]  # fmt: skip
    if rows:
        await queries.insert_annex(connection, rows)
