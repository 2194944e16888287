"""Quotes over HTTP, for staff and clients' portals."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from app.adapters.quote_pdf import quote_pdf
from app.adapters.quote_words import paper_of
from app.billing.quotes import list_queries, queries
from app.billing.quotes.answers import ChargeOut, QuoteOut, quote_out
from app.billing.quotes.schemas import (
    AcceptanceIn,
    OfferIn,
    QuoteIn,
    SendingIn,
    Status,
    VersionIn,
    WithdrawalIn,
)
from app.billing.quotes.service.deciding import Decision, accept_quote
from app.billing.quotes.service.sending import quote_token, send_quote, withdraw_quote
from app.billing.quotes.service.writing import Offer, revise_quote, write_quote
from app.core import paging
from app.core.db import Row
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import invalid, not_found
from app.core.unit import Unit, Work
from app.domain.permanence import CancellationBand
from app.domain.quote import Kind

PATH = "/v1/quotes"
router = desk_router(PATH, "quotes")


@router.get("", operation_id="list_quotes", **allows("quotes:read"))
async def list_quotes(
    work: Work,
    client_id: UUID | None = None,
    ticket_id: UUID | None = None,
    permanence_request_id: UUID | None = None,
    status: Annotated[Status | None, Query(description="Expired ones count from their hour on.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[QuoteOut]:
    """Quotes and estimates, every version of them, the newest first; clients see those that were sent."""
    own = work.caller.client_id
    if own is not None and client_id not in {None, own}:
        return Page(items=[], next_cursor=None)
    filters = {
        "client_id": own or client_id, "ticket_id": ticket_id, "permanence_id": permanence_request_id,
        "status": status, "unsent": own is None,
    }  # fmt: skip
    after = paging.decode(cursor, UUID)[0] if cursor else None
    rows = await list_queries.list_quotes(await work.connection(), filters, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[_out(work, row) for row in shown], next_cursor=next_cursor)


def _out(work: Unit, row: Row) -> QuoteOut:
    """With the secret link, for staff only."""
    shows_link = work.caller.client_id is None and row["sent_at"] is not None
    return quote_out(row, work.settings.quote_link(quote_token(work.settings, row["id"])) if shows_link else None)


def offer_of(body: OfferIn, kind: str, language: str | None = None) -> Offer:
    """What the body says, in the words of the rules."""
    return Offer(
        kind=Kind(kind),
        lines=[line.model_dump() for line in body.lines],
        valid_until_on=body.valid_until_on,
        language=language,
        remarks=body.remarks,
        cancellation=[CancellationBand(**band.model_dump()) for band in body.cancellation],
        urgency_fee_applies=body.urgency_fee_applies,
    )


@router.post("", operation_id="create_quote", status_code=201, **allows("quotes:write", 409))
async def create_quote(body: QuoteIn, work: Work) -> QuoteOut:
    """Write a quote or an estimate about a ticket or a permanence request, as a draft (Q1, Q2, O2)."""
    if (body.ticket_id is None) == (body.permanence_request_id is None):
        raise invalid("/ticket_id", "subject-needed", "A quote is about one ticket or one permanence request.")
    quote_id = await write_quote(
        await work.begin(),
        offer_of(body, body.kind, body.language),
        ticket_id=body.ticket_id,
        permanence_id=body.permanence_request_id,
        **_context(work),
    )
    return await created(work, quote_id)


async def pdf_answer(work: Unit, row: Row) -> Response:
    """The PDF of a version, typeset while its connection serves others."""
    await work.rest()
    paper = paper_of(row, work.settings.company_name)
    content = await asyncio.to_thread(quote_pdf, paper, row["text_sha256"].hex(), work.settings.company_website)
    disposition = f'attachment; filename="{row["number"]}-v{row["version"]}.pdf"'
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": disposition})


def _context(work: Unit) -> dict[str, Any]:
    return {"house": work.settings.company_name, "actor": work.caller.actor(), "now": work.now}


async def created(work: Unit, quote_id: UUID) -> QuoteOut:
    """The answer about a new version."""
    work.created(PATH, quote_id)
    return await _standing(work, quote_id)


async def _standing(work: Unit, quote_id: UUID) -> QuoteOut:
    row = await _visible(work, quote_id)
    work.etag(row["revision"])
    return _out(work, row)


async def _visible(work: Unit, quote_id: UUID) -> Row:
    row = await queries.quote(await work.connection(), quote_id)
    hidden = row is None or not work.sees_client(row["client_id"])
    if row is None or hidden or (work.caller.client_id is not None and row["sent_at"] is None):
        raise not_found()
    return row


async def _to_change(work: Unit, quote_id: UUID) -> Row:
    """The version as it stands, in the request's transaction; If-Match is honoured."""
    await work.begin()
    row = await _visible(work, quote_id)
    work.check_match(row["revision"])
    return row


@router.get("/{quote_id}", operation_id="read_quote", **allows("quotes:read", 404))
async def read_quote(quote_id: UUID, work: Work) -> QuoteOut:
    """One version, with the text that is accepted and what was decided."""
    return await _standing(work, quote_id)


@router.post("/{quote_id}/sending", operation_id="send_quote", **allows("quotes:write", 404, 409, 412))
async def send(quote_id: UUID, body: SendingIn, work: Work) -> QuoteOut:
    """Mail it with its secret link and as a PDF; its ticket waits for the answer (Q1). Again: once more."""
    row = await _to_change(work, quote_id)
    await send_quote(await work.begin(), row, body.recipient, actor=work.caller.actor(), now=work.now)
    return await _standing(work, quote_id)


@router.post(
    "/{quote_id}/versions",
    operation_id="create_quote_version",
    status_code=201,
    **allows("quotes:write", 404, 409, 412),
)
async def create_quote_version(quote_id: UUID, body: VersionIn, work: Work) -> QuoteOut:
    """Write the next version of the newest one, whose link then leads to nothing that can be accepted (Q2)."""
    row = await _to_change(work, quote_id)
    new_id = await revise_quote(await work.begin(), row, offer_of(body, row["kind"]), **_context(work))
    return await created(work, new_id)


@router.post("/{quote_id}/acceptance", operation_id="record_quote_acceptance", **allows("quotes:write", 404, 409, 412))
async def record_quote_acceptance(quote_id: UUID, body: AcceptanceIn, work: Work) -> QuoteOut:
    """Record a written acceptance with its reference (Q3), under the same conditions as through the link."""
    row = await _to_change(work, quote_id)
    decision = Decision(
        **body.model_dump(),
        client_address=work.client_address,
        user_agent=work.request.headers.get("user-agent"),
        actor=work.caller.actor(),
    )
    await accept_quote(await work.begin(), row, decision, now=work.now)
    return await _standing(work, quote_id)


@router.post("/{quote_id}/withdrawal", operation_id="withdraw_quote", **allows("quotes:write", 404, 409, 412))
async def withdraw(quote_id: UUID, body: WithdrawalIn, work: Work) -> QuoteOut:
    """Take an open version back; its ticket goes on."""
    row = await _to_change(work, quote_id)
    await withdraw_quote(await work.begin(), row, body.reason, actor=work.caller.actor(), now=work.now)
    return await _standing(work, quote_id)


@router.get(
    "/{quote_id}/pdf",
    operation_id="download_quote_pdf",
    response_class=Response,
    **allows("quotes:read", 404, produces="application/pdf"),
)
async def download_quote_pdf(quote_id: UUID, work: Work) -> Response:
    """The quote as a PDF: French, with the client's language beneath; the digest of its text on every page."""
    return await pdf_answer(work, await _visible(work, quote_id))


@router.get("/{quote_id}/charge", operation_id="read_quote_charge", **allows("charges:read", 404))
async def read_quote_charge(quote_id: UUID, work: Work) -> ChargeOut:
    """What it puts on an invoice, with its explanation; 404 while there is nothing to charge."""
    await _visible(work, quote_id)
    row = await queries.charge(await work.connection(), quote_id)
    if row is None:
        raise not_found()
    return ChargeOut(**{name: row[name] for name in ChargeOut.model_fields})
