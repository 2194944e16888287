"""SQL of urgencies as the books see them: the fee's bookings, and how soon somebody acted."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.billing.permanences.queries import ON_CALL
from app.core.db import Connection, Row
from app.core.sql import Where
from app.desk.urgencies.queries import FEE_KIND
from app.domain.calendar import HORIZON_DAYS

# What an agent does on a ticket; its requalification and the client's own messages are no action.
ACTS = "'ticket.claimed', 'ticket.agent_replied', 'ticket.note_added', 'ticket.changed', 'time_entry.logged'"
HORIZON = f"u.opened_at + interval '{HORIZON_DAYS} days'"  # as far as the calendar looks for the next opening
URGENCY = f"""
SELECT u.id, u.ticket_id, u.client_id, u.requested_by, u.opened_at, u.opening_fee_cents, u.currency, u.terms_id,
       t.lane, last.kind AS fee, last.reason AS fee_reason, booked.fees, acted.first_action_at,
       on_call.starts AS window_starts, on_call.ends AS window_ends
FROM urgencies u JOIN tickets t ON t.id = u.ticket_id
LEFT JOIN LATERAL (
    SELECT {FEE_KIND} AS kind, f.reason FROM urgency_fees f WHERE f.urgency_id = u.id
    AND NOT EXISTS (SELECT FROM urgency_fees r WHERE r.reverses_id = f.id)
) AS last ON true
LEFT JOIN LATERAL (
    SELECT coalesce(jsonb_agg(
               jsonb_build_object('id', f.id, 'kind', f.kind, 'amount_cents', f.amount_cents, 'reason', f.reason,
                                  'created_at', f.created_at) ORDER BY f.created_at, f.id), '[]') AS fees
    FROM urgency_fees f WHERE f.urgency_id = u.id
) AS booked ON true
LEFT JOIN LATERAL (
    SELECT min(e.occurred_at) AS first_action_at FROM events e
    WHERE e.ticket_id = u.ticket_id AND e.occurred_at >= u.opened_at AND e.type IN ({ACTS})
) AS acted ON true
LEFT JOIN LATERAL ({ON_CALL.format(client_id="u.client_id", after="u.opened_at", before=HORIZON)}) AS on_call ON true
"""


async def urgency(connection: Connection, urgency_id: UUID) -> Row | None:
    """One urgency."""
    return await connection.fetchrow(f"{URGENCY} WHERE u.id = $1", urgency_id)


def list_urgencies_sql(filters: Mapping[str, Any], after: UUID | None, limit: int) -> tuple[str, list[Any]]:
    """Urgencies, the newest first, for any set of filters."""
    where, keys = Where(), ["u.id"]
    client_id = filters.get("client_id")
    if client_id is not None:
        where.add("u.client_id >= {} AND u.client_id <= {}", client_id, client_id)
        keys = ["u.client_id", "u.id"]
    if after is not None:
        values = [after] if client_id is None else [client_id, after]
        where.add(f"({', '.join(keys)}) < ({', '.join('{}' for _ in values)})", *values)
    if filters.get("ticket_id") is not None:
        where.add("u.ticket_id = {}", filters["ticket_id"])
    if filters.get("fees") is not None:
        where.add("last.kind = ANY ({}::text[])", filters["fees"])
    order = ", ".join(f"{key} DESC" for key in keys)
    return f"{URGENCY} WHERE {where} ORDER BY {order} LIMIT {limit:d}", where.values


async def urgencies(connection: Connection, filters: Mapping[str, Any], after: UUID | None, limit: int) -> list[Row]:
    """See `list_urgencies_sql`."""
    sql, values = list_urgencies_sql(filters, after, limit)
    return await connection.fetch(sql, *values)
