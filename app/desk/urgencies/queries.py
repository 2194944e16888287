"""SQL of urgencies and the bookings of their fee."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row

# The urgency with the fee of the terms in force, its charge unless none is due, and the history; once per ticket.
OPEN = """
WITH made AS (
    INSERT INTO urgencies (id, ticket_id, client_id, requested_by, opened_at, terms_id, opening_fee_cents, currency)
    SELECT $1, t.id, t.client_id, $3, $4, terms.id, terms.urgency_opening_fee_cents, terms.currency
    FROM tickets t, (SELECT * FROM terms WHERE effective_on <= $5 ORDER BY effective_on DESC LIMIT 1) AS terms
    WHERE t.id = $2
    ON CONFLICT (ticket_id) DO NOTHING RETURNING id, ticket_id, client_id, opening_fee_cents
), fee AS (
    INSERT INTO urgency_fees (id, urgency_id, kind, amount_cents, created_at)
    SELECT $6, id, 'charge', opening_fee_cents, $4 FROM made WHERE $7::boolean
)
INSERT INTO events (id, type, ticket_id, client_id, subject_id, actor, data, occurred_at)
SELECT $8, 'urgency.opened', ticket_id, client_id, id, $9,
       jsonb_build_object('requested_by', $3::text, 'fee_cents', CASE WHEN $7 THEN opening_fee_cents END), $4
FROM made RETURNING subject_id
"""
# What a booking makes of the fee: a charge that is on an invoice is due no more.
FEE_KIND = """CASE WHEN f.kind IN ('charge', 'reinstatement')
         AND EXISTS (SELECT FROM invoice_claims x WHERE x.fee_id = f.id) THEN 'invoiced' ELSE f.kind END"""
# How the fee stands is what its last booking says: the one that no other reverses.
STANDING = f"""
SELECT u.id, u.ticket_id, u.client_id, u.opening_fee_cents, f.id AS fee_id, {FEE_KIND} AS fee
FROM urgencies u LEFT JOIN urgency_fees f
    ON f.urgency_id = u.id AND NOT EXISTS (SELECT FROM urgency_fees r WHERE r.reverses_id = f.id)
WHERE u.ticket_id = $1
"""
BOOK = """
INSERT INTO urgency_fees (id, urgency_id, kind, amount_cents, reverses_id, reason, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
# A reversed fee whose charge was credited whole before has been given back: it stands on the credit note (U4, I4).
SETTLE_FEES = """
INSERT INTO invoice_claims (id, client_id, line_id, fee_id)
SELECT gen_random_uuid(), l.client_id, note.id, f.id
FROM urgencies u JOIN urgency_fees f ON f.urgency_id = u.id AND f.amount_cents < 0
JOIN invoice_claims b ON b.fee_id = f.reverses_id JOIN invoice_lines l ON l.id = b.line_id
CROSS JOIN LATERAL (
    SELECT max(n.id::text)::uuid AS id, sum(n.net_cents) AS net_cents
    FROM invoice_lines n JOIN invoices d ON d.id = n.invoice_id AND d.kind = 'credit_note'
    WHERE n.client_id = l.client_id AND n.credited_line_id = l.id) AS note
WHERE {} AND note.net_cents = l.net_cents AND NOT EXISTS (SELECT FROM invoice_claims x WHERE x.fee_id = f.id)
"""


async def open_urgency(
    connection: Connection,
    ids: tuple[UUID, UUID, UUID],
    ticket_id: UUID,
    requested_by: str,
    *,
    fee_is_due: bool,
    actor: dict[str, str],
    today: date,
    now: datetime,
) -> UUID | None:
    """See OPEN; `ids` are the urgency's, its charge's and its event's. None when the ticket has one already."""
    id_, fee_id, event_id = ids
    values = [id_, ticket_id, requested_by, now, today, fee_id, fee_is_due, event_id, actor]
    opened: UUID | None = await connection.fetchval(OPEN, *values)
    return opened


async def standing(connection: Connection, ticket_id: UUID) -> Row | None:
    """See STANDING; the caller holds the ticket's lock."""
    return await connection.fetchrow(STANDING, ticket_id)


async def book(connection: Connection, values: Sequence[Any]) -> None:
    """One booking of a fee: id, urgency, kind, signed cents, what it reverses, why, when."""
    await connection.execute(BOOK, *values)


async def settle_fee(connection: Connection, urgency_id: UUID) -> None:
    """See SETTLE_FEES, of one urgency."""
    await connection.execute(SETTLE_FEES.format("u.id = $1"), urgency_id)


async def settle_fees(connection: Connection, client_id: UUID) -> None:
    """See SETTLE_FEES, of all urgencies of a client."""
    await connection.execute(SETTLE_FEES.format("u.client_id = $1"), client_id)
