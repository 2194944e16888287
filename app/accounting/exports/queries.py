"""SQL of the accounting system's write-back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row

MARK = """
INSERT INTO invoice_exports AS x (invoice_id, client_id, external_reference, exported_at, actor)
SELECT id, client_id, $2, $3, $4 FROM invoices WHERE id = $1 AND status = 'issued'
ON CONFLICT (invoice_id) DO UPDATE SET external_reference = $2, exported_at = $3, actor = $4
WHERE x.external_reference <> $2
RETURNING invoice_id AS document_id, client_id, external_reference, exported_at, actor
"""


async def mark(
    connection: Connection, document_id: UUID, reference: str, actor: dict[str, Any], now: datetime
) -> Row | None:
    """Note it, or note another reference; None when nothing changes or there is no such issued document."""
    return await connection.fetchrow(MARK, document_id, reference, now, actor)


async def export(connection: Connection, document_id: UUID) -> Row | None:
    """What was noted."""
    return await connection.fetchrow(
        "SELECT invoice_id AS document_id, client_id, external_reference, exported_at, actor FROM invoice_exports "
        "WHERE invoice_id = $1",
        document_id,
    )
