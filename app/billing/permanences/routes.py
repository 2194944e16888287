"""On-call over HTTP: requests and what becomes of them. The calendar stands in `calendar_routes.py`."""

from uuid import UUID

from app.billing.permanences import queries
from app.billing.permanences.schemas import (
    CancellationReasonIn,
    PermanenceIn,
    PermanenceOut,
    PermanencePatch,
    PermanenceQuoteIn,
    ScheduleIn,
    Status,
    columns_of,
    permanence_out,
)
from app.billing.permanences.service.ending import cancel_permanence, complete_permanence
from app.billing.permanences.service.planning import schedule_permanence
from app.billing.permanences.service.requesting import NO_CLIENT, change_permanence, request_permanence, suggested_line
from app.billing.quotes.answers import QuoteOut, quote_out
from app.billing.quotes.queries import quote as find_quote
from app.billing.quotes.service.writing import Offer, write_quote
from app.core import paging
from app.core.db import Row
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Unit, Work
from app.domain.errors import Refusal
from app.domain.permanence import CancellationBand
from app.domain.quote import Kind

PATH = "/v1/permanence-requests"
router = desk_router("/v1", "permanences")


@router.get("/permanence-requests", operation_id="list_permanence_requests", **allows("permanences:read"))
async def list_permanence_requests(
    work: Work,
    client_id: UUID | None = None,
    status: Status | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PermanenceOut]:
    """Requests for on-call, the newest first."""
    own = work.caller.client_id
    if own is not None and client_id not in {None, own}:
        return Page(items=[], next_cursor=None)
    after = paging.decode(cursor, UUID)[0] if cursor else None
    filters = {"client_id": own or client_id, "status": status, "told": own is not None}
    rows = await queries.list_requests(await work.connection(), filters, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[permanence_out(row, to_client=own is not None) for row in shown], next_cursor=next_cursor)


@router.post(
    "/permanence-requests",
    operation_id="create_permanence_request",
    status_code=201,
    **allows("permanences:request", 409),
)
async def create_permanence_request(body: PermanenceIn, work: Work) -> PermanenceOut:
    """Ask for on-call outside opening hours (O1); the answer has the lead time and the grid's suggestion (O2)."""
    if work.caller.client_id not in {None, body.client_id}:
        raise Refusal("reference-unknown", NO_CLIENT, pointer="/client_id")
    wanted = columns_of(body.model_dump())
    permanence_id = await request_permanence(await work.begin(), wanted, actor=work.caller.actor(), now=work.now)
    work.created(PATH, permanence_id)
    return await _standing(work, permanence_id)


async def _standing(work: Unit, permanence_id: UUID) -> PermanenceOut:
    row = await queries.request(await work.connection(), permanence_id)
    if row is None or not work.sees_client(row["client_id"]):
        raise not_found()
    work.etag(row["version"])
    return permanence_out(row, to_client=work.caller.client_id is not None)


async def _locked(work: Unit, permanence_id: UUID) -> Row:
    row = await queries.lock(await work.begin(), permanence_id)
    if row is None or not work.sees_client(row["client_id"]):
        raise not_found()
    work.check_match(row["version"])
    return row


@router.get(
    "/permanence-requests/{permanence_request_id}",
    operation_id="read_permanence_request",
    **allows("permanences:read", 404),
)
async def read_permanence_request(permanence_request_id: UUID, work: Work) -> PermanenceOut:
    """One request, with its windows, its newest quote and who stands by."""
    return await _standing(work, permanence_request_id)


@router.patch(
    "/permanence-requests/{permanence_request_id}",
    operation_id="change_permanence_request",
    **allows("permanences:write", 404, 409, 412),
)
async def change_permanence_request(permanence_request_id: UUID, body: PermanencePatch, work: Work) -> PermanenceOut:
    """Change people and sites; the window too while nothing is quoted: the lead time then counts from now."""
    row = await _locked(work, permanence_request_id)
    changes = columns_of(body.changes())
    await change_permanence(await work.begin(), row, changes, actor=work.caller.actor(), now=work.now)
    return await _standing(work, permanence_request_id)


@router.post(
    "/permanence-requests/{permanence_request_id}/quote",
    operation_id="create_permanence_quote",
    status_code=201,
    **allows("quotes:write", 404, 409, 412),
)
async def create_permanence_quote(permanence_request_id: UUID, body: PermanenceQuoteIn, work: Work) -> QuoteOut:
    """Write its quote, or the next version of it; without lines, at the price that the grid suggests (O2)."""
    row = await _locked(work, permanence_request_id)
    connection = await work.begin()
    quote_id = await write_quote(
        connection,
        _offer(body, row),
        permanence_id=permanence_request_id,
        house=work.settings.company_name,
        actor=work.caller.actor(),
        now=work.now,
    )
    work.created("/v1/quotes", quote_id)
    written = await find_quote(connection, quote_id)
    if written is None:
        raise not_found()
    return quote_out(written, None)


def _offer(body: PermanenceQuoteIn, permanence: Row) -> Offer:
    said = body.model_dump(exclude={"lines", "cancellation"})
    lines = [line.model_dump() for line in body.lines] if body.lines else [suggested_line(permanence)]
    clause = [CancellationBand(**band.model_dump()) for band in body.cancellation]
    return Offer(kind=Kind.QUOTE, lines=lines, cancellation=clause, **said)


@router.post(
    "/permanence-requests/{permanence_request_id}/schedule",
    operation_id="schedule_permanence",
    **allows("permanences:write", 404, 409, 412),
)
async def schedule(permanence_request_id: UUID, body: ScheduleIn, work: Work) -> PermanenceOut:
    """Name the agents who stand by, instead of those before; nobody can twice at the same time (O3)."""
    row = await _locked(work, permanence_request_id)
    shifts = [(shift.agent_id, shift.starts_at, shift.ends_at) for shift in body.shifts]
    await schedule_permanence(await work.begin(), row, shifts, actor=work.caller.actor(), now=work.now)
    return await _standing(work, permanence_request_id)


@router.post(
    "/permanence-requests/{permanence_request_id}/completion",
    operation_id="complete_permanence",
    **allows("permanences:write", 404, 409, 412),
)
async def complete(permanence_request_id: UUID, work: Work) -> PermanenceOut:
    """Close it once its window has ended, and charge what was quoted (O4); a job does so by itself."""
    row = await _locked(work, permanence_request_id)
    await complete_permanence(await work.begin(), row, actor=work.caller.actor(), now=work.now)
    return await _standing(work, permanence_request_id)


@router.post(
    "/permanence-requests/{permanence_request_id}/cancellation",
    operation_id="cancel_permanence",
    **allows("permanences:write", 404, 409, 412),
)
async def cancel(permanence_request_id: UUID, body: CancellationReasonIn, work: Work) -> PermanenceOut:
    """Cancel it; once its quote is accepted, the quote's cancellation clause says what is due (O4)."""
    row = await _locked(work, permanence_request_id)
    await cancel_permanence(await work.begin(), row, body.reason, actor=work.caller.actor(), now=work.now)
    return await _standing(work, permanence_request_id)
