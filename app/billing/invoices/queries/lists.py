"""Lists of documents: newest first, or in the order in which they changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import Where

SUMMARY = """
SELECT i.id, i.client_id, i.kind, i.basis, i.status, i.period, i.period_start, i.period_end, i.contract_id,
       i.credits_id, i.currency, i.subtotal_cents, i.vat_cents, i.total_cents, i.digest, i.number, i.issued_on,
       i.due_on, i.sha256, i.created_at, s.version, s.xid, s.paid_cents, s.credited_cents, s.updated_at,
       x.external_reference, x.exported_at, i.buyer_name AS client_name
FROM invoices i JOIN invoice_states s ON s.invoice_id = i.id
LEFT JOIN invoice_exports x ON x.invoice_id = i.id
"""
OWED = "i.status = 'issued' AND i.kind = 'invoice' AND i.total_cents - s.credited_cents - s.paid_cents"
CONDITIONS = {
    "kind": "i.kind = {}",
    "number": "i.number = {}",
    "contract_id": "i.contract_id = {}",
    "credits_id": "i.credits_id = {}",
    "issued_from": "i.issued_on >= {}",
    "issued_until": "i.issued_on < {}",
    "overdue_on": f"i.due_on < {{}} AND {OWED} > 0",
}
PAYMENT = {
    "unpaid": f"{OWED} > 0 AND s.paid_cents <= 0",
    "partially_paid": f"{OWED} > 0 AND s.paid_cents > 0",
    "paid": f"{OWED} = 0 AND NOT (s.credited_cents > 0 AND s.paid_cents <= 0)",
    "overpaid": f"{OWED} < 0 AND s.paid_cents > 0",
    "credited": f"{OWED} <= 0 AND s.credited_cents > 0 AND s.paid_cents <= 0",
}
LEADS = ("client_id", "period", "status")


def list_invoices_sql(filters: Mapping[str, Any], after: UUID | None, limit: int) -> tuple[str, list[Any]]:
    """Newest first; see `app/desk/tickets/queries.py` for the comparisons with >= and <=."""
    where = Where()
    lead = next((name for name in LEADS if filters.get(name) is not None), None)
    keys = ["i.id"] if lead is None else [f"i.{lead}", "i.id"]
    if lead is not None:
        where.add(f"i.{lead} >= {{}} AND i.{lead} <= {{}}", filters[lead], filters[lead])
    if after is not None:
        values = [after] if lead is None else [filters[lead], after]
        where.add(f"({', '.join(keys)}) < ({', '.join('{}' for _ in values)})", *values)
    for name in LEADS:
        if name != lead and filters.get(name) is not None:
            where.add(f"i.{name} = {{}}", filters[name])
    _narrow(where, filters)
    order = ", ".join(f"{key} DESC" for key in keys)
    return f"{SUMMARY} WHERE {where} ORDER BY {order} LIMIT {limit:d}", where.values


def list_changed_sql(filters: Mapping[str, Any], after: tuple[int, UUID] | None, limit: int) -> tuple[str, list[Any]]:
    """In the order of their last change, the longest ago first; nothing can appear before the last row any more."""
    where = Where()
    where.add("s.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    if after is not None:
        where.add("(s.xid, s.invoice_id) > ({}, {})", *after)
    for name in LEADS:
        if filters.get(name) is not None:
            where.add(f"i.{name} = {{}}", filters[name])
    _narrow(where, filters)
    return f"{SUMMARY} WHERE {where} ORDER BY s.xid, s.invoice_id LIMIT {limit:d}", where.values


def _narrow(where: Where, filters: Mapping[str, Any]) -> None:
    for name, condition in CONDITIONS.items():
        if filters.get(name) is not None:
            where.add(condition, filters[name])
    if filters.get("payment_status") is not None:
        where.add(PAYMENT[filters["payment_status"]])
    if filters.get("exported") is not None:
        where.add("i.status = 'issued' AND (x.invoice_id IS NOT NULL) = {}", filters["exported"])
    if filters.get("issued_only"):
        where.add("i.status = 'issued'")


async def invoices(connection: Connection, filters: Mapping[str, Any], after: UUID | None, limit: int) -> list[Row]:
    """See `list_invoices_sql`."""
    sql, values = list_invoices_sql(filters, after, limit)
    return await connection.fetch(sql, *values)


async def changed(
    connection: Connection, filters: Mapping[str, Any], after: tuple[int, UUID] | None, limit: int
) -> list[Row]:
    """See `list_changed_sql`."""
    sql, values = list_changed_sql(filters, after, limit)
    return await connection.fetch(sql, *values)
