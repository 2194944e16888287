"""SQL that only the demo needs."""

from datetime import datetime
from uuid import UUID

from app.core.db import Connection, Row
from app.core.ids import new_id
from app.demo.data import DemoClient


async def lock(connection: Connection) -> None:
    """One process loads the demo, the others wait."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('demo', 0))")


async def any_client(connection: Connection) -> bool:
    """Whether this is somebody's desk already."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM clients) OR EXISTS (SELECT FROM tickets)"))


async def insert_agent(connection: Connection, id_: UUID, name: str, email: str, language: str, now: datetime) -> None:
    """One agent."""
    await connection.execute(
        "INSERT INTO agents (id, name, email, language, created_at) VALUES ($1, $2, $3, $4, $5)",
        id_, name, email, language, now,
    )  # fmt: skip


async def insert_client(connection: Connection, id_: UUID, client: DemoClient, now: datetime) -> None:
    """One client with its domain, people and sites."""
    await connection.execute(
        "INSERT INTO clients (id, name, language, billing_cycle, billing_street, billing_postal_code, billing_city, "
        "country, created_at) VALUES ($1, $2, $3, $4, '1, rue du Marché', 'L-1111', $5, 'LU', $6)",
        id_, client.name, client.language, client.cycle, client.city, now,
    )  # fmt: skip
    await connection.execute("INSERT INTO client_domains (domain, client_id) VALUES ($1, $2)", client.domain, id_)
    await connection.executemany(
        "INSERT INTO contacts (id, client_id, name, email, language, billing, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [(new_id(), id_, n, f"{local}@{client.domain}", client.language, b, now) for n, local, b in client.people],
    )
    await connection.executemany(
        "INSERT INTO sites (id, client_id, name, url, host, project_closed_on, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [(new_id(), id_, n, f"https://{h}", h.removeprefix("www."), day, now) for n, h, day in client.sites],
    )


async def insert_key(
    connection: Connection, id_: UUID, name: str, role: str, secret_hash: bytes, now: datetime
) -> None:
    """A key; the client's belongs to the first client, the agent's to the first agent."""
    await connection.execute(
        "INSERT INTO api_keys (id, name, role, client_id, agent_id, secret_hash, created_at) VALUES ($1, $2, $3::text, "
        "CASE WHEN $3 = 'client' THEN (SELECT id FROM clients ORDER BY id LIMIT 1) END, "
        "CASE WHEN $3 = 'agent' THEN (SELECT id FROM agents ORDER BY id LIMIT 1) END, $4, $5)",
        id_, name, role, secret_hash, now,
    )  # fmt: skip


async def settle_mail(connection: Connection) -> None:
    """The demo's past mails count as sent long ago: nobody gets any."""
    await connection.execute("UPDATE outgoing_mails SET status = 'sent', sent_at = created_at WHERE status = 'queued'")
    await connection.execute("DELETE FROM jobs WHERE kind = 'send_mail'")


# Of the newest ticket that waits and whose client is known, and of whatever else there is.
SHOWN = """
WITH ticket AS (
    SELECT id, client_id, contact_id FROM tickets WHERE status = 'new' AND client_id IS NOT NULL
    ORDER BY (lane = 'standard') DESC, id DESC LIMIT 1
)
SELECT ticket.id AS ticket_id, ticket.client_id, ticket.contact_id,
       (SELECT id FROM sites s WHERE s.client_id = ticket.client_id ORDER BY id LIMIT 1) AS site_id,
       (SELECT id FROM agents WHERE active ORDER BY id LIMIT 1) AS agent_id,
       (SELECT id FROM api_keys WHERE role = 'mail' AND revoked_at IS NULL ORDER BY id LIMIT 1) AS key_id,
       (SELECT id FROM terms WHERE effective_on <= current_date ORDER BY effective_on DESC LIMIT 1) AS terms_id,
       (SELECT id FROM contracts c WHERE c.client_id = ticket.client_id ORDER BY id DESC LIMIT 1) AS contract_id,
       (SELECT id FROM time_entries ORDER BY id DESC LIMIT 1) AS entry_id,
       (SELECT id FROM quotes ORDER BY id DESC LIMIT 1) AS quote_id,
       (SELECT id FROM urgencies ORDER BY id DESC LIMIT 1) AS urgency_id,
       (SELECT id FROM invoices ORDER BY id DESC LIMIT 1) AS invoice_id
FROM ticket
"""


async def shown(connection: Connection) -> Row | None:
    """See SHOWN."""
    return await connection.fetchrow(SHOWN)
