"""SQL of on-call: requests, windows, shifts. Whoever changes a request locks it first."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import Where, assignments, one

OWN = """id, client_id, event, starts_at, ends_at, windows, standby_minutes, cut_minutes, requested_by, contact_name,
    contact_email, contact_phone, status, lead_time_minutes, suggestion, terms_id, requested_at"""
# A client is told of its quote once one was sent; until then the request is as it was asked for.
SENT = "EXISTS (SELECT FROM quotes q WHERE q.permanence_id = p.id AND q.sent_at IS NOT NULL)"
TOLD_STATUS = f"CASE WHEN p.status = 'quoted' AND NOT {SENT} THEN 'requested' ELSE p.status END"
REQUEST = f"""
SELECT {", ".join(f"p.{name.strip()}" for name in OWN.split(","))}, p.cancelled_at, p.cancellation_reason,
       p.completed_at, p.version,
       ARRAY(SELECT s.site_id FROM permanence_sites s WHERE s.permanence_id = p.id ORDER BY s.site_id) AS site_ids,
       (SELECT q.id FROM quotes q WHERE q.permanence_id = p.id ORDER BY q.id DESC LIMIT 1) AS quote_id,
       (SELECT q.id FROM quotes q WHERE q.permanence_id = p.id AND q.sent_at IS NOT NULL ORDER BY q.id DESC LIMIT 1)
           AS sent_quote_id, {TOLD_STATUS} AS told_status,
       coalesce((SELECT jsonb_agg(jsonb_build_object('agent_id', s.agent_id, 'agent_name', a.name,
                   'starts_at', lower(s.during), 'ends_at', upper(s.during)) ORDER BY lower(s.during), a.name)
                 FROM permanence_shifts s JOIN agents a ON a.id = s.agent_id WHERE s.permanence_id = p.id), '[]')
           AS shifts
FROM permanence_requests p
"""
# Windows that count, of requests still on, with who stands by; see `app/domain/permanence.py: RUNNING`.
WINDOWS = """
SELECT w.id, w.client_id, w.permanence_id AS permanence_request_id, w.starts_at, w.ends_at, p.event, p.status,
       p.contact_name, p.contact_phone, c.name AS client_name,
       coalesce((SELECT jsonb_agg(jsonb_build_object('agent_id', s.agent_id, 'agent_name', a.name,
                   'starts_at', lower(s.during), 'ends_at', upper(s.during)) ORDER BY lower(s.during), a.name)
                 FROM permanence_shifts s JOIN agents a ON a.id = s.agent_id
                 WHERE s.permanence_id = p.id AND s.during && tstzrange(w.starts_at, w.ends_at)), '[]') AS shifts
FROM permanence_windows w JOIN permanence_requests p ON p.id = w.permanence_id JOIN clients c ON c.id = w.client_id
WHERE p.status IN ('accepted', 'scheduled', 'done')
"""
# A client's windows, for other statements to ask: what is not out of hours there (P5), what counts at once (U3).
ON_CALL = """
SELECT array_agg(w.starts_at ORDER BY w.starts_at) AS starts, array_agg(w.ends_at ORDER BY w.starts_at) AS ends
FROM permanence_windows w JOIN permanence_requests p ON p.id = w.permanence_id
WHERE p.status IN ('accepted', 'scheduled', 'done') AND w.client_id = {client_id} AND w.ends_at > {after}
  AND w.starts_at < {before}
"""


async def request(connection: Connection, permanence_id: UUID) -> Row | None:
    """One request with its sites, shifts and newest quote."""
    return await connection.fetchrow(f"{REQUEST} WHERE p.id = $1", permanence_id)


async def lock(connection: Connection, permanence_id: UUID) -> Row | None:
    """The same, locked until the transaction ends and read once it is."""
    await connection.execute("SELECT FROM permanence_requests WHERE id = $1 FOR UPDATE", permanence_id)
    return await request(connection, permanence_id)


async def insert_request(connection: Connection, values: Mapping[str, Any], sites: Collection[UUID]) -> None:
    """A new request; `values` holds every one of OWN."""
    await connection.execute(
        f"INSERT INTO permanence_requests ({OWN}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
        "$14, $15, $16, $17)",
        *[values[name.strip()] for name in OWN.split(",")],
    )
    await insert_sites(connection, values["id"], values["client_id"], sites)


async def insert_sites(connection: Connection, permanence_id: UUID, client_id: UUID, sites: Collection[UUID]) -> None:
    """The sites it is about; others than the client's are refused by a foreign key."""
    await connection.execute("DELETE FROM permanence_sites WHERE permanence_id = $1", permanence_id)
    await connection.execute(
        "INSERT INTO permanence_sites (permanence_id, client_id, site_id) "
        "SELECT $1, $2, site_id FROM unnest($3::uuid[]) AS site_id",
        permanence_id,
        client_id,
        list(sites),
    )


async def update_request(connection: Connection, permanence_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change columns of a locked request; counts the version."""
    clauses, values = assignments(changes, first=2)
    await connection.execute(
        f"UPDATE permanence_requests SET {clauses}, version = version + 1 WHERE id = $1", permanence_id, *values
    )


async def insert_windows(
    connection: Connection, permanence_id: UUID, client_id: UUID, windows: Sequence[tuple[UUID, datetime, datetime]]
) -> None:
    """The stretches that were bought."""
    ids, starts, ends = (list(column) for column in zip(*windows, strict=True))
    await connection.execute(
        "INSERT INTO permanence_windows (id, client_id, permanence_id, starts_at, ends_at) "
        "SELECT id, $2, $1, starts_at, ends_at FROM unnest($3::uuid[], $4::timestamptz[], $5::timestamptz[]) "
        "AS one (id, starts_at, ends_at)",
        permanence_id, client_id, ids, starts, ends,
    )  # fmt: skip


async def replace_shifts(
    connection: Connection,
    permanence_id: UUID,
    shifts: Sequence[tuple[UUID, UUID, datetime, datetime]],
    now: datetime,
) -> None:
    """Who stands by from now on: (id, agent id, start, end). No agent can twice at the same time (constraint)."""
    await connection.execute("DELETE FROM permanence_shifts WHERE permanence_id = $1", permanence_id)
    if not shifts:
        return
    ids, agents, starts, ends = (list(column) for column in zip(*shifts, strict=True))
    await connection.execute(
        "INSERT INTO permanence_shifts (id, permanence_id, agent_id, during, created_at) "
        "SELECT id, $1, agent_id, tstzrange(starts_at, ends_at), $6 "
        "FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[]) "
        "AS one (id, agent_id, starts_at, ends_at)",
        permanence_id, ids, agents, starts, ends, now,
    )  # fmt: skip


async def active_agents(connection: Connection, agents: Collection[UUID]) -> set[UUID]:
    """Those of the agents who work here."""
    rows = await connection.fetch("SELECT id FROM agents WHERE active AND id = ANY ($1::uuid[])", list(agents))
    return {row["id"] for row in rows}


async def client_exists(connection: Connection, client_id: UUID) -> bool:
    """Whether there is such a client."""
    return bool(await connection.fetchval("SELECT true FROM clients WHERE id = $1", client_id))


async def over(connection: Connection, now: datetime, most: int) -> list[Row]:
    """Scheduled requests whose window has ended, locked."""
    return await connection.fetch(
        f"{REQUEST} WHERE p.status = 'scheduled' AND p.ends_at <= $1 ORDER BY p.id LIMIT $2 "
        "FOR UPDATE OF p SKIP LOCKED",
        now,
        most,
    )


async def unstaffed(connection: Connection, starts_before: datetime, now: datetime) -> list[Row]:
    """Accepted requests that begin by then with nobody named, each only once: they count as told from now on."""
    return await connection.fetch(
        "UPDATE permanence_requests SET unstaffed_told_at = $2 WHERE status = 'accepted' AND starts_at <= $1 "
        "AND unstaffed_told_at IS NULL RETURNING id, client_id, starts_at, ends_at",
        starts_before,
        now,
    )


async def calendar(
    connection: Connection,
    filters: Mapping[str, Any],
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Row]:
    """Windows in order of their start."""
    where = Where()
    if filters.get("client_id") is not None:
        where.add("w.client_id = {}", filters["client_id"])
    if filters.get("agent_id") is not None:
        where.add(
            "EXISTS (SELECT FROM permanence_shifts x WHERE x.permanence_id = p.id AND x.agent_id = {} "
            "AND x.during && tstzrange(w.starts_at, w.ends_at))",
            filters["agent_id"],
        )
    if filters.get("ends_after") is not None:
        where.add("w.ends_at > {}", filters["ends_after"])
    if filters.get("starts_before") is not None:
        where.add("w.starts_at < {}", filters["starts_before"])
    if after is not None:
        where.add("(w.starts_at, w.id) > ({}, {})", *after)
    return await connection.fetch(f"{WINDOWS} AND {where} ORDER BY w.starts_at, w.id LIMIT {limit:d}", *where.values)


def list_requests_sql(filters: Mapping[str, Any], after: UUID | None, limit: int) -> tuple[str, list[Any]]:
    """The list's statement, newest first; see `app/desk/tickets/queries.py` for the comparisons with >= and <=."""
    where = Where()
    lead = next((name for name in ("client_id", "status") if filters.get(name) is not None), None)
    keys = ["p.id"] if lead is None else [f"p.{lead}", "p.id"]
    if lead is not None:
        where.add(f"p.{lead} >= {{}} AND p.{lead} <= {{}}", filters[lead], filters[lead])
    if after is not None:
        values = [after] if lead is None else [filters[lead], after]
        where.add(f"({', '.join(keys)}) < ({', '.join('{}' for _ in values)})", *values)
    if filters.get("status") is not None and lead != "status":
        where.add(f"{TOLD_STATUS if filters.get('told') else 'p.status'} = {{}}", filters["status"])
    order = ", ".join(f"{key} DESC" for key in keys)
    return f"{REQUEST} WHERE {where} ORDER BY {order} LIMIT {limit:d}", where.values


async def list_requests(
    connection: Connection, filters: Mapping[str, Any], after: UUID | None, limit: int
) -> list[Row]:
    """See `list_requests_sql`."""
    sql, values = list_requests_sql(filters, after, limit)
    return await connection.fetch(sql, *values)


async def end_subscription(connection: Connection, agent_id: UUID, now: datetime) -> bool:
    """The agent's calendar address stops working; whether there was one."""
    status = await connection.execute(
        "UPDATE calendar_subscriptions SET ended_at = $2 WHERE agent_id = $1 AND ended_at IS NULL", agent_id, now
    )
    return status != "UPDATE 0"


async def insert_subscription(connection: Connection, id_: UUID, agent_id: UUID, now: datetime) -> Row:
    """A calendar address."""
    return await one(
        connection,
        "INSERT INTO calendar_subscriptions (id, agent_id, created_at) VALUES ($1, $2, $3) "
        "RETURNING id, agent_id, created_at",
        id_,
        agent_id,
        now,
    )


async def subscription_of_agent(connection: Connection, agent_id: UUID) -> Row | None:
    """The agent's calendar address."""
    return await connection.fetchrow(
        "SELECT id, agent_id, created_at FROM calendar_subscriptions WHERE agent_id = $1 AND ended_at IS NULL", agent_id
    )


async def subscriber(connection: Connection, subscription_id: UUID) -> UUID | None:
    """The agent whose calendar address it is, while it holds and they work here."""
    found: UUID | None = await connection.fetchval(
        "SELECT s.agent_id FROM calendar_subscriptions s JOIN agents a ON a.id = s.agent_id "
        "WHERE s.id = $1 AND s.ended_at IS NULL AND a.active",
        subscription_id,
    )
    return found
