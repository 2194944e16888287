"""SQL of contacts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import assignments, one
from app.desk.bounces.queries import OF_CONTACT

CONTACT = f"id, client_id, name, email, phone, language, billing, created_at, version, {OF_CONTACT}"


async def contacts(connection: Connection, client_id: UUID, after: UUID, limit: int) -> list[Row]:
    """Contacts of a client in the order in which they were made."""
    # Written so that only the composite index fits, however many contacts one client has.
    return await connection.fetch(
        f"SELECT {CONTACT} FROM contacts WHERE client_id <= $1 AND (client_id, id) > ($1, $2) "
        "ORDER BY client_id, id LIMIT $3",
        client_id,
        after,
        limit,
    )


async def contact(connection: Connection, client_id: UUID, contact_id: UUID) -> Row | None:
    """One contact of that client."""
    return await connection.fetchrow(
        f"SELECT {CONTACT} FROM contacts WHERE (client_id, id) = ($1, $2)", client_id, contact_id
    )


async def lock_contact(connection: Connection, client_id: UUID, contact_id: UUID) -> Row | None:
    """One contact, which nobody else changes until the transaction ends."""
    return await connection.fetchrow(
        f"SELECT {CONTACT} FROM contacts WHERE (client_id, id) = ($1, $2) FOR NO KEY UPDATE", client_id, contact_id
    )


async def insert_contact(
    connection: Connection, contact_id: UUID, client_id: UUID, values: Mapping[str, Any], now: datetime
) -> Row:
    """A new contact."""
    return await one(
        connection,
        "INSERT INTO contacts (id, client_id, name, email, phone, language, billing, created_at) "
        f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {CONTACT}",
        contact_id,
        client_id,
        values["name"],
        values["email"],
        values["phone"],
        values["language"],
        values["billing"],
        now,
    )


async def update_contact(connection: Connection, contact_id: UUID, changes: Mapping[str, Any]) -> Row:
    """Change columns of a contact and count its version."""
    clauses, values = assignments(changes, first=2)
    return await one(
        connection,
        f"UPDATE contacts SET {clauses}, version = version + 1 WHERE id = $1 RETURNING {CONTACT}",
        contact_id,
        *values,
    )


async def delete_contact(connection: Connection, contact_id: UUID) -> None:
    """Remove a contact; the database refuses when something refers to it."""
    await connection.execute("DELETE FROM contacts WHERE id = $1", contact_id)
