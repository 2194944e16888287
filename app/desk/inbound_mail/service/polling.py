"""Recurring work: read the configured IMAP mailboxes. A mail is moved or marked only after it is kept and committed."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TypeVar

from app.adapters.imap import IMAP_TROUBLE, Inbox, opened
from app.adapters.mail_parser import MailParser
from app.core import clock
from app.core.bodies import MAIL_LIMIT
from app.core.db import UNAVAILABLE, Database
from app.core.jobs import Effect, Failed, Handler, Job
from app.core.settings import ImapAccount, Settings
from app.core.telemetry import LOGGER
from app.desk.inbound_mail.service.receiving import Reading, keep, process, take_in
from app.domain.errors import Refusal

ACTOR = {"role": "imap"}
TROUBLE: tuple[type[Exception], ...] = (*UNAVAILABLE, Refusal)
Answer = TypeVar("Answer")


class Postman:
    """Fetches mail from every account."""

    def __init__(self, settings: Settings, parser: MailParser) -> None:
        self.settings = settings
        self.parser = parser

    async def run(self, _job: Job, database: Database, _now: datetime) -> Effect | None:
        """Every account, at the same time: one that does not answer delays no other.

        Raises:
            Failed: some account could not be read to its end.
        """
        accounts = self.settings.imap_accounts
        troubled = [name for name in await asyncio.gather(*(self._empty(one, database) for one in accounts)) if name]
        if troubled:
            raise Failed(f"IMAP trouble with {', '.join(troubled)}")
        return None

    async def _empty(self, account: ImapAccount, database: Database) -> str | None:
        """Take in what waits there; the mailbox's name when something went wrong."""
        try:
            with ExitStack() as stack:
                inbox = await asyncio.to_thread(stack.enter_context, opened(account))
                left = [uid for uid in await _within(inbox.waiting) if not await self._take(inbox, uid, database)]
        except (*IMAP_TROUBLE, ValueError) as error:
            LOGGER.warning("mailbox not read", mailbox=account.mailbox, error=type(error).__name__)
            return account.mailbox
        return account.mailbox if left else None

    async def _take(self, inbox: Inbox, uid: str, database: Database) -> bool:
        """One mail; whether it is kept and moved. What is wrong with it never keeps the next one waiting."""
        try:
            if await _within(lambda: inbox.size(uid)) > MAIL_LIMIT:
                await self._note_too_large(inbox, uid, database)
            else:
                raw = await _within(lambda: inbox.content(uid))
                if raw is None:
                    return True
                recipient = inbox.account.mailbox
                await take_in(
                    database, self.parser, raw, recipient, settings=self.settings, actor=ACTOR, now=clock.now()
                )
        except TROUBLE as error:
            LOGGER.warning("mail left on its server", mailbox=inbox.account.mailbox, error=type(error).__name__)
            return False
        await _within(lambda: inbox.done(uid))
        return True

    async def _note_too_large(self, inbox: Inbox, uid: str, database: Database) -> None:
        """Its header is kept, in quarantine; the whole mail stays on its server."""
        raw = await _within(lambda: inbox.content(uid, header_only=True)) or b""
        now = clock.now()
        async with database.connection() as connection:
            kept = await keep(connection, raw[:MAIL_LIMIT], inbox.account.mailbox, self.settings, now)
        async with database.transaction() as connection:
            reading = Reading(None, "too-large")
            await process(connection, kept["id"], reading, settings=self.settings, actor=ACTOR, now=now)


async def _within(step: Callable[[], Answer]) -> Answer:
    return await asyncio.to_thread(step)


def handlers(settings: Settings, parser: MailParser) -> dict[str, Handler]:
    """How a worker reads mailboxes, if there are any."""
    if not settings.imap_accounts:
        return {}
    every = timedelta(seconds=settings.imap_poll_seconds)
    return {"read_mailboxes": Handler(Postman(settings, parser).run, seconds=600, every=every, most_attempts=1)}
