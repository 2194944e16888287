"""Throw a draft away."""

from datetime import datetime

from app.billing.invoices.queries import documents as queries
from app.core import events
from app.core.db import Connection, Row
from app.domain.errors import Refusal


async def delete_draft(connection: Connection, draft: Row, *, actor: dict[str, str], now: datetime) -> None:
    """It holds no facts, so nothing else changes.

    Raises:
        Refusal: `invoice-issued`.
    """
    if draft["status"] != "draft":
        raise Refusal("invoice-issued", "What is issued stays: correct it by a credit note.", number=draft["number"])
    await queries.delete_draft(connection, draft["id"])
    await events.record(
        connection, "invoice.draft_deleted", subject_id=draft["id"], client_id=draft["client_id"], actor=actor, now=now
    )
