"""Documents written, issued and read; each statement for all rows of its kind at once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.ids import new_id
from app.core.jobs import INSERT_JOB
from app.core.sql import one

COLUMNS = """id, client_id, kind, basis, status, period, period_start, period_end, contract_id, credits_id, currency,
    subtotal_cents, vat_cents, total_cents, body, digest, created_at"""
DOCUMENT = """
SELECT i.id, i.client_id, i.kind, i.basis, i.status, i.period, i.period_start, i.period_end, i.contract_id,
       i.credits_id, i.currency, i.subtotal_cents, i.vat_cents, i.total_cents, i.body, i.digest, i.number, i.issued_on,
       i.due_on, i.issued_at, i.sha256, i.created_at, s.version, s.live, s.paid_cents, s.credited_cents, s.updated_at,
       s.xid, x.external_reference, x.exported_at,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'number', n.number, 'total_cents', n.total_cents,
                                                     'issued_on', n.issued_on) ORDER BY n.number), '[]')
        FROM invoices n WHERE n.client_id = i.client_id AND n.credits_id = i.id AND n.status = 'issued') AS credit_notes
FROM invoices i JOIN invoice_states s ON s.invoice_id = i.id LEFT JOIN invoice_exports x ON x.invoice_id = i.id
"""
LINE_COLUMNS = """id, client_id, invoice_id, position, kind, ticket_id, description, quantity, unit, unit_price_cents,
    base_quantity, discount_bp, net_cents, vat_category, vat_rate_bp, terms_id, source_id, credited_line_id"""
LINES = f"""
INSERT INTO invoice_lines ({LINE_COLUMNS})
SELECT {LINE_COLUMNS} FROM jsonb_to_recordset($1) AS l (id uuid, client_id uuid, invoice_id uuid, position int,
    kind text, ticket_id uuid, description text, quantity int, unit text, unit_price_cents bigint, base_quantity int,
    discount_bp int, net_cents bigint, vat_category text, vat_rate_bp int, terms_id uuid, source_id uuid,
    credited_line_id uuid)
"""
ENTRIES = """
INSERT INTO invoice_entries (line_id, entry_id, minutes) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[])
"""
CLAIMS = """
INSERT INTO invoice_claims (id, client_id, line_id, fee_id, charge_id, refund_id)
SELECT id, $1, line_id, fee_id, charge_id, refund_id
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[]) AS c (id, line_id, fee_id, charge_id, refund_id)
"""
ANNEX = """
INSERT INTO invoice_pools (invoice_id, contract_id, client_id, period_end, position, left_minutes)
SELECT $1, contract_id, $2, $3, position, left_minutes
FROM unnest($4::uuid[], $5::int[], $6::int[]) AS p (contract_id, position, left_minutes)
"""
# The last statement of an issue: number, hash, history, mail and the run's result with one look at the series (I4).
ISSUE = f"""
WITH issued AS (
    UPDATE invoices SET status = 'issued', issued_at = $2, due_on = $3 WHERE id = $1
    RETURNING id, client_id, kind, basis, period, number, total_cents, currency, issued_on, credits_id
), told AS (
    INSERT INTO events (id, type, client_id, subject_id, actor, data, occurred_at)
    SELECT $4, kind || '.issued', client_id, id, $5,
           jsonb_build_object('number', number, 'period', period, 'total_cents', total_cents, 'currency', currency,
                              'issued_on', issued_on, 'credits_id', credits_id), $2
    FROM issued
), mailed AS (
    {INSERT_JOB}
    SELECT $6, 'invoice_mail', jsonb_build_object('invoice_id', id), $2, $2, 'invoice_mail ' || id FROM issued
), noted AS (
    INSERT INTO invoice_run_results (run_id, client_id, outcome, invoice_id, created_at)
    SELECT $7, client_id, 'created', id, $2 FROM issued WHERE $7::uuid IS NOT NULL
)
SELECT id, number, issued_on FROM issued
"""


async def insert(connection: Connection, values: Mapping[str, Any]) -> None:
    """A new document; `values` holds every one of COLUMNS."""
    await connection.execute(
        f"INSERT INTO invoices ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
        "$16, $17)",
        *[values[name.strip()] for name in COLUMNS.split(",")],
    )


async def rewrite(connection: Connection, document_id: UUID, values: Mapping[str, Any]) -> None:
    """A draft anew: another body with its sums, or on its way to be issued."""
    await connection.execute(
        "UPDATE invoices SET status = $2, subtotal_cents = $3, vat_cents = $4, total_cents = $5, body = $6, "
        "digest = $7 WHERE id = $1",
        document_id,
        *[values[name] for name in ("status", "subtotal_cents", "vat_cents", "total_cents", "body", "digest")],
    )


async def delete_draft(connection: Connection, document_id: UUID) -> None:
    """A draft holds nothing: it goes without a trace but its event."""
    await connection.execute("DELETE FROM invoices WHERE id = $1", document_id)


async def insert_lines(connection: Connection, lines: Sequence[Mapping[str, Any]]) -> None:
    """The lines of documents that are being issued."""
    await connection.execute(LINES, lines)


async def insert_entries(connection: Connection, links: Sequence[tuple[UUID, UUID, int]]) -> None:
    """(line, entry, minutes): what is open of an entry goes onto the line, or comes back from it."""
    await connection.execute(ENTRIES, *[list(column) for column in zip(*links, strict=True)])


async def insert_claims(connection: Connection, client_id: UUID, claims: Sequence[Sequence[UUID | None]]) -> None:
    """(id, line, fee's booking, quote's charge, contract's refund), one of the last three."""
    await connection.execute(CLAIMS, client_id, *[list(column) for column in zip(*claims, strict=True)])


async def release_claims(connection: Connection, lines: Sequence[UUID]) -> None:
    """What those lines charged can be invoiced again; the database agrees once they are credited whole."""
    await connection.execute("DELETE FROM invoice_claims WHERE line_id = ANY ($1::uuid[])", list(lines))


async def insert_annex(
    connection: Connection, document_id: UUID, client_id: UUID, until: date, pools: Sequence[tuple[UUID, int, int]]
) -> None:
    """(contract, last line told, minutes left)."""
    columns = [list(column) for column in zip(*pools, strict=True)]
    await connection.execute(ANNEX, document_id, client_id, until, *columns)


async def issue(
    connection: Connection,
    document_id: UUID,
    due_on: date | None,
    *,
    run_id: UUID | None,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """See ISSUE: its id, number and date."""
    return await one(connection, ISSUE, document_id, now, due_on, new_id(), actor, new_id(), run_id)


async def document(connection: Connection, document_id: UUID) -> Row | None:
    """One document and how it stands."""
    return await connection.fetchrow(f"{DOCUMENT} WHERE i.id = $1", document_id)


async def standing(connection: Connection, client_id: UUID, period: str) -> list[Row]:
    """The live documents of a client's period, drafts too."""
    return await connection.fetch(
        "SELECT i.id, i.kind, i.status, i.digest, i.body, i.number FROM invoices i "
        "JOIN invoice_states s ON s.invoice_id = i.id AND s.live "
        "WHERE s.client_id = $1 AND s.period = $2 ORDER BY i.id",
        client_id,
        period,
    )


async def issued_after(connection: Connection, kind: str, day: date) -> date | None:
    """The last date of the year's series, where it lies after that day: the clock has gone back."""
    found: date | None = await connection.fetchval(
        "SELECT issued_on FROM invoice_counters "
        "WHERE kind = $1 AND year = date_part('year', $2::date) AND issued_on > $2",
        kind,
        day,
    )
    return found
