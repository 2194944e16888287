"""Messages on a ticket: by its client, who may wake it up again (T2), and by agents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.core.db import Connection, Row
from app.core.ids import new_id
from app.core.settings import Settings
from app.desk.mail.service import queue_mail
from app.desk.tickets import queries
from app.desk.tickets.service.files import Upload, examine, keep
from app.desk.tickets.service.opening import Opening, open_ticket
from app.desk.tickets.service.telling import tell
from app.domain.calendar import local_date
from app.domain.ticket import Channel, FollowUp, Status, follow_up

DESK = "e-connect Support Desk"


@dataclass(frozen=True, slots=True)
class Written:
    """Where a message landed: on the ticket, or as the first of a new ticket that follows it."""

    outcome: Literal["message", "reopened", "ticket"]
    ticket_id: UUID
    message_id: UUID | None
    number: str
    status: Status


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, where it need not be the requester, and how a ticket opens that this may lead to."""

    name: str
    email: str
    urgent: bool = False
    auto_generated: bool = False


async def write_as_client(
    connection: Connection,
    ticket: Row,
    body: str,
    *,
    channel: Channel,
    writer: Writer | None = None,
    files: Sequence[Upload] = (),
    actor: dict[str, str],
    settings: Settings,
    now: datetime,
) -> Written:
    """Add what the client says to a locked ticket.

    A ticket waiting for the client is in progress again; one settled less than the terms' `reopen_days` ago joins the
    queue from now; a longer settled or cancelled one stays, and the message opens a new ticket linked to it (T2).
    """
    settled_at = ticket["closed_at"] or ticket["resolved_at"]
    within_days = await queries.reopen_days(connection, local_date(now)) if settled_at else 0
    step = follow_up(Status(ticket["status"]), settled_at, now, within_days)
    if step.new_ticket:
        opened = await open_ticket(
            connection, _follow(ticket, body, channel, writer, files), actor=actor, settings=settings, now=now
        )
        return Written("ticket", opened.ticket_id, None, opened.number, opened.status)
    kept = examine(files)
    message_id, author = new_id(), writer.name if writer else ticket["requester_name"]
    await queries.insert_message(
        connection,
        [message_id, ticket["id"], "client", author, None, "public", channel, body, now],
    )
    await keep(connection, ticket["id"], message_id, kept, now)
    await _apply(connection, ticket, step, message_id, actor, now)
    outcome: Literal["message", "reopened"] = "reopened" if step.joins_queue else "message"
    return Written(outcome, ticket["id"], message_id, ticket["number"], step.status)


async def _apply(
    connection: Connection, ticket: Row, step: FollowUp, message_id: UUID, actor: dict[str, str], now: datetime
) -> None:
    changes: dict[str, object] = {}
    if step.status != ticket["status"]:
        changes["status"] = step.status
    if step.joins_queue:
        changes |= {"queued_at": now, "resolved_at": None, "closed_at": None, "assignee_id": None}
    if changes:
        await queries.update_ticket(connection, ticket["id"], changes, now)
    type_ = "ticket.reopened" if step.joins_queue else "ticket.client_wrote"
    data = {"message_id": str(message_id), "from": ticket["status"], "to": step.status}
    await tell(connection, ticket, type_, data, actor=actor, now=now)


async def write_as_agent(
    connection: Connection,
    ticket: Row,
    body: str,
    *,
    visibility: Literal["public", "internal"],
    agent_id: UUID | None,
    files: Sequence[Upload] = (),
    actor: dict[str, str],
    now: datetime,
) -> UUID:
    """Add an agent's reply, which is mailed to the requester, or an internal note, which nobody outside sees."""
    kept = examine(files)
    message_id = new_id()
    author = await queries.agent_name(connection, agent_id) or DESK
    await queries.insert_message(
        connection,
        [message_id, ticket["id"], "agent", author, agent_id, visibility, ticket["channel"], body, now],
    )
    await keep(connection, ticket["id"], message_id, kept, now)
    if visibility == "public":
        await _mail_reply(connection, ticket, message_id, now)
    type_ = "ticket.agent_replied" if visibility == "public" else "ticket.note_added"
    await tell(connection, ticket, type_, {"message_id": str(message_id)}, actor=actor, now=now)
    return message_id


async def _mail_reply(connection: Connection, ticket: Row, message_id: UUID, now: datetime) -> None:
    """One mail to the requester and one to each participant, so that each has its own delivery state."""
    facts = {"message_id": message_id}
    for recipient in [ticket["requester_email"], *await queries.participants(connection, ticket["id"])]:
        await queue_mail(connection, "public_reply", ticket["id"], recipient, ticket["language"], facts, now=now)


async def note_what_came(
    connection: Connection,
    ticket: Row,
    body: str,
    *,
    author: str,
    type_: str,
    channel: Channel,
    files: Sequence[Upload] = (),
    actor: dict[str, str],
    now: datetime,
) -> UUID:
    """Keep on a ticket what no person said (an automatic reply, a bounce): for agents to see, and nothing moves."""
    kept = examine(files)
    message_id = new_id()
    await queries.insert_message(
        connection, [message_id, ticket["id"], "system", author, None, "internal", channel, body, now]
    )
    await keep(connection, ticket["id"], message_id, kept, now)
    await tell(connection, ticket, type_, {"message_id": str(message_id)}, actor=actor, now=now)
    return message_id


def _follow(ticket: Row, body: str, channel: Channel, writer: Writer | None, files: Sequence[Upload]) -> Opening:
    writer = writer or Writer(ticket["requester_name"], ticket["requester_email"])
    return Opening(
        channel=channel,
        name=writer.name,
        email=writer.email,
        urgent=writer.urgent,
        accepted_by=writer.email[:120],
        auto_generated=writer.auto_generated,
        phone=ticket["requester_phone"],
        company=ticket["requester_company"],
        site_url=ticket["site_url"],
        subject=ticket["subject"],
        message=body,
        language=ticket["language"],
        client_id=ticket["client_id"],
        site_id=ticket["site_id"],
        follows_ticket_id=ticket["id"],
        files=files,
    )
