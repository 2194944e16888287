"""SQL of the reports. Each side of an identity is counted from other rows than the other side."""

from datetime import date, datetime
from uuid import UUID

from app.billing.givebacks.queries import OPEN_FEE
from app.core.db import Connection, Row
from app.core.sql import one

# Clients with work in [$1, $2) or contracts of the years [$3, $4].
CLIENTS = """
SELECT c.id FROM clients c WHERE c.id > $5 AND ($6::uuid IS NULL OR c.id = $6) AND (
    EXISTS (SELECT FROM time_entries e WHERE e.client_id = c.id AND e.worked_on >= $1 AND e.worked_on < $2)
    OR EXISTS (SELECT FROM contracts k WHERE k.client_id = c.id AND k.year BETWEEN $3 AND $4))
ORDER BY c.id LIMIT $7
"""
# What was worked, from the entries; where it is, from their allocations; what is open, from the work list.
MINUTES = """
SELECT page.client_id, coalesce(e.worked, 0)::bigint AS worked_minutes, coalesce(e.billed, 0)::bigint AS billed_minutes,
       coalesce(a.drawn, 0)::bigint AS drawn_minutes, coalesce(i.invoiced, 0)::bigint AS invoiced_minutes,
       coalesce(a.quoted, 0)::bigint AS quoted_minutes, coalesce(a.non_billable, 0)::bigint AS non_billable_minutes,
       coalesce(a.written_off, 0)::bigint AS written_off_minutes, coalesce(o.open, 0)::bigint AS not_yet_billed_minutes
FROM unnest($1::uuid[]) AS page (client_id)
LEFT JOIN LATERAL (
    SELECT sum(worked_minutes) AS worked, sum(billed_minutes) AS billed FROM time_entries
    WHERE client_id = page.client_id AND worked_on >= $2 AND worked_on < $3
) AS e ON true
LEFT JOIN LATERAL (
    SELECT sum(a.minutes) FILTER (WHERE a.place = 'drawn') AS drawn,
           sum(a.minutes) FILTER (WHERE a.place = 'quoted') AS quoted,
           sum(a.minutes) FILTER (WHERE a.place = 'non_billable') AS non_billable,
           sum(a.minutes) FILTER (WHERE a.place = 'written_off') AS written_off
    FROM time_entries t JOIN time_allocations a ON a.entry_id = t.id
    WHERE t.client_id = page.client_id AND t.worked_on >= $2 AND t.worked_on < $3
) AS a ON true
LEFT JOIN LATERAL (
    SELECT sum(b.minutes) AS invoiced FROM time_entries t JOIN invoice_entries b ON b.entry_id = t.id
    WHERE t.client_id = page.client_id AND t.worked_on >= $2 AND t.worked_on < $3
) AS i ON true
LEFT JOIN LATERAL (
    SELECT sum(minutes) AS open FROM open_time
    WHERE client_id = page.client_id AND worked_on >= $2 AND worked_on < $3
) AS o ON true
ORDER BY page.client_id
"""
# What is left and expired, from the sums that contracts keep; the rest from their lines.
POOLS = """
SELECT page.client_id, coalesce(m.bought, 0)::bigint AS bought_minutes,
       coalesce(m.granted, 0)::bigint AS granted_minutes, coalesce(u.used, 0)::bigint AS used_minutes,
       coalesce(m.refunded, 0)::bigint AS refunded_minutes,
       coalesce(k.left, 0)::bigint AS left_minutes, coalesce(k.expired, 0)::bigint AS expired_minutes
FROM unnest($1::uuid[]) AS page (client_id)
LEFT JOIN LATERAL (
    SELECT sum(unspent) FILTER (WHERE expires_on >= $4) AS left,
           coalesce(sum(unspent) FILTER (WHERE expires_on < $4), 0) + sum(carried_minutes) AS expired
    FROM (SELECT *, bought_minutes + granted_minutes - drawn_minutes - refunded_minutes - carried_minutes AS unspent
          FROM contracts WHERE client_id = page.client_id AND year BETWEEN $2 AND $3) AS pool
) AS k ON true
LEFT JOIN LATERAL (
    SELECT sum(m.minutes) FILTER (WHERE m.kind = 'bought') AS bought,
           sum(m.minutes) FILTER (WHERE m.kind = 'granted') AS granted,
           sum(m.minutes) FILTER (WHERE m.kind = 'refunded') AS refunded
    FROM contracts c JOIN contract_movements m ON m.contract_id = c.id
    WHERE c.client_id = page.client_id AND c.year BETWEEN $2 AND $3
) AS m ON true
LEFT JOIN LATERAL (
    SELECT sum(a.minutes) AS used FROM contracts c JOIN time_allocations a ON a.contract_id = c.id
    WHERE c.client_id = page.client_id AND c.year BETWEEN $2 AND $3
) AS u ON true
ORDER BY page.client_id
"""
# $2 and $3 begin the current quarter and month: what was worked before is overdue. Fees and charges that an invoice
# has claimed are on it.
UNBILLED = f"""
SELECT c.id AS client_id, c.name, c.billing_cycle, t.oldest_on, coalesce(t.minutes, 0)::bigint AS minutes,
       coalesce(t.cents, 0)::bigint AS amount_cents, coalesce(t.overdue_minutes, 0)::bigint AS overdue_minutes,
       coalesce(t.overdue_cents, 0)::bigint AS overdue_amount_cents, coalesce(f.cents, 0)::bigint AS urgency_fees_cents,
       coalesce(f.overdue_cents, 0)::bigint AS overdue_fees_cents, coalesce(q.cents, 0)::bigint AS quotes_cents,
       coalesce(q.overdue_cents, 0)::bigint AS overdue_quotes_cents
FROM (SELECT id, name, billing_cycle FROM clients
      WHERE id > $1 AND (id IN (SELECT client_id FROM open_time) OR id IN (SELECT client_id FROM urgencies)
                         OR id IN (SELECT client_id FROM quote_charges))) AS c
CROSS JOIN LATERAL (
    SELECT CASE c.billing_cycle WHEN 'monthly' THEN $3::date ELSE $2::date END AS begins_on,
           CASE c.billing_cycle WHEN 'monthly' THEN $5::timestamptz ELSE $4::timestamptz END AS begins_at
) AS period
LEFT JOIN LATERAL (
    SELECT min(oldest_on) AS oldest_on, sum(minutes) AS minutes, sum(amount_cents(minutes, rate, discount)) AS cents,
           sum(overdue) AS overdue_minutes, sum(amount_cents(overdue, rate, discount)) AS overdue_cents
    FROM (SELECT min(worked_on) AS oldest_on, sum(minutes) AS minutes, hourly_rate_cents AS rate,
                 discount_bp AS discount,
                 coalesce(sum(minutes) FILTER (WHERE worked_on < period.begins_on), 0) AS overdue
          FROM open_time WHERE client_id = c.id GROUP BY ticket_id, hourly_rate_cents, discount_bp) AS line
) AS t ON true
LEFT JOIN LATERAL (
    SELECT sum({OPEN_FEE.format("fee.cents")}) AS cents, sum({OPEN_FEE.format("fee.overdue_cents")}) AS overdue_cents
    FROM urgencies u CROSS JOIN LATERAL (
        SELECT sum(f.amount_cents) AS cents,
               sum(f.amount_cents) FILTER (WHERE f.created_at < period.begins_at) AS overdue_cents
        FROM urgency_fees f
        WHERE f.urgency_id = u.id AND NOT EXISTS (SELECT FROM invoice_claims x WHERE x.fee_id = f.id)) AS fee
    WHERE u.client_id = c.id
) AS f ON true
LEFT JOIN LATERAL (
    SELECT sum(amount_cents) AS cents, sum(amount_cents) FILTER (WHERE performed_on < period.begins_on) AS overdue_cents
    FROM quote_charges h WHERE h.client_id = c.id
      AND NOT EXISTS (SELECT FROM invoice_claims x WHERE x.charge_id = h.id)
) AS q ON true
WHERE (
    EXISTS (SELECT FROM open_time o WHERE o.client_id = c.id AND (NOT $6::boolean OR o.worked_on < period.begins_on))
    OR coalesce(CASE WHEN $6 THEN f.overdue_cents ELSE f.cents END, 0) <> 0
    OR coalesce(CASE WHEN $6 THEN q.overdue_cents ELSE q.cents END, 0) <> 0)
ORDER BY c.id LIMIT $7
"""
NOBODYS = """
SELECT coalesce((SELECT sum(billed_minutes) FROM time_entries WHERE client_id IS NULL), 0)::bigint AS billed_minutes,
       coalesce((SELECT sum(minutes) FROM time_allocations WHERE client_id IS NULL), 0)::bigint AS non_billable_minutes
"""


async def clients(
    connection: Connection,
    days: tuple[date, date],
    years: tuple[int, int],
    *,
    after: UUID,
    only: UUID | None,
    limit: int,
) -> list[UUID]:
    """See CLIENTS."""
    rows = await connection.fetch(CLIENTS, *days, *years, after, only, limit)
    return [row["id"] for row in rows]


async def minutes(connection: Connection, page: list[UUID], days: tuple[date, date]) -> list[Row]:
    """See MINUTES; one row for each client of the page, in order."""
    return await connection.fetch(MINUTES, page, *days)


async def pools(connection: Connection, page: list[UUID], years: tuple[int, int], today: date) -> list[Row]:
    """See POOLS; one row for each client of the page, in order."""
    return await connection.fetch(POOLS, page, *years, today)


async def unbilled(
    connection: Connection,
    after: UUID,
    days: tuple[date, date],
    instants: tuple[datetime, datetime],
    *,
    overdue: bool,
    limit: int,
) -> list[Row]:
    """See UNBILLED; `days` and `instants` begin the current quarter and month."""
    return await connection.fetch(UNBILLED, after, *days, *instants, overdue, limit)


async def nobodys(connection: Connection) -> Row:
    """Time of nobody known, which nobody pays (T4)."""
    return await one(connection, NOBODYS)


async def take_time(connection: Connection) -> None:
    """A nightly check may read for two minutes, which no request may."""
    await connection.execute("SET LOCAL statement_timeout = '120s'")
