"""SQL of addresses that refused a mail of ours, known by their mailbox (`app/domain/mail.py: bare_address`)."""

from datetime import datetime
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import one

# The mailbox that a contact's address leads to, in the database's words; see the index on it.
MAILBOX = r"regexp_replace(lower(contacts.email), '\+[^@]*@', '@')"
# What is known of a contact's address, to stand among its columns.
OF_CONTACT = f"""(SELECT jsonb_build_object('id', b.mail_id, 'status', b.status, 'bounced_at', b.bounced_at)
    FROM bounced_addresses b WHERE b.mailbox = {MAILBOX}) AS bounce"""
BOUNCE = f"""
SELECT b.mail_id AS id, m.recipient AS address, b.status, b.bounced_at, m.kind AS mail_kind, m.ticket_id,
       t.number AS ticket_number, b.mailbox,
       coalesce((SELECT jsonb_agg(jsonb_build_object('client_id', client_id, 'contact_id', id, 'name', name)
                                  ORDER BY id) FROM contacts WHERE {MAILBOX} = b.mailbox), '[]') AS contacts
FROM bounced_addresses b JOIN outgoing_mails m ON m.id = b.mail_id LEFT JOIN tickets t ON t.id = m.ticket_id
"""
MARK = """
INSERT INTO bounced_addresses (mailbox, mail_id, status, bounced_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (mailbox) DO UPDATE SET mail_id = $2, status = $3, bounced_at = $4
"""
# Contacts say so, and so they are another version of themselves.
TOUCH = f"UPDATE contacts SET version = version + 1 WHERE {MAILBOX} = $1 RETURNING id, client_id"


async def mark(connection: Connection, mail: Row, status: str, now: datetime) -> list[Row]:
    """Record that a mail's address refuses mail; the contacts who have it."""
    await connection.execute(MARK, mail["mailbox"], mail["id"], status, now)
    return await connection.fetch(TOUCH, mail["mailbox"])


async def forget(connection: Connection, mailbox: str) -> list[Row] | None:
    """Take the mark away; the contacts who have the address, None when it had no mark."""
    status = await connection.execute("DELETE FROM bounced_addresses WHERE mailbox = $1", mailbox)
    return None if status == "DELETE 0" else await connection.fetch(TOUCH, mailbox)


async def lock(connection: Connection, bounce_id: UUID) -> Row | None:
    """One mark, locked."""
    found = await connection.fetchval("SELECT mail_id FROM bounced_addresses WHERE mail_id = $1 FOR UPDATE", bounce_id)
    return None if found is None else await one(connection, f"{BOUNCE} WHERE b.mail_id = $1", bounce_id)


async def bounces(connection: Connection, after: tuple[datetime, UUID] | None, limit: int) -> list[Row]:
    """The marks, the newest first."""
    where, values = ("", []) if after is None else ("WHERE (b.bounced_at, b.mail_id) < ($1, $2)", [*after])
    return await connection.fetch(
        f"{BOUNCE} {where} ORDER BY b.bounced_at DESC, b.mail_id DESC LIMIT {limit:d}", *values
    )
