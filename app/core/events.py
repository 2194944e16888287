"""History and audit: what happened to what, by whom. Both tables refuse UPDATE and DELETE."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from app.core.credentials import Caller
from app.core.db import Connection
from app.core.ids import new_id
from app.core.sql import Statement

RECORD = """
INSERT INTO events (id, type, ticket_id, client_id, subject_id, actor, data, occurred_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
AUDIT = """
INSERT INTO audit_log (id, occurred_at, api_key_id, role, operation, path, status_code, request_id,
                       client_address, data)
"""
AUDITED = 10


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """A call of a credential that changed something: who, what, with which answer."""

    caller: Caller
    operation: str
    path: str
    status_code: int
    request_id: str
    client_address: str
    data: dict[str, Any]

    def values(self, now: datetime) -> tuple[Any, ...]:
        """The row, with an id of its own."""
        return (
            new_id(), now, self.caller.key_id, self.caller.role, self.operation, self.path[:500], self.status_code,
            self.request_id, self.client_address, self.data,
        )  # fmt: skip


async def audit(connection: Connection, told: Audit, now: datetime) -> None:
    """One row for each call, in that call's transaction."""
    await connection.execute(_auditing(1), *told.values(now))


def auditing(statement: Statement, told: Audit, now: datetime) -> Statement:
    """A statement that begins with WITH, made to write the call's row too: both or neither, one round trip."""
    text = f"WITH audited AS ({_auditing(1 + len(statement.values))}), {statement.text.strip().removeprefix('WITH ')}"
    return Statement(text, (*statement.values, *told.values(now)), statement.races)


@cache
def _auditing(first: int) -> str:
    return f"{AUDIT} VALUES ({', '.join(f'${number}' for number in range(first, first + AUDITED))})"
