"""Count the rows afterwards: as many tickets as 201s, each with all that belongs to it, none twice."""

from dataclasses import dataclass

import asyncpg

MARK = "SELECT coalesce(max(sequence), 0) FROM tickets"
CLOSE = """
UPDATE tickets SET status = 'closed', resolved_at = received_at, closed_at = received_at
 WHERE status = 'new' AND sequence > $1
"""
# What the rounds created, and what must be there exactly once for each.
COUNTS = """
WITH created AS (SELECT id, number, requester_email FROM tickets WHERE sequence > $1)
SELECT (SELECT count(*) FROM created) AS tickets,
       (SELECT count(DISTINCT number) FROM created) AS numbers,
       (SELECT count(DISTINCT requester_email) FROM created) AS submissions,
       (SELECT count(*) FROM messages WHERE ticket_id IN (SELECT id FROM created)) AS messages,
       (SELECT count(DISTINCT ticket_id) FROM outgoing_mails
         WHERE kind = 'acknowledgement' AND ticket_id IN (SELECT id FROM created)) AS acknowledged,
       (SELECT count(*) FROM outgoing_mails WHERE ticket_id IN (SELECT id FROM created)) AS mails,
       (SELECT count(DISTINCT ticket_id) FROM events
         WHERE ticket_id IN (SELECT id FROM created)) AS with_history
"""

BARE_MARK = "SELECT count(*) FROM bare.outbox"
BARE_COUNTS = """
SELECT (SELECT count(*) FROM bare.tickets WHERE status = 'new') - $1 AS tickets,
       (SELECT count(*) FROM bare.outbox) - $1 AS outbox
"""


@dataclass(frozen=True, slots=True)
class Ledger:
    """One database before the load: how far its tickets went."""

    url: str
    mark: int
    counts: str

    @classmethod
    async def of_product(cls, url: str) -> "Ledger":
        """Note the highest sequence."""
        return cls(url, await ask(url, MARK), COUNTS)

    @classmethod
    async def of_bare(cls, url: str) -> "Ledger":
        """Note how many tickets the bare app has made."""
        return cls(url, await ask(url, BARE_MARK), BARE_COUNTS)

    async def close_created(self) -> None:
        """Take what the rounds created out of the product's queue, so that it stays as long as it was."""
        await ask(self.url, CLOSE, self.mark)

    async def check(self, accepted: int) -> dict[str, int]:
        """Return the counts; `accepted` is how many 201s the load generator saw.

        Raises:
            RuntimeError: a row is missing or there twice.
        """
        connection = await asyncpg.connect(self.url)
        try:
            counts = dict(await connection.fetchrow(self.counts, self.mark) or {})
        finally:
            await connection.close()
        if any(count != accepted for count in counts.values()):
            raise RuntimeError(f"{accepted} tickets were accepted, but the rows are {counts}")
        return counts


async def ask(url: str, sql: str, *values: int) -> int:
    """Run one statement on a connection of its own and return its first value."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql, *values) or 0
    finally:
        await connection.close()
