"""SQL of time entries. An entry and where its minutes are is one statement, for one entry or a thousand."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.billing.permanences.queries import ON_CALL
from app.billing.quotes.queries import CONSENT
from app.core.csv import HARMLESS, MOST_ROWS, copy_csv
from app.core.db import Connection, Row
from app.core.sql import Statement, Where
from app.domain.allocation import Place

# What an entry needs to know whatever it is about: who works or worked here, the terms, the calendar.
AROUND = """ARRAY(SELECT id FROM agents WHERE id = ANY ($2::uuid[])) AS agents,
       ARRAY(SELECT id FROM terms) AS terms,
       ARRAY(SELECT "on" FROM holidays WHERE "on" BETWEEN $3 AND $4) AS holidays,
       ARRAY(SELECT starts_at FROM closures WHERE ends_at > $5 AND starts_at < $6 ORDER BY starts_at) AS starts,
       ARRAY(SELECT ends_at FROM closures WHERE ends_at > $5 AND starts_at < $6 ORDER BY starts_at) AS ends,
       on_call.starts AS on_call_starts, on_call.ends AS on_call_ends,
       CASE WHEN $7::boolean THEN usable_pools(held.id, $3, $4) END AS pools"""
WINDOWS = ON_CALL.format(client_id="held.id", after="$5", before="$6")
# What logging needs to know, in one round trip. The clients are shared until the transaction ends: whoever adds to
# their pools waits for us, or we for them. The tickets are ours, so that their minutes are counted one after the other.
TICKETS = f"""
WITH asked AS (SELECT DISTINCT id FROM unnest($1::uuid[]) AS id),
held AS MATERIALIZED (
    SELECT c.id, c.billing_cycle FROM clients c
    WHERE c.id IN (SELECT t.client_id FROM tickets t JOIN asked USING (id)) ORDER BY c.id FOR KEY SHARE
), ours AS MATERIALIZED (
    SELECT t.id, t.client_id, t.status, t.lane, t.flags FROM tickets t JOIN asked USING (id)
    WHERE (SELECT count(*) FROM held) >= 0 -- clients are locked first
    ORDER BY t.id FOR NO KEY UPDATE OF t
)
SELECT t.id AS subject_id, t.id AS ticket_id, t.client_id, t.status AS ticket_status, t.lane, t.flags,
       held.billing_cycle, u.id AS urgency_id, u.terms_id AS urgency_terms_id,
       chargeable_minutes(t.id) AS chargeable_minutes,
       consent.quote_id, consent.number AS quote_number, consent.kind AS quote_kind, consent.minutes AS quote_minutes,
       {AROUND}
FROM ours t LEFT JOIN held ON held.id = t.client_id LEFT JOIN urgencies u ON u.ticket_id = t.id
LEFT JOIN LATERAL ({CONSENT.replace("$1", "t.id")}) AS consent ON true
LEFT JOIN LATERAL ({WINDOWS}) AS on_call ON true
"""
# The same of on-call: its accepted quote covers all time worked on it, so that nothing has to be counted (O4, C4).
PERMANENCES = f"""
WITH asked AS (SELECT DISTINCT id FROM unnest($1::uuid[]) AS id),
held AS MATERIALIZED (
    SELECT c.id, c.billing_cycle FROM clients c
    WHERE c.id IN (SELECT p.client_id FROM permanence_requests p JOIN asked USING (id)) ORDER BY c.id FOR KEY SHARE
)
SELECT p.id AS subject_id, NULL::uuid AS ticket_id, held.id AS client_id, NULL AS ticket_status,
       'standard' AS lane, '{{}}'::text[] AS flags, held.billing_cycle,
       NULL::uuid AS urgency_id, NULL::uuid AS urgency_terms_id, 0 AS chargeable_minutes,
       q.id AS quote_id, q.number AS quote_number, q.kind AS quote_kind, q.minutes AS quote_minutes,
       {AROUND}
FROM permanence_requests p JOIN asked USING (id) JOIN held ON held.id = p.client_id
LEFT JOIN quotes q ON q.permanence_id = p.id AND q.status = 'accepted'
LEFT JOIN LATERAL ({WINDOWS}) AS on_call ON true
"""
# Minutes of the tickets' urgencies that their fees have included already, counter-entries subtracted.
INCLUDED = """
WITH held AS MATERIALIZED (
    SELECT id, ticket_id FROM urgencies WHERE ticket_id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
)
SELECT held.ticket_id, f.kind AS fee,
       coalesce((SELECT sum(a.minutes) FROM time_entries e JOIN time_allocations a ON a.entry_id = e.id
                 WHERE e.ticket_id = held.ticket_id AND e.non_billable_reason = 'included_in_fee'
                   AND a.place = 'non_billable'), 0)::int AS used_minutes
FROM held JOIN urgency_fees f ON f.urgency_id = held.id
WHERE NOT EXISTS (SELECT FROM urgency_fees r WHERE r.reverses_id = f.id)
"""
COLUMNS = """id, kind, client_id, ticket_id, agent_id, worked_on, started_at, ended_at, worked_minutes, billed_minutes,
    lane, description, non_billable_reason, flags, terms_id, hourly_rate_cents, discount_bp, currency, corrects_id,
    replaces_id, correction_reason, part_of_id, logged_at, permanence_id"""
# In the order given: a counter-entry frees its agent's time before the new entry takes it.
LOG = f"""
WITH entry AS (
    INSERT INTO time_entries ({COLUMNS})
    SELECT {COLUMNS} FROM jsonb_to_recordset($1) AS e (id uuid, kind text, client_id uuid, ticket_id uuid,
        agent_id uuid, worked_on date, started_at timestamptz, ended_at timestamptz, worked_minutes int,
        billed_minutes int, lane text, description text, non_billable_reason text, flags varchar[], terms_id uuid,
        hourly_rate_cents int, discount_bp int, currency text, corrects_id uuid, replaces_id uuid,
        correction_reason text, part_of_id uuid, logged_at timestamptz, permanence_id uuid)
), history AS (
    INSERT INTO events (id, type, ticket_id, client_id, subject_id, actor, data, occurred_at)
    SELECT id, type, ticket_id, client_id, subject_id, $4, data, $5 FROM jsonb_to_recordset($3)
        AS h (id uuid, type text, ticket_id uuid, client_id uuid, subject_id uuid, data jsonb)
)
INSERT INTO time_allocations (id, client_id, entry_id, place, minutes, contract_id, created_at)
SELECT id, client_id, entry_id, place, minutes, contract_id, $5 FROM jsonb_to_recordset($2)
    AS a (id uuid, client_id uuid, entry_id uuid, place text, minutes int, contract_id uuid)
"""
# Billable minutes are open until they are on an invoice; what is invoiced is told by the invoices' links alone.
SUMS = ", ".join(
    f"coalesce(sum(minutes) FILTER (WHERE place = '{place}'), 0)::int AS {place}_minutes"
    for place in Place
    if place not in {Place.OPEN, Place.INVOICED}
)
SUMS = f"""
    SELECT placed.*, placed.billable - linked.minutes AS open_minutes, linked.minutes AS invoiced_minutes
    FROM (SELECT {SUMS}, coalesce(sum(minutes) FILTER (WHERE place = 'open'), 0)::int AS billable
          FROM time_allocations WHERE entry_id = e.id) AS placed,
         (SELECT coalesce(sum(minutes), 0)::int AS minutes FROM invoice_entries WHERE entry_id = e.id) AS linked
"""
ENTRY = f"""
SELECT {", ".join(f"e.{name.strip()}" for name in COLUMNS.split(","))}, a.open_minutes, a.invoiced_minutes,
       a.quoted_minutes, a.non_billable_minutes, a.written_off_minutes, d.draws,
       (SELECT c.id FROM time_entries c WHERE c.corrects_id = e.id) AS corrected_by_id
FROM time_entries e
LEFT JOIN LATERAL ({SUMS}) AS a ON true
LEFT JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(contract_id, minutes), '{{}}') AS draws FROM (
        SELECT contract_id, sum(minutes)::int AS minutes FROM time_allocations
        WHERE entry_id = e.id AND place = 'drawn' GROUP BY contract_id HAVING sum(minutes) <> 0) AS each
) AS d ON true
"""
EXPORT = f"""
SELECT e.id, e.worked_on, to_char(e.started_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at,
       to_char(e.ended_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS ended_at, t.number AS ticket_number, e.client_id,
       {HARMLESS.format("cl.name")} AS client_name, {HARMLESS.format("g.name")} AS agent_name,
       {HARMLESS.format("e.description")} AS description, e.kind, e.lane, e.worked_minutes, e.billed_minutes,
       a.drawn_minutes, a.quoted_minutes, a.non_billable_minutes,
       a.open_minutes + a.invoiced_minutes AS billable_minutes,
       {HARMLESS.format("e.non_billable_reason")} AS non_billable_reason, e.hourly_rate_cents, e.discount_bp,
       amount_cents(a.open_minutes + a.invoiced_minutes, e.hourly_rate_cents, e.discount_bp) AS amount_cents,
       e.currency, array_to_string(e.flags, ' ') AS flags, e.corrects_id, e.replaces_id,
       e.permanence_id AS permanence_request_id
FROM time_entries e JOIN agents g ON g.id = e.agent_id LEFT JOIN tickets t ON t.id = e.ticket_id
LEFT JOIN clients cl ON cl.id = e.client_id
LEFT JOIN LATERAL ({SUMS}) AS a ON true
"""
BUSY = """
SELECT wanted.number FROM unnest($1::int[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
    AS wanted (number, agent_id, starts_at, ends_at)
WHERE EXISTS (SELECT FROM busy_times b WHERE b.agent_id = wanted.agent_id
              AND b.during && tstzrange(wanted.starts_at, wanted.ends_at))
"""


async def facts(
    connection: Connection,
    tickets: Collection[UUID],
    permanences: Collection[UUID],
    agents: Collection[UUID],
    days: tuple[date, date],
    span: tuple[datetime, datetime],
    *,
    with_pools: bool,
) -> list[Row]:
    """See TICKETS, PERMANENCES; a row for each that exists. `days` are both included, `span` is half-open.

    `with_pools` also locks the pools that work of those days can draw from; for one subject only.
    """
    asked = [(TICKETS, tickets), (PERMANENCES, permanences)]
    values = [list(agents), *days, *span, with_pools]
    found = [await connection.fetch(sql, list(ids), *values) for sql, ids in asked if ids]
    return [row for rows in found for row in rows]


async def included(connection: Connection, tickets: Collection[UUID]) -> list[Row]:
    """See INCLUDED; the urgencies stay locked."""
    return await connection.fetch(INCLUDED, list(tickets))


def log(
    entries: Sequence[Mapping[str, Any]],
    allocations: Sequence[Mapping[str, Any]],
    history: Sequence[Mapping[str, Any]],
    actor: dict[str, str],
    now: datetime,
) -> Statement:
    """See LOG. It races with terms that are published meanwhile."""
    return Statement(LOG, (entries, allocations, history, actor, now), frozenset({"terms_in_force"}))


async def entry(connection: Connection, entry_id: UUID) -> Row | None:
    """One entry and where its minutes are."""
    return await connection.fetchrow(f"{ENTRY} WHERE e.id = $1", entry_id)


async def lock_entry(connection: Connection, entry_id: UUID) -> Row | None:
    """The same, while nobody else moves its minutes."""
    await connection.execute("SELECT FROM time_entries WHERE id = $1 FOR UPDATE", entry_id)
    return await entry(connection, entry_id)


async def busy(connection: Connection, spans: Sequence[tuple[int, UUID, datetime, datetime]]) -> set[int]:
    """The numbers of those spans in which their agent has worked already."""
    columns = [list(column) for column in zip(*spans, strict=True)]
    return {row["number"] for row in await connection.fetch(BUSY, *columns)}


# As in the list of tickets: >= and <= keep the planner from treating the column as constant, so that only the
# composite index gives the wanted order.
CONDITIONS = {"worked_from": "e.worked_on >= {}", "worked_until": "e.worked_on < {}", "flag": "{} = ANY (e.flags)"}
LEADS = ("ticket_id", "permanence_id", "client_id", "agent_id")
STATUSES = {
    "corrected": "EXISTS (SELECT FROM time_entries c WHERE c.corrects_id = e.id)",
    "invoiced": "NOT EXISTS (SELECT FROM time_entries c WHERE c.corrects_id = e.id) AND a.invoiced_minutes <> 0 "
    "AND a.open_minutes = 0",
    "open": "NOT EXISTS (SELECT FROM time_entries c WHERE c.corrects_id = e.id) "
    "AND (a.invoiced_minutes = 0 OR a.open_minutes <> 0)",
}


def list_entries_sql(
    filters: Mapping[str, Any], after: tuple[date, UUID] | None, limit: int, select: str = ENTRY
) -> tuple[str, list[Any]]:
    """The list's statement, newest work first, for any set of filters."""
    where = Where()
    lead = next((name for name in LEADS if filters.get(name) is not None), None)
    keys = ["e.worked_on", "e.id"]
    if lead is not None:
        where.add(f"e.{lead} >= {{}} AND e.{lead} <= {{}}", filters[lead], filters[lead])
        keys = [f"e.{lead}", *keys]
    if after is not None:
        values = [filters[lead], *after] if lead is not None else list(after)
        where.add(f"({', '.join(keys)}) < ({', '.join('{}' for _ in values)})", *values)
    for name in LEADS:
        if name != lead and filters.get(name) is not None:
            where.add(f"e.{name} = {{}}", filters[name])
    for name, condition in CONDITIONS.items():
        if filters.get(name) is not None:
            where.add(condition, filters[name])
    if filters.get("status") is not None:
        where.add(STATUSES[filters["status"]])
    order = ", ".join(f"{key} DESC" for key in keys)
    return f"{select} WHERE {where} ORDER BY {order} LIMIT {limit:d}", where.values


async def entries(
    connection: Connection, filters: Mapping[str, Any], after: tuple[date, UUID] | None, limit: int
) -> list[Row]:
    """See `list_entries_sql`."""
    sql, values = list_entries_sql(filters, after, limit)
    return await connection.fetch(sql, *values)


async def export(connection: Connection, filters: Mapping[str, Any]) -> bytes:
    """What the list's filters leave, as CSV."""
    sql, values = list_entries_sql(filters, None, MOST_ROWS + 1, EXPORT)
    return await copy_csv(connection, sql, values)
