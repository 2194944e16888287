"""Documents written, issued and read; each statement for all rows of its kind at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.ids import new_id
from app.core.jobs import INSERT_JOB

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
# In the order in which the entries were logged, so that neighbours on the disk are met together.
ENTRIES = """
INSERT INTO invoice_entries (line_id, entry_id, minutes)
SELECT l.line_id, n.entry_id, n.minutes FROM unnest($1::uuid[], $2::text[], $3::text[]) AS l (line_id, entries, minutes)
CROSS JOIN LATERAL unnest(l.entries::uuid[], l.minutes::int[]) AS n (entry_id, minutes) ORDER BY n.entry_id
"""
CLAIMS = """
INSERT INTO invoice_claims (id, client_id, line_id, fee_id, charge_id, refund_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[])
"""
ANNEX = """
INSERT INTO invoice_pools (invoice_id, contract_id, client_id, period_end, position, left_minutes)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[], $5::int[], $6::int[])
"""
# The last statement of an issue: numbers, hashes, history, mails and the run's results with one look at the series
# (I4). Documents get their numbers in the order in which they are given.
ISSUE = f"""
WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::uuid[]) AS a (id, due_on, event_id, job_id)
), issued AS (
    UPDATE invoices i SET status = 'issued', issued_at = $5, due_on = asked.due_on FROM asked WHERE i.id = asked.id
    RETURNING i.id, i.client_id, i.kind, i.period, i.number, i.total_cents, i.currency, i.issued_on, i.credits_id,
              asked.event_id, asked.job_id
), told AS (
    INSERT INTO events (id, type, client_id, subject_id, actor, data, occurred_at)
    SELECT event_id, kind || '.issued', client_id, id, $6,
           jsonb_build_object('number', number, 'period', period, 'total_cents', total_cents, 'currency', currency,
                              'issued_on', issued_on, 'credits_id', credits_id), $5
    FROM issued
), mailed AS (
    {INSERT_JOB}
    SELECT job_id, 'invoice_mail', jsonb_build_object('invoice_id', id), $5, $5, 'invoice_mail ' || id FROM issued
), noted AS (
    INSERT INTO invoice_run_results (run_id, client_id, outcome, invoice_id, created_at)
    SELECT $7, client_id, 'created', id, $5 FROM issued WHERE $7::uuid IS NOT NULL
)
SELECT id, number, issued_on FROM issued
"""
INSERT = f"""
INSERT INTO invoices ({COLUMNS})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""


async def insert(connection: Connection, documents: Iterable[Mapping[str, Any]]) -> None:
    """New documents; each holds every one of COLUMNS."""
    names = [name.strip() for name in COLUMNS.split(",")]
    await connection.executemany(INSERT, [[values[name] for name in names] for values in documents])


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


async def insert_entries(connection: Connection, links: Iterable[tuple[UUID, str, str]]) -> None:
    """(line, entries, their minutes), the lists as ARRAYs' texts: what is open goes onto the line, or comes back."""
    await connection.execute(ENTRIES, *[list(column) for column in zip(*links, strict=True)])


async def insert_claims(connection: Connection, claims: Iterable[Sequence[UUID | None]]) -> None:
    """(id, client, line, fee's booking, quote's charge, contract's refund), one of the last three."""
    await connection.execute(CLAIMS, *[list(column) for column in zip(*claims, strict=True)])


async def release_claims(connection: Connection, lines: Sequence[UUID]) -> None:
    """What those lines charged can be invoiced again; the database agrees once they are credited whole."""
    await connection.execute("DELETE FROM invoice_claims WHERE line_id = ANY ($1::uuid[])", list(lines))


async def insert_annex(connection: Connection, pools: Iterable[tuple[UUID, UUID, UUID, date, int, int]]) -> None:
    """(document, contract, client, end of the period, last line told, minutes left)."""
    await connection.execute(ANNEX, *[list(column) for column in zip(*pools, strict=True)])


async def issue(
    connection: Connection,
    documents: Sequence[tuple[UUID, date | None]],
    *,
    run_id: UUID | None,
    actor: dict[str, str],
    now: datetime,
) -> list[Row]:
    """See ISSUE: (id, due on); each one's id, number and date."""
    ids, due_on = zip(*documents, strict=True)
    events, jobs = ([new_id() for _ in documents] for _ in range(2))
    return await connection.fetch(ISSUE, ids, due_on, events, jobs, now, actor, run_id)


async def document(connection: Connection, document_id: UUID) -> Row | None:
    """One document and how it stands."""
    return await connection.fetchrow(f"{DOCUMENT} WHERE i.id = $1", document_id)


async def standing(connection: Connection, clients: Sequence[UUID], period: str) -> list[Row]:
    """The live documents of clients' period, drafts too."""
    return await connection.fetch(
        "SELECT i.client_id, i.id, i.kind, i.status, i.digest, i.number FROM invoices i "
        "JOIN invoice_states s ON s.invoice_id = i.id AND s.live "
        "WHERE s.client_id = ANY ($1::uuid[]) AND s.period = $2 ORDER BY i.id",
        clients,
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
