"""Clocks that run for agents, one each; stopping one logs the time (P4). They live in the database alone."""

from datetime import datetime
from uuid import UUID

from app.billing.time_entries.service import Logged, NewEntry, log_time
from app.billing.timers import queries
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.calendar import Span
from app.domain.errors import Refusal


async def start_timer(
    connection: Connection, ticket_id: UUID, agent_id: UUID, description: str | None, *, now: datetime
) -> Row:
    """Let a clock run for an agent.

    Raises:
        Refusal: `reference-unknown`, `timer-running` while another clock of the agent runs.
    """
    ticket, agent = await queries.known(connection, ticket_id, agent_id)
    if not ticket:
        raise Refusal("reference-unknown", "There is no such ticket.", pointer="/ticket_id")
    if not agent:
        raise Refusal("reference-unknown", "No such agent works here.", pointer="/agent_id")
    row = await queries.start(connection, [new_id(), agent_id, ticket_id, description, now])
    if row is None:
        raise Refusal("timer-running", "A timer of the agent runs already: stop it first.")
    return row


async def stop_timer(
    connection: Connection,
    timer: Row,
    description: str | None,
    *,
    non_billable_reason: str | None,
    bill_in_project: bool,
    actor: dict[str, str],
    now: datetime,
) -> tuple[Row, list[Logged]]:
    """Stop a locked timer and log its time; what logging refuses leaves it running.

    Raises:
        Refusal: `timer-stopped`, `description-required`, and what logging refuses.
    """
    text = description or timer["description"]
    if text is None:
        raise Refusal("description-required", "Say what was done.", pointer="/description")
    _check_running(timer)
    entry = NewEntry(
        ticket_id=timer["ticket_id"],
        agent_id=timer["agent_id"],
        work=Span(timer["started_at"], now),
        description=text,
        non_billable_reason=non_billable_reason,
        bill_in_project=bill_in_project,
    )
    logged = await log_time(connection, entry, actor=actor, now=now)
    return await queries.stop(connection, timer["id"], logged[0].values["id"], now), logged


async def discard_timer(connection: Connection, timer: Row, *, now: datetime) -> Row:
    """Stop a locked timer and log nothing."""
    _check_running(timer)
    return await queries.stop(connection, timer["id"], None, now)


def _check_running(timer: Row) -> None:
    if timer["stopped_at"] is not None:
        raise Refusal("timer-stopped", "The timer was stopped already.", entry_id=timer["entry_id"])
