"""Boring rows with fixed values: `a_client(conn)`, `a_ticket(conn, status="closed")`; any value can be overridden."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import credentials
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.mail import bare_address

A_MOMENT_AGO = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # in opening hours
ROLES = ("agent", "finance", "accounting", "client", "mail", "admin")
AGENT_ID = UUID("019ab000-0000-7000-8000-000000000001")
CLIENT_ID = UUID("019ab000-0000-7000-8000-00000000000a")
OTHER_CLIENT_ID = UUID("019ab000-0000-7000-8000-00000000000b")


async def insert(conn: Connection, table: str, values: dict[str, Any]) -> Row:
    """One row of a table, as it then stands there."""
    columns = ", ".join(f'"{name}"' for name in values)
    numbers = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    row = await conn.fetchrow(f"INSERT INTO {table} ({columns}) VALUES ({numbers}) RETURNING *", *values.values())
    assert row is not None
    return row


async def an_agent(conn: Connection, **values: Any) -> Row:
    """Anne Agent, active."""
    defaults = {"id": new_id(), "name": "Anne Agent", "email": "anne@e-connect.lu", "language": "fr", "active": True}
    return await insert(conn, "agents", defaults | {"created_at": A_MOMENT_AGO} | values)


async def a_client(conn: Connection, **values: Any) -> Row:
    """A Luxembourg client, invoiced by quarter."""
    defaults = {
        "id": new_id(),
        "name": "Boulangerie Exemple",
        "language": "fr",
        "billing_cycle": "quarterly",
        "billing_street": "1, rue de l'Exemple",
        "billing_postal_code": "L-1234",
        "billing_city": "Luxembourg",
        "country": "LU",
        "created_at": A_MOMENT_AGO,
    }
    return await insert(conn, "clients", defaults | values)


async def a_contact(conn: Connection, client_id: UUID, **values: Any) -> Row:
    """Somebody who works for the client."""
    defaults = {
        "id": new_id(),
        "client_id": client_id,
        "name": "Carla Contact",
        "email": "carla@boulangerie.example",
        "phone": "+352123456",
        "language": "fr",
        "billing": False,
        "created_at": A_MOMENT_AGO,
    }
    return await insert(conn, "contacts", defaults | values)


async def a_site(conn: Connection, client_id: UUID, **values: Any) -> Row:
    """The client's website; its project is over, so that the desk supports it (T5)."""
    defaults = {
        "id": new_id(),
        "client_id": client_id,
        "name": "Website",
        "url": "https://www.boulangerie.example/",
        "host": "www.boulangerie.example",
        "project_closed_on": datetime(2025, 6, 30, tzinfo=UTC).date(),
        "created_at": A_MOMENT_AGO,
    }
    return await insert(conn, "sites", defaults | values)


async def a_ticket(conn: Connection, **values: Any) -> Row:
    """A standard ticket from the form, new, of nobody known, its acknowledgement suppressed; with its first message."""
    sequence = await conn.fetchval("SELECT nextval('ticket_sequence')")
    received_at = values.get("received_at", A_MOMENT_AGO)
    defaults = {
        "id": new_id(),
        "sequence": sequence,
        "number": f"EC-2026-{sequence:06}",
        "status": "new",
        "lane": "standard",
        "channel": "form",
        "language": "fr",
        "subject": "The menu does not open",
        "requester_name": "Rita Requester",
        "requester_email": "rita@elsewhere.example",
        "received_at": received_at,
        "queued_at": received_at,
        "updated_at": received_at,
    }
    ticket = await insert(conn, "tickets", defaults | values)
    await a_message(conn, ticket["id"])
    await an_acknowledgement(conn, ticket["id"])
    return ticket


async def a_message(conn: Connection, ticket_id: UUID, **values: Any) -> Row:
    """Something that the client said on a ticket."""
    defaults = {
        "id": new_id(),
        "ticket_id": ticket_id,
        "author": "client",
        "author_name": "Rita Requester",
        "visibility": "public",
        "channel": "form",
        "body": "Nothing happens when I tap it.",
        "created_at": A_MOMENT_AGO,
    }
    chosen = defaults | values
    search = await conn.fetchval("SELECT search_vector($1)::text", chosen["body"])
    row = await conn.fetchrow(
        "INSERT INTO messages (id, ticket_id, author, author_name, visibility, channel, body, created_at, search) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::tsvector) RETURNING *",
        *chosen.values(),
        search,
    )
    assert row is not None
    return row


async def an_acknowledgement(conn: Connection, ticket_id: UUID, **values: Any) -> Row:
    """The decision about a ticket's acknowledgement: suppressed."""
    defaults = {
        "id": new_id(),
        "kind": "acknowledgement",
        "ticket_id": ticket_id,
        "recipient": "rita@elsewhere.example",
        "mailbox": "rita@elsewhere.example",
        "language": "fr",
        "facts": {},
        "status": "suppressed",
        "reason": "test",
        "created_at": A_MOMENT_AGO,
    }
    return await insert(conn, "outgoing_mails", defaults | values)


@dataclass(frozen=True)
class Keys:
    """API keys and whom they belong to. `keys["agent"]` are the headers to send."""

    texts: dict[str, str]
    agent_id: UUID = AGENT_ID
    client_id: UUID = CLIENT_ID
    other_client_id: UUID = OTHER_CLIENT_ID

    def __getitem__(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.texts[name]}"}


async def a_key(conn: Connection, role: str, **values: Any) -> str:
    """A key of a role; the text to send."""
    key_id = values.get("id", new_id())
    issued = credentials.issue(key_id)
    defaults = {
        "id": key_id,
        "name": f"The {role}'s key",
        "role": role,
        "secret_hash": issued.secret_hash,
        "created_at": A_MOMENT_AGO,
    }
    await insert(conn, "api_keys", defaults | values)
    return issued.text


async def some_keys(conn: Connection) -> Keys:
    """A key of each role and `other_client`, with the two clients and the agent they belong to."""
    await an_agent(conn, id=AGENT_ID)
    await a_client(conn, id=CLIENT_ID)
    await a_client(conn, id=OTHER_CLIENT_ID, name="Garage Exemple")
    owners = {"agent": {"agent_id": AGENT_ID}, "client": {"client_id": CLIENT_ID}}
    texts = {role: await a_key(conn, role, **owners.get(role, {})) for role in ROLES}
    texts["other_client"] = await a_key(conn, "client", client_id=OTHER_CLIENT_ID)
    return Keys(texts)


async def an_attachment(conn: Connection, message: Row, **values: Any) -> Row:
    """A short text file that came with a message."""
    content = b"It looks like this."
    defaults = {
        "id": new_id(),
        "ticket_id": message["ticket_id"],
        "message_id": message["id"],
        "file_name": "notes.txt",
        "media_type": "text/plain",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).digest(),
        "created_at": A_MOMENT_AGO,
    }
    row = await insert(conn, "attachments", defaults | values)
    await insert(conn, "attachment_contents", {"attachment_id": row["id"], "content": content})
    return row


async def a_dead_job(conn: Connection, **values: Any) -> Row:
    """A job that failed too often."""
    defaults = {
        "id": new_id(),
        "kind": "send_mail",
        "payload": {},
        "status": "dead",
        "run_at": A_MOMENT_AGO,
        "attempts": 10,
        "last_error": "The server refused",
        "created_at": A_MOMENT_AGO,
    }
    return await insert(conn, "jobs", defaults | values)


async def a_kept_mail(conn: Connection, **values: Any) -> Row:
    """A mail in quarantine, with its bytes."""
    content = b"From: rita@elsewhere.example\r\nSubject: Menu\r\n\r\nIt does not open.\r\n"
    defaults = {
        "id": new_id(),
        "mailbox": "support@e-connect.lu",
        "recipient": "support@e-connect.lu",
        "sha256": hashlib.sha256(content).digest(),
        "size_bytes": len(content),
        "received_at": A_MOMENT_AGO,
        "processed_at": A_MOMENT_AGO,
        "outcome": "quarantined",
        "reason": "spam",
    }
    row = await insert(conn, "inbound_messages", defaults | values)
    await insert(conn, "inbound_raws", {"inbound_message_id": row["id"], "content": content})
    return row


async def a_bounce(conn: Connection, address: str = "gone@elsewhere.example") -> Row:
    """An address that refused a notice of new terms."""
    mail = await insert(
        conn,
        "outgoing_mails",
        {
            "id": new_id(),
            "kind": "terms_notice",
            "recipient": address,
            "mailbox": bare_address(address),
            "language": "fr",
            "facts": {},
            "status": "bounced",
            "created_at": A_MOMENT_AGO,
            "sent_at": A_MOMENT_AGO,
        },
    )
    mark = {"mailbox": mail["mailbox"], "mail_id": mail["id"], "status": "5.1.1", "bounced_at": A_MOMENT_AGO}
    return await insert(conn, "bounced_addresses", mark)


async def a_calendar_subscription(conn: Connection, agent_id: UUID) -> Row:
    """The secret address of an agent's calendar."""
    values = {"id": new_id(), "agent_id": agent_id, "created_at": A_MOMENT_AGO}
    return await insert(conn, "calendar_subscriptions", values)


async def a_quote(conn: Connection, client_id: UUID, **values: Any) -> Row:
    """A fixed price for a ticket of the client, sent today, valid for 30 days by the database's clock."""
    id_ = values.get("id", new_id())
    text = values.get("text", "Devis D2026-0001")
    now = await conn.fetchval("SELECT now()")
    until = now.date() + timedelta(days=30)
    number = await conn.fetchval("SELECT count(*) + 1 FROM quotes")
    defaults = {
        "id": id_,
        "chain_id": id_,
        "version": 1,
        "number": f"D2026-{number:04}",
        "client_id": client_id,
        "kind": "quote",
        "status": "sent",
        "language": "fr",
        "lines": [A_LINE],
        "cancellation": [],
        "minutes": 600,
        "currency": "EUR",
        "subtotal_cents": 120_000,
        "vat_category": "S",
        "vat_rate_bp": 1700,
        "vat_cents": 20_400,
        "total_cents": 140_400,
        "terms_id": await conn.fetchval("SELECT id FROM terms ORDER BY effective_on LIMIT 1"),
        "quoted_on": now.date(),
        "valid_until_on": until,
        "expires_at": datetime(until.year, until.month, until.day, 23, tzinfo=UTC),
        "text": text,
        "text_sha256": hashlib.sha256(text.encode()).digest(),
        "recipient": "rita@elsewhere.example",
        "created_at": now,
        "sent_at": now,
    }
    return await insert(conn, "quotes", defaults | values)


A_LINE = {
    "description": "A page with a map",
    "minutes": 600,
    "hourly_rate_cents": 12_000,
    "quantity": None,
    "unit_price_cents": None,
    "discount_bp": 0,
    "net_cents": 120_000,
}


async def a_permanence(conn: Connection, client_id: UUID, **values: Any) -> Row:
    """A request for the evening of Saturday 22 June 2030, 18:00 to midnight."""
    defaults = {
        "id": new_id(),
        "client_id": client_id,
        "event": "Wine fair",
        "starts_at": datetime(2030, 6, 22, 16, tzinfo=UTC),
        "ends_at": datetime(2030, 6, 22, 22, tzinfo=UTC),
        "windows": [{"starts_at": "2030-06-22T16:00:00+00:00", "ends_at": "2030-06-22T22:00:00+00:00"}],
        "standby_minutes": 360,
        "cut_minutes": 0,
        "requested_by": "Rita Requester",
        "contact_name": "Rita Requester",
        "contact_email": "rita@elsewhere.example",
        "contact_phone": "+352123456",
        "status": "requested",
        "lead_time_minutes": 60 * 24 * 365,
        "suggestion": None,
        "terms_id": await conn.fetchval("SELECT id FROM terms ORDER BY effective_on LIMIT 1"),
        "requested_at": A_MOMENT_AGO,
    }
    return await insert(conn, "permanence_requests", defaults | values)
