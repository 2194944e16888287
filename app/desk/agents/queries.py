"""SQL of agents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import assignments, one

AGENT = "id, name, email, language, active, created_at, version"


async def agents(connection: Connection, after: UUID, limit: int) -> list[Row]:
    """Agents in the order in which they came."""
    return await connection.fetch(f"SELECT {AGENT} FROM agents WHERE id > $1 ORDER BY id LIMIT $2", after, limit)


async def agent(connection: Connection, agent_id: UUID) -> Row | None:
    """One agent."""
    return await connection.fetchrow(f"SELECT {AGENT} FROM agents WHERE id = $1", agent_id)


async def lock_agent(connection: Connection, agent_id: UUID) -> Row | None:
    """One agent, whom nobody else changes until the transaction ends."""
    return await connection.fetchrow(f"SELECT {AGENT} FROM agents WHERE id = $1 FOR NO KEY UPDATE", agent_id)


async def insert_agent(connection: Connection, agent_id: UUID, values: Mapping[str, Any], now: datetime) -> Row:
    """A new agent."""
    return await one(
        connection,
        "INSERT INTO agents (id, name, email, language, active, created_at) "
        f"VALUES ($1, $2, $3, $4, $5, $6) RETURNING {AGENT}",
        agent_id,
        values["name"],
        values["email"],
        values["language"],
        values["active"],
        now,
    )


async def update_agent(connection: Connection, agent_id: UUID, changes: Mapping[str, Any]) -> Row:
    """Change columns of an agent and count their version."""
    clauses, values = assignments(changes, first=2)
    return await one(
        connection,
        f"UPDATE agents SET {clauses}, version = version + 1 WHERE id = $1 RETURNING {AGENT}",
        agent_id,
        *values,
    )
