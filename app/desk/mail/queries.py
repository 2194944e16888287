"""SQL of outgoing mails: promise one, read what it says, record what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.jobs import INSERT_JOB
from app.core.sql import one

INSERT_MAIL = """
INSERT INTO outgoing_mails (id, kind, ticket_id, recipient, mailbox, language, facts, status, created_at)"""
QUEUE = f"""
WITH mail AS ({INSERT_MAIL} VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8))
{INSERT_JOB} VALUES ($9, 'send_mail', jsonb_build_object('mail_id', $1::uuid), $8, $8, NULL)
"""
# A mail with its ticket as it is now, the terms its urgency was accepted under, the message it carries, and the
# acknowledgement that a mail program threads it under.
MAIL = """
SELECT m.id, m.kind, m.recipient, m.language, m.status, m.created_at, m.ticket_id,
       (m.facts ->> 'quote_id')::uuid AS quote_id, m.facts,
       t.number, t.lane, t.subject, t.requester_name, t.received_at, t.urgency_fee_cents,
       terms.currency, coalesce(terms.urgency_hourly_rate_cents, terms.hourly_rate_cents) AS urgency_hourly_rate_cents,
       terms.urgency_included_minutes, said.author_name, said.body, first.id AS acknowledgement_id,
       ARRAY(SELECT header_message_id FROM inbound_messages i WHERE i.ticket_id = m.ticket_id
             AND i.header_message_id IS NOT NULL AND i.outcome IN ('ticket', 'message')
             AND i.kind = 'person' AND i.received_at <= m.created_at
             ORDER BY i.received_at, i.id LIMIT 50) AS answered
FROM outgoing_mails m
LEFT JOIN tickets t ON t.id = m.ticket_id
LEFT JOIN terms ON terms.id = t.terms_id
LEFT JOIN messages said ON said.ticket_id = m.ticket_id AND said.id = (m.facts ->> 'message_id')::uuid
LEFT JOIN outgoing_mails first ON first.ticket_id = m.ticket_id AND first.kind = 'acknowledgement'
    AND first.status = 'sent' AND first.id <> m.id
WHERE m.id = $1
"""
# What stands on the paper of a quote; see `app/adapters/quote_words.py`.
QUOTE = """
SELECT q.id, q.number, q.version, q.kind, q.language, q.lines, q.remarks, q.cancellation, q.urgency_fee_applies,
       q.currency, q.subtotal_cents, q.vat_category, q.vat_rate_bp, q.vat_cents, q.total_cents, q.quoted_on,
       q.valid_until_on, q.text_sha256, c.name AS client_name, coalesce(p.windows, '[]') AS windows,
       coalesce(t.number || ' ' || t.subject, p.event) AS about
FROM quotes q JOIN clients c ON c.id = q.client_id
LEFT JOIN tickets t ON t.id = q.ticket_id LEFT JOIN permanence_requests p ON p.id = q.permanence_id
WHERE q.id = $1
"""
TERMS = """
SELECT effective_on, text, hourly_rate_cents, contract_discount_bp, urgency_opening_fee_cents AS urgency_fee_cents,
       currency
FROM terms WHERE id = $1
"""
# The contract as it is now: a mail that was late tells what is left today.
CONTRACT_ALERT = """
SELECT a.kind AS alert, a.threshold, c.year, c.drawn_minutes, c.expires_on,
       c.bought_minutes + c.granted_minutes - c.refunded_minutes - c.carried_minutes AS total_minutes
FROM contract_alerts a JOIN contracts c ON (c.client_id, c.id) = (a.client_id, a.contract_id) WHERE a.id = $1
"""
# Issued, so it never changes again.
INVOICE = "SELECT id, client_id, body, number, issued_on, due_on FROM invoices WHERE id = $1 AND status = 'issued'"
BILLING_CONTACTS = "SELECT email FROM contacts WHERE client_id = $1 AND billing ORDER BY id"
SENT = "UPDATE outgoing_mails SET status = 'sent', sent_at = $2, reason = NULL WHERE id = $1"
FAILED = """
UPDATE outgoing_mails m SET status = 'failed', reason = $2 WHERE id = $1 AND status = 'queued'
RETURNING m.id, m.kind, m.ticket_id, m.mailbox,
    coalesce((SELECT client_id FROM tickets WHERE id = m.ticket_id),
             (SELECT client_id FROM invoices WHERE id = (m.facts ->> 'invoice_id')::uuid)) AS client_id
"""
DELAYED = "UPDATE outgoing_mails SET reason = $2 WHERE id = $1 AND status = 'queued'"


async def queue(connection: Connection, values: Sequence[Any]) -> None:
    """See QUEUE."""
    await connection.execute(QUEUE, *values)


async def mail(connection: Connection, mail_id: UUID) -> Row | None:
    """See MAIL."""
    return await connection.fetchrow(MAIL, mail_id)


async def quote(connection: Connection, quote_id: UUID) -> Row:
    """See QUOTE; quotes are never deleted."""
    return await one(connection, QUOTE, quote_id)


async def mark_sent(connection: Connection, mail_id: UUID, now: datetime) -> None:
    """A server has taken responsibility for it."""
    await connection.execute(SENT, mail_id, now)


async def mark_delayed(connection: Connection, mail_id: UUID, reason: str) -> None:
    """It could not be sent yet; another attempt follows."""
    await connection.execute(DELAYED, mail_id, reason)


async def mark_failed(connection: Connection, mail_id: UUID, reason: str) -> Row | None:
    """It will not be sent; whose it was, or None when that was known already."""
    return await connection.fetchrow(FAILED, mail_id, reason)


async def terms(connection: Connection, terms_id: UUID) -> Row:
    """What a notice of new terms says."""
    return await one(connection, TERMS, terms_id)


async def contract_alert(connection: Connection, alert_id: UUID) -> Row:
    """See CONTRACT_ALERT."""
    return await one(connection, CONTRACT_ALERT, alert_id)


async def invoice(connection: Connection, invoice_id: UUID) -> Row:
    """See INVOICE."""
    return await one(connection, INVOICE, invoice_id)


async def billing_contacts(connection: Connection, client_id: UUID) -> list[Row]:
    """To whom a client's invoices go."""
    return await connection.fetch(BILLING_CONTACTS, client_id)
