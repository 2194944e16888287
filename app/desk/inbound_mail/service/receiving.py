"""Take a mail in: keep it raw, read it in a process that can be stopped, then decide and act in one transaction.

A kill between any two steps loses nothing: the mail is kept by its first statement, and whoever hands it in again, or
the worker a minute later, goes on from there. Doing it twice is harmless: the row is locked, and has one outcome.
"""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.adapters.mail_parser import MailParser
from app.adapters.mail_parsing import Parsed
from app.adapters.mail_parts import Unreadable
from app.core.db import UNAVAILABLE, Connection, Database, Row, Values, savepoint
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.sql import Raced
from app.core.telemetry import LOGGER
from app.desk.inbound_mail import queries
from app.desk.inbound_mail.service.acting import act
from app.desk.inbound_mail.service.at_once import at_once
from app.desk.inbound_mail.service.judging import judge
from app.desk.inbound_mail.service.settling import settle, settle_copy
from app.domain.errors import Refusal
from app.domain.mail import bare_address, is_own_address
from app.domain.mail_outcome import Decision, Outcome

LONGEST_RECIPIENT = 254
NOT_ITS_FAULT: tuple[type[Exception], ...] = (Raced, *UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the parser made of a mail: the mail, or why it cannot be read."""

    parsed: Parsed | None
    trouble: str | None = None


def mailbox_of(recipient: str, settings: Settings) -> str:
    """Which of our mailboxes an envelope's recipient means.

    Raises:
        Refusal: `mailbox-unknown`.
    """
    if len(recipient) > LONGEST_RECIPIENT or not is_own_address(recipient, settings.own_addresses):
        raise Refusal("mailbox-unknown", "This is not one of the desk's mailboxes.")
    return bare_address(recipient)


async def keep(connection: Connection, raw: bytes, recipient: str, settings: Settings, now: datetime) -> Values:
    """Keep the mail as it is, once for each mailbox, in a statement that commits by itself.

    Returns:
        What is known of it then: its `outcome` too, when it has been handed in before.
    """
    kept = {
        "id": new_id(), "mailbox": mailbox_of(recipient, settings), "recipient": recipient,
        "sha256": hashlib.sha256(raw).digest(), "size_bytes": len(raw), "received_at": now, "outcome": None,
        "kept_before": False,
    }  # fmt: skip
    return await queries.keep(connection, kept, raw)


async def read(parser: MailParser, raw: bytes) -> Reading:
    """Read it, in another process."""
    try:
        return Reading(await parser.parse(raw))
    except Unreadable as error:
        return Reading(None, error.reason)


async def process(
    connection: Connection,
    inbound_id: UUID,
    reading: Reading,
    *,
    settings: Settings,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """Give a kept mail its outcome, within the caller's transaction; the row as it then is.

    Raises:
        Refusal: `terms-missing`: not the mail's fault, so it waits.
    """
    while True:
        row = await queries.find(connection, inbound_id)
        if row["outcome"] is not None:
            return row
        with suppress(Raced):
            return await _give_outcome(connection, row, reading, settings, actor, now)


async def _give_outcome(
    connection: Connection, row: Row, reading: Reading, settings: Settings, actor: dict[str, str], now: datetime
) -> Row:
    decision = Decision(Outcome.QUARANTINED, reading.trouble)
    if reading.parsed is not None:
        try:
            async with savepoint(connection):
                return await _decide(connection, row, reading.parsed, settings, actor, now)
        except NOT_ITS_FAULT:
            raise
        except Exception as error:
            if isinstance(error, Refusal) and error.code == "terms-missing":
                raise
            # Whatever a mail provokes, an agent sees it, and the sender's server need not try again.
            LOGGER.exception("mail not processed", inbound_message_id=str(row["id"]))
            decision = Decision(Outcome.QUARANTINED, "processing-failed")
    async with savepoint(connection):
        return await settle(connection, row, decision, now=now)


async def _decide(
    connection: Connection, row: Row, parsed: Parsed, settings: Settings, actor: dict[str, str], now: datetime
) -> Row:
    judgement = await judge(connection, row, parsed, settings, now)
    if judgement.copied:
        copy = await queries.original(connection, parsed.identity)
        return await settle_copy(connection, row, parsed, copy, settings=settings, actor=actor, now=now)
    return await act(connection, row, parsed, judgement, settings=settings, actor=actor, now=now)


async def take_in(
    database: Database,
    parser: MailParser,
    raw: bytes,
    recipient: str,
    *,
    settings: Settings,
    actor: dict[str, str],
    now: datetime,
) -> Values:
    """All steps, for whoever has no request: the IMAP reader and the pipe. The row is committed when it returns."""
    being_read = asyncio.ensure_future(read(parser, raw))  # nothing is done with it before the mail is kept
    try:
        async with database.connection() as connection:
            kept = await keep(connection, raw, recipient, settings, now)
    except BaseException:
        being_read.cancel()
        await asyncio.gather(being_read, return_exceptions=True)
        raise
    reading = await being_read
    if kept["outcome"] is not None:
        return kept
    row = await _at_once(database, kept, reading.parsed, settings, actor, now)
    if row is not None:
        return row
    async with database.transaction() as connection:
        return await process(connection, kept["id"], reading, settings=settings, actor=actor, now=now)


async def _at_once(
    database: Database, kept: Values, parsed: Parsed | None, settings: Settings, actor: dict[str, str], now: datetime
) -> Values | None:
    """The mail with its outcome, None when `process` has to do it: it holds back what provokes errors."""
    try:
        async with database.connection() as connection:
            plan = await at_once(connection, kept, parsed, settings=settings, actor=actor, now=now)
            if plan is not None:
                await plan.write.run(connection)
    except Raced:
        return None
    except UNAVAILABLE:
        raise
    except Exception as error:  # noqa: BLE001 (see above)
        LOGGER.warning("mail not opened at once", inbound_message_id=str(kept["id"]), error=type(error).__name__)
        return None
    return plan.row if plan else None
