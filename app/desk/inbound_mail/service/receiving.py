"""Take a mail in: keep it raw, read it in a process that can be stopped, then decide and act in one transaction.

A kill between any two steps loses nothing: the mail is kept by its first statement, and whoever hands it in again, or
the worker a minute later, goes on from there. Doing it twice is harmless: the row is locked, and has one outcome.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.adapters.mail_parser import MailParser
from app.adapters.mail_parsing import Parsed
from app.adapters.mail_parts import Unreadable
from app.core.db import UNAVAILABLE, Connection, Database, Row, savepoint
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.telemetry import LOGGER
from app.desk.inbound_mail import queries
from app.desk.inbound_mail.service.acting import act
from app.desk.inbound_mail.service.judging import judge
from app.desk.inbound_mail.service.settling import settle, settle_copy
from app.domain.errors import Refusal
from app.domain.mail import bare_address, is_own_address
from app.domain.mail_outcome import Decision, Outcome

LONGEST_RECIPIENT = 254


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


async def keep(
    connection: Connection, raw: bytes, recipient: str, settings: Settings, now: datetime
) -> tuple[UUID, Row | None]:
    """Keep the mail as it is, once for each mailbox, in a statement that commits by itself.

    Returns:
        Its id, and its row when it has been handed in before.
    """
    mailbox, digest = mailbox_of(recipient, settings), hashlib.sha256(raw).digest()
    return await queries.keep(connection, [new_id(), mailbox, recipient, digest, len(raw), now, raw])


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
    parsed = reading.parsed
    row = await queries.lock(connection, inbound_id, parsed.identity if parsed else inbound_id.bytes)
    if row["outcome"] is not None:
        return row
    if parsed is None:
        trouble = Decision(Outcome.QUARANTINED, reading.trouble)
        return await settle(connection, row, trouble, now=now)
    try:
        async with savepoint(connection):
            return await _decide(connection, row, parsed, settings, actor, now)
    except UNAVAILABLE:
        raise
    except Exception as error:
        if isinstance(error, Refusal) and error.code == "terms-missing":
            raise
        # Whatever a mail provokes, an agent sees it, and the sender's server need not try again.
        LOGGER.exception("mail not processed", inbound_message_id=str(inbound_id))
        return await settle(connection, row, Decision(Outcome.QUARANTINED, "processing-failed"), now=now)


async def _decide(
    connection: Connection, row: Row, parsed: Parsed, settings: Settings, actor: dict[str, str], now: datetime
) -> Row:
    copy = await queries.copy(connection, parsed.identity, row["id"])
    if copy is not None:
        return await settle_copy(connection, row, parsed, copy, settings=settings, actor=actor, now=now)
    judgement = await judge(connection, row, parsed.facts, settings, now)
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
) -> Row:
    """All steps, for whoever has no request: the IMAP reader and the pipe. The row is committed when it returns."""
    being_read = asyncio.ensure_future(read(parser, raw))  # nothing is done with it before the mail is kept
    try:
        async with database.connection() as connection:
            inbound_id, known = await keep(connection, raw, recipient, settings, now)
    except BaseException:
        being_read.cancel()
        await asyncio.gather(being_read, return_exceptions=True)
        raise
    reading = await being_read
    if known is not None and known["outcome"] is not None:
        return known
    async with database.transaction() as connection:
        return await process(connection, inbound_id, reading, settings=settings, actor=actor, now=now)
