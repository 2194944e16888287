"""The terms over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.billing.terms import queries, service
from app.billing.terms.schemas import NoticeOut, TermsIn, TermsOut, terms_out
from app.core import paging
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.shapes import LocalDate
from app.core.unit import Work

PATH = "/v1/terms"
router = desk_router(PATH, "terms")
On = Annotated[LocalDate | None, Query(description="Only the version in force on this local date.")]


@router.get("", operation_id="list_terms", **allows("terms:read"))
async def list_terms(work: Work, on: On = None, limit: Limit = 50, cursor: Cursor = None) -> Page[TermsOut]:
    """Versions of the terms, the newest first, future ones included; `on` asks which one held on a date (P3)."""
    connection = await work.connection()
    if on is not None:
        found = await queries.terms_on(connection, on)
        return Page(items=[terms_out(found)] if found else [], next_cursor=None)
    before = paging.decode(cursor, date.fromisoformat)[0] if cursor else None
    rows = await queries.versions(connection, before, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "effective_on")
    return Page(items=[terms_out(row) for row in shown], next_cursor=next_cursor)


@router.post("", operation_id="publish_terms", status_code=201, **allows("terms:write", 409))
async def publish_terms(body: TermsIn, work: Work) -> TermsOut:
    """Publish a version and mail it to every contact of every client (N1). It cannot be changed or taken back."""
    row = await service.publish_terms(
        await work.begin(), body.columns(), reason=body.reason, actor=work.caller.actor(), now=work.now
    )
    work.created(PATH, row["id"])
    return terms_out(row)


@router.get("/{terms_id}", operation_id="read_terms", **allows("terms:read", 404))
async def read_terms(terms_id: UUID, work: Work) -> TermsOut:
    """One version."""
    row = await queries.terms(await work.connection(), terms_id)
    if row is None:
        raise not_found()
    work.etag(1)
    return terms_out(row)


@router.get("/{terms_id}/notices", operation_id="list_terms_notices", **allows("notices:read", 404))
async def list_terms_notices(terms_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[NoticeOut]:
    """Who was told of the version, when, and whether the mail was delivered (N1)."""
    connection = await work.connection()
    if await queries.terms(connection, terms_id) is None:
        raise not_found()
    after = paging.decode(cursor, UUID)[0] if cursor else paging.NIL
    rows = await queries.notices(connection, terms_id, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[NoticeOut(**row) for row in shown], next_cursor=next_cursor)
