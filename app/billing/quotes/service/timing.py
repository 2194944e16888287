"""Jobs: remind of quotes that will expire, and close those that have (Q2)."""

from datetime import datetime, timedelta

from app.billing.quotes import queries
from app.billing.quotes.service.sending import back_to_work, tell
from app.billing.quotes.service.subject import lock_subject
from app.core.db import Connection, Database, Row
from app.core.jobs import Effect, Handler, Job
from app.desk.mail.service import queue_mail

ACTOR = {"role": "worker"}
STEP = 100


async def expire_quotes(_job: Job, database: Database, now: datetime) -> Effect | None:
    """Say of every quote whose time is over that it has expired, as it has already by its date.

    Its ticket waits no longer: the desk gets it back, as after a refusal.
    """
    done = STEP
    while done == STEP:
        async with database.connection() as connection:
            rows = await queries.due(connection, STEP)
        for row in rows:
            async with database.transaction() as connection:
                await _expire(connection, row, now)
        done = len(rows)
    return None


async def _expire(connection: Connection, row: Row, now: datetime) -> None:
    subject = await lock_subject(connection, row["ticket_id"], row["permanence_id"])
    quote = await queries.lock_quote(connection, row["id"])
    if await queries.expire(connection, row["id"]):
        await tell(connection, quote, "quote.expired", actor=ACTOR, now=now)
        await back_to_work(connection, subject, quote["number"], ACTOR, now)


async def remind_of_quotes(_job: Job, database: Database, now: datetime) -> Effect | None:
    """Mail each open quote once more before it expires, as many days ahead as its terms say."""
    done = STEP
    while done == STEP:
        async with database.transaction() as connection:
            rows = await queries.remind(connection, STEP)
            for row in rows:
                facts = {"quote_id": row["id"]}
                await queue_mail(
                    connection, "quote_reminder", row["ticket_id"], row["recipient"], row["language"], facts, now=now
                )
                await tell(connection, row, "quote.reminded", actor=ACTOR, now=now)
        done = len(rows)
    return None


HANDLERS = {
    "expire_quotes": Handler(expire_quotes, seconds=300, every=timedelta(minutes=15)),
    "remind_of_quotes": Handler(remind_of_quotes, seconds=300, every=timedelta(hours=1)),
}
