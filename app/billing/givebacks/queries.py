"""SQL of what is left of invoiced lines, and of the counter-entries that wait to give back of them (P6, I4)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.core.db import Connection, Row

# What credit notes and adjustments gave back of line `l`; an adjustment that was credited itself gave nothing.
GIVEN = """coalesce((
        SELECT sum(CASE d.kind WHEN 'credit_note' THEN x.{0} ELSE coalesce((
            SELECT sum(y.{0}) FROM invoice_lines y
            WHERE y.client_id = x.client_id AND y.credited_line_id = x.id{1}), 0) - x.{0} END)
        FROM invoice_lines x JOIN invoices d ON d.id = x.invoice_id
        WHERE x.client_id = l.client_id AND x.credited_line_id = l.id{2}), 0)"""
LEFT = f"l.net_cents - {GIVEN.format('net_cents', '', '')}::bigint"
# Cents of urgency `u` that are on no invoice yet; a reversed fee gives back at most what is left of its line (U4).
OPEN_FEE = f"""CASE WHEN {{0}} < 0 THEN greatest({{0}}, -(
        SELECT {LEFT} FROM urgency_fees b JOIN invoice_claims k ON k.fee_id = b.id
        JOIN invoice_lines l ON l.id = k.line_id
        WHERE b.urgency_id = u.id AND l.kind = 'urgency' ORDER BY l.id DESC LIMIT 1)) ELSE {{0}} END"""
_MINUTES = GIVEN.format("quantity", " AND y.unit = 'minute'", " AND x.unit = 'minute'")
LEFT_MINUTES = f"l.quantity - {_MINUTES}::int"
# The line of an invoice that an entry's minutes stand on, credit notes subtracted; one that has something left first.
HELD = f"""
    SELECT l.id AS line_id, i.number AS invoice_number, i.id AS invoice_id, l.vat_category, l.vat_rate_bp,
           {LEFT} AS left_cents, {LEFT_MINUTES} AS left_minutes
    FROM invoice_entries b JOIN invoice_lines l ON l.id = b.line_id
    JOIN invoices i ON i.id = l.invoice_id AND i.kind = 'invoice'
    WHERE b.entry_id = {{}} AND b.minutes + coalesce((
        SELECT sum(c.minutes) FROM invoice_lines n JOIN invoice_entries c ON c.line_id = n.id
        WHERE n.client_id = l.client_id AND n.credited_line_id = l.id AND c.entry_id = b.entry_id), 0) > 0
"""
GROUPED = """o.ticket_id, t.number, t.subject, o.hourly_rate_cents, o.discount_bp, o.terms_id, o.worked_on, o.late,
    o.agent_id, g.name"""
# Counter-entries, each with the line that its entry stands on.
CORRECTIONS = f"""
SELECT o.client_id, {GROUPED.replace("g.name", "g.name AS agent")}, o.minutes, o.entry_id, origin.*
FROM open_time o JOIN tickets t ON t.id = o.ticket_id JOIN agents g ON g.id = o.agent_id
CROSS JOIN LATERAL (
    SELECT * FROM ({HELD.format("o.corrects_id")}) AS held
    ORDER BY (held.left_cents > 0) DESC, held.line_id DESC LIMIT 1) AS origin
WHERE o.client_id = ANY ($1::uuid[]) AND o.worked_on < $2 AND o.corrects_id IS NOT NULL
ORDER BY t.number, origin.line_id, o.worked_on, g.name, o.agent_id, o.entry_id
"""


async def corrections(connection: Connection, clients: Sequence[UUID], until: date) -> list[Row]:
    """See CORRECTIONS; of work before that local date."""
    return await connection.fetch(CORRECTIONS, clients, until)


async def held(connection: Connection, entry_id: UUID) -> list[Row]:
    """The lines that an entry stands on, and what is left of each."""
    return await connection.fetch(f"{HELD.format('$1')} ORDER BY l.id", entry_id)
