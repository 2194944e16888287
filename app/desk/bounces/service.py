"""Mark an address that refused a mail of ours, and take the mark away once it can be written to again."""

from collections.abc import Iterable
from datetime import datetime

from app.core import events
from app.core.db import Connection, Row
from app.desk.bounces import queries

LONGEST_STATUS = 20


async def mark_address(connection: Connection, mail: Row, status: str, *, actor: dict[str, str], now: datetime) -> None:
    """The address of a mail of ours (its id and mailbox) refuses mail: history says so of each contact."""
    contacts = await queries.mark(connection, mail, status[:LONGEST_STATUS], now)
    data = {"status": status[:LONGEST_STATUS], "mail_id": str(mail["id"])}
    await _tell(connection, contacts, "contact.bounced", data, actor, now)


async def clear_address(
    connection: Connection, mailbox: str, reason: str, *, actor: dict[str, str], now: datetime
) -> None:
    """The address can be written to again; nothing happens when it had no mark."""
    contacts = await queries.forget(connection, mailbox)
    await _tell(connection, contacts or (), "contact.bounce_cleared", {"reason": reason}, actor, now)


async def _tell(
    connection: Connection,
    contacts: Iterable[Row],
    type_: str,
    data: dict[str, str],
    actor: dict[str, str],
    now: datetime,
) -> None:
    for contact in contacts:
        await events.record(
            connection,
            type_,
            subject_id=contact["id"],
            client_id=contact["client_id"],
            actor=actor,
            data=data,
            now=now,
        )
