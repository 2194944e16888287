"""The queue over HTTP."""

from typing import Any

from fastapi import Response

from app.core import paging
from app.core.db import Row
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Work
from app.desk.queue import queries, service
from app.desk.queue.schemas import ClaimIn, QueueItemOut
from app.desk.tickets import queries as tickets
from app.desk.tickets.schemas import TicketOut, ticket_out
from app.domain.errors import Refusal

router = desk_router("/v1/queue", "queue")
SHOWN = ("number", "lane", "received_at", "subject", "client_id", "assignee_id")


@router.get("", operation_id="list_queue", response_model=Page[QueueItemOut], **allows("queue:read"))
async def list_queue(work: Work, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The order of work: urgent before standard; inside a lane by receipt, reopened tickets by reopening (T2)."""
    before, after = 0, service.START
    if cursor is not None:
        before, *place = paging.decode(cursor, paging.small_integer, paging.text, paging.instant, paging.small_integer)
        after = (place[0], place[1], place[2])
    rows = await queries.page(await work.connection(), after, limit + 1)
    shown, next_cursor = paging.cut(rows, limit, lambda row: _cursor(row, before + limit))
    work.next_page(next_cursor)
    items = [_item(row, place) for place, row in enumerate(shown, before + 1)]
    return paging.answer(items, next_cursor)


def _cursor(row: Row, position: int) -> str:
    return paging.encode(position, row["lane"], row["queued_at"], row["sequence"])


def _item(row: Row, position: int) -> dict[str, Any]:
    values = {name: row[name] for name in SHOWN}
    return {"position": position, "ticket_id": row["id"], **values, "why": service.why(row)}


@router.post("/claims", operation_id="claim_ticket", status_code=201, **allows("queue:write", 404, 409))
async def claim_ticket(body: ClaimIn, work: Work) -> TicketOut:
    """Take the next ticket for an agent, atomically; or another one, with the reason on record (T2)."""
    agent_id = body.agent_id or work.caller.agent_id
    if agent_id is None:
        raise Refusal("agent-required", "The key belongs to no agent: name one.", pointer="/agent_id")
    connection, actor = await work.begin(), work.caller.actor()
    if body.ticket_id is None:
        row = await service.claim_next(connection, agent_id, actor=actor, now=work.now)
    else:
        ticket = await tickets.lock_ticket(connection, body.ticket_id)
        if ticket is None:
            raise not_found()
        row = await service.claim_ticket(connection, ticket, agent_id, body.reason, actor=actor, now=work.now)
    work.etag(row["version"])
    return ticket_out(row)
