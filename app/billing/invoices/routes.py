"""Invoices, credit notes and statements over HTTP."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response

from app.billing.invoices import service
from app.billing.invoices.answers import (
    PATH,
    InvoiceOut,
    StandingOut,
    invoice_out,
    summary_out,
)
from app.billing.invoices.answers.explanation import ExplanationOut, explanation_out
from app.billing.invoices.queries import documents, lists
from app.billing.invoices.schemas import IssueIn, PeriodName
from app.core import paging
from app.core.db import Row
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.shapes import LocalDate
from app.core.unit import Unit, Work
from app.domain.calendar import local_date
from app.domain.payment import PaymentStatus

router = desk_router(PATH, "invoices")
Number = Annotated[str | None, Query(max_length=16, pattern=r"^[A-Z]{1,2}[0-9]{4}-[0-9]{4,9}$")]
From = Annotated[LocalDate | None, Query(description="Issued on this local date or later.")]
Until = Annotated[LocalDate | None, Query(description="Issued before this local date.")]
Sort = Annotated[
    Literal["newest", "updated"],
    Query(
        description="`updated`: in the order of the last change (issued, paid, credited, exported), the longest ago "
        "first; its cursor never ends: keep it and ask again for what has changed since."
    ),
]


async def visible(work: Unit, invoice_id: UUID) -> Row:
    """The document, unless it is not there or not the caller's; a client sees no drafts."""
    row = await documents.document(await work.connection(), invoice_id)
    if row is None or not work.sees_client(row["client_id"]):
        raise not_found()
    if work.caller.client_id is not None and row["status"] != "issued":
        raise not_found()
    return row


async def standing(work: Unit, invoice_id: UUID) -> InvoiceOut:
    """The document as it stands, with its ETag."""
    row = await visible(work, invoice_id)
    work.etag(row["version"])
    return invoice_out(row, work.settings, local_date(work.now))


async def to_change(work: Unit, invoice_id: UUID, *, required: bool = False) -> Row:
    """The document, in the request's transaction; If-Match is honoured."""
    await work.begin()
    row = await visible(work, invoice_id)
    work.check_match(row["version"], required=required)
    return row


@router.get("", operation_id="list_invoices", **allows("invoices:read"))
async def list_invoices(
    work: Work,
    status: Literal["draft", "issued"] | None = None,
    kind: Literal["invoice", "credit_note", "statement"] | None = None,
    client_id: UUID | None = None,
    period: Annotated[PeriodName | None, Query()] = None,
    number: Number = None,
    issued_from: From = None,
    issued_until: Until = None,
    payment_status: PaymentStatus | None = None,
    overdue: Annotated[Literal["true"] | None, Query(description="Only what is overdue today.")] = None,
    exported: Annotated[
        Literal["true", "false"] | None,
        Query(description="Issued documents that the accounting system has, or has not."),
    ] = None,
    sort: Sort = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[StandingOut]:
    """Documents without their lines: the newest first, or as they changed."""
    own = work.caller.client_id
    if own is not None and client_id not in {None, own}:
        return Page(items=[], next_cursor=None)
    filters: dict[str, Any] = {
        "status": status, "kind": kind, "client_id": own or client_id, "period": period, "number": number,
        "issued_from": issued_from, "issued_until": issued_until, "payment_status": payment_status,
        "overdue_on": local_date(work.now) if overdue else None,
        "exported": {"true": True, "false": False, None: None}[exported], "issued_only": own is not None,
    }  # fmt: skip
    if sort == "updated":
        return await _changed(work, filters, limit, cursor)
    after = paging.decode(cursor, UUID)[0] if cursor else None
    rows = await lists.invoices(await work.connection(), filters, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return _page(work, list(shown), next_cursor)


async def _changed(work: Unit, filters: dict[str, Any], limit: int, cursor: str | None) -> Page[StandingOut]:
    """The cursor comes with every page: where the next changes will be."""
    after = paging.decode_pair(cursor, paging.small_integer, UUID) if cursor else None
    rows = await lists.changed(await work.connection(), filters, after, limit)
    next_cursor = paging.encode(rows[-1]["xid"], rows[-1]["id"]) if rows else cursor
    work.next_page(next_cursor)
    return _page(work, rows, next_cursor)


def _page(work: Unit, rows: list[Row], next_cursor: str | None) -> Page[StandingOut]:
    today = local_date(work.now)
    return Page(items=[summary_out(row, work.settings, today) for row in rows], next_cursor=next_cursor)


@router.get("/{invoice_id}", operation_id="read_invoice", **allows("invoices:read", 404))
async def read_invoice(invoice_id: UUID, work: Work) -> InvoiceOut:
    """One document with its lines, and how it stands."""
    return await standing(work, invoice_id)


@router.post("/{invoice_id}/issue", operation_id="issue_invoice", **allows("invoices:write", 404, 409, 412, 428))
async def issue_invoice(invoice_id: UUID, body: IssueIn, work: Work) -> InvoiceOut:
    """Issue a draft: numbered, sealed, for ever (I4); refused with the difference when its facts have changed."""
    draft = await to_change(work, invoice_id, required=True)
    connection = await work.begin()
    books = await service.open_books(connection, work.settings, work.caller.actor(), work.now)
    await service.issue_draft(connection, draft, body.digest, books)
    work.audited["id"] = str(invoice_id)
    return await standing(work, invoice_id)


@router.delete(
    "/{invoice_id}",
    operation_id="delete_invoice_draft",
    status_code=204,
    **allows("invoices:write", 404, 409, 412, 428),
)
async def delete_invoice_draft(invoice_id: UUID, work: Work) -> Response:
    """Throw a draft away: it holds nothing. What is issued stays for ever."""
    row = await to_change(work, invoice_id, required=True)
    await service.delete_draft(await work.begin(), row, actor=work.caller.actor(), now=work.now)
    work.audited["id"] = str(invoice_id)
    return Response(status_code=204)


@router.get(
    "/{invoice_id}/lines/{line_id}/explanation", operation_id="explain_invoice_line", **allows("invoices:read", 404)
)
async def explain_invoice_line(invoice_id: UUID, line_id: UUID, work: Work) -> ExplanationOut:
    """Each entry of a line, its price and why; worked out again from the facts, `equal` when it is the same (I3)."""
    await visible(work, invoice_id)
    found = await service.explain_line(await work.connection(), invoice_id, line_id)
    if found is None:
        raise not_found()
    return explanation_out(found)
