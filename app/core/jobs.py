"""Work promised in the transaction that makes it necessary and done later by a worker (ADR 0003).

Leases are measured with the database's clock alone, because workers may run on several machines. A job is known by
its id, attempt and time: a worker that lost its lease can neither end nor repeat what another one has taken over.
"""

import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.db import Connection, Database
from app.core.ids import new_id

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=6)
PAUSE_FACTOR = 3
JITTER_PERCENT = 20
MOST_ATTEMPTS = 12
LONGEST_ERROR = 500


# For a feature that promises a job within a statement of its own; six values follow.
INSERT_JOB = "INSERT INTO jobs (id, kind, payload, run_at, created_at, unique_key)"
ENQUEUE = f"{INSERT_JOB} VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (unique_key) DO NOTHING RETURNING id"
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM jobs WHERE status = 'queued' AND run_at <= now() AND kind = ANY($1::text[])
    ORDER BY run_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET status = 'running', attempts = attempts + 1, lease_until = now() + $3::interval
WHERE id IN (SELECT id FROM due)
RETURNING id, kind, payload, attempts, run_at
"""
RENEW = """
UPDATE jobs SET lease_until = now() + $4::interval
FROM unnest($1::uuid[], $2::int[], $3::timestamptz[]) AS mine (id, attempts, run_at)
WHERE jobs.id = mine.id AND jobs.attempts = mine.attempts AND jobs.run_at = mine.run_at AND status = 'running'
RETURNING jobs.id
"""
# A job that takes its worker down with it comes back later each time, and is dead after its last attempt as any other.
RECLAIM = """
UPDATE jobs SET status = 'queued', lease_until = NULL, last_error = 'The worker was lost.',
                run_at = CASE WHEN attempts = 1 THEN run_at ELSE now() + attempts * interval '10 seconds' END
WHERE id IN (SELECT id FROM jobs WHERE status = 'running' AND lease_until < now() FOR UPDATE SKIP LOCKED)
RETURNING kind
"""
MINE = "WHERE id = $1 AND attempts = $2 AND run_at = $3"
FINISH = f"DELETE FROM jobs {MINE} RETURNING id"
POSTPONE = f"""
UPDATE jobs SET status = 'queued', lease_until = NULL, run_at = $4, attempts = $5, last_error = $6
{MINE} AND status = 'running' RETURNING id
"""
RETRY = f"""
UPDATE jobs SET status = 'queued', lease_until = NULL, run_at = now() + $4::interval, last_error = $5
{MINE} AND status = 'running' RETURNING id
"""
BURY = f"""
UPDATE jobs SET status = 'dead', lease_until = NULL, last_error = $4 {MINE} AND status = 'running' RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A job taken by this worker; `attempts` counts this one."""

    id: UUID
    kind: str
    payload: dict[str, Any]
    attempts: int
    run_at: datetime

    @property
    def token(self) -> tuple[UUID, int, datetime]:
        """What only the worker that holds the lease knows."""
        return self.id, self.attempts, self.run_at


Effect = Callable[[Connection, datetime], Awaitable[None]]
"""What a job has to record, run in the transaction that deletes it: both or neither."""


@dataclass(frozen=True, slots=True)
class Handler:
    """How jobs of one kind are done.

    `run` gets the job, the database and the time, and may return an `Effect`; it must bear being repeated.
    `give_up` records, in the transaction that makes the job dead, what that means: it gets the job and the reason.
    With `every`, the job recurs at that interval, aligned to midnight UTC of 1970, and is never dead.
    """

    run: Callable[[Job, Database, datetime], Awaitable[Effect | None]]
    seconds: int = 60
    most_attempts: int = MOST_ATTEMPTS
    give_up: Callable[[Connection, Job, str, datetime], Awaitable[None]] | None = None
    every: timedelta | None = None


Handlers = Mapping[str, Handler]


class Failed(Exception):  # noqa: N818 (said by a handler, in words that an operator may read)
    """This attempt failed; the reason is ours, never a stranger's text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LeaseLost(Exception):  # noqa: N818 (what happened)
    """Another worker has this job now; nothing of this attempt may be recorded."""


async def enqueue(
    connection: Connection,
    kind: str,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    run_at: datetime | None = None,
    unique_key: str | None = None,
) -> UUID | None:
    """Promise a job in the caller's transaction.

    Returns:
        Its id, or None while another job has the same `unique_key` (also a dead one).
    """
    id_: UUID | None = await connection.fetchval(ENQUEUE, new_id(), kind, payload, run_at or now, now, unique_key)
    return id_


async def claim(connection: Connection, kinds: Collection[str], most: int, lease: timedelta) -> list[Job]:
    """Take up to `most` jobs that are due, the longest due first."""
    rows = await connection.fetch(CLAIM, list(kinds), most, lease)
    return sorted((Job(**row) for row in rows), key=lambda job: (job.run_at, job.id))


async def renew(connection: Connection, held: Collection[Job], lease: timedelta) -> set[UUID]:
    """Keep the leases of jobs that still run; those missing from the answer are lost."""
    tokens = [list(column) for column in zip(*(job.token for job in held), strict=True)]
    return {row["id"] for row in await connection.fetch(RENEW, *tokens, lease)}


async def reclaim(connection: Connection) -> list[str]:
    """Queue again what workers held who did not renew their leases; the kinds of those jobs."""
    return [row["kind"] for row in await connection.fetch(RECLAIM)]


async def finish(connection: Connection, job: Job) -> None:
    """The job is done: its row goes, together with what else this transaction records.

    Raises:
        LeaseLost: somebody else has it.
    """
    _still_mine(await connection.fetchval(FINISH, *job.token))


async def postpone(connection: Connection, job: Job, run_at: datetime, *, attempts: int, error: str | None) -> None:
    """Queue a held job again for `run_at`: the next time of a recurring one, or a lease given back.

    Raises:
        LeaseLost: somebody else has it.
    """
    _still_mine(await connection.fetchval(POSTPONE, *job.token, run_at, attempts, error))


async def retry(connection: Connection, job: Job, error: str) -> None:
    """Queue a failed job again, later each time.

    Raises:
        LeaseLost: somebody else has it.
    """
    _still_mine(await connection.fetchval(RETRY, *job.token, pause_after(job.attempts), error[:LONGEST_ERROR]))


async def bury(connection: Connection, job: Job, error: str) -> None:
    """Stop trying; the job stays, with its error, for a person to look at.

    Raises:
        LeaseLost: somebody else has it.
    """
    _still_mine(await connection.fetchval(BURY, *job.token, error[:LONGEST_ERROR]))


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 5 s, 15 s, 45 s … 6 h, each up to 20 % longer or shorter."""
    pause = FIRST_PAUSE
    for _ in range(1, min(attempts, MOST_ATTEMPTS)):
        pause *= PAUSE_FACTOR
    return min(pause, LONGEST_PAUSE) * (100 - JITTER_PERCENT + secrets.randbelow(2 * JITTER_PERCENT + 1)) // 100


def next_time(every: timedelta, now: datetime) -> datetime:
    """The first multiple of `every`, counted from midnight UTC of 1970, that lies after `now`."""
    start = datetime.fromtimestamp(0, now.tzinfo)
    return start + ((now - start) // every + 1) * every


def _still_mine(id_: UUID | None) -> None:
    if id_ is None:
        raise LeaseLost
