"""What an administrator does about jobs."""

from datetime import datetime
from uuid import UUID

from app.core import events
from app.core.db import Connection, Row
from app.desk.oversight import queries
from app.domain.errors import Refusal


async def retry_job(connection: Connection, job_id: UUID, *, actor: dict[str, str], now: datetime) -> Row | None:
    """Queue a dead job again, with all its attempts before it. None: there is no such job.

    Raises:
        Refusal: `job-not-dead`.
    """
    row = await queries.revive_job(connection, job_id)
    if row is None:
        if await queries.job(connection, job_id) is None:
            return None
        raise Refusal("job-not-dead", "The job is queued or running: it is being taken care of.")
    await events.record(connection, "job.retried", subject_id=job_id, actor=actor, now=now, data={"kind": row["kind"]})
    return row
