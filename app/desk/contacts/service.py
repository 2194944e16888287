"""The people at a client.

History names the fields that changed, never their values: it stays, and a person may ask to be forgotten.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from app.core import events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.desk.contacts import queries
from app.domain.errors import Refusal


async def add_contact(
    connection: Connection, client_id: UUID, values: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> Row:
    """A new contact of an existing client."""
    row = await queries.insert_contact(connection, new_id(), client_id, values, now)
    await events.record(connection, "contact.created", subject_id=row["id"], client_id=client_id, actor=actor, now=now)
    return row


async def change_contact(
    connection: Connection, before: Row, wanted: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> Row:
    """Change what differs from `before`, the contact's locked row."""
    changes = {name: value for name, value in wanted.items() if before[name] != value}
    if not changes:
        return before
    row = await queries.update_contact(connection, before["id"], changes)
    await events.record(
        connection,
        "contact.changed",
        subject_id=row["id"],
        client_id=row["client_id"],
        actor=actor,
        now=now,
        data={"fields": sorted(changes)},
    )
    return row


async def remove_contact(connection: Connection, contact: Row, *, actor: dict[str, str], now: datetime) -> None:
    """Remove a contact that nothing refers to.

    Raises:
        Refusal: `still-in-use`.
    """
    try:
        await queries.delete_contact(connection, contact["id"])
    except asyncpg.ForeignKeyViolationError:
        raise Refusal("still-in-use", "Tickets refer to this contact.") from None
    await events.record(
        connection,
        "contact.removed",
        subject_id=contact["id"],
        client_id=contact["client_id"],
        actor=actor,
        now=now,
    )
