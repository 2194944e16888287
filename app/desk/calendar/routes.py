"""Holidays and closures over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from app.core import paging
from app.core.db import Row
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.shapes import WHOLE_NUMBER
from app.core.unit import Unit, Work
from app.desk.calendar import queries, service
from app.desk.calendar.schemas import ClosureIn, ClosureOut, ClosurePatch, HolidayOut

router = desk_router("/v1/calendar", "calendar")
Year = Annotated[Annotated[int, Field(ge=2015, le=2035), WHOLE_NUMBER] | None, Query(description="Only this year.")]


@router.get("/holidays", operation_id="list_holidays", **allows("calendar:read"))
async def list_holidays(work: Work, year: Year = None, limit: Limit = 50, cursor: Cursor = None) -> Page[HolidayOut]:
    """Luxembourg's legal public holidays, 2015 to 2035, in order (H1)."""
    after = paging.decode(cursor, date.fromisoformat)[0] if cursor else None
    first, last = date(year or 2015, 1, 1), date(year or 2035, 12, 31)
    rows = await queries.holidays(await work.connection(), first, last, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "on")
    return Page(items=[HolidayOut(**row) for row in shown], next_cursor=next_cursor)


@router.get("/closures", operation_id="list_closures", **allows("calendar:read"))
async def list_closures(work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[ClosureOut]:
    """Times in which the desk is closed beside nights, weekends and holidays; the earliest first."""
    after = paging.decode_pair(cursor, paging.instant, UUID) if cursor else None
    rows = await queries.closures(await work.connection(), after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "starts_at", "id")
    return Page(items=[ClosureOut(**row) for row in shown], next_cursor=next_cursor)


@router.post("/closures", operation_id="create_closure", status_code=201, **allows("calendar:write", 409))
async def create_closure(body: ClosureIn, work: Work) -> ClosureOut:
    """Close the desk for a while; receipts and acknowledgements tell of it from now on."""
    row = await service.close_desk(await work.begin(), **dict(body), actor=work.caller.actor(), now=work.now)
    work.created("/v1/calendar/closures", row["id"])
    work.etag(row["version"])
    return ClosureOut(**row)


@router.get("/closures/{closure_id}", operation_id="read_closure", **allows("calendar:read", 404))
async def read_closure(closure_id: UUID, work: Work) -> ClosureOut:
    """One closure."""
    row = await service.find_closure(await work.connection(), closure_id)
    if row is None:
        raise not_found()
    work.etag(row["version"])
    return ClosureOut(**row)


@router.patch("/closures/{closure_id}", operation_id="change_closure", **allows("calendar:write", 404, 409, 412))
async def change_closure(closure_id: UUID, body: ClosurePatch, work: Work) -> ClosureOut:
    """Move, shorten or lengthen a closure; once it has begun only its end can change, once it is over nothing."""
    before = await _locked(work, closure_id)
    row = await service.change_closure(
        await work.begin(), before, body.changes(), actor=work.caller.actor(), now=work.now
    )
    work.etag(row["version"])
    return ClosureOut(**row)


@router.delete(
    "/closures/{closure_id}",
    operation_id="delete_closure",
    status_code=204,
    **allows("calendar:write", 404, 409, 412),
)
async def delete_closure(closure_id: UUID, work: Work) -> None:
    """Let the desk be open then after all; a closure that has begun is ended by its `ends_at` instead (409)."""
    row = await _locked(work, closure_id)
    await service.remove_closure(await work.begin(), row, actor=work.caller.actor(), now=work.now)


async def _locked(work: Unit, closure_id: UUID) -> Row:
    row = await service.lock_closure(await work.begin(), closure_id)
    if row is None:
        raise not_found()
    work.check_match(row["version"])
    return row
