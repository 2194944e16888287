"""SQL of the audit log, of jobs and of the feed of events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import Where

AUDITED = "id, occurred_at, api_key_id, role, operation, path, status_code, request_id, client_address, data"
# The row's own transaction stands for its version: every change has another.
JOB = """id, kind, payload, status, run_at, attempts, lease_until, last_error, created_at,
    xmin::text::bigint AS version"""

# An event is shown when every transaction that began before its own has ended: nothing can appear before it any more.
FEED = """
SELECT id, xid, type, subject_id, client_id, ticket_id, actor, data, occurred_at FROM events
WHERE (xid, id) > ($1, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY xid, id LIMIT $3
"""


def audit_log_sql(filters: Mapping[str, Any], after: tuple[datetime, UUID] | None, limit: int) -> tuple[str, list[Any]]:
    """The audit log's statement, newest first, for any set of filters; each has an index that fits it alone."""
    where = Where()
    lead = next((name for name in ("api_key_id", "operation") if filters[name] is not None), None)
    keys = ["occurred_at", "id"]
    if lead is not None:
        keys = [lead, *keys]
        where.add(f"{lead} >= {{}} AND {lead} <= {{}}", filters[lead], filters[lead])
    if after is not None:
        values = list(after) if lead is None else [filters[lead], *after]
        where.add(f"({', '.join(keys)}) < ({', '.join('{}' for _ in values)})", *values)
    if lead != "operation" and filters["operation"] is not None:
        where.add("operation = {}", filters["operation"])
    if filters["occurred_from"] is not None:
        where.add("occurred_at >= {}", filters["occurred_from"])
    if filters["occurred_until"] is not None:
        where.add("occurred_at < {}", filters["occurred_until"])
    order = ", ".join(f"{key} DESC" for key in keys)
    return f"SELECT {AUDITED} FROM audit_log WHERE {where} ORDER BY {order} LIMIT {limit:d}", where.values


async def audit_log(
    connection: Connection, filters: Mapping[str, Any], after: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """See `audit_log_sql`."""
    sql, values = audit_log_sql(filters, after, limit)
    return await connection.fetch(sql, *values)


async def jobs(
    connection: Connection, *, status: str | None, kind: str | None, before: UUID | None, limit: int
) -> list[Row]:
    """Jobs, the newest first."""
    where = Where()
    if status is not None:
        where.add("status = {}", status)
    if kind is not None:
        where.add("kind = {}", kind)
    if before is not None:
        where.add("id < {}", before)
    return await connection.fetch(
        f"SELECT {JOB} FROM jobs WHERE {where} ORDER BY id DESC LIMIT {limit:d}", *where.values
    )


async def job(connection: Connection, job_id: UUID) -> Row | None:
    """One job."""
    return await connection.fetchrow(f"SELECT {JOB} FROM jobs WHERE id = $1", job_id)


async def revive_job(connection: Connection, job_id: UUID) -> Row | None:
    """Queue a dead job as if it were new; its last error stays until it is done."""
    return await connection.fetchrow(
        f"UPDATE jobs SET status = 'queued', attempts = 0, run_at = now() WHERE id = $1 AND status = 'dead' "
        f"RETURNING {JOB}",
        job_id,
    )


async def feed(connection: Connection, after: tuple[int, UUID], limit: int) -> list[Row]:
    """See FEED."""
    return await connection.fetch(FEED, *after, limit)
