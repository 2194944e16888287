"""The baseline of mails: the shortest honest script that reads a mail with the standard library and inserts it.

One mail after the other: parse, then ticket, message and attachments in one transaction. It keeps no raw mail, knows
no conversation, no copies, no loops, no limits, sends no acknowledgement, and a mail that hangs the parser hangs it.
"""

from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import parseaddr
from typing import Any

import asyncpg

from app.core.ids import new_id

TABLES = """
CREATE SCHEMA IF NOT EXISTS bare_mail;
CREATE TABLE IF NOT EXISTS bare_mail.tickets (
    id uuid PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY UNIQUE, subject text NOT NULL,
    requester_name text NOT NULL, requester_email text NOT NULL, received_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS bare_mail.messages (
    id uuid PRIMARY KEY, ticket_id uuid NOT NULL REFERENCES bare_mail.tickets, body text NOT NULL);
CREATE TABLE IF NOT EXISTS bare_mail.attachments (
    id uuid PRIMARY KEY, message_id uuid NOT NULL REFERENCES bare_mail.messages, file_name text NOT NULL,
    content bytea NOT NULL);
"""


@dataclass(slots=True)
class Read:
    """What is inserted of a mail."""

    subject: str = ""
    name: str = ""
    address: str = ""
    body: str = ""
    files: list[tuple[str, bytes]] = field(default_factory=list)


def read_modern(raw: bytes) -> Read:
    """As the manual of the standard library shows it."""
    mail: EmailMessage = message_from_bytes(raw, policy=policy.default)
    name, address = parseaddr(mail["from"])
    part = mail.get_body(("plain", "html"))
    files = [(one.get_filename() or "", one.get_content()) for one in mail.iter_attachments()]
    return Read(mail["subject"], name, address, part.get_content() if part else "", files)


def read_compat32(raw: bytes) -> Read:
    """The older way, which costs an eighth for a small mail."""
    mail = message_from_bytes(raw)
    name, address = parseaddr(str(make_header(decode_header(mail["from"]))))
    found = Read(str(make_header(decode_header(mail["subject"]))), name, address)
    for part in mail.walk():
        if not part.is_multipart():
            _add(part, found)
    return found


def _add(part: "Message[str, str]", found: Read) -> None:
    content: Any = part.get_payload(decode=True)
    if part.get_filename():
        found.files.append((part.get_filename() or "", content))
    elif part.get_content_type() == "text/plain" and not found.body:
        found.body = content.decode(part.get_content_charset("utf-8"))


async def insert(connection: "asyncpg.Connection[asyncpg.Record]", read: Read) -> None:
    """Ticket, message and attachments."""
    ticket_id, message_id = new_id(), new_id()
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO bare_mail.tickets (id, subject, requester_name, requester_email) VALUES ($1, $2, $3, $4)",
            ticket_id, read.subject, read.name, read.address,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO bare_mail.messages (id, ticket_id, body) VALUES ($1, $2, $3)", message_id, ticket_id, read.body
        )
        for name, content in read.files:
            await connection.execute(
                "INSERT INTO bare_mail.attachments (id, message_id, file_name, content) VALUES ($1, $2, $3, $4)",
                new_id(), message_id, name, content,
            )  # fmt: skip
