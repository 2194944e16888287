"""Tell a ticket's history."""

from datetime import datetime
from typing import Any

from app.core import events
from app.core.db import Connection, Row


async def tell(
    connection: Connection, ticket: Row, type_: str, data: dict[str, Any], *, actor: dict[str, str], now: datetime
) -> None:
    """One step of the ticket's history, in the transaction in which it happens."""
    await events.record(
        connection,
        type_,
        subject_id=ticket["id"],
        ticket_id=ticket["id"],
        client_id=ticket["client_id"],
        actor=actor,
        data=data,
        now=now,
    )
