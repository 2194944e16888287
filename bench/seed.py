"""Fill the product's real tables, quickly: secondary indexes come off before and are built afterwards."""

from pathlib import Path

import asyncpg

SEED = Path(__file__).with_name("seed.sql").read_text()
FILLED_TABLES = ("tickets", "messages", "outgoing_mails", "events")
SECONDARY_INDEXES = """
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
 WHERE i.indrelid = ANY ($1::regclass[])
   AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
"""


async def fill(superuser_url: str, rows: int) -> None:
    """Put `rows` tickets with their messages, mails and history into a migrated, empty database."""
    connection = await asyncpg.connect(superuser_url)
    try:
        indexes = await connection.fetch(SECONDARY_INDEXES, list(FILLED_TABLES))
        for index in indexes:
            await connection.execute(f'DROP INDEX "{index["name"]}"')
        await connection.execute("SELECT set_config('bench.rows', $1, false)", str(rows))
        await connection.execute(SEED)
        for index in indexes:
            await connection.execute(index["definition"])
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
