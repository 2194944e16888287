"""SQL of proofs of VAT numbers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import one

COLUMNS = "id, client_id, vat_number, valid, checked_at, reference"


async def vat_number(connection: Connection, client_id: UUID) -> Row | None:
    """The client's number as it is now; no row for a client that is not there."""
    return await connection.fetchrow("SELECT vat_number FROM clients WHERE id = $1", client_id)


async def insert(connection: Connection, values: Sequence[Any]) -> Row:
    """id, client, number, valid, instant of the check, reference, actor, now."""
    return await one(
        connection,
        "INSERT INTO vat_proofs (id, client_id, vat_number, valid, checked_at, reference, actor, created_at) "
        f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}",
        *values,
    )


async def proofs(connection: Connection, client_id: UUID, after: UUID | None, limit: int) -> list[Row]:
    """A client's checks, the newest first."""
    return await connection.fetch(
        f"SELECT {COLUMNS} FROM vat_proofs WHERE client_id = $1 AND ($2::uuid IS NULL OR id < $2) "
        f"ORDER BY id DESC LIMIT {limit:d}",
        client_id,
        after,
    )
