"""SQL of API keys. No statement reads a secret's hash: only a caller's own check does (`app/core/credentials.py`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import one

API_KEY = "id, name, role, client_id, agent_id, created_at, expires_at, revoked_at"


async def api_keys(connection: Connection, after: UUID, limit: int) -> list[Row]:
    """Keys in the order in which they were made."""
    return await connection.fetch(f"SELECT {API_KEY} FROM api_keys WHERE id > $1 ORDER BY id LIMIT $2", after, limit)


async def api_key(connection: Connection, key_id: UUID) -> Row | None:
    """One key."""
    return await connection.fetchrow(f"SELECT {API_KEY} FROM api_keys WHERE id = $1", key_id)


async def insert_api_key(
    connection: Connection, key_id: UUID, secret_hash: bytes, values: Mapping[str, Any], now: datetime
) -> Row:
    """A new key."""
    return await one(
        connection,
        "INSERT INTO api_keys (id, name, role, client_id, agent_id, secret_hash, created_at, expires_at) "
        f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {API_KEY}",
        key_id,
        values["name"],
        values["role"],
        values["client_id"],
        values["agent_id"],
        secret_hash,
        now,
        values["expires_at"],
    )


async def revoke(connection: Connection, key_id: UUID, now: datetime) -> Row | None:
    """Revoke a key that is not revoked yet."""
    return await connection.fetchrow(
        f"UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING {API_KEY}", key_id, now
    )


async def revoke_of_agent(connection: Connection, agent_id: UUID, now: datetime) -> list[Row]:
    """Revoke all keys of an agent that are not revoked yet."""
    return await connection.fetch(
        f"UPDATE api_keys SET revoked_at = $2 WHERE agent_id = $1 AND revoked_at IS NULL RETURNING {API_KEY}",
        agent_id,
        now,
    )


async def hold_active_agent(connection: Connection, agent_id: UUID) -> bool:
    """Whether the agent works here, and goes on to until the transaction ends."""
    return bool(await connection.fetchval("SELECT true FROM agents WHERE id = $1 AND active FOR SHARE", agent_id))
