"""Urgencies over HTTP."""

from typing import Any
from uuid import UUID

from app.billing.urgencies import queries, service
from app.billing.urgencies.schemas import FeeOut, RequalificationIn, UrgencyIn, UrgencyOut, WaiverIn
from app.core import paging
from app.core.db import Connection, Row
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Unit, Work
from app.desk.tickets.queries import lock_ticket
from app.desk.tickets.routes import opening_of
from app.desk.tickets.service import open_ticket
from app.desk.urgencies.service import FEE, requalify_ticket
from app.domain.errors import Refusal
from app.domain.ticket import Lane
from app.domain.urgency import FeeStatus

PATH = "/v1/urgencies"
router = desk_router(PATH, "urgencies")
ASIDE = {"fee_status", "fees", "counts_from_at", "minutes_to_first_action"}


def urgency_out(found: service.Answered) -> UrgencyOut:
    """An urgency as its shape."""
    return UrgencyOut(
        **{name: found.row[name] for name in UrgencyOut.model_fields if name not in ASIDE},
        fee_status=found.fee_status,
        fees=[FeeOut(**fee) for fee in found.row["fees"]],
        counts_from_at=found.counts_from_at,
        minutes_to_first_action=found.minutes,
    )


async def _existing(work: Unit, urgency_id: UUID) -> Row:
    row = await queries.urgency(await work.connection(), urgency_id)
    if row is None or not work.sees_client(row["client_id"]):
        raise not_found()
    return row


@router.get("", operation_id="list_urgencies", **allows("urgencies:read"))
async def list_urgencies(
    work: Work,
    client_id: UUID | None = None,
    ticket_id: UUID | None = None,
    fee_status: FeeStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[UrgencyOut]:
    """Urgencies, the newest first, with the time from opening to the first action (U3)."""
    if work.caller.client_id is not None:
        if client_id not in {None, work.caller.client_id}:
            return Page(items=[], next_cursor=None)
        client_id = work.caller.client_id
    fees = [kind for kind, status in FEE.items() if status is fee_status] if fee_status else None
    filters: dict[str, Any] = {"client_id": client_id, "ticket_id": ticket_id, "fees": fees}
    after, connection = paging.decode(cursor, UUID)[0] if cursor else None, await work.connection()
    rows = await queries.urgencies(connection, filters, after, limit + 1)
    shown, next_cursor = paging.cut(rows, limit, lambda row: paging.encode(row["id"]))
    work.next_page(next_cursor)
    found = await service.answered(connection, shown)
    return Page(items=[urgency_out(one) for one in found], next_cursor=next_cursor)


@router.post("", operation_id="create_urgency", status_code=201, **allows("urgencies:write", 409))
async def create_urgency(body: UrgencyIn, work: Work) -> UrgencyOut:
    """Make a ticket urgent, or open an urgent one; the fee is due and whoever is on duty is told at once (U1, U3)."""
    connection = await work.begin()
    ticket_id = await (_raise(connection, body, work) if body.ticket_id else _open(connection, body, work))
    (row,) = await queries.urgencies(connection, {"ticket_id": ticket_id}, None, 1)
    work.created(PATH, row["id"])
    return urgency_out(await service.read(connection, row))


async def _raise(connection: Connection, body: UrgencyIn, work: Unit) -> UUID:
    assert body.ticket_id is not None  # noqa: S101 (the caller looked)
    ticket = await lock_ticket(connection, body.ticket_id)
    if ticket is None:
        raise Refusal("reference-unknown", "There is no such ticket.", pointer="/ticket_id")
    await requalify_ticket(
        connection, ticket, Lane.URGENT, reason=f"Requested by {body.requested_by}", requested_by=body.requested_by,
        actor=work.caller.actor(), settings=work.settings, now=work.now,
    )  # fmt: skip
    return body.ticket_id


async def _open(connection: Connection, body: UrgencyIn, work: Unit) -> UUID:
    assert body.ticket is not None  # noqa: S101 (the shape sees to it)
    urgent = body.ticket.model_copy(update={"urgent": True, "urgency_requested_by": body.requested_by})
    opened = await open_ticket(
        connection, opening_of(urgent, work), actor=work.caller.actor(), settings=work.settings, now=work.now
    )
    return opened.ticket_id


@router.get("/{urgency_id}", operation_id="read_urgency", **allows("urgencies:read", 404))
async def read_urgency(urgency_id: UUID, work: Work) -> UrgencyOut:
    """One urgency, its fee, and how soon somebody acted."""
    row = await _existing(work, urgency_id)
    (found,) = await service.answered(await work.connection(), [row])
    return urgency_out(found)


@router.post(
    "/{urgency_id}/requalification",
    operation_id="requalify_urgency",
    status_code=201,
    **allows("urgencies:write", 404, 409),
)
async def requalify_urgency(urgency_id: UUID, body: RequalificationIn, work: Work) -> UrgencyOut:
    """Move the ticket to the other lane: down reverses the fee, up brings it back; the receipt stays (U4)."""
    connection = await work.begin()
    row = await _existing(work, urgency_id)
    ticket = await lock_ticket(connection, row["ticket_id"])
    assert ticket is not None  # noqa: S101 (none is ever removed)
    await requalify_ticket(
        connection, ticket, Lane(body.lane), reason=body.reason, requested_by=None, actor=work.caller.actor(),
        settings=work.settings, now=work.now,
    )  # fmt: skip
    work.audited["id"] = str(urgency_id)
    return urgency_out(await service.read(connection, row))


@router.post(
    "/{urgency_id}/waiver", operation_id="waive_urgency", status_code=201, **allows("urgencies:waive", 404, 409)
)
async def waive_urgency(urgency_id: UUID, body: WaiverIn, work: Work) -> UrgencyOut:
    """Spare the client a fee that is due (U4)."""
    connection = await work.begin()
    row = await _existing(work, urgency_id)
    await service.waive_fee(connection, row, body.reason, actor=work.caller.actor(), now=work.now)
    work.audited["id"] = str(urgency_id)
    return urgency_out(await service.read(connection, row))
