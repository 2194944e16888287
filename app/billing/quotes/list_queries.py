"""SQL of the list of quotes: a page costs its rows, whatever it is filtered by."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.billing.quotes.queries import OVER, QUOTE
from app.core.db import Connection, Row
from app.core.sql import Where

# Those that the job has closed, and those that it has not yet: each by its index.
EXPIRED_IDS = f"""
q.id IN (SELECT * FROM (SELECT id FROM quotes WHERE status >= 'expired' AND status <= 'expired'
                        AND (status, id) < ('expired', {{}}) ORDER BY status DESC, id DESC LIMIT {{}}) AS closed
         UNION ALL SELECT q.id FROM quotes q WHERE {OVER} AND q.id < {{}})
"""
NEWEST = UUID(int=2**128 - 1)
SENT = "q.expires_at > clock_timestamp()"
EITHER_WAY = f"(q.status = 'expired' OR {OVER})"


def list_quotes_sql(filters: Mapping[str, Any], after: UUID | None, limit: int) -> tuple[str, list[Any]]:
    """The list's statement, newest first; see `app/desk/tickets/queries.py` for the comparisons with >= and <=."""
    where, status = Where(), filters.get("status")
    lead = next((name for name in ("ticket_id", "permanence_id", "client_id") if filters.get(name) is not None), None)
    if lead is None and status is not None and status != "expired":
        lead = "status"
    keys = ["q.id"] if lead is None else [f"q.{lead}", "q.id"]
    if lead is not None:
        where.add(f"q.{lead} >= {{}} AND q.{lead} <= {{}}", filters[lead], filters[lead])
    if after is not None:
        values = [after] if lead is None else [filters[lead], after]
        where.add(f"({', '.join(keys)}) < ({', '.join('{}' for _ in values)})", *values)
    if filters.get("client_id") is not None and lead != "client_id":
        where.add("q.client_id = {}", filters["client_id"])
    if not filters["unsent"]:
        where.add("q.sent_at IS NOT NULL")
    if status is not None:
        _add_status(where, status, lead, after, limit)
    order = ", ".join(f"{key} DESC" for key in keys)
    return f"{QUOTE} WHERE {where} ORDER BY {order} LIMIT {limit:d}", where.values


def _add_status(where: Where, status: str, lead: str | None, after: UUID | None, limit: int) -> None:
    """An expired quote is one from its hour on, whatever its row says."""
    if status == "expired" and lead is None:
        where.add(EXPIRED_IDS, after or NEWEST, limit, after or NEWEST)
    elif status == "expired":
        where.add(EITHER_WAY)
    elif lead != "status":
        where.add("q.status = {}", status)
    if status == "sent":
        where.add(SENT)


async def list_quotes(connection: Connection, filters: Mapping[str, Any], after: UUID | None, limit: int) -> list[Row]:
    """See `list_quotes_sql`."""
    sql, values = list_quotes_sql(filters, after, limit)
    return await connection.fetch(sql, *values)
