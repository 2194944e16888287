"""SQL of the terms and of who was told about them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import one

TERMS = """t.id, t.effective_on, t.currency, t.hourly_rate_cents, t.contract_discount_bp, t.urgency_opening_fee_cents,
    t.urgency_hourly_rate_cents, t.urgency_included_minutes, t.billing_increment_minutes, t.minimum_minutes,
    t.quote_threshold_minutes, t.out_of_hours_hourly_rate_cents, t.bills_in_project, t.contract_grace_days,
    t.contract_usable_before_issue, t.prepaid_covers_urgent, t.overflow_discount_bp, t.usage_alert_percents,
    t.expiry_alert_days, t.quote_valid_days, t.payment_due_days, t.future_tolerance_minutes, t.reopen_days,
    t.notice_days, t.quote_reminder_days, t.permanence_grid, t.reason, t.text, t.published_at"""
COLUMNS = TERMS.replace("t.", "")

PEOPLE = """
SELECT cl.id AS client_id, co.name, co.email, coalesce(co.language, cl.language) AS language
FROM clients cl LEFT JOIN contacts co ON co.client_id = cl.id ORDER BY cl.id, co.id FOR KEY SHARE OF cl
"""
# The latest of what was priced by its date; urgencies were opened in the order of their ids.
PRICED = """
SELECT (SELECT max(worked_on) FROM time_entries) AS worked_on,
       (SELECT max(purchased_on) FROM contracts) AS purchased_on,
       (SELECT opened_at FROM urgencies ORDER BY id DESC LIMIT 1) AS opened_at
"""
# One statement for all clients: the mails, their jobs, and the proof of who was told.
TELL = """
WITH told AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[])
        AS one (notice_id, mail_id, job_id, client_id, name, recipient, mailbox, language)
), mail AS (
    INSERT INTO outgoing_mails (id, kind, recipient, mailbox, language, facts, status, created_at)
    SELECT mail_id, 'terms_notice', recipient, mailbox, language, jsonb_build_object('terms_id', $9::uuid), 'queued',
           $10
    FROM told WHERE recipient IS NOT NULL
), job AS (
    INSERT INTO jobs (id, kind, payload, run_at, created_at)
    SELECT job_id, 'send_mail', jsonb_build_object('mail_id', mail_id), $10, $10 FROM told WHERE recipient IS NOT NULL
)
INSERT INTO terms_notices (id, terms_id, client_id, contact_name, recipient, mail_id, created_at)
SELECT notice_id, $9, client_id, name, recipient, CASE WHEN recipient IS NOT NULL THEN mail_id END, $10 FROM told
"""
NOTICES = """
SELECT n.id, n.client_id, n.contact_name, n.recipient, m.language, coalesce(m.status, 'no_contact') AS status,
       n.created_at, m.sent_at
FROM terms_notices n LEFT JOIN outgoing_mails m ON m.id = n.mail_id
WHERE n.terms_id = $1 AND n.id > $2 ORDER BY n.terms_id, n.id LIMIT $3
"""


async def terms(connection: Connection, terms_id: UUID) -> Row | None:
    """One version."""
    return await connection.fetchrow(f"SELECT {TERMS} FROM terms t WHERE t.id = $1", terms_id)


async def terms_of(connection: Connection, terms_ids: Collection[UUID]) -> list[Row]:
    """Several versions."""
    return await connection.fetch(f"SELECT {TERMS} FROM terms t WHERE t.id = ANY ($1::uuid[])", list(terms_ids))


async def terms_on(connection: Connection, day: date) -> Row | None:
    """The version in force on a local date (P3)."""
    return await connection.fetchrow(
        f"SELECT {TERMS} FROM terms t WHERE t.effective_on <= $1 ORDER BY t.effective_on DESC LIMIT 1", day
    )


async def versions(connection: Connection, before: date | None, limit: int) -> list[Row]:
    """Versions, the newest first."""
    return await connection.fetch(
        f"SELECT {TERMS} FROM terms t WHERE $1::date IS NULL OR t.effective_on < $1 "
        "ORDER BY t.effective_on DESC LIMIT $2",
        before,
        limit,
    )


async def lock_versions(connection: Connection) -> None:
    """One publication at a time, and nothing is priced meanwhile: triggers share this lock (check_terms_in_force)."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('terms', 0))")


async def priced(connection: Connection) -> Row:
    """See PRICED."""
    return await one(connection, PRICED)


async def insert_terms(connection: Connection, values: Mapping[str, Any]) -> Row:
    """A new version; `values` holds every column."""
    return await one(
        connection,
        f"INSERT INTO terms ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
        f"$16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29) RETURNING {COLUMNS}",
        *[values[name.strip()] for name in COLUMNS.split(",")],
    )


async def everybody(connection: Connection) -> list[Row]:
    """Each contact of each client, or the client once without a name; nobody removes a client meanwhile."""
    return await connection.fetch(PEOPLE)


async def tell(connection: Connection, people: Sequence[Sequence[Any]], terms_id: UUID, now: datetime) -> None:
    """See TELL; `people` holds one tuple for each notice."""
    columns = [list(column) for column in zip(*people, strict=True)] or [[] for _ in range(8)]
    await connection.execute(TELL, *columns, terms_id, now)


async def notices(connection: Connection, terms_id: UUID, after: UUID, limit: int) -> list[Row]:
    """Who was told of a version, and how far each mail has come."""
    return await connection.fetch(NOTICES, terms_id, after, limit)
