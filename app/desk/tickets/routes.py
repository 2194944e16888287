"""Tickets over HTTP, for agents and for clients' own portals."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Response

from app.core import paging
from app.core.db import Connection, Row
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import invalid, not_found
from app.core.shapes import Instant
from app.core.unit import Unit, Work
from app.desk.tickets import listing, queries, service
from app.desk.tickets.schemas import (
    AttachmentOut,
    Channel,
    EventOut,
    Lane,
    MessageIn,
    MessageOut,
    Status,
    TicketIn,
    TicketOut,
    TicketPatch,
    WrittenOut,
    ticket_out,
)
from app.domain import ticket as domain
from app.domain.errors import Refusal

router = desk_router("/v1/tickets", "tickets")
Text = Annotated[str | None, Query(max_length=200, description="A number, or words that must all occur.")]


@router.get("", operation_id="list_tickets", response_model=Page[TicketOut], **allows("tickets:read"))
async def list_tickets(
    work: Work,
    status: Status | None = None,
    lane: Lane | None = None,
    client_id: UUID | None = None,
    assignee_id: UUID | None = None,
    channel: Channel | None = None,
    number: Annotated[str | None, Query(max_length=24, pattern=r"^[A-Za-z0-9\-]+$")] = None,
    received_from: Annotated[Instant | None, Query(description="Received at or after.")] = None,
    received_until: Annotated[Instant | None, Query(description="Received before.")] = None,
    q: Text = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Tickets, the newest first. `q` searches number, subject, requester and everything said."""
    filters: dict[str, Any] = {
        "status": status, "lane": lane, "client_id": client_id, "assignee_id": assignee_id, "channel": channel,
        "number": number.upper() if number else None, "received_from": received_from,
        "received_until": received_until, "internal": work.caller.client_id is None,
    }  # fmt: skip
    if work.caller.client_id is not None:
        if client_id not in {None, work.caller.client_id}:
            return paging.answer([], None)
        filters["client_id"] = work.caller.client_id
    if q is not None:
        found = service.search_words(q)
        if None not in {number, found.get("number")} and filters["number"] != found["number"]:
            return paging.answer([], None)
        filters |= found
    after = paging.decode_pair(cursor, paging.instant, UUID) if cursor else None
    rows = await listing.list_tickets(await work.connection(), filters, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "received_at", "id")
    return paging.answer_written([row["document"] for row in shown], next_cursor)


@router.post("", operation_id="create_ticket", status_code=201, **allows("tickets:write", 409, files=True))
async def create_ticket(body: TicketIn, work: Work) -> TicketOut:
    """Open a ticket for a caller (T6), or from a client's portal; the requester gets the acknowledgement."""
    connection = await work.begin()
    opened = await service.open_ticket(
        connection, opening_of(body, work), actor=work.caller.actor(), settings=work.settings, now=work.now
    )
    row = await _existing(connection, opened.ticket_id)
    work.etag(row["version"])
    work.headers["Location"] = f"/v1/tickets/{opened.ticket_id}"
    return ticket_out(row)


def opening_of(body: TicketIn, work: Unit) -> service.Opening:
    """The request that a body makes; a portal's own client, whatever it says."""
    portal = work.caller.client_id
    if portal is not None and body.client_id not in {None, portal}:
        raise Refusal("reference-unknown", "A portal opens its own client's tickets.", pointer="/client_id")
    if portal is not None and body.channel is not None:
        raise invalid("/channel", "value-unknown", "A portal's tickets are `form`: leave it out.")
    return service.Opening(
        channel=domain.Channel.FORM if portal else domain.Channel(body.channel or "agent"),
        subject=body.subject,
        message=body.message,
        language=body.language,
        **dict(body.requester),
        site_url=body.site_url,
        site_id=body.site_id,
        client_id=portal or body.client_id,
        urgent=body.urgent,
        accepted_by=_accepted_by(body, in_portal=portal is not None),
        files=work.files,
    )


def _accepted_by(body: TicketIn, *, in_portal: bool) -> str | None:
    """Who accepts an urgency's fee (U1): whom an agent names, but in a portal only who was shown it."""
    if body.urgency_fee_accepted:
        return body.urgency_requested_by or body.requester.name
    return None if in_portal else body.urgency_requested_by


async def _existing(connection: Connection, ticket_id: UUID) -> Row:
    row = await service.find_ticket(connection, ticket_id)
    if row is None:
        raise not_found()
    return row


async def _visible(work: Unit, ticket_id: UUID) -> Row:
    row = await _existing(await work.connection(), ticket_id)
    if not work.sees_client(row["client_id"]):
        raise not_found()
    return row


async def _locked(work: Unit, ticket_id: UUID) -> Row:
    row = await queries.lock_ticket(await work.begin(), ticket_id)
    if row is None or not work.sees_client(row["client_id"]):
        raise not_found()
    return row


@router.get("/{ticket_id}", operation_id="read_ticket", response_model=TicketOut, **allows("tickets:read", 404))
async def read_ticket(ticket_id: UUID, work: Work) -> Response:
    """One ticket."""
    row = await queries.written_ticket(await work.connection(), ticket_id)
    if row is None or not work.sees_client(row["client_id"]):
        raise not_found()
    work.etag(row["version"])
    return Response(row["document"], media_type="application/json")


@router.patch("/{ticket_id}", operation_id="change_ticket", **allows("tickets:work", 404, 409, 412))
async def change_ticket(ticket_id: UUID, body: TicketPatch, work: Work) -> TicketOut:
    """Move a ticket by the table of moves (T3), assign it, link it to a client (T4), estimate it."""
    row = await _locked(work, ticket_id)
    work.check_match(row["version"])
    changes = body.changes()
    reason = changes.pop("reason", None)
    changed = await service.change_ticket(
        await work.begin(),
        row,
        changes,
        reason=reason,
        agent_id=work.caller.agent_id,
        actor=work.caller.actor(),
        now=work.now,
    )
    work.etag(changed["version"])
    return ticket_out(changed)


@router.get("/{ticket_id}/messages", operation_id="list_messages", **allows("tickets:read", 404))
async def list_messages(ticket_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[MessageOut]:
    """What was said, in order; a client's key sees only what is public."""
    await _visible(work, ticket_id)
    after = paging.decode(cursor, UUID)[0] if cursor else paging.NIL
    internal = work.caller.client_id is None
    rows = await queries.messages(await work.connection(), ticket_id, after=after, internal=internal, limit=limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[MessageOut(**row) for row in shown], next_cursor=next_cursor)


@router.post(
    "/{ticket_id}/messages",
    operation_id="create_message",
    status_code=201,
    **allows("tickets:write", 404, 409, files=True),
)
async def create_message(ticket_id: UUID, body: MessageIn, work: Work) -> WrittenOut:
    """Reply in public (mailed to the requester), add an internal note, or, with a client's key, follow up (T2)."""
    row = await _locked(work, ticket_id)
    connection = await work.begin()
    if work.caller.client_id is not None:
        if body.visibility == "internal":
            raise invalid("/visibility", "value-unknown", "Notes are for agents: a client writes in public.")
        written = await service.write_as_client(
            connection, row, body.body, channel=domain.Channel.FORM, files=work.files, actor=work.caller.actor(),
            settings=work.settings, now=work.now,
        )  # fmt: skip
        return WrittenOut(**_fields(written))
    message_id = await service.write_as_agent(
        connection, row, body.body, visibility=body.visibility, agent_id=work.caller.agent_id, files=work.files,
        actor=work.caller.actor(), now=work.now,
    )  # fmt: skip
    return WrittenOut(
        outcome="message", ticket_id=ticket_id, message_id=message_id, number=row["number"], status=row["status"]
    )


def _fields(written: service.Written) -> dict[str, object]:
    return {name: getattr(written, name) for name in WrittenOut.model_fields}


@router.get("/{ticket_id}/attachments", operation_id="list_attachments", **allows("tickets:read", 404))
async def list_attachments(
    ticket_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None
) -> Page[AttachmentOut]:
    """Files that came along, the oldest first."""
    await _visible(work, ticket_id)
    after = paging.decode(cursor, UUID)[0] if cursor else paging.NIL
    internal = work.caller.client_id is None
    rows = await queries.attachments(
        await work.connection(), ticket_id, after=after, internal=internal, limit=limit + 1
    )
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[AttachmentOut(**row) for row in shown], next_cursor=next_cursor)


@router.get(
    "/{ticket_id}/attachments/{attachment_id}",
    operation_id="download_attachment",
    response_class=Response,
    **allows("tickets:read", 404, produces="*/*"),
)
async def download_attachment(ticket_id: UUID, attachment_id: UUID, work: Work) -> Response:
    """The file's bytes, always as a download: nothing a stranger sent is ever shown by a browser as ours."""
    await _visible(work, ticket_id)
    internal = work.caller.client_id is None
    row = await queries.attachment(await work.connection(), ticket_id, attachment_id, internal=internal)
    if row is None:
        raise not_found()
    disposition = f"attachment; filename*=UTF-8''{quote(row['file_name'], safe='')}"
    headers = {"Content-Disposition": disposition, "Content-Security-Policy": "sandbox; default-src 'none'"}
    return Response(row["content"], media_type=row["media_type"], headers=headers)


@router.get("/{ticket_id}/events", operation_id="list_ticket_events", **allows("events:read", 404))
async def list_ticket_events(ticket_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[EventOut]:
    """The ticket's history: who did what, when and why."""
    await _visible(work, ticket_id)
    after = paging.decode(cursor, UUID)[0] if cursor else paging.NIL
    rows = await queries.events(await work.connection(), ticket_id, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[EventOut(**row) for row in shown], next_cursor=next_cursor)
