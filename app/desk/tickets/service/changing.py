"""Change a ticket: its status by the one table of moves (T3), its people, its subject, its estimate."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.desk.tickets import queries
from app.desk.tickets.service.telling import tell
from app.desk.tickets.service.turn import check_order
from app.desk.urgencies.service import take_back_fee
from app.domain.calendar import local_date
from app.domain.errors import Refusal
from app.domain.ticket import Status, in_project, move

OF_A_CLIENT = ("site_id", "contact_id")


async def change_ticket(
    connection: Connection,
    ticket: Row,
    changes: dict[str, Any],
    *,
    reason: str | None,
    agent_id: UUID | None,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """Apply the changes to a locked ticket and tell its history.

    Raises:
        Refusal: `illegal-move` names the legal moves; `reason-required` when a ticket is taken out of order;
            `reference-unknown` for an assignee who does not work here.
    """
    changes = {name: value for name, value in changes.items() if value != ticket[name]}
    if not changes:
        return ticket
    if changes.get("assignee_id") is not None and not await queries.active_agent(connection, changes["assignee_id"]):
        raise Refusal("reference-unknown", "No such agent works here.", pointer="/assignee_id")
    if await _waits_for_quote(connection, ticket, changes, now):
        changes["status"] = Status.WAITING_QUOTE.value
    columns = dict(changes)
    if "status" in changes:
        assignee = changes.get("assignee_id", ticket["assignee_id"]) or agent_id
        columns |= await _moved(connection, ticket, Status(changes["status"]), assignee, reason, now)
    if "client_id" in changes:
        columns |= {name: changes.get(name) for name in OF_A_CLIENT}
    if changes.keys() & {"client_id", "site_id"}:
        columns["flags"] = await _flags(connection, ticket, columns)
    row = await queries.update_ticket(connection, ticket["id"], columns, now)
    if "subject" in changes:
        await queries.index_subject(connection, ticket["id"], changes["subject"])
    data = {"changes": _told(ticket, row, changes)} | ({"reason": reason} if reason else {})
    await tell(connection, row, "ticket.changed", data, actor=actor, now=now)
    return row


async def _waits_for_quote(connection: Connection, ticket: Row, changes: dict[str, Any], now: datetime) -> bool:
    """Whether the estimate makes a ticket in work wait: above a day, without an accepted quote (Q1)."""
    estimate = changes.get("estimated_minutes")
    status = Status(changes.get("status", ticket["status"]))
    if estimate is None or status not in (Status.IN_PROGRESS, Status.WAITING_CLIENT) or ticket["status"] == Status.NEW:
        return False
    threshold = await queries.quote_needed_above(connection, ticket["id"], local_date(now))
    return threshold is not None and estimate > threshold


def _told(ticket: Row, row: Row, changes: dict[str, Any]) -> dict[str, list[Any]]:
    """What became true, not what was asked for: a reopened ticket has no assignee, whoever was named."""
    return {name: [_plain(ticket[name]), _plain(row[name])] for name in changes if row[name] != ticket[name]}


async def _moved(
    connection: Connection, ticket: Row, wanted: Status, assignee_id: UUID | None, reason: str | None, now: datetime
) -> dict[str, Any]:
    """The columns that go with a move."""
    status = move(Status(ticket["status"]), wanted)
    match status:
        case Status.NEW:
            # Reopened: joins the queue at the time of reopening (T2), for whoever is next.
            return {"status": status, "queued_at": now, "resolved_at": None, "closed_at": None, "assignee_id": None}
        case Status.IN_PROGRESS if ticket["status"] == Status.NEW:
            await check_order(connection, ticket["id"], assignee_id, reason)
            return {"status": status, "assignee_id": assignee_id}
        case Status.RESOLVED:
            return {"status": status, "resolved_at": now}
        case Status.SPAM:
            await take_back_fee(connection, ticket["id"], reason or "Spam", now)
            return {"status": status}
        case Status.CLOSED:
            return {"status": status, "closed_at": now}
        case _:
            return {"status": status}


async def _flags(connection: Connection, ticket: Row, columns: dict[str, Any]) -> list[str]:
    """The flags of its new client and site, as they would have been set when it came in (T4, T5)."""
    linked = {name: columns.get(name, ticket[name]) for name in ("client_id", "site_id")}
    site = await queries.project_of(connection, linked["site_id"])
    raised = {
        "unidentified": linked["client_id"] is None,
        "in_project": site is not None and in_project(site["project_closed_on"], local_date(ticket["received_at"])),
    }
    return [flag for flag, is_up in raised.items() if is_up] + [flag for flag in ticket["flags"] if flag not in raised]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)
