"""The secret address at which a calendar program reads when an agent stands by (O3): one for each agent at a time."""

from datetime import datetime
from uuid import UUID

from app.billing.permanences import queries
from app.core import events, tokens
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.core.settings import Settings

PURPOSE = "calendar"


def calendar_token(settings: Settings, subscription_id: UUID) -> str:
    """The secret of an address: signed, so that nothing is stored that could leak."""
    return tokens.sign(PURPOSE, settings.secrets[0], subscription_id)


def subscription_of(settings: Settings, token: str) -> UUID | None:
    """The subscription behind a secret, None when it is not ours."""
    return tokens.read(PURPOSE, settings.secrets, token)


async def subscribe(connection: Connection, agent_id: UUID, *, actor: dict[str, str], now: datetime) -> Row:
    """A new address for a locked agent; the one before it stops working."""
    await queries.end_subscription(connection, agent_id, now)
    row = await queries.insert_subscription(connection, new_id(), agent_id, now)
    await events.record(connection, "agent.calendar_subscribed", subject_id=agent_id, actor=actor, now=now)
    return row


async def unsubscribe(connection: Connection, agent_id: UUID, *, actor: dict[str, str], now: datetime) -> bool:
    """End the agent's address; whether there was one."""
    ended = await queries.end_subscription(connection, agent_id, now)
    if ended:
        await events.record(connection, "agent.calendar_unsubscribed", subject_id=agent_id, actor=actor, now=now)
    return ended
