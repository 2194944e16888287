"""SQL of contracts, their statement and the alerts about them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import Where, one

COLUMNS = """id, client_id, year, purchased_on, starts_on, expires_on, terms_id, hourly_rate_cents, discount_bp,
    bought_minutes, price_cents, currency, effective_at, effective_reason, created_at"""
CONTRACT = f"""
SELECT {", ".join(f"c.{name.strip()}" for name in COLUMNS.split(","))}, c.granted_minutes, c.drawn_minutes,
       c.refunded_minutes, c.carried_minutes, c.lines, c.id AS pool_id, c.effective_at IS NOT NULL AS usable
FROM contracts c
"""
# Draws are allocations, everything else movements; both are numbered together, each row knows what it left.
STATEMENT = """
SELECT * FROM (
    (SELECT m.position, m.kind, m.minutes * CASE WHEN m.kind IN ('bought', 'granted') THEN 1 ELSE -1 END AS minutes,
            m.left_minutes, m.amount_cents, m.reason, m.other_contract_id, NULL::uuid AS entry_id,
            NULL::uuid AS ticket_id, NULL::date AS worked_on, m.created_at
     FROM contract_movements m WHERE m.contract_id = $1 AND m.position > $2 ORDER BY m.position LIMIT $3)
    UNION ALL
    (SELECT a.position, 'drawn', -a.minutes, a.left_minutes, NULL, NULL, NULL, e.id, e.ticket_id, e.worked_on,
            a.created_at
     FROM time_allocations a JOIN time_entries e ON e.id = a.entry_id
     WHERE a.contract_id = $1 AND a.position > $2 ORDER BY a.position LIMIT $3)
) AS line ORDER BY position LIMIT $3
"""
MOVEMENT = """id, contract_id, position, kind, minutes, left_minutes, amount_cents, reason, other_contract_id,
    created_at"""
ALERT = """
INSERT INTO contract_alerts (id, client_id, contract_id, kind, threshold, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (contract_id, kind, threshold) DO NOTHING RETURNING true
"""


async def client_exists(connection: Connection, client_id: UUID) -> bool:
    """Whether there is such a client."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM clients WHERE id = $1)", client_id))


async def insert_contract(connection: Connection, values: Mapping[str, Any]) -> None:
    """A new pool; `values` holds every column but the sums."""
    await connection.execute(
        f"INSERT INTO contracts ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        *[values[name.strip()] for name in COLUMNS.split(",")],
    )


async def insert_movement(connection: Connection, values: Mapping[str, Any]) -> Row:
    """A line of the statement; the database numbers it and works out what it leaves."""
    return await one(
        connection,
        "INSERT INTO contract_movements (id, client_id, contract_id, kind, minutes, amount_cents, reason, "
        f"other_contract_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {MOVEMENT}",
        *[
            values.get(name)
            for name in (
                "id", "client_id", "contract_id", "kind", "minutes", "amount_cents", "reason", "other_contract_id",
                "created_at",
            )
        ],
    )  # fmt: skip


async def contract(connection: Connection, contract_id: UUID) -> Row | None:
    """One contract."""
    return await connection.fetchrow(f"{CONTRACT} WHERE c.id = $1", contract_id)


async def mark_effective(connection: Connection, contract_id: UUID, reason: str | None, now: datetime) -> None:
    """From now on its minutes can be used."""
    await connection.execute(
        "UPDATE contracts SET effective_at = $3, effective_reason = $2 WHERE id = $1", contract_id, reason, now
    )


def list_contracts_sql(
    filters: Mapping[str, Any], today: date, after: UUID | None, limit: int
) -> tuple[str, list[Any]]:
    """Contracts, the newest first, for any set of filters."""
    where, keys = Where(), ["c.id"]
    client_id = filters.get("client_id")
    if client_id is not None:
        where.add("c.client_id >= {} AND c.client_id <= {}", client_id, client_id)
        keys = ["c.client_id", "c.id"]
    if after is not None:
        values = [after] if client_id is None else [client_id, after]
        where.add(f"({', '.join(keys)}) < ({', '.join('{}' for _ in values)})", *values)
    for name, condition in {"year": "c.year = {}", "since_year": "c.year >= {}"}.items():
        if filters.get(name) is not None:
            where.add(condition, filters[name])
    if filters.get("status") is not None:
        _of_status(where, filters["status"], today)
    order = ", ".join(f"{key} DESC" for key in keys)
    return f"{CONTRACT} WHERE {where} ORDER BY {order} LIMIT {limit:d}", where.values


def _of_status(where: Where, status: str, today: date) -> None:
    if status == "expired":
        where.add("c.expires_on < {}", today)
        return
    where.add("c.expires_on >= {}", today)
    where.add("c.effective_at IS NOT NULL" if status == "active" else "c.effective_at IS NULL")


async def contracts(
    connection: Connection, filters: Mapping[str, Any], today: date, after: UUID | None, limit: int
) -> list[Row]:
    """See `list_contracts_sql`."""
    sql, values = list_contracts_sql(filters, today, after, limit)
    return await connection.fetch(sql, *values)


async def covering(connection: Connection, client_id: UUID, day: date) -> list[Row]:
    """The client's contracts that work of a day can draw from."""
    return await connection.fetch(
        f"{CONTRACT} WHERE c.client_id = $1 AND c.starts_on <= $2 AND c.expires_on >= $2 "
        "AND c.effective_at IS NOT NULL ORDER BY c.expires_on, c.purchased_on, c.id",
        client_id,
        day,
    )


async def statement(connection: Connection, contract_id: UUID, after: int, limit: int) -> list[Row]:
    """See STATEMENT."""
    return await connection.fetch(STATEMENT, contract_id, after, limit)


async def movements(connection: Connection, contract_id: UUID, kind: str, after: int, limit: int) -> list[Row]:
    """The grants or the refunds of a contract, in order."""
    return await connection.fetch(
        f"SELECT {MOVEMENT} FROM contract_movements WHERE contract_id = $1 AND kind = $2 AND position > $3 "
        "ORDER BY position LIMIT $4",
        contract_id,
        kind,
        after,
        limit,
    )


async def insert_alert(
    connection: Connection, id_: UUID, contract: Row, kind: str, threshold: int, now: datetime
) -> bool:
    """Whether this threshold is told for the first time."""
    values = [id_, contract["client_id"], contract["id"], kind, threshold, now]
    return bool(await connection.fetchval(ALERT, *values))


async def to_watch(connection: Connection, first: date, after: UUID, limit: int) -> list[Row]:
    """Usable contracts that expire on that date or later."""
    return await connection.fetch(
        f"{CONTRACT} WHERE c.expires_on >= $1 AND c.effective_at IS NOT NULL AND c.id > $2 ORDER BY c.id LIMIT $3",
        first,
        after,
        limit,
    )


async def billing_contacts(connection: Connection, client_id: UUID) -> list[Row]:
    """To whom the client's alerts go, and in which language."""
    return await connection.fetch(
        "SELECT co.email, coalesce(co.language, cl.language) AS language FROM contacts co "
        "JOIN clients cl ON cl.id = co.client_id WHERE co.client_id = $1 AND co.billing ORDER BY co.id",
        client_id,
    )
