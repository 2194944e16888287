"""Previews and runs over HTTP."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from app.billing.invoices import service
from app.billing.invoices.answers import ObstacleOut, PreviewOut, ResultOut, RunOut, said
from app.billing.invoices.queries import runs as queries
from app.billing.invoices.schemas import PreviewIn, RunIn
from app.core import paging
from app.core.db import Connection, Row
from app.core.http import allows, desk_router
from app.core.paging import NIL, Cursor, Limit, Page
from app.core.problems import invalid, not_found
from app.core.unit import Unit, Work

RUNS = "/v1/invoice-runs"
MOST_RESULTS = 1_000
previews = desk_router("/v1/invoice-previews", "invoices")
router = desk_router(RUNS, "invoices")


@previews.post("", operation_id="preview_invoices", **allows("invoices:preview", 409))
async def preview_invoices(body: PreviewIn, work: Work, limit: Limit = 20, cursor: Cursor = None) -> Page[PreviewOut]:
    """What would be issued now: one document for each client with something to bill. Writes nothing (I3).

    What a run would skip or park says why in `obstacles`, in the same words; what it would skip has no `digest`.
    """
    period = service.period_for(body.cycle, body.period, work.now)
    connection = await work.connection()
    await _check_client(connection, body.client_id)
    books = await service.open_books(connection, work.settings, work.caller.actor(), work.now)
    if body.client_id is not None:
        found = await service.preview_client(connection, body.client_id, period, books)
        return Page(items=[_preview(found)] if found else [], next_cursor=None)
    after = paging.decode(cursor, UUID)[0] if cursor else NIL
    shown, last = await service.preview_cycle(connection, period, after, limit, books)
    next_cursor = paging.encode(last) if last else None
    work.next_page(next_cursor)
    return Page(items=[_preview(one) for one in shown], next_cursor=next_cursor)


def _preview(preview: service.Preview) -> PreviewOut:
    obstacles = [ObstacleOut(code=one.code, detail=one.detail) for one in preview.obstacles]
    digest = None if preview.skipped else preview.digest.hex()
    return PreviewOut(**said(preview.document), digest=digest, obstacles=obstacles)


@router.post("", operation_id="create_invoice_run", status_code=201, **allows("invoices:write", 409))
async def create_invoice_run(body: RunIn, work: Work) -> RunOut:
    """Draft or issue the period of every client of the cycle, or of one; running it again is harmless.

    The answer tells all when the run is done within seconds; a large one goes on by itself, and `GET` tells how far.
    """
    period = service.period_for(body.cycle, body.period, work.now)
    await work.replay_if_known()
    await work.rest()
    patience = work.settings.invoice_run_patience_seconds
    async with work.database.transaction() as connection:
        await _check_client(connection, body.client_id)
        run_id = await service.begin_run(
            connection,
            period,
            client_id=body.client_id,
            issue=body.issue,
            digests={str(one.client_id): one.digest for one in body.digests},
            work_at=work.now + timedelta(seconds=patience + 1),
            actor=work.caller.actor(),
            now=work.now,
        )
    await service.work_off(work.database, run_id, work.settings, seconds=patience)
    await work.begin()
    work.created(RUNS, run_id)
    return await _run(work, run_id)


async def _check_client(connection: Connection, client_id: UUID | None) -> None:
    if client_id is not None and await queries.client_name(connection, client_id) is None:
        raise invalid("/client_id", "reference-unknown", "There is no such client.")


async def _run(work: Unit, run_id: UUID) -> RunOut:
    connection = await work.connection()
    row = await queries.run(connection, run_id)
    if row is None:
        raise not_found()
    told = {
        outcome: [_result(one) for one in await queries.results(connection, run_id, outcome, NIL, MOST_RESULTS)]
        for outcome in ("created", "skipped", "parked")
    }
    return _run_out(row, told)


def _run_out(row: Row, told: dict[str, list[ResultOut]]) -> RunOut:
    counts = {f"{outcome}_count": row[outcome] for outcome in told}
    names = ("id", "cycle", "period", "client_id", "issue", "status", "clients", "started_at", "finished_at")
    return RunOut(**{name: row[name] for name in names} | counts | told)


def _result(row: Row) -> ResultOut:
    return ResultOut(**{name: row[name] for name in ResultOut.model_fields})


@router.get("", operation_id="list_invoice_runs", **allows("invoices:run"))
async def list_invoice_runs(work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[RunOut]:
    """Runs, the newest first, with their counts; read one for what became of each client."""
    after = paging.decode(cursor, UUID)[0] if cursor else None
    rows = await queries.runs(await work.connection(), after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    nothing: dict[str, list[ResultOut]] = {"created": [], "skipped": [], "parked": []}
    return Page(items=[_run_out(row, nothing) for row in shown], next_cursor=next_cursor)


@router.get("/{run_id}", operation_id="read_invoice_run", **allows("invoices:run", 404))
async def read_invoice_run(run_id: UUID, work: Work) -> RunOut:
    """A run, and how far it has come."""
    return await _run(work, run_id)


@router.get("/{run_id}/results", operation_id="list_invoice_run_results", **allows("invoices:run", 404))
async def list_invoice_run_results(
    run_id: UUID,
    work: Work,
    outcome: Literal["created", "skipped", "parked"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ResultOut]:
    """What a run did, client by client."""
    connection = await work.connection()
    if await queries.run(connection, run_id) is None:
        raise not_found()
    after = paging.decode(cursor, UUID)[0] if cursor else NIL
    rows = await queries.results(connection, run_id, outcome, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "client_id")
    return Page(items=[_result(row) for row in shown], next_cursor=next_cursor)
