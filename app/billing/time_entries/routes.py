"""Time entries over HTTP."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Header, Query, Response
from pydantic import TypeAdapter, ValidationError

from app.billing.terms.service import policies
from app.billing.time_entries import queries, service
from app.billing.time_entries.schemas import (
    CorrectedOut,
    CorrectionIn,
    Flag,
    ImportIn,
    ImportOut,
    ImportResult,
    LoggedOut,
    TimeEntryIn,
    TimeEntryOut,
    entry_out,
)
from app.billing.time_entries.service.reading import price_of
from app.core import paging
from app.core.csv import csv, wants_csv, with_csv
from app.core.db import Connection, Values
from app.core.forms import KIBIBYTE
from app.core.handlers import MOST_ERRORS, field_error
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import Problem, not_found
from app.core.shapes import LocalDate
from app.core.unit import Unit, Work
from app.domain.allocation import EntryStatus
from app.domain.calendar import Span
from app.domain.errors import Refusal, about, part_of_input

PATH = "/v1/time-entries"
router = desk_router(PATH, "time entries")
From = Annotated[LocalDate | None, Query(description="Worked on this local date or later.")]
Until = Annotated[LocalDate | None, Query(description="Worked before this local date.")]
imports = desk_router("/v1/time-entry-imports", "time entries")
ENTRY = TypeAdapter(TimeEntryIn)
IMPORT_LIMIT = 1024 * KIBIBYTE


def new_entry(body: TimeEntryIn, work: Unit, replacing: service.Replacing | None = None) -> service.NewEntry:
    """The entry that a body asks for.

    Raises:
        Refusal: `agent-required` when neither the body nor the key names an agent, `empty-span`.
    """
    agent_id = body.agent_id or work.caller.agent_id
    if agent_id is None:
        raise Refusal("agent-required", "The key belongs to no agent: name one.", pointer="/agent_id")
    if body.worked_on is not None and body.worked_minutes is not None:
        when: Span | service.Day = service.Day(body.worked_on, body.worked_minutes)
    else:
        assert body.started_at is not None and body.ended_at is not None  # noqa: S101, PT018 (the shape sees to it)
        with about("/ended_at"):
            when = Span(body.started_at, body.ended_at)
    return service.NewEntry(
        ticket_id=body.ticket_id,
        permanence_id=body.permanence_request_id,
        agent_id=agent_id,
        work=when,
        description=body.description,
        non_billable_reason=body.non_billable_reason,
        bill_in_project=body.bill_in_project,
        replacing=replacing,
    )


async def entries_out(connection: Connection, rows: Sequence[Values]) -> list[TimeEntryOut]:
    """Entries as their shapes."""
    terms = await policies(connection, {row["terms_id"] for row in rows})
    return [entry_out(row, price_of(row), terms[row["terms_id"]]) for row in rows]


async def logged_out(connection: Connection, logged: Sequence[service.Logged]) -> LoggedOut:
    """What was logged, as its shape."""
    first, *others = await entries_out(connection, [service.shown(one) for one in logged])
    return LoggedOut(**dict(first), further_parts=others)


@router.get("", operation_id="list_time_entries", response_model=Page[TimeEntryOut], **with_csv("time_entries:read"))
async def list_time_entries(
    work: Work,
    ticket_id: UUID | None = None,
    permanence_request_id: UUID | None = None,
    client_id: UUID | None = None,
    agent_id: UUID | None = None,
    worked_from: From = None,
    worked_until: Until = None,
    status: EntryStatus | None = None,
    flag: Flag | None = None,
    format_: Annotated[
        Literal["json", "csv"] | None, Query(alias="format", description="Or `Accept: text/csv`.")
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TimeEntryOut] | Response:
    """Entries, the newest work first; as CSV all that the filters leave, up to 20,000."""
    filters: dict[str, Any] = {
        "ticket_id": ticket_id, "permanence_id": permanence_request_id, "client_id": client_id, "agent_id": agent_id,
        "worked_from": worked_from, "worked_until": worked_until, "status": status, "flag": flag,
    }  # fmt: skip
    if work.caller.client_id is not None:
        if client_id not in {None, work.caller.client_id}:
            return Page(items=[], next_cursor=None)
        filters["client_id"] = work.caller.client_id
    connection = await work.connection()
    if format_ == "csv" or (format_ is None and wants_csv(accept)):
        return csv(await queries.export(connection, filters), "time-entries.csv")
    after = paging.decode_pair(cursor, date.fromisoformat, UUID) if cursor else None
    rows = await queries.entries(connection, filters, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "worked_on", "id")
    return Page(items=await entries_out(connection, shown), next_cursor=next_cursor)


@router.post("", operation_id="log_time", status_code=201, **allows("time_entries:write", 409))
async def log_time(body: TimeEntryIn, work: Work) -> LoggedOut:
    """Log work: priced by the terms of its date, drawn from the client's contracts, explained (P, C)."""
    connection = await work.begin(claimed_last=True)
    logged, writing = await service.price_time(
        connection, new_entry(body, work), actor=work.caller.actor(), now=work.now
    )
    work.last(writing)
    work.created(PATH, logged[0].values["id"])
    return await logged_out(connection, logged)


@imports.post("", operation_id="import_time_entries", **allows("time_entries:write", 409, body_limit=IMPORT_LIMIT))
async def import_time_entries(body: ImportIn, work: Work) -> ImportOut:
    """Log up to 1,000 entries, each with its own result: what is wrong is refused, the rest is logged."""
    results: list[service.NewEntry | Problem] = [_read(item, index, work) for index, item in enumerate(body.entries)]
    wanted = [result for result in results if isinstance(result, service.NewEntry)]
    connection, actor = await work.begin(), work.caller.actor()
    outcomes = iter(await service.import_entries(connection, wanted, actor=actor, now=work.now) if wanted else [])
    told = [
        _result(index, next(outcomes) if isinstance(result, service.NewEntry) else result, work)
        for index, result in enumerate(results)
    ]
    logged = sum(one.outcome == "logged" for one in told)
    work.audited |= {"logged": logged}
    return ImportOut(logged=logged, refused=len(told) - logged, results=told)


def _read(item: Any, index: int, work: Unit) -> service.NewEntry | Problem:
    """One entry of an import, or what is wrong with it."""
    try:
        return new_entry(ENTRY.validate_python(item), work)
    except ValidationError as wrong:
        errors = [
            field_error({**error, "loc": ("body", "entries", index, *error["loc"])})
            for error in wrong.errors()[:MOST_ERRORS]
        ]
        return Problem("invalid-request", errors[0].message, errors=errors)
    except Refusal as refusal:
        return Problem.of_refusal(refusal.within(f"/entries/{index}"))


def _result(index: int, outcome: list[service.Logged] | Refusal | Problem, work: Unit) -> ImportResult:
    if isinstance(outcome, list):
        ids = [one.values["id"] for one in outcome]
        return ImportResult(index=index, outcome="logged", entry_ids=ids, problem=None)
    inside = f"/entries/{index}"
    problem = Problem.of_refusal(outcome.within(inside)) if isinstance(outcome, Refusal) else outcome
    body = problem.body(work.settings.base_url, work.request_id)
    return ImportResult(index=index, outcome="refused", entry_ids=[], problem=body)


@router.get("/{entry_id}", operation_id="read_time_entry", **allows("time_entries:read", 404))
async def read_time_entry(entry_id: UUID, work: Work) -> TimeEntryOut:
    """One entry, with the explanation of its price."""
    connection = await work.connection()
    row = await queries.entry(connection, entry_id)
    if row is None or not work.sees_client(row["client_id"]):
        raise not_found()
    (shown,) = await entries_out(connection, [row])
    return shown


@router.post(
    "/{entry_id}/corrections",
    operation_id="correct_time_entry",
    status_code=201,
    **allows("time_entries:correct", 404, 409),
)
async def correct_time_entry(entry_id: UUID, body: CorrectionIn, work: Work) -> CorrectedOut:
    """Take an entry back by a counter-entry and log what is right; what was invoiced is given back later (P6)."""
    connection = await work.begin()
    entry = await queries.entry(connection, entry_id)
    if entry is None:
        raise not_found()
    replacing = service.Replacing(entry_id, body.reason)
    with part_of_input("/replacement"):
        replacement = new_entry(body.replacement, work, replacing) if body.replacement else None
    back, logged = await service.correct_entry(
        connection,
        entry_id,
        entry["client_id"],
        replacement,
        reason=body.reason,
        actor=work.caller.actor(),
        now=work.now,
    )
    work.created(PATH, back.values["id"])
    (counter_entry,) = await entries_out(connection, [service.shown(back)])
    new = await logged_out(connection, logged) if logged else None
    return CorrectedOut(counter_entry=counter_entry, replacement=new)
