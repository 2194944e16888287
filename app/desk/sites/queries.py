"""SQL of sites."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import assignments, one

SITE = "id, client_id, name, url, project_closed_on, created_at, version"


async def sites(connection: Connection, client_id: UUID, after: UUID, limit: int) -> list[Row]:
    """Sites of a client in the order in which they were made."""
    # Written so that only the composite index fits, however many sites one client has.
    return await connection.fetch(
        f"SELECT {SITE} FROM sites WHERE client_id <= $1 AND (client_id, id) > ($1, $2) "
        "ORDER BY client_id, id LIMIT $3",
        client_id,
        after,
        limit,
    )


async def site(connection: Connection, client_id: UUID, site_id: UUID) -> Row | None:
    """One site of that client."""
    return await connection.fetchrow(f"SELECT {SITE} FROM sites WHERE (client_id, id) = ($1, $2)", client_id, site_id)


async def lock_site(connection: Connection, client_id: UUID, site_id: UUID) -> Row | None:
    """One site, which nobody else changes until the transaction ends."""
    return await connection.fetchrow(
        f"SELECT {SITE} FROM sites WHERE (client_id, id) = ($1, $2) FOR NO KEY UPDATE", client_id, site_id
    )


async def insert_site(
    connection: Connection, site_id: UUID, client_id: UUID, values: Mapping[str, Any], now: datetime
) -> Row:
    """A new site."""
    return await one(
        connection,
        "INSERT INTO sites (id, client_id, name, url, host, project_closed_on, created_at) "
        f"VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {SITE}",
        site_id,
        client_id,
        values["name"],
        values["url"],
        values["host"],
        values["project_closed_on"],
        now,
    )


async def update_site(connection: Connection, site_id: UUID, changes: Mapping[str, Any]) -> Row:
    """Change columns of a site and count its version."""
    clauses, values = assignments(changes, first=2)
    return await one(
        connection,
        f"UPDATE sites SET {clauses}, version = version + 1 WHERE id = $1 RETURNING {SITE}",
        site_id,
        *values,
    )
