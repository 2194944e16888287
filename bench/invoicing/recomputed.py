"""Every invoice again from the entries themselves, in Python's decimals: not by the product's SQL nor by its rules."""

from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import asyncpg

from app.domain.period import Period

ENTRIES = """
SELECT client_id, ticket_id, hourly_rate_cents, discount_bp, billed_minutes FROM time_entries WHERE worked_on >= $1
"""
INVOICES = "SELECT client_id, subtotal_cents, vat_cents, total_cents FROM invoices WHERE period = $1"
LINES = """
SELECT l.client_id, l.ticket_id, l.unit_price_cents, l.discount_bp, l.quantity, l.net_cents
  FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id WHERE i.period = $1
"""
# What must be there exactly once for each client or entry.
COUNTS = """
SELECT (SELECT count(*) FROM time_entries) AS entries,
       (SELECT count(DISTINCT entry_id) FROM invoice_entries) AS linked,
       (SELECT count(*) FROM invoice_entries) AS links,
       (SELECT count(*) FROM invoices WHERE status = 'issued') AS invoices,
       (SELECT max(sequence) FROM invoices) AS last_number,
       (SELECT count(DISTINCT number) FROM invoices) AS numbers,
       (SELECT count(*) FROM invoice_states WHERE live) AS live,
       (SELECT count(*) FROM invoice_run_results WHERE outcome = 'created') AS results,
       (SELECT count(*) FROM events WHERE type = 'invoice.issued') AS history,
       (SELECT count(*) FROM jobs WHERE kind = 'invoice_mail') AS mails_of_the_run,
       (SELECT count(*) FROM open_time) AS still_open
"""
VAT = Decimal("0.17")

Priced = tuple[UUID, UUID, int, int]
"""Client, ticket, cents an hour, discount in basis points."""


def rounded(cents: Decimal) -> int:
    return int(cents.quantize(Decimal(1), ROUND_HALF_UP))


async def check(url: str, period: Period) -> dict[str, int]:
    """Compare and count; return the counts.

    Raises:
        RuntimeError: a cent or a row is not as it should be.
    """
    connection = await asyncpg.connect(url)
    try:
        minutes: Counter[Priced] = Counter()
        async with connection.transaction():
            rows = connection.cursor(ENTRIES, period.start, prefetch=10_000)
            async for client_id, ticket_id, rate, discount_bp, worked in rows:
                minutes[client_id, ticket_id, rate, discount_bp] += worked
        lines: dict[Priced, tuple[int, int]] = {
            (client_id, ticket_id, rate, discount_bp): (quantity, net)
            for client_id, ticket_id, rate, discount_bp, quantity, net in await connection.fetch(LINES, period.name)
        }
        invoices = {row["client_id"]: tuple(row)[1:] for row in await connection.fetch(INVOICES, period.name)}
        counts = dict(await connection.fetchrow(COUNTS) or {})
    finally:
        await connection.close()
    compare(minutes, lines, invoices)
    documents = {counts[name] for name in ("invoices", "last_number", "numbers", "live", "results", "history")}
    entries = {counts[name] for name in ("entries", "linked", "links")}
    if max(len(documents), len(entries)) > 1 or counts["mails_of_the_run"] != len(invoices) or counts["still_open"]:
        raise RuntimeError(f"The run left {counts}")
    return counts


def compare(
    minutes: Counter[Priced],
    lines: dict[Priced, tuple[int, int]],
    invoices: dict[UUID, tuple[int, ...]],
) -> None:
    """Set each line and each total against the decimals."""
    due: defaultdict[UUID, int] = defaultdict(int)
    for key, worked in minutes.items():
        client_id, _, rate, discount_bp = key
        net = rounded(Decimal(worked) * rate * (10_000 - discount_bp) / 600_000)
        if lines.pop(key, None) != (worked, net):
            raise RuntimeError(f"{worked} minutes at {rate} cents an hour less {discount_bp} bp should be {net} cents")
        due[client_id] += net
    if lines:
        raise RuntimeError(f"{len(lines)} lines charge what nobody worked")
    for client_id, net in due.items():
        vat = rounded(net * VAT)
        if invoices.get(client_id) != (net, vat, net + vat):
            raise RuntimeError(f"{client_id} should pay {net} + {vat} cents, not {invoices.get(client_id)}")
