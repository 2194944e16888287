"""Whose turn it is (T2)."""

from uuid import UUID

from app.core.db import Connection
from app.desk.tickets import queries
from app.domain.errors import Refusal
from app.domain.ticket import check_turn


async def check_order(connection: Connection, ticket_id: UUID, agent_id: UUID | None, reason: str | None) -> bool:
    """Whether taking it is out of order; refused as `reason-required` when nobody says why."""
    is_next = await queries.nobody_before(connection, ticket_id, agent_id)
    try:
        check_turn(is_next=is_next, reason=reason)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.detail, pointer="/reason") from None
    return not is_next
