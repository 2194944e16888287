"""The accounting system says which documents it has."""

from datetime import datetime
from uuid import UUID

from app.accounting.exports import queries
from app.core import events
from app.core.db import Connection, Row


async def mark_exported(
    connection: Connection, document_id: UUID, reference: str, *, actor: dict[str, str], now: datetime
) -> Row | None:
    """Note the reference; the same again changes nothing. None when there is no such issued document."""
    row = await queries.mark(connection, document_id, reference, actor, now)
    if row is None:
        return await queries.export(connection, document_id)
    await events.record(
        connection, "invoice.exported", subject_id=document_id, client_id=row["client_id"], actor=actor,
        data={"external_reference": reference}, now=now,
    )  # fmt: skip
    return row
