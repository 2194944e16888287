"""Audit log, jobs and events over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.core import paging
from app.core.http import allows, desk_router
from app.core.paging import LONGEST_CURSOR, NIL, Cursor, Limit, Page
from app.core.problems import not_found
from app.core.shapes import Instant
from app.core.unit import Work
from app.desk.oversight import queries, service
from app.desk.oversight.schemas import AuditEntryOut, FeedEventOut, FeedOut, JobOut, JobStatus, Word

router = desk_router("/v1", "oversight")
After = Annotated[
    str | None,
    Query(min_length=1, max_length=LONGEST_CURSOR, description="`next_cursor` or `after` of an earlier answer."),
]


@router.get("/audit-log", operation_id="list_audit_log", **allows("audit:read"))
async def list_audit_log(
    work: Work,
    api_key_id: UUID | None = None,
    operation: Annotated[Word | None, Query(examples=["change_client"])] = None,
    occurred_from: Annotated[Instant | None, Query(description="At or after.")] = None,
    occurred_until: Annotated[Instant | None, Query(description="Before.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditEntryOut]:
    """Who changed what, when, with which key; the newest first. The log is only ever added to."""
    filters = {
        "api_key_id": api_key_id,
        "operation": operation,
        "occurred_from": occurred_from,
        "occurred_until": occurred_until,
    }
    after = paging.decode_pair(cursor, paging.instant, UUID) if cursor else None
    rows = await queries.audit_log(await work.connection(), filters, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "occurred_at", "id")
    return Page(items=[AuditEntryOut(**row) for row in shown], next_cursor=next_cursor)


@router.get("/jobs", operation_id="list_jobs", **allows("jobs:read"))
async def list_jobs(
    work: Work,
    status: JobStatus | None = None,
    kind: Annotated[Word | None, Query(examples=["send_mail"])] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[JobOut]:
    """What the service still has to do, the newest first. `status=dead` is what needs somebody."""
    before = paging.decode(cursor, UUID)[0] if cursor else None
    rows = await queries.jobs(await work.connection(), status=status, kind=kind, before=before, limit=limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[JobOut(**row) for row in shown], next_cursor=next_cursor)


@router.get("/jobs/{job_id}", operation_id="read_job", **allows("jobs:read", 404))
async def read_job(job_id: UUID, work: Work) -> JobOut:
    """One job; a job that is done is not found."""
    row = await queries.job(await work.connection(), job_id)
    if row is None:
        raise not_found()
    work.etag(row["version"])
    return JobOut(**row)


@router.post("/jobs/{job_id}/retry", operation_id="retry_job", **allows("jobs:write", 404, 409))
async def retry_job(job_id: UUID, work: Work) -> JobOut:
    """Start a dead job again; any other is refused (409)."""
    row = await service.retry_job(await work.begin(), job_id, actor=work.caller.actor(), now=work.now)
    if row is None:
        raise not_found()
    work.etag(row["version"])
    return JobOut(**row)


@router.get("/events", operation_id="list_events", **allows("events:read"))
async def list_events(work: Work, limit: Limit = 50, after: After = None) -> FeedOut:
    """Everything that happened, in the order in which it became true. Nothing is ever skipped.

    Read until `next_cursor` is null, keep `after`, and ask with it again later. An event appears as soon as every
    change that began before it has ended, usually at once.
    """
    place = paging.decode_pair(after, paging.small_integer, UUID, parameter="after") if after else (0, NIL)
    rows = await queries.feed(await work.connection(), place, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "xid", "id", parameter="after")
    last = paging.encode(shown[-1]["xid"], shown[-1]["id"]) if shown else after
    return FeedOut(items=[FeedEventOut(**row) for row in shown], next_cursor=next_cursor, after=last)
