"""What is kept for a while only. Deleted in small steps, so that no request ever waits for it."""

from datetime import datetime, timedelta

from app.core import idempotency
from app.core.db import Database
from app.core.jobs import Effect, Handler, Job

STEP = 1_000
# Which column says how old a row is, and how long it matters.
KEPT = {
    "idempotency_keys": ("created_at", idempotency.KEPT),
    "rate_limits": ("window_started_at", timedelta(days=2)),  # no limit's window is longer than a day
    "spent_proofs": ("spent_at", timedelta(days=1)),  # a challenge is valid for minutes
}


async def purge(_job: Job, database: Database, now: datetime) -> Effect | None:
    """Delete what has had its time."""
    for table, (column, kept) in KEPT.items():
        old = f"SELECT ctid FROM {table} WHERE {column} <= $1 LIMIT {STEP} FOR UPDATE SKIP LOCKED"
        deleted = STEP
        while deleted == STEP:
            async with database.connection() as connection:
                tag = await connection.execute(f"DELETE FROM {table} WHERE ctid = ANY (ARRAY({old}))", now - kept)
            deleted = int(tag.rpartition(" ")[2])
    return None


HANDLERS = {"purge": Handler(purge, seconds=600, every=timedelta(hours=1))}
