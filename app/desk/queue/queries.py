"""SQL of the queue: tickets that are new, urgent before standard, then by receipt (T2)."""

from datetime import datetime
from uuid import UUID

from app.core.db import Connection, Row

NEXT = """
SELECT id FROM tickets WHERE status = 'new' AND (assignee_id IS NULL OR assignee_id = $1)
ORDER BY lane DESC, queued_at, sequence LIMIT 1 FOR UPDATE SKIP LOCKED
"""

ITEM = "id, number, lane, received_at, queued_at, sequence, subject, client_id, assignee_id, urgency_accepted_by"

# One range of the index for each lane: a page costs its rows, at any depth.
PAGE = f"""
SELECT {ITEM} FROM (
    (SELECT {ITEM} FROM tickets WHERE status = 'new' AND lane = 'urgent'
        AND ($1::varchar = 'urgent' AND (queued_at, sequence) > ($2, $3)) ORDER BY queued_at, sequence LIMIT $4)
    UNION ALL
    (SELECT {ITEM} FROM tickets WHERE status = 'new' AND lane = 'standard'
        AND ($1 = 'urgent' OR (queued_at, sequence) > ($2, $3)) ORDER BY queued_at, sequence LIMIT $4)
) AS waiting ORDER BY lane DESC, queued_at, sequence LIMIT $4
"""


async def lock_next(connection: Connection, agent_id: UUID) -> UUID | None:
    """The first ticket that nobody else is taking at this moment, locked."""
    ticket_id: UUID | None = await connection.fetchval(NEXT, agent_id)
    return ticket_id


async def page(connection: Connection, after: tuple[str, datetime, int], limit: int) -> list[Row]:
    """Waiting tickets after a place in the order."""
    return await connection.fetch(PAGE, *after, limit)
