"""What stands behind a line, read from the facts again."""

from uuid import UUID

from app.billing.givebacks.queries import GIVEN
from app.billing.time_entries.queries import ENTRY
from app.core.db import Connection, Row

LINE = """
SELECT l.*, i.kind AS document_kind, i.number, i.credits_id,
       (SELECT (v ->> 'vat_cents')::bigint FROM jsonb_array_elements(i.body::jsonb -> 'vat') AS v
        WHERE (v ->> 'category', (v ->> 'rate_bp')::int) = (l.vat_category, l.vat_rate_bp)) AS vat_cents
FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id WHERE l.invoice_id = $1 AND l.id = $2
"""
SIBLINGS = """
SELECT id, net_cents FROM invoice_lines
WHERE invoice_id = $1 AND vat_category = $2 AND vat_rate_bp = $3 ORDER BY position
"""
LINKED = f"""
SELECT entry.*, b.minutes AS invoiced_here, g.name AS agent
FROM invoice_entries b JOIN ({ENTRY}) AS entry ON entry.id = b.entry_id JOIN agents g ON g.id = entry.agent_id
WHERE b.line_id = $1 ORDER BY entry.worked_on, g.name, entry.agent_id, entry.id
"""
FEES = """
SELECT f.id, f.kind, f.amount_cents, f.reason, f.created_at FROM invoice_claims c JOIN urgency_fees f ON f.id = c.fee_id
WHERE c.line_id = $1 ORDER BY f.id
"""
# By what the line names: its claim goes when a credit note lets the charge be invoiced again.
CHARGE = "SELECT id, kind, amount_cents, lines, explanation, performed_on FROM quote_charges WHERE id = $1"
CONTRACT = """
SELECT id, year, bought_minutes, hourly_rate_cents, discount_bp, terms_id, price_cents, purchased_on
FROM contracts WHERE id = $1
"""
URGENCY = """
SELECT u.id, u.ticket_id, u.opened_at, u.requested_by, u.opening_fee_cents, u.terms_id,
       t.urgency_opening_fee_cents AS terms_fee_cents
FROM urgencies u JOIN terms t ON t.id = u.terms_id WHERE u.id = $1
"""
REFUND = """
SELECT m.id, m.minutes, m.amount_cents, m.reason FROM invoice_claims c JOIN contract_movements m ON m.id = c.refund_id
WHERE c.line_id = $1
"""
CREDITED = """
SELECT l.id, i.number, l.net_cents, l.quantity, l.unit, l.unit_price_cents, l.base_quantity, l.discount_bp, l.kind
FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id WHERE l.id = $1
"""
# The line that an adjustment gives back of, and what was left of it before.
_BEFORE = " AND (d.issued_at, x.id) < (w.issued_at, a.id)"
_UNDONE = """ AND EXISTS (SELECT FROM invoices z
                WHERE z.id = y.invoice_id AND (z.issued_at, y.id) < (w.issued_at, a.id))"""
_MINUTES = GIVEN.format("quantity", f" AND y.unit = 'minute'{_UNDONE}", f" AND x.unit = 'minute'{_BEFORE}")
ADJUSTED = f"""
SELECT l.id, i.number, l.net_cents, l.quantity, l.unit, l.unit_price_cents, l.base_quantity, l.discount_bp, l.kind,
       l.net_cents - {GIVEN.format("net_cents", _UNDONE, _BEFORE)}::bigint AS left_cents,
       l.quantity - {_MINUTES}::int AS left_minutes
FROM invoice_lines a JOIN invoices w ON w.id = a.invoice_id JOIN invoice_lines l ON l.id = a.credited_line_id
JOIN invoices i ON i.id = l.invoice_id WHERE a.id = $1
"""


async def line(connection: Connection, invoice_id: UUID, line_id: UUID) -> Row | None:
    """A line as it was written."""
    return await connection.fetchrow(LINE, invoice_id, line_id)


async def siblings(connection: Connection, stored: Row) -> list[Row]:
    """The document's lines that are taxed alike, in order."""
    return await connection.fetch(SIBLINGS, stored["invoice_id"], stored["vat_category"], stored["vat_rate_bp"])


async def linked(connection: Connection, line_id: UUID) -> list[Row]:
    """The entries on a line, and what of each is on it."""
    return await connection.fetch(LINKED, line_id)


async def fees(connection: Connection, line_id: UUID) -> list[Row]:
    """The fee's bookings on a line."""
    return await connection.fetch(FEES, line_id)


async def source(connection: Connection, statement: str, id_: UUID | None) -> Row | None:
    """What a line is about: one of the statements above."""
    return await connection.fetchrow(statement, id_)
