"""Timers over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.billing.time_entries.routes import logged_out
from app.billing.timers import queries, service
from app.billing.timers.schemas import StoppedOut, TimerIn, TimerOut, TimerStop
from app.core import paging
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Work
from app.domain.errors import Refusal

PATH = "/v1/timers"
router = desk_router(PATH, "time entries")
Running = Annotated[bool, Query(description="Those that run, or those that were stopped.")]


@router.get("", operation_id="list_timers", **allows("timers:read"))
async def list_timers(
    work: Work, agent_id: UUID | None = None, running: Running = True, limit: Limit = 50, cursor: Cursor = None
) -> Page[TimerOut]:
    """Timers in the order of their start."""
    after = paging.decode(cursor, UUID)[0] if cursor else paging.NIL
    rows = await queries.timers(
        await work.connection(), agent_id=agent_id, running=running, after=after, limit=limit + 1
    )
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[TimerOut(**row) for row in shown], next_cursor=next_cursor)


@router.post("", operation_id="start_timer", status_code=201, **allows("timers:write", 409))
async def start_timer(body: TimerIn, work: Work) -> TimerOut:
    """Start the clock: one runs for each agent, and it outlives restarts of the service."""
    agent_id = body.agent_id or work.caller.agent_id
    if agent_id is None:
        raise Refusal("agent-required", "The key belongs to no agent: name one.", pointer="/agent_id")
    row = await service.start_timer(await work.begin(), body.ticket_id, agent_id, body.description, now=work.now)
    work.created(PATH, row["id"])
    return TimerOut(**row)


@router.get("/{timer_id}", operation_id="read_timer", **allows("timers:read", 404))
async def read_timer(timer_id: UUID, work: Work) -> TimerOut:
    """One timer."""
    row = await queries.timer(await work.connection(), timer_id)
    if row is None:
        raise not_found()
    return TimerOut(**row)


@router.post("/{timer_id}/stop", operation_id="stop_timer", status_code=201, **allows("timers:write", 404, 409))
async def stop_timer(timer_id: UUID, body: TimerStop, work: Work) -> StoppedOut:
    """Stop the clock and log its time as an entry; when that is refused, the clock runs on."""
    connection = await work.begin()
    timer = await queries.lock_timer(connection, timer_id)
    if timer is None:
        raise not_found()
    if body.discard:
        return StoppedOut(timer=TimerOut(**await service.discard_timer(connection, timer, now=work.now)), entry=None)
    stopped, logged = await service.stop_timer(
        connection,
        timer,
        body.description,
        non_billable_reason=body.non_billable_reason,
        bill_in_project=body.bill_in_project,
        actor=work.caller.actor(),
        now=work.now,
    )
    return StoppedOut(timer=TimerOut(**stopped), entry=await logged_out(connection, logged))
