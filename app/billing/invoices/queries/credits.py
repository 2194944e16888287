"""What is left of an issued invoice, what waits to be given back of it, and payments."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.billing.givebacks.queries import LEFT, LEFT_MINUTES
from app.core.db import Connection, Row
from app.core.sql import one

LINES = f"""
SELECT l.id, l.net_cents, {LEFT} AS left_cents, {LEFT_MINUTES} AS left_minutes,
       coalesce((
           SELECT sum(x.net_cents) FROM invoice_lines x JOIN invoices d ON d.id = x.invoice_id
           WHERE x.client_id = l.client_id AND x.credited_line_id = l.id AND d.kind = 'credit_note'), 0)::bigint
           AS credited_cents
FROM invoice_lines l WHERE l.client_id = $1 AND l.invoice_id = $2 ORDER BY l.position
"""
# What of each entry is still on the line, credit notes subtracted; what was corrected is not invoiced again.
ENTRIES = """
SELECT l.id AS line_id, b.entry_id, sum(b.minutes)::int AS minutes
FROM invoice_lines l JOIN invoice_lines x
    ON x.client_id = l.client_id AND (x.id = l.id OR x.credited_line_id = l.id)
JOIN invoice_entries b ON b.line_id = x.id JOIN time_entries e ON e.id = b.entry_id
WHERE l.client_id = $1 AND l.invoice_id = $2 AND NOT EXISTS (SELECT FROM time_entries c WHERE c.corrects_id = e.id)
GROUP BY l.id, b.entry_id, l.quantity HAVING sum(b.minutes) * sign(l.quantity) > 0
ORDER BY l.id, b.entry_id
"""
# Of a contract's purchase: also one that refunds gave back wholly, for nothing is left to charge then; not one that was
# credited to be invoiced again.
PURCHASE = """
SELECT i.id FROM invoices i JOIN invoice_states s ON s.invoice_id = i.id
WHERE i.client_id = $1 AND i.contract_id = $2 AND (s.live OR NOT EXISTS (
    SELECT FROM invoices n JOIN invoice_lines x ON x.invoice_id = n.id
    WHERE n.client_id = i.client_id AND n.credits_id = i.id
    AND NOT EXISTS (SELECT FROM invoice_claims c WHERE c.client_id = x.client_id AND c.line_id = x.id)))
"""
PAYMENT = "id, invoice_id, amount_cents, currency, paid_on, reference, reverses_id, reason, created_at"


async def lock_invoice(connection: Connection, client_id: UUID, invoice_id: UUID) -> None:
    """Nobody credits or pays it, or moves the client's time, until the transaction ends."""
    await connection.execute("SELECT FROM clients WHERE id = $1 FOR NO KEY UPDATE", client_id)
    await connection.execute("SELECT FROM invoice_states WHERE invoice_id = $1 FOR UPDATE", invoice_id)


async def lines(connection: Connection, client_id: UUID, invoice_id: UUID) -> list[Row]:
    """What is left of each line, and what credit notes have given back of it."""
    return await connection.fetch(LINES, client_id, invoice_id)


async def entries(connection: Connection, client_id: UUID, invoice_id: UUID) -> list[Row]:
    """See ENTRIES."""
    return await connection.fetch(ENTRIES, client_id, invoice_id)


async def insert_payment(connection: Connection, values: Sequence[Any]) -> Row:
    """id, client, invoice, cents, currency, date, reference, what it reverses, why, instant."""
    return await one(
        connection,
        "INSERT INTO payments (id, client_id, invoice_id, amount_cents, currency, paid_on, reference, reverses_id, "
        f"reason, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING {PAYMENT}",
        *values,
    )


async def outstanding(connection: Connection, invoice_id: UUID) -> int:
    """What is owed of an issued invoice, in cents; below zero what the client has too much."""
    owed: int = await connection.fetchval(
        "SELECT i.total_cents - s.credited_cents - s.paid_cents FROM invoices i "
        "JOIN invoice_states s ON s.invoice_id = i.id WHERE i.id = $1",
        invoice_id,
    )
    return owed


async def payment(connection: Connection, invoice_id: UUID, payment_id: UUID) -> Row | None:
    """One payment, and whether it was reversed."""
    return await connection.fetchrow(
        f"SELECT {PAYMENT}, EXISTS (SELECT FROM payments r WHERE r.reverses_id = p.id) AS reversed "
        "FROM payments p WHERE invoice_id = $1 AND id = $2",
        invoice_id,
        payment_id,
    )


async def payments(connection: Connection, client_id: UUID, invoice_id: UUID, after: UUID, limit: int) -> list[Row]:
    """What came for an invoice, in order."""
    return await connection.fetch(
        f"SELECT {PAYMENT} FROM payments WHERE client_id = $1 AND invoice_id = $2 AND id > $3 "
        f"ORDER BY id LIMIT {limit:d}",
        client_id,
        invoice_id,
        after,
    )


async def unpaid_refunds(connection: Connection, contract_id: UUID) -> list[Row]:
    """Refunds of a contract that no credit note has given back yet, in order (C6)."""
    return await connection.fetch(
        "SELECT m.id, m.minutes, m.amount_cents, m.reason FROM contract_movements m "
        "WHERE m.contract_id = $1 AND m.kind = 'refunded' AND m.amount_cents > 0 "
        "AND NOT EXISTS (SELECT FROM invoice_claims c WHERE c.refund_id = m.id) ORDER BY m.position",
        contract_id,
    )


async def purchase_invoice(connection: Connection, client_id: UUID, contract_id: UUID) -> UUID | None:
    """The invoice that charges the contract's purchase: see PURCHASE."""
    found: UUID | None = await connection.fetchval(PURCHASE, client_id, contract_id)
    return found
