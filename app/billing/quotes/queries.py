"""SQL of quotes. Whoever changes one locks its ticket or permanence first, then the quote."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import assignments, one

# A quote is expired from its hour on, whether or not the job that says so has run.
OVER = "q.status = 'sent' AND q.expires_at <= clock_timestamp()"
COLUMNS = """id, chain_id, version, number, client_id, ticket_id, permanence_id, kind, status, language, lines, remarks,
    cancellation, urgency_fee_applies, minutes, currency, subtotal_cents, vat_category, vat_rate_bp, vat_cents,
    total_cents, terms_id, quoted_on, valid_until_on, expires_at, text, text_sha256, created_at"""
QUOTE = f"""
SELECT {", ".join(f"q.{name.strip()}" for name in COLUMNS.split(",") if name.strip() != "status")},
       CASE WHEN {OVER} THEN 'expired' ELSE q.status END AS status, q.revision, q.recipient, q.sent_at, q.reminded_at,
       q.decided_at, d.decision, d.channel, d.name AS decided_by, d.role AS decided_role, d.reason AS decided_reason,
       d.reference, c.name AS client_name, coalesce(t.number || ' ' || t.subject, p.event) AS about,
       coalesce(p.windows, '[]') AS windows
FROM quotes q JOIN clients c ON c.id = q.client_id LEFT JOIN quote_decisions d ON d.quote_id = q.id
LEFT JOIN tickets t ON t.id = q.ticket_id LEFT JOIN permanence_requests p ON p.id = q.permanence_id
"""
NUMBER = """
INSERT INTO quote_numbers AS n (year, last) VALUES ($1, 1)
ON CONFLICT (year) DO UPDATE SET last = n.last + 1 RETURNING last
"""
DECIDE = """
INSERT INTO quote_decisions (quote_id, decision, channel, name, role, reason, reference, actor, client_address,
                             user_agent, text_sha256, decided_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, text_sha256, decided_at FROM quotes WHERE id = $1
"""
CHARGE = """
INSERT INTO quote_charges (id, client_id, quote_id, permanence_id, kind, amount_cents, currency, lines, explanation,
                           performed_on, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
# A fixed price covers all of a ticket's time; several estimates add up.
CONSENT = """
SELECT (array_agg(id ORDER BY kind = 'quote' DESC, decided_at DESC))[1] AS quote_id,
       (array_agg(number ORDER BY kind = 'quote' DESC, decided_at DESC))[1] AS number,
       (array_agg(kind ORDER BY kind = 'quote' DESC, decided_at DESC))[1] AS kind,
       coalesce(sum(minutes) FILTER (WHERE kind = 'estimate'), 0)::int AS minutes
FROM quotes WHERE ticket_id = $1 AND status = 'accepted' HAVING count(*) > 0
"""
DUE = f"SELECT q.id, q.ticket_id, q.permanence_id FROM quotes q WHERE {OVER} ORDER BY q.id LIMIT $1"
REMIND = """
WITH due AS (
    SELECT q.id FROM quotes q JOIN terms ON terms.id = q.terms_id
    WHERE q.status = 'sent' AND q.reminded_at IS NULL AND q.expires_at > clock_timestamp()
      AND q.expires_at <= clock_timestamp() + terms.quote_reminder_days * interval '1 day'
      AND q.sent_at < clock_timestamp() - interval '1 day'
    ORDER BY q.expires_at LIMIT $1 FOR UPDATE OF q SKIP LOCKED
)
UPDATE quotes q SET reminded_at = clock_timestamp(), revision = revision + 1 FROM due WHERE q.id = due.id
RETURNING q.id, q.number, q.version, q.client_id, q.ticket_id, q.recipient, q.language
"""


async def next_number(connection: Connection, year: int) -> int:
    """The next number of a year; nobody else gets one until this transaction ends."""
    row = await one(connection, NUMBER, year)
    number: int = row["last"]
    return number


async def client(connection: Connection, client_id: UUID) -> Row:
    """Whom a quote is for, as far as its text and taxes depend on it."""
    return await one(connection, "SELECT id, name, language, country, vat_number FROM clients WHERE id = $1", client_id)


async def insert_quote(connection: Connection, values: Mapping[str, Any]) -> None:
    """A new version; `values` holds every one of COLUMNS."""
    await connection.execute(
        f"INSERT INTO quotes ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
        "$16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)",
        *[values[name.strip()] for name in COLUMNS.split(",")],
    )


async def quote(connection: Connection, quote_id: UUID) -> Row | None:
    """One version with what was decided about it."""
    return await connection.fetchrow(f"{QUOTE} WHERE q.id = $1", quote_id)


async def lock_quote(connection: Connection, quote_id: UUID) -> Row:
    """The same, locked; the caller knows that it exists. Its state is read once the lock is held."""
    await connection.execute("SELECT FROM quotes WHERE id = $1 FOR UPDATE", quote_id)
    return await one(connection, f"{QUOTE} WHERE q.id = $1", quote_id)


async def newest(connection: Connection, chain_id: UUID) -> UUID:
    """The newest version of a chain."""
    found: UUID = await connection.fetchval(
        "SELECT id FROM quotes WHERE chain_id = $1 ORDER BY version DESC LIMIT 1", chain_id
    )
    return found


async def update_quote(connection: Connection, quote_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change where a locked version stands; counts the revision."""
    clauses, values = assignments(changes, first=2)
    await connection.execute(f"UPDATE quotes SET {clauses}, revision = revision + 1 WHERE id = $1", quote_id, *values)


async def decide(connection: Connection, quote_id: UUID, status: str) -> bool:
    """Accept or refuse a locked version, unless its time is over by the database's clock."""
    return bool(
        await connection.fetchval(
            "UPDATE quotes SET status = $2, decided_at = clock_timestamp(), revision = revision + 1 "
            "WHERE id = $1 AND status = 'sent' AND expires_at > clock_timestamp() RETURNING true",
            quote_id,
            status,
        )
    )


async def replace_accepted(connection: Connection, chain_id: UUID) -> None:
    """The estimate in force makes room for its next version."""
    await connection.execute(
        "UPDATE quotes SET status = 'replaced', revision = revision + 1 WHERE chain_id = $1 AND status = 'accepted'",
        chain_id,
    )


async def insert_decision(connection: Connection, values: list[Any]) -> None:
    """See DECIDE."""
    await connection.execute(DECIDE, *values)


async def insert_charge(connection: Connection, values: list[Any]) -> None:
    """See CHARGE."""
    await connection.execute(CHARGE, *values)


async def charge(connection: Connection, quote_id: UUID) -> Row | None:
    """What a quote puts on an invoice."""
    return await connection.fetchrow(
        "SELECT id, kind, amount_cents, currency, lines, explanation, performed_on, created_at FROM quote_charges "
        "WHERE quote_id = $1",
        quote_id,
    )


async def consent(connection: Connection, ticket_id: UUID) -> Row | None:
    """See CONSENT."""
    return await connection.fetchrow(CONSENT, ticket_id)


async def insert_alert(connection: Connection, quote_id: UUID, percent: int, minutes: int, now: datetime) -> bool:
    """Whether this share is reached for the first time."""
    return bool(
        await connection.fetchval(
            "INSERT INTO quote_alerts (quote_id, percent, minutes, created_at) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT DO NOTHING RETURNING true",
            quote_id,
            percent,
            minutes,
            now,
        )
    )


async def live_of_permanence(connection: Connection, permanence_id: UUID) -> Row | None:
    """The draft, sent or accepted quote of a permanence."""
    return await connection.fetchrow(
        f"{QUOTE} WHERE q.permanence_id = $1 AND q.status IN ('draft', 'sent', 'accepted')", permanence_id
    )


async def chain_of_permanence(connection: Connection, permanence_id: UUID) -> UUID | None:
    """The newest quote of a permanence, whatever became of it."""
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM quotes WHERE permanence_id = $1 ORDER BY id DESC LIMIT 1", permanence_id
    )
    return found


async def due(connection: Connection, most: int) -> list[Row]:
    """Those whose time is over and whose row does not say so yet."""
    return await connection.fetch(DUE, most)


async def expire(connection: Connection, quote_id: UUID) -> bool:
    """Close one whose time is over; whether that is news."""
    status = await connection.execute(
        f"UPDATE quotes q SET status = 'expired', revision = revision + 1 WHERE q.id = $1 AND {OVER}", quote_id
    )
    return status != "UPDATE 0"


async def remind(connection: Connection, most: int) -> list[Row]:
    """See REMIND."""
    return await connection.fetch(REMIND, most)


async def recipient_of(connection: Connection, client_id: UUID) -> str | None:
    """Where a client's quotes go when nobody says: the billing contact, else the first one."""
    found: str | None = await connection.fetchval(
        "SELECT email FROM contacts WHERE client_id = $1 ORDER BY billing DESC, id LIMIT 1", client_id
    )
    return found
