"""SQL of clients and their e-mail domains."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import Where, assignments

CLIENT = """c.id, c.name, c.language, c.billing_cycle,
    CASE WHEN c.billing_city IS NOT NULL THEN
        jsonb_build_object('street', c.billing_street, 'postal_code', c.billing_postal_code, 'city', c.billing_city)
    END AS billing_address,
    c.country, c.vat_number, c.peppol_id,
    ARRAY(SELECT d.domain FROM client_domains d WHERE d.client_id = c.id ORDER BY d.domain) AS domains,
    c.created_at, c.version"""


async def clients(
    connection: Connection,
    *,
    only: UUID | None,
    prefix: str | None,
    domain: str | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[Row]:
    """Clients by name, each with the name it is sorted by; `prefix` or `domain` narrows, `only` is a portal's client.

    Their domains come along in the same statement, whatever the number of clients.
    """
    where = Where()
    if only is not None:
        where.add("c.id = {}", only)
    if prefix is not None:
        owner = "c.id = (SELECT o.client_id FROM client_domains o WHERE o.domain = {})"
        where.add(f"(starts_with(lower(c.name), lower({{}})) OR {owner})", prefix, domain)
    if after is not None:
        where.add("(lower(c.name), c.id) > ({}, {})", *after)
    return await connection.fetch(
        f"SELECT {CLIENT}, lower(c.name) AS sort_name FROM clients c WHERE {where} "
        f"ORDER BY lower(c.name), c.id LIMIT {limit:d}",
        *where.values,
    )


async def client(connection: Connection, client_id: UUID) -> Row | None:
    """One client."""
    return await connection.fetchrow(f"SELECT {CLIENT} FROM clients c WHERE c.id = $1", client_id)


async def lock_client(connection: Connection, client_id: UUID) -> Row | None:
    """One client, which nobody else changes until the transaction ends; tickets may still refer to it."""
    # Read after the wait for the lock, or the domains would be those of before it.
    await connection.execute("SELECT FROM clients WHERE id = $1 FOR NO KEY UPDATE", client_id)
    return await client(connection, client_id)


async def client_exists(connection: Connection, client_id: UUID) -> bool:
    """Whether there is such a client; none is ever removed."""
    found: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM clients WHERE id = $1)", client_id)
    return found


async def insert_client(connection: Connection, client_id: UUID, values: Mapping[str, Any], now: datetime) -> None:
    """A new client, as yet without domains."""
    address = values["billing_address"] or {}
    await connection.execute(
        "INSERT INTO clients (id, name, language, billing_cycle, billing_street, billing_postal_code, billing_city, "
        "country, vat_number, peppol_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        client_id,
        values["name"],
        values["language"],
        values["billing_cycle"],
        address.get("street"),
        address.get("postal_code"),
        address.get("city"),
        values["country"],
        values["vat_number"],
        values["peppol_id"],
        now,
    )


async def update_client(connection: Connection, client_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change columns of a client and count its version."""
    clauses, values = assignments(changes, first=2)
    clauses = ", ".join(filter(None, [clauses, "version = version + 1"]))
    await connection.execute(f"UPDATE clients SET {clauses} WHERE id = $1", client_id, *values)


# The first change also keeps the cycle there was before it; several changes before a boundary are one.
CHANGE_CYCLE = """
INSERT INTO billing_cycle_changes (client_id, effective_on, billing_cycle)
SELECT $1::uuid, date '2000-01-01', $2::text
WHERE NOT EXISTS (SELECT FROM billing_cycle_changes WHERE client_id = $1)
UNION ALL SELECT $1::uuid, $4::date, $3::text
ON CONFLICT (client_id, effective_on) DO UPDATE SET billing_cycle = excluded.billing_cycle
"""


async def change_cycle(connection: Connection, client_id: UUID, old: str, new: str, effective_on: date) -> None:
    """See CHANGE_CYCLE; the client is locked."""
    await connection.execute(CHANGE_CYCLE, client_id, old, new, effective_on)


async def add_domains(connection: Connection, client_id: UUID, domains: Collection[str]) -> None:
    """Give the client domains that nobody has."""
    await connection.execute(
        "INSERT INTO client_domains (domain, client_id) SELECT unnest($2::text[]), $1", client_id, list(domains)
    )


async def remove_domains(connection: Connection, client_id: UUID, domains: Collection[str]) -> None:
    """Take domains away from the client."""
    await connection.execute(
        "DELETE FROM client_domains WHERE client_id = $1 AND domain = ANY ($2::text[])", client_id, list(domains)
    )
