"""What clients' invoices are made of: read once, in few statements for all of them, grouped where it lies."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from app.billing.givebacks.queries import LEFT
from app.core.db import Connection, Row

# In force when a period begins, whatever the client's card says by now (I1).
CYCLE = """coalesce((SELECT b.billing_cycle FROM billing_cycle_changes b WHERE b.client_id = c.id
    AND b.effective_on <= {} ORDER BY b.effective_on DESC LIMIT 1), c.billing_cycle)"""
BUYER = """c.id, c.name, c.language, c.billing_street, c.billing_postal_code, c.billing_city, c.country, c.vat_number,
    c.peppol_id, contact.name AS contact_name, contact.email,
    coalesce((SELECT p.valid FROM vat_proofs p WHERE p.client_id = c.id AND p.vat_number = c.vat_number
              ORDER BY p.checked_at DESC, p.id DESC LIMIT 1), false) AS proven"""
CONTACT = """LEFT JOIN LATERAL (
    SELECT name, email FROM contacts WHERE client_id = c.id ORDER BY billing DESC, id LIMIT 1) AS contact ON true"""
CLIENTS = f"""
SELECT {BUYER}, {CYCLE.format("$2")} AS cycle, EXISTS (SELECT FROM contracts k WHERE k.client_id = c.id) AS prepaid
FROM clients c {CONTACT} WHERE c.id = ANY ($1::uuid[]) ORDER BY c.id
"""
# Nobody corrects the clients' time or adds to their pools meanwhile; tickets and new time go on.
LOCK = f"{CLIENTS} FOR NO KEY UPDATE OF c"
# A row for what makes a line, not for each entry: a client may have thousands. Time from before the period goes by
# month, since its tax may be another. Entries are one text, which goes back as it came; agents are places in `names`.
TIME = """
WITH agents AS MATERIALIZED (
    SELECT id, name, row_number() OVER (ORDER BY name COLLATE "C", id) - 1 AS place FROM agents
)
SELECT o.client_id, o.ticket_id, (SELECT ARRAY[t.number, t.subject] FROM tickets t WHERE t.id = o.ticket_id) AS ticket,
       o.hourly_rate_cents, o.discount_bp, o.terms_id, o.corrects_id IS NOT NULL AS counter,
       array_agg(o.entry_id)::text AS entries, array_agg(o.minutes) AS minutes, array_agg(o.worked_on) AS days,
       array_agg(g.place) AS agents, (SELECT array_agg(name ORDER BY place) FROM agents) AS names,
       array_agg(o.late) AS lates
FROM open_time o JOIN agents g ON g.id = o.agent_id
WHERE o.client_id = ANY ($1::uuid[]) AND o.worked_on < $3
GROUP BY o.client_id, o.ticket_id, o.hourly_rate_cents, o.discount_bp, o.terms_id, counter,
         CASE WHEN o.worked_on < $2 THEN date_trunc('month', o.worked_on) END
"""
# Bookings that are on no line yet, what they come to, and the line that charged the fee before; a reversed fee only
# while something of it is left to give back.
FEES = f"""
SELECT u.client_id, u.id AS urgency_id, u.ticket_id, t.number, t.subject, u.terms_id, u.opened_at, f.fee_ids,
       f.amount_cents, origin.*
FROM urgencies u JOIN tickets t ON t.id = u.ticket_id
CROSS JOIN LATERAL (
    SELECT array_agg(f.id ORDER BY f.id) AS fee_ids, sum(f.amount_cents)::bigint AS amount_cents,
           min(f.created_at) AS first_at
    FROM urgency_fees f
    WHERE f.urgency_id = u.id AND NOT EXISTS (SELECT FROM invoice_claims c WHERE c.fee_id = f.id)) AS f
LEFT JOIN LATERAL (
    SELECT l.id AS line_id, i.number AS invoice_number, l.vat_category, l.vat_rate_bp, {LEFT} AS left_cents,
           0 AS left_minutes
    FROM urgency_fees b JOIN invoice_claims c ON c.fee_id = b.id JOIN invoice_lines l ON l.id = c.line_id
    JOIN invoices i ON i.id = l.invoice_id
    WHERE b.urgency_id = u.id AND l.kind = 'urgency' ORDER BY l.id DESC LIMIT 1) AS origin ON true
WHERE u.client_id = ANY ($1::uuid[]) AND f.first_at < $2
  AND (f.amount_cents > 0 OR (f.amount_cents < 0 AND origin.left_cents > 0))
ORDER BY t.number
"""
CHARGES = """
SELECT c.client_id, c.id, c.kind, c.amount_cents, c.performed_on, c.lines, q.number AS quote_number, q.version,
       q.terms_id, q.ticket_id, t.number, t.subject, p.event
FROM quote_charges c JOIN quotes q ON q.id = c.quote_id LEFT JOIN tickets t ON t.id = q.ticket_id
LEFT JOIN permanence_requests p ON p.id = c.permanence_id
WHERE c.client_id = ANY ($1::uuid[]) AND c.performed_on < $2 AND c.amount_cents > 0
  AND NOT EXISTS (SELECT FROM invoice_claims x WHERE x.charge_id = c.id)
ORDER BY c.performed_on, c.id
"""
# A contract's lines that no annex has told yet: later than the last one told, or of a later period than it told of.
TOLD = """LEFT JOIN LATERAL (
    SELECT position, period_end, left_minutes FROM invoice_pools WHERE client_id = k.client_id AND contract_id = k.id
    ORDER BY position DESC, period_end DESC LIMIT 1) AS told ON true"""
UNTOLD = "({0} < $2 AND (told.position IS NULL OR {1}.position > told.position OR {0} >= told.period_end))"
MOVED_ON = """CASE m.kind WHEN 'bought' THEN k.purchased_on
    ELSE (m.created_at AT TIME ZONE 'Europe/Luxembourg')::date END"""
POOLS = f"""
SELECT k.client_id, k.id AS contract_id, k.year, k.expires_on, k.lines,
       coalesce(told.left_minutes, 0) AS before_minutes, moved.gained, moved.refunded
FROM contracts k {TOLD}
CROSS JOIN LATERAL (
    SELECT coalesce(sum(m.minutes) FILTER (WHERE m.kind IN ('bought', 'granted')), 0)::int AS gained,
           coalesce(sum(m.minutes) FILTER (WHERE m.kind = 'refunded'), 0)::int AS refunded
    FROM contract_movements m WHERE m.contract_id = k.id AND {UNTOLD.format(MOVED_ON, "m")}) AS moved
WHERE k.client_id = ANY ($1::uuid[]) AND k.starts_on < $2 AND k.effective_at IS NOT NULL
ORDER BY k.expires_on, k.purchased_on, k.id
"""
DRAWS = f"""
SELECT k.client_id, k.id AS contract_id, e.worked_on, t.number, g.name AS agent, sum(a.minutes)::int AS minutes
FROM contracts k {TOLD}
JOIN time_allocations a ON a.contract_id = k.id
JOIN time_entries e ON e.id = a.entry_id JOIN tickets t ON t.id = e.ticket_id JOIN agents g ON g.id = e.agent_id
WHERE k.client_id = ANY ($1::uuid[]) AND k.starts_on < $2 AND k.effective_at IS NOT NULL
  AND {UNTOLD.format("e.worked_on", "a")}
GROUP BY k.client_id, k.id, e.worked_on, t.number, g.name, g.id HAVING sum(a.minutes) <> 0
ORDER BY k.id, e.worked_on, t.number, g.name, g.id
"""


async def clients(connection: Connection, ids: Sequence[UUID], day: date, *, lock: bool) -> list[Row]:
    """Whom invoices are for, by id, and the cycle in force on that day; `lock` holds them until the end."""
    return await connection.fetch(LOCK if lock else CLIENTS, ids, day)


async def time(connection: Connection, clients: Sequence[UUID], start: date, until: date) -> list[Row]:
    """Open minutes of work before the second local date, by client, ticket and price; counter-entries apart."""
    return await connection.fetch(TIME, clients, start, until)


async def fees(connection: Connection, clients: Sequence[UUID], until: datetime) -> list[Row]:
    """See FEES."""
    return await connection.fetch(FEES, clients, until)


async def charges(connection: Connection, clients: Sequence[UUID], until: date) -> list[Row]:
    """Charges of quotes performed before that local date that are on no line yet."""
    return await connection.fetch(CHARGES, clients, until)


async def pools(connection: Connection, clients: Sequence[UUID], until: date) -> list[Row]:
    """The clients' contracts as the next annex tells them, up to that local date."""
    return await connection.fetch(POOLS, clients, until)


async def draws(connection: Connection, clients: Sequence[UUID], until: date) -> list[Row]:
    """What the contracts gave and no annex has told, by contract, day, ticket and agent."""
    return await connection.fetch(DRAWS, clients, until)


# A client is asked about in detail when it may have something to bill or to tell; $2 and $3 end the period.
SOMETHING = f"""
    EXISTS (SELECT FROM open_time o WHERE o.client_id = c.id AND o.worked_on < $2)
    OR EXISTS (SELECT FROM urgencies u JOIN urgency_fees f ON f.urgency_id = u.id WHERE u.client_id = c.id
               AND f.created_at < $3 AND NOT EXISTS (SELECT FROM invoice_claims x WHERE x.fee_id = f.id))
    OR EXISTS (SELECT FROM quote_charges q WHERE q.client_id = c.id AND q.performed_on < $2 AND q.amount_cents > 0
               AND NOT EXISTS (SELECT FROM invoice_claims x WHERE x.charge_id = q.id))
    OR EXISTS (SELECT FROM contracts k {TOLD} WHERE k.client_id = c.id AND k.starts_on < $2
               AND k.effective_at IS NOT NULL
               AND (k.lines > coalesce(told.position, 0) OR told.period_end < $2))
"""


async def with_something(
    connection: Connection, cycle: str, days: tuple[date, date], until: datetime, after: UUID, limit: int
) -> Sequence[Row]:
    """Clients of that cycle with something to bill or to tell of the period, by id."""
    return await connection.fetch(
        f"SELECT c.id FROM clients c WHERE c.id > $5 AND {CYCLE.format('$1')} = $4 AND ({SOMETHING}) "
        f"ORDER BY c.id LIMIT {limit:d}",
        days[0],
        days[1],
        until,
        cycle,
        after,
    )
