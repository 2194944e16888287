"""The people of the desk. History names the fields that changed, and whether somebody still works here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.core import events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.desk.agents import queries
from app.desk.api_keys.service import revoke_keys_of


async def add_agent(connection: Connection, values: Mapping[str, Any], *, actor: dict[str, str], now: datetime) -> Row:
    """A new agent."""
    row = await queries.insert_agent(connection, new_id(), values, now)
    await events.record(connection, "agent.created", subject_id=row["id"], actor=actor, now=now)
    return row


async def change_agent(
    connection: Connection, before: Row, wanted: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> Row:
    """Change what differs from `before`, the agent's locked row; the keys of whoever leaves are revoked."""
    changes = {name: value for name, value in wanted.items() if before[name] != value}
    if not changes:
        return before
    row = await queries.update_agent(connection, before["id"], changes)
    data = {"fields": sorted(changes), "active": row["active"]}
    await events.record(connection, "agent.changed", subject_id=row["id"], actor=actor, now=now, data=data)
    if not row["active"]:
        await revoke_keys_of(connection, row["id"], actor=actor, now=now)
    return row
