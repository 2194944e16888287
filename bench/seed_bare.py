"""Fill a database of its own with the bare app's tables and as many tickets as the product has."""

from pathlib import Path

import asyncpg

TABLES = Path(__file__).with_name("bare.sql").read_text()
TICKETS = """
INSERT INTO bare.tickets (id, number, status, lane, channel, subject, message, client_id,
                          requester_name, requester_email, received_at)
SELECT ('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       'EC-2026-' || lpad(nextval('bare.ticket_number')::text, 7, '0'),
       'closed', 'standard', 'form', 'The shop shows a blank page, case ' || n,
       'Since this morning the shop shows a blank page after the login. It worked yesterday.',
       ('01880000-0000-7000-8000-'
        || lpad(to_hex(CASE WHEN n % 10 < 7 THEN 1 ELSE n % 500 END), 12, '0'))::uuid,
       'Camille Weber', 'camille.weber' || n || '@client.example',
       now() - make_interval(secs => $1 - n)
  FROM generate_series(1, $1) AS n
"""


def ticket_id(number: int) -> str:
    """Return the id of the bare ticket with that running number, from 1."""
    return f"01890000-0000-7000-8000-{number:012x}"


async def fill(url: str, rows: int) -> None:
    """Create the tables in an empty database and put `rows` tickets in."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(TABLES)
        await connection.execute(TICKETS, rows)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
