"""Credentials are issued and revoked, never changed and never removed: the audit log names them for ever."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import credentials, events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.desk.api_keys import queries
from app.domain.errors import Refusal


async def issue_key(
    connection: Connection, values: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> tuple[Row, str]:
    """A new key: its row, and the text that whoever asked gets to see this once.

    Raises:
        Refusal: `expired-already`, `reference-unknown` when its agent does not work here.
    """
    if values["expires_at"] is not None and values["expires_at"] <= now:
        raise Refusal("expired-already", "The key would never work: it expires in the past.", pointer="/expires_at")
    if values["agent_id"] is not None and not await queries.hold_active_agent(connection, values["agent_id"]):
        raise Refusal("reference-unknown", "No such agent works here.", pointer="/agent_id")
    key_id = new_id()
    issued = credentials.issue(key_id)
    row = await queries.insert_api_key(connection, key_id, issued.secret_hash, values, now)
    await _record(connection, "api_key.issued", row, actor, now)
    return row, issued.text


async def revoke_key(connection: Connection, key_id: UUID, *, actor: dict[str, str], now: datetime) -> Row | None:
    """Refuse the key from the next call on; a second revocation changes nothing. None: there is no such key."""
    row = await queries.revoke(connection, key_id, now)
    if row is None:
        return await queries.api_key(connection, key_id)
    await _record(connection, "api_key.revoked", row, actor, now)
    return row


async def revoke_keys_of(connection: Connection, agent_id: UUID, *, actor: dict[str, str], now: datetime) -> None:
    """Refuse every key of an agent from the next call on."""
    for row in await queries.revoke_of_agent(connection, agent_id, now):
        await _record(connection, "api_key.revoked", row, actor, now)


async def _record(connection: Connection, type_: str, row: Row, actor: dict[str, str], now: datetime) -> None:
    await events.record(
        connection,
        type_,
        subject_id=row["id"],
        client_id=row["client_id"],
        actor=actor,
        now=now,
        data={"name": row["name"], "role": row["role"]},
    )
