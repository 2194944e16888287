"""Recurring work: finish what a crash left between storing and processing."""

from datetime import datetime, timedelta

from app.adapters.mail_parser import MailParser
from app.core.db import Database
from app.core.jobs import Effect, Handler, Job
from app.core.settings import Settings
from app.desk.inbound_mail import queries
from app.desk.inbound_mail.service.receiving import Reading, process, read

ACTOR = {"role": "worker"}
LEFT_ALONE = timedelta(seconds=60)  # longer than any request works on a mail
AT_A_TIME = 1  # a mail may have 25 MiB
MOST_ATTEMPTS = 5


class Finisher:
    """Processes mails that are kept and nothing more."""

    def __init__(self, settings: Settings, parser: MailParser) -> None:
        self.settings = settings
        self.parser = parser

    async def run(self, _job: Job, database: Database, now: datetime) -> Effect | None:
        """Every such mail, one after the other; one that took its worker down too often is quarantined."""
        while True:
            async with database.transaction() as connection:
                taken = await queries.take_unprocessed(connection, now - LEFT_ALONE, AT_A_TIME)
            if not taken:
                return None
            for row in taken:
                reading = Reading(None, "processing-failed")
                if row["attempts"] <= MOST_ATTEMPTS:
                    reading = await read(self.parser, row["content"])
                async with database.transaction() as connection:
                    await process(connection, row["id"], reading, settings=self.settings, actor=ACTOR, now=now)


def handlers(settings: Settings, parser: MailParser) -> dict[str, Handler]:
    """How a worker finishes mails."""
    return {"finish_mails": Handler(Finisher(settings, parser).run, seconds=300, every=timedelta(seconds=30))}
