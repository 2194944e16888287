"""SQL of the queue: tickets that are new, urgent before standard, then by receipt (T2)."""

from datetime import UTC, datetime
from uuid import UUID

from app.core.db import Connection, Row
from app.desk.tickets.queries import WAITS_FOR

# It waits for whoever holds the first ticket: that may be a client who writes on it, and skipping would serve another
# before it (T2). When it was claimed meanwhile, Postgres looks at the row again and goes on to the next.
NEXT = f"""
SELECT id FROM tickets t WHERE status = 'new' AND {WAITS_FOR.format(ticket="t", agent="$1")}
ORDER BY lane DESC, queued_at, sequence LIMIT 1 FOR NO KEY UPDATE
"""

ITEM = "id, number, lane, received_at, queued_at, sequence, subject, client_id, assignee_id, urgency_accepted_by"

# One range of the index for each lane, each with its own start: a page costs its rows, at any depth.
PAGE = f"""
SELECT {ITEM} FROM (
    (SELECT {ITEM} FROM tickets WHERE status = 'new' AND lane = 'urgent'
        AND (queued_at, sequence) > ($1, $2) ORDER BY queued_at, sequence LIMIT $5)
    UNION ALL
    (SELECT {ITEM} FROM tickets WHERE status = 'new' AND lane = 'standard'
        AND (queued_at, sequence) > ($3, $4) ORDER BY queued_at, sequence LIMIT $5)
) AS waiting ORDER BY lane DESC, queued_at, sequence LIMIT $5
"""
Place = tuple[datetime, int]
BEFORE_ALL: Place = (datetime(1970, 1, 1, tzinfo=UTC), 0)
AFTER_ALL: Place = (datetime(9999, 1, 1, tzinfo=UTC), 0)


async def lock_next(connection: Connection, agent_id: UUID) -> UUID | None:
    """The first ticket that waits, locked."""
    ticket_id: UUID | None = await connection.fetchval(NEXT, agent_id)
    return ticket_id


def starts(after: tuple[str, datetime, int]) -> tuple[datetime, int, datetime, int]:
    """Where the two lanes go on after a place in the order."""
    lane, *_ = after
    place = (after[1], after[2])
    return (*place, *BEFORE_ALL) if lane == "urgent" else (*AFTER_ALL, *place)


async def page(connection: Connection, after: tuple[str, datetime, int], limit: int) -> list[Row]:
    """Waiting tickets after a place in the order."""
    return await connection.fetch(PAGE, *starts(after), limit)
