"""SQL of incoming mail."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg

from app.core.db import Connection, Row, Values
from app.core.sql import Raced, Statement, Where, one

ITEM = """i.id, i.mailbox, i.recipient, i.outcome, i.reason, i.ticket_id, i.message_id, i.copy_of_id, i.sender,
    i.sender_name, i.subject, i.kind, i.threaded_by, i.header_message_id, i.sent_at, i.received_at, i.processed_at,
    i.size_bytes, i.sha256, i.refused_files, (SELECT number FROM tickets WHERE id = i.ticket_id) AS ticket_number"""

# One statement, so that it commits by itself: the mail is kept before anything looks into it.
KEEP = """
WITH kept AS (
    INSERT INTO inbound_messages (id, mailbox, recipient, sha256, size_bytes, received_at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (mailbox, sha256) DO NOTHING RETURNING id
), raw AS (INSERT INTO inbound_raws (inbound_message_id, content) SELECT id, $7 FROM kept)
SELECT id FROM kept
"""
FIND = f"SELECT {ITEM} FROM inbound_messages i WHERE i.id = $1"
LOCK = f"{FIND} FOR UPDATE"
# Of the deliveries of one mail one is no copy: the first to get its outcome, whichever mailbox or process it came by.
ORIGINAL = f"SELECT {ITEM} FROM inbound_messages i WHERE i.identity = $1 AND i.copy_of_id IS NULL"
# Another is the original; it has its outcome.
RACES = frozenset({"uq_inbound_messages_identity", "ck_inbound_messages_outcome_has_time"})
# $1 tickets of reply addresses, $2 mails of signed ids, $3 message ids referred to, $4 a number, $5 the sender's
# mailbox, $6 the sender's address in lower case.
LEADS = """
WITH leads AS (
    SELECT id AS ticket_id, 'reply-address' AS by, array_position($1::uuid[], id) AS place
    FROM tickets WHERE id = ANY ($1)
    UNION ALL SELECT ticket_id, 'message-id', array_position($2::uuid[], id)
    FROM outgoing_mails WHERE id = ANY ($2) AND ticket_id IS NOT NULL
    UNION ALL SELECT ticket_id, 'reference', array_position($3::text[], header_message_id)
    FROM inbound_messages
    WHERE header_message_id = ANY ($3) AND ticket_id IS NOT NULL AND outcome IN ('ticket', 'message')
    UNION ALL SELECT id, 'number', 1 FROM tickets WHERE number = $4
)
SELECT leads.ticket_id, leads.by, t.requester_email,
       EXISTS (SELECT FROM ticket_participants p WHERE (p.ticket_id, p.mailbox) = (t.id, $5))
       OR EXISTS (SELECT FROM contacts c WHERE c.client_id = t.client_id AND lower(c.email) = $6) AS participates
FROM leads JOIN tickets t ON t.id = leads.ticket_id ORDER BY leads.place
"""
# $1 the sender's mailbox, $2 the address in lower case, $3 its domain, $5 what the mail has in common with its copies.
KNOWN = """
SELECT EXISTS (SELECT FROM contacts WHERE lower(email) = $2) OR EXISTS (SELECT FROM client_domains WHERE domain = $3)
       AS known_sender,
       coalesce((SELECT coalesce(c.language, k.language) FROM contacts c JOIN clients k ON k.id = c.client_id
                 WHERE lower(c.email) = $2 ORDER BY c.id LIMIT 1),
                (SELECT k.language FROM client_domains d JOIN clients k ON k.id = d.client_id WHERE d.domain = $3))
       AS language,
       EXISTS (SELECT FROM bounced_addresses WHERE mailbox = $1) AS sender_bounced,
       (SELECT count(*) FROM inbound_messages
        WHERE sender = $2 AND processed_at > $4::timestamptz - interval '1 hour') AS mails_last_hour,
       EXISTS (SELECT FROM inbound_messages WHERE identity = $5 AND copy_of_id IS NULL AND id <> $6) AS copied
"""
# Only agents give a mail another outcome. Nobody else has it locked: if it has one meanwhile, it would lose its time,
# which Postgres refuses.
_OUTCOME = """
UPDATE inbound_messages i SET
    outcome = $2, reason = $3, ticket_id = $4, message_id = $5, copy_of_id = $6, settled_by = $7, processed_at =
    CASE WHEN i.outcome IS NULL OR $7::jsonb IS NOT NULL THEN coalesce(i.processed_at, $8::timestamptz) END
"""
# With what lists show of the mail, and its whole text: one version of the row, not two.
_READ = """
    identity = $9, header_message_id = $10, sender = $11, sender_name = $12, subject = $13, kind = $14,
    threaded_by = $15, sent_at = $16, refused_files = $17
"""
_TEXT = """
text AS (
    INSERT INTO inbound_texts (inbound_message_id, text, html) SELECT $1, $18, $19 WHERE $18 <> '' OR $19 <> ''
    ON CONFLICT (inbound_message_id) DO NOTHING
)
"""
OUTCOME_ALONE = 8
SETTLE = f"{_OUTCOME} WHERE i.id = $1 RETURNING {ITEM}"
SETTLE_READ = f"WITH {_TEXT} {_OUTCOME}, {_READ} WHERE i.id = $1 RETURNING {ITEM}"
_SETTLE_BESIDE = f"{_TEXT}, settled AS ({_OUTCOME}, {_READ} WHERE i.id = $1)"
BOUNCE = """
UPDATE outgoing_mails SET status = 'bounced', reason = $2, sent_at = coalesce(sent_at, $3)
WHERE id = $1 AND status <> 'bounced' RETURNING id
"""
# Left by a crash: stored a while ago, not processed. Who takes it up counts the attempt, for mails that kill.
TAKE_UNPROCESSED = """
UPDATE inbound_messages i SET attempts = attempts + 1 WHERE id IN (
    SELECT id FROM inbound_messages WHERE outcome IS NULL AND received_at < $1
    ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING i.id, i.attempts, (SELECT content FROM inbound_raws WHERE inbound_message_id = i.id) AS content
"""
ADD_PARTICIPANT = """
INSERT INTO ticket_participants (ticket_id, mailbox, address, name, added_at)
SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM ticket_participants WHERE ticket_id = $1) < $6
ON CONFLICT (ticket_id, mailbox) DO NOTHING
"""
FIRST_MESSAGE = "SELECT id FROM messages WHERE ticket_id = $1 ORDER BY id LIMIT 1"


async def keep(connection: Connection, kept: Mapping[str, Any], content: bytes) -> Values:
    """`kept`, or the mail's row when it was kept before."""
    columns = ("id", "mailbox", "recipient", "sha256", "size_bytes", "received_at")
    if await connection.fetchval(KEEP, *(kept[column] for column in columns), content) is not None:
        return kept
    before = f"SELECT {ITEM}, true AS kept_before FROM inbound_messages i WHERE (mailbox, sha256) = ($1, $2)"
    return await one(connection, before, kept["mailbox"], kept["sha256"])


async def find(connection: Connection, id_: UUID) -> Row:
    """A mail that is kept."""
    return await one(connection, FIND, id_)


async def lock(connection: Connection, id_: UUID) -> Row:
    """The same, locked until the transaction ends."""
    return await one(connection, LOCK, id_)


async def original(connection: Connection, identity: bytes) -> Row:
    """The delivery that this one is a copy of."""
    return await one(connection, ORIGINAL, identity)


async def leads(connection: Connection, *values: Any) -> list[Row]:
    """See LEADS."""
    return await connection.fetch(LEADS, *values)


async def known(connection: Connection, *values: Any) -> Row:
    """See KNOWN."""
    return await one(connection, KNOWN, *values)


async def our_mail(connection: Connection, mail_ids: list[UUID]) -> Row | None:
    """The mail of ours that a report is about."""
    return await connection.fetchrow(
        "SELECT id, ticket_id, recipient, mailbox FROM outgoing_mails WHERE id = ANY ($1) AND status <> 'suppressed' "
        "ORDER BY created_at DESC LIMIT 1",
        mail_ids,
    )


async def settle(connection: Connection, values: Sequence[Any]) -> Row:
    """With the values of SETTLE, or of SETTLE_READ.

    Raises:
        Raced: the mail, or a copy of it, got its outcome meanwhile; a transaction around this is spoilt.
    """
    try:
        return await one(connection, SETTLE if len(values) == OUTCOME_ALONE else SETTLE_READ, *values)
    except asyncpg.IntegrityConstraintViolationError as error:
        if error.constraint_name in RACES:
            raise Raced from None
        raise


def settling(statement: Statement, values: Sequence[Any]) -> Statement:
    """A statement that begins with WITH, made to give a mail its outcome too: both or neither, one round trip."""
    text = f"WITH {_settling(len(statement.values))}, {statement.text.strip().removeprefix('WITH ')}"
    return Statement(text, (*statement.values, *values), statement.races | RACES)


@cache
def _settling(before: int) -> str:
    """_SETTLE_BESIDE behind so many other parameters."""
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + before}", _SETTLE_BESIDE)


async def mark_bounced(connection: Connection, mail: Row, status: str, now: datetime) -> bool:
    """Record that a mail came back; whether that is news."""
    first = await connection.fetchval(BOUNCE, mail["id"], f"bounced {status}"[:60], now)
    return first is not None


async def take_unprocessed(connection: Connection, before: datetime, most: int) -> list[Row]:
    """See TAKE_UNPROCESSED."""
    return await connection.fetch(TAKE_UNPROCESSED, before, most)


async def add_participant(connection: Connection, *values: Any) -> None:
    """See ADD_PARTICIPANT."""
    await connection.execute(ADD_PARTICIPANT, *values)


async def first_message(connection: Connection, ticket_id: UUID) -> UUID:
    """What a ticket began with."""
    id_: UUID = await connection.fetchval(FIRST_MESSAGE, ticket_id)
    return id_


async def read(connection: Connection, id_: UUID) -> Row | None:
    """One mail with its texts."""
    return await connection.fetchrow(
        f"SELECT {ITEM}, x.text, x.html FROM inbound_messages i "
        "LEFT JOIN inbound_texts x ON x.inbound_message_id = i.id WHERE i.id = $1",
        id_,
    )


async def raw(connection: Connection, id_: UUID) -> bytes | None:
    """The mail as it came."""
    content: bytes | None = await connection.fetchval(
        "SELECT content FROM inbound_raws WHERE inbound_message_id = $1", id_
    )
    return content


def list_sql(filters: Mapping[str, Any], after: tuple[datetime, UUID] | None, limit: int) -> tuple[str, list[Any]]:
    """The list's statement, newest first; `outcome` and `ticket_id` each have an index that fits them."""
    where = Where()
    lead = next((name for name in ("ticket_id", "outcome") if filters[name] is not None), None)
    keys = ["i.received_at", "i.id"]
    if lead is not None:
        keys = [f"i.{lead}", *keys]
        where.add(f"i.{lead} >= {{}} AND i.{lead} <= {{}}", filters[lead], filters[lead])
    if after is not None:
        values = list(after) if lead is None else [filters[lead], *after]
        where.add(f"({', '.join(keys)}) < ({', '.join('{}' for _ in values)})", *values)
    for name in ("outcome", "mailbox"):
        if name != lead and filters[name] is not None:
            where.add(f"i.{name} = {{}}", filters[name])
    order = ", ".join(f"{key} DESC" for key in keys)
    return f"SELECT {ITEM} FROM inbound_messages i WHERE {where} ORDER BY {order} LIMIT {limit:d}", where.values


async def list_mails(
    connection: Connection, filters: Mapping[str, Any], after: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """See `list_sql`."""
    sql, values = list_sql(filters, after, limit)
    return await connection.fetch(sql, *values)


async def mails_of_ticket(connection: Connection, ticket_id: UUID, after: UUID, limit: int) -> list[Row]:
    """The mails that left, or did not, because of a ticket, in order."""
    return await connection.fetch(
        "SELECT id, kind, recipient, language, status, reason, created_at, sent_at, (facts ->> 'message_id')::uuid "
        "AS message_id FROM outgoing_mails WHERE ticket_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        ticket_id,
        after,
        limit,
    )
