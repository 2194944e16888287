"""Incoming mail over HTTP: one entrance for mail servers, and the agents' look at what came through it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from app.adapters.mail_parser import MailParser
from app.core import paging
from app.core.bodies import MAIL_LIMIT
from app.core.db import Row, Values
from app.core.http import allows, desk_router
from app.core.paging import NIL, Cursor, Limit, Page
from app.core.problems import invalid, not_found
from app.core.shapes import Email
from app.core.unit import Unit, Work
from app.desk.inbound_mail import queries, service
from app.desk.inbound_mail.schemas import (
    HandedInOut,
    InboundMessageOut,
    InboundMessageWhole,
    Outcome,
    ReleaseIn,
    TicketMailOut,
    handed_in_out,
    inbound_out,
    ticket_mail_out,
    whole_out,
)
from app.desk.tickets import queries as tickets
from app.domain.errors import Refusal

router = desk_router("/v1", "mail")
RFC822 = "message/rfc822"
Mailbox = Annotated[
    Email,
    Query(
        description="The envelope's recipient: one of the desk's addresses, with or without a sub-address.",
        examples=["support@e-connect.lu"],
    ),
]


@router.post(
    "/inbound-messages",
    operation_id="hand_in_mail",
    status_code=201,
    **allows("inbound_messages:write", 400, 409, 413, 415, raw=RFC822, body_limit=MAIL_LIMIT),
)
async def hand_in_mail(work: Work, mailbox: Mailbox) -> HandedInOut:
    """Hand in a raw mail: a new ticket, a message on one, held back for agents, or ignored with the reason.

    It is kept before it is read, and the same mail again gives the same answer: repeat after any error.
    """
    if not work.raw:
        raise invalid("", "mail-empty", "There is no mail in the body.")
    await work.replay_if_known()
    try:
        kept = await service.keep(await work.connection(), work.raw, mailbox, work.settings, work.now)
    except Refusal as refusal:
        raise invalid("/mailbox", refusal.code, refusal.detail, "query") from None
    work.created("/v1/inbound-messages", kept["id"])
    if kept["outcome"] is not None:
        await work.begin()
        return handed_in_out(kept)
    return handed_in_out(await _given_its_outcome(work, kept))


async def _given_its_outcome(work: Unit, kept: Values) -> Values:
    """A kept mail's row with its outcome: by the request's last statement, or in its transaction."""
    reading, settings, actor, now = await _read(work, work.raw), work.settings, work.caller.actor(), work.now
    plan = await service.at_once(
        await work.connection(), kept, reading.parsed, settings=settings, actor=actor, now=now
    )  # fmt: skip
    if plan is None:
        return await service.process(
            await work.begin(), kept["id"], reading, settings=settings, actor=actor, now=now
        )  # fmt: skip
    work.last(plan.write)
    return plan.row


async def _read(work: Unit, raw: bytes) -> service.Reading:
    """Read a mail without keeping a connection that others could use."""
    await work.rest()
    parser: MailParser = work.request.app.state.mail_parser
    return await service.read(parser, raw)


@router.get("/inbound-messages", operation_id="list_inbound_messages", **allows("inbound_messages:read"))
async def list_inbound_messages(
    work: Work,
    outcome: Outcome | None = None,
    mailbox: Annotated[Email | None, Query(description="One of the desk's addresses.")] = None,
    ticket_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[InboundMessageOut]:
    """Mails that came in, the newest first; `outcome=quarantined` is what waits for an agent."""
    filters = {"outcome": outcome, "mailbox": mailbox.lower() if mailbox else None, "ticket_id": ticket_id}
    after = paging.decode_pair(cursor, paging.instant, UUID) if cursor else None
    rows = await queries.list_mails(await work.connection(), filters, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "received_at", "id")
    return Page(items=[inbound_out(row) for row in shown], next_cursor=next_cursor)


@router.get(
    "/inbound-messages/{inbound_message_id}",
    operation_id="read_inbound_message",
    **allows("inbound_messages:read", 404),
)
async def read_inbound_message(inbound_message_id: UUID, work: Work) -> InboundMessageWhole:
    """One mail with its whole text."""
    row = await queries.read(await work.connection(), inbound_message_id)
    if row is None:
        raise not_found()
    return whole_out(row)


@router.get(
    "/inbound-messages/{inbound_message_id}/raw",
    operation_id="download_inbound_message",
    response_class=Response,
    **allows("inbound_messages:read", 404, produces="message/rfc822"),
)
async def download_inbound_message(inbound_message_id: UUID, work: Work) -> Response:
    """The mail as it came, byte for byte, always as a download."""
    content = await queries.raw(await work.connection(), inbound_message_id)
    if content is None:
        raise not_found()
    headers = {
        "Content-Disposition": f'attachment; filename="{inbound_message_id}.eml"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, media_type=RFC822, headers=headers)


@router.post(
    "/inbound-messages/{inbound_message_id}/release",
    operation_id="release_inbound_message",
    **allows("inbound_messages:work", 404, 409),
)
async def release_inbound_message(inbound_message_id: UUID, body: ReleaseIn, work: Work) -> InboundMessageOut:
    """Let in a mail that was held back: as a new ticket, or as a message on the ticket named."""
    raw = await queries.raw(await work.connection(), inbound_message_id)
    if raw is None:
        raise not_found()
    reading = await _read(work, raw)
    row = await _locked(work, inbound_message_id)
    released = await service.release(
        await work.begin(), row, reading, body.ticket_id, settings=work.settings, actor=work.caller.actor(),
        now=work.now,
    )  # fmt: skip
    return inbound_out(released)


@router.post(
    "/inbound-messages/{inbound_message_id}/discard",
    operation_id="discard_inbound_message",
    **allows("inbound_messages:work", 404, 409),
)
async def discard_inbound_message(inbound_message_id: UUID, work: Work) -> InboundMessageOut:
    """Put a mail of the quarantine aside; it stays kept, and can still be released."""
    row = await _locked(work, inbound_message_id)
    discarded = await service.discard(await work.begin(), row, actor=work.caller.actor(), now=work.now)
    return inbound_out(discarded)


async def _locked(work: Unit, inbound_message_id: UUID) -> Row:
    row = await service.lock(await work.begin(), inbound_message_id)
    if row is None:
        raise not_found()
    return row


@router.get("/tickets/{ticket_id}/mails", operation_id="list_ticket_mails", **allows("tickets:work", 404))
async def list_ticket_mails(
    ticket_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None
) -> Page[TicketMailOut]:
    """Every mail that left, or did not leave, because of a ticket: to whom, why, and how far it got."""
    connection = await work.connection()
    if await tickets.ticket(connection, ticket_id) is None:
        raise not_found()
    after = paging.decode(cursor, UUID)[0] if cursor else NIL
    rows = await queries.mails_of_ticket(connection, ticket_id, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[ticket_mail_out(row) for row in shown], next_cursor=next_cursor)
