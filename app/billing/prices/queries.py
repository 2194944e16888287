"""SQL of prices, balances and costs; nothing here writes or locks."""

from datetime import date
from uuid import UUID

from app.billing.givebacks.queries import OPEN_FEE
from app.billing.pools.queries import POOL
from app.core.db import Connection, Row
from app.core.sql import one

# What an invoice would show: minutes of one ticket at one price are one line, rounded once (P1).
UNBILLED = """
SELECT coalesce(sum(minutes), 0)::bigint AS minutes,
       coalesce(sum(amount_cents(minutes, rate, discount)), 0)::bigint AS cents
FROM (SELECT sum(minutes) AS minutes, hourly_rate_cents AS rate, discount_bp AS discount
      FROM open_time WHERE client_id = $1 GROUP BY ticket_id, hourly_rate_cents, discount_bp) AS line
"""
FEES = f"""
SELECT coalesce(sum({OPEN_FEE.format("fee.cents")}), 0)::bigint FROM urgencies u CROSS JOIN LATERAL (
    SELECT sum(f.amount_cents) AS cents FROM urgency_fees f
    WHERE f.urgency_id = u.id AND NOT EXISTS (SELECT FROM invoice_claims x WHERE x.fee_id = f.id)) AS fee
WHERE u.client_id = $1
"""
QUOTES = """
SELECT coalesce(sum(q.amount_cents), 0)::bigint FROM quote_charges q
WHERE q.client_id = $1 AND NOT EXISTS (SELECT FROM invoice_claims x WHERE x.charge_id = q.id)
"""
TICKET = """
SELECT t.id, t.client_id, t.lane, t.estimated_minutes, c.billing_cycle, chargeable_minutes(t.id) AS chargeable_minutes,
       q.id AS quote_id
FROM tickets t LEFT JOIN clients c ON c.id = t.client_id
LEFT JOIN LATERAL (SELECT id FROM quotes WHERE ticket_id = t.id AND status = 'accepted' LIMIT 1) AS q ON true
WHERE t.id = $1
"""
COST = """
SELECT hourly_rate_cents, discount_bp, currency, sum(worked_minutes)::int AS worked_minutes,
       sum(billed_minutes)::int AS billed_minutes, sum(drawn)::int AS drawn_minutes, sum(open)::int AS open_minutes,
       sum(invoiced)::int AS invoiced_minutes, sum(quoted)::int AS quoted_minutes,
       sum(non_billable)::int AS non_billable_minutes, sum(written_off)::int AS written_off_minutes
FROM time_entries e
LEFT JOIN LATERAL (
    SELECT coalesce(sum(minutes) FILTER (WHERE place = 'drawn'), 0) AS drawn,
           coalesce(sum(minutes) FILTER (WHERE place = 'open'), 0) - linked.taken AS open,
           linked.taken AS invoiced,
           coalesce(sum(minutes) FILTER (WHERE place = 'quoted'), 0) AS quoted,
           coalesce(sum(minutes) FILTER (WHERE place = 'non_billable'), 0) AS non_billable,
           coalesce(sum(minutes) FILTER (WHERE place = 'written_off'), 0) AS written_off
    FROM time_allocations,
         (SELECT coalesce(sum(b.minutes), 0) AS taken FROM invoice_entries b WHERE b.entry_id = e.id) AS linked
    WHERE entry_id = e.id GROUP BY linked.taken) AS a ON true
WHERE e.ticket_id = $1 GROUP BY hourly_rate_cents, discount_bp, currency ORDER BY hourly_rate_cents, discount_bp
"""


async def client(connection: Connection, client_id: UUID) -> Row | None:
    """What of a client its prices depend on."""
    return await connection.fetchrow(
        "SELECT id, billing_cycle, country, vat_number FROM clients WHERE id = $1", client_id
    )


async def pools(connection: Connection, client_id: UUID, day: date) -> list[Row]:
    """The client's usable pools for work of a day, as they are."""
    return await connection.fetch(
        f"SELECT {POOL} FROM contracts c WHERE c.client_id = $1 AND c.starts_on <= $2 AND c.expires_on >= $2 "
        "AND c.effective_at IS NOT NULL ORDER BY c.id",
        client_id,
        day,
    )


async def unbilled(connection: Connection, client_id: UUID) -> Row:
    """See UNBILLED."""
    return await one(connection, UNBILLED, client_id)


async def unbilled_fees(connection: Connection, client_id: UUID) -> int:
    """The opening fees that are due, in cents."""
    return int(await connection.fetchval(FEES, client_id))


async def unbilled_quotes(connection: Connection, client_id: UUID) -> int:
    """What accepted quotes and on-call are to put on an invoice, in cents."""
    return int(await connection.fetchval(QUOTES, client_id))


async def ticket(connection: Connection, ticket_id: UUID) -> Row | None:
    """What of a ticket its cost depends on."""
    return await connection.fetchrow(TICKET, ticket_id)


async def cost(connection: Connection, ticket_id: UUID) -> list[Row]:
    """The ticket's minutes by price."""
    return await connection.fetch(COST, ticket_id)


async def ticket_fees(connection: Connection, ticket_id: UUID) -> int:
    """What its urgency costs on opening, in cents."""
    return int(
        await connection.fetchval(
            "SELECT coalesce(sum(f.amount_cents), 0) FROM urgencies u JOIN urgency_fees f ON f.urgency_id = u.id "
            "WHERE u.ticket_id = $1",
            ticket_id,
        )
    )
