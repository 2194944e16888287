"""History and audit: what happened to what, by whom. Both tables refuse UPDATE and DELETE."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.credentials import Caller
from app.core.db import Connection
from app.core.ids import new_id

RECORD = """
INSERT INTO events (id, type, ticket_id, client_id, subject_id, actor, data, occurred_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
AUDIT = """
INSERT INTO audit_log (id, occurred_at, api_key_id, role, operation, path, status_code, request_id,
                       client_address, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


async def record(
    connection: Connection,
    type_: str,
    *,
    subject_id: UUID,
    actor: dict[str, str],
    now: datetime,
    ticket_id: UUID | None = None,
    client_id: UUID | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Tell the history, in the transaction in which it happens."""
    await connection.execute(RECORD, new_id(), type_, ticket_id, client_id, subject_id, actor, data or {}, now)


async def audit(
    connection: Connection,
    caller: Caller,
    *,
    operation: str,
    path: str,
    status_code: int,
    request_id: str,
    client_address: str,
    data: dict[str, Any],
    now: datetime,
) -> None:
    """One row for each call of a credential that changed something, in that call's transaction."""
    await connection.execute(
        AUDIT,
        new_id(),
        now,
        caller.key_id,
        caller.role,
        operation,
        path[:500],
        status_code,
        request_id,
        client_address,
        data,
    )
