"""Take a ticket from the queue: the next one, or another with a reason (T2)."""

from datetime import datetime
from uuid import UUID

from app.core.db import Connection, Row
from app.desk.queue import queries
from app.desk.tickets import queries as tickets
from app.desk.tickets.service.telling import tell
from app.desk.tickets.service.turn import check_order
from app.domain.errors import Refusal
from app.domain.ticket import Status

# Before everybody: the urgent lane's beginning.
START = ("urgent", *queries.BEFORE_ALL)


def why(row: Row) -> str:
    """Why a waiting ticket stands where it stands, in words."""
    since = "its reopening" if row["queued_at"] > row["received_at"] else "its receipt"
    if row["lane"] == "urgent":
        return f"Urgent: before all standard tickets, waiting since {since}."
    return f"Standard: first come, first served, waiting since {since}."


async def claim_next(connection: Connection, agent_id: UUID, *, actor: dict[str, str], now: datetime) -> Row:
    """Take the first ticket that waits for anybody or for this agent; two agents never get the same one.

    Raises:
        Refusal: `queue-empty`, `reference-unknown` when the agent does not work here.
    """
    await _check_agent(connection, agent_id)
    ticket_id = await queries.lock_next(connection, agent_id)
    if ticket_id is None:
        raise Refusal("queue-empty", "No ticket waits for this agent.")
    return await _take(connection, ticket_id, agent_id, None, actor=actor, now=now)


async def claim_ticket(
    connection: Connection, ticket: Row, agent_id: UUID, reason: str | None, *, actor: dict[str, str], now: datetime
) -> Row:
    """Take this locked ticket, which needs a reason unless it is the next one anyway.

    Raises:
        Refusal: `ticket-taken` when it does not wait any more, `reason-required`, `reference-unknown`.
    """
    await _check_agent(connection, agent_id)
    if ticket["status"] != Status.NEW:
        raise Refusal("ticket-taken", "The ticket does not wait in the queue any more.")
    out_of_order = await check_order(connection, ticket["id"], agent_id, reason)
    return await _take(connection, ticket["id"], agent_id, reason if out_of_order else None, actor=actor, now=now)


async def _check_agent(connection: Connection, agent_id: UUID) -> None:
    if not await tickets.active_agent(connection, agent_id):
        raise Refusal("reference-unknown", "No such agent works here.", pointer="/agent_id")


async def _take(
    connection: Connection, ticket_id: UUID, agent_id: UUID, reason: str | None, *, actor: dict[str, str], now: datetime
) -> Row:
    changes = {"status": Status.IN_PROGRESS, "assignee_id": agent_id}
    row = await tickets.update_ticket(connection, ticket_id, changes, now)
    data = {"agent_id": str(agent_id), "out_of_order": reason is not None, "reason": reason}
    await tell(connection, row, "ticket.claimed", data, actor=actor, now=now)
    return row
