"""A mail server's pipe: `python -m app.cli deliver --mailbox support@e-connect.lu < mail.eml`."""

import asyncio
from contextlib import closing
from typing import BinaryIO

from app.adapters.mail_parser import MailParser
from app.core.bodies import MAIL_LIMIT
from app.core.clock import now
from app.core.db import Database, open_pool
from app.core.settings import Settings
from app.core.telemetry import LOGGER, configure_logs
from app.desk.inbound_mail.service import mailbox_of, take_in
from app.domain.errors import Refusal

ACTOR = {"role": "pipe"}
# Exit codes of sysexits.h, which mail servers understand.
KEPT, BROKEN, NO_SUCH_MAILBOX, TOO_LARGE, TRY_AGAIN_LATER = 0, 65, 67, 69, 75


def deliver(settings: Settings, mailbox: str, source: BinaryIO) -> int:
    """Hand in one mail; the exit code. Whatever goes wrong on our side, the mail server keeps the mail."""
    configure_logs(settings.log_level)
    try:
        mailbox_of(mailbox, settings)
        raw = source.read(MAIL_LIMIT + 1)
        if not raw:
            return BROKEN
        if len(raw) > MAIL_LIMIT:
            return TOO_LARGE
        return asyncio.run(_hand_in(settings, mailbox, raw))
    except Refusal as refusal:
        return NO_SUCH_MAILBOX if refusal.code == "mailbox-unknown" else TRY_AGAIN_LATER
    except Exception as error:  # noqa: BLE001 (no database, no disk, no memory: later)
        LOGGER.warning("mail not taken in", error=type(error).__name__)
        return TRY_AGAIN_LATER


async def _hand_in(settings: Settings, mailbox: str, raw: bytes) -> int:
    if settings.database_url is None:
        LOGGER.warning("mail not taken in: DATABASE_URL is not set, and no `make serve` runs on DATA_DIR")
        return TRY_AGAIN_LATER
    parser = MailParser(seconds=settings.mail_parse_seconds, size=1)
    with closing(parser):
        async with open_pool(settings, settings.database_url, size=1) as database:
            await _take_in(database, parser, settings, mailbox, raw)
    return KEPT


async def _take_in(database: Database, parser: MailParser, settings: Settings, mailbox: str, raw: bytes) -> None:
    row = await take_in(database, parser, raw, mailbox, settings=settings, actor=ACTOR, now=now())
    LOGGER.info("mail taken in", inbound_message_id=str(row["id"]), outcome=row["outcome"], reason=row["reason"])
