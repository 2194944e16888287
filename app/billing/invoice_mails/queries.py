"""SQL of the mails that bring invoices."""

from collections.abc import Sequence
from uuid import UUID

from app.core.db import Connection, Row

MAIL = "SELECT id, kind, recipient, language, status, reason, created_at, sent_at FROM outgoing_mails"
OF_INVOICE = f"""
{MAIL} WHERE kind = 'invoice_sent' AND facts ->> 'invoice_id' = $1 AND id > $2 ORDER BY id LIMIT $3
"""


async def mails_of_invoice(connection: Connection, invoice_id: UUID, after: UUID, limit: int) -> list[Row]:
    """The mails that brought an invoice, or did not, in order."""
    return await connection.fetch(OF_INVOICE, str(invoice_id), after, limit)


async def mails(connection: Connection, ids: Sequence[UUID]) -> list[Row]:
    """Some mails, in order."""
    return await connection.fetch(f"{MAIL} WHERE id = ANY($1) ORDER BY id", ids)
