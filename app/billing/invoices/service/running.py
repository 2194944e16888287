"""Runs: begun in one transaction, worked off client by client, by whoever has the time (rule I).

Any number of processes may work on the same run, and each may be killed anywhere: a client's documents and its result
are one transaction, and whoever comes second finds the result. Handfuls of clients share a transaction for as long as
nothing is wrong; else each of them gets its own, and what is wrong stays with the client.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from app.billing.invoices.queries import runs as queries
from app.billing.invoices.service.books import Books, open_books
from app.billing.invoices.service.invoicing import Order, Outcome, invoice_clients
from app.core import clock, events, jobs
from app.core.db import Connection, Database, Row
from app.core.ids import new_id
from app.core.jobs import Effect, Handler, Job
from app.core.paging import NIL
from app.core.settings import Settings
from app.core.telemetry import LOGGER
from app.domain.calendar import day_start, local_date
from app.domain.errors import Refusal, about
from app.domain.period import Cycle, Period, parse_period

KIND = "invoice_run"
TRIES = 5
PAUSE = timedelta(milliseconds=200)
FIRST_HANDFUL, MOST_CLIENTS, MOST_ENTRIES = 5, 50, 20_000
# Somebody else was in the way for a moment.
IN_THE_WAY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)


def period_for(cycle: str | None, name: str, now: datetime) -> Period:
    """The period that is asked for.

    Raises:
        Refusal: `period-invalid` when it is none of the cycle's, `period-not-begun`.
    """
    with about("/period"):
        period = parse_period(name)
    if cycle is not None and Cycle(cycle) is not period.cycle:
        raise Refusal("period-invalid", f"{name} is no period of the cycle {cycle}.", pointer="/period")
    if period.start > local_date(now):
        raise Refusal("period-not-begun", "Nothing can be invoiced of a period that has not begun.", pointer="/period")
    return period


async def begin_run(
    connection: Connection,
    period: Period,
    *,
    client_id: UUID | None,
    issue: bool,
    digests: Mapping[str, str],
    work_at: datetime,
    actor: dict[str, str],
    now: datetime,
) -> UUID:
    """A run, with the promise that the worker goes on with it from `work_at`."""
    run_id = new_id()
    values = [
        run_id, period.cycle.value, period.name, period.start, period.end, client_id, issue, dict(digests), actor, now,
    ]  # fmt: skip
    await queries.begin(connection, values)
    run = await _existing(connection, run_id)
    if client_id is None:
        await queries.skip_the_idle(connection, run, day_start(period.end), now)
    await jobs.enqueue(
        connection, KIND, {"run_id": str(run_id)}, now=now, run_at=work_at, unique_key=f"{KIND} {run_id}"
    )
    data: dict[str, Any] = {"period": period.name, "issue": issue, "client_id": str(client_id) if client_id else None}
    await events.record(connection, "invoice_run.begun", subject_id=run_id, actor=actor, data=data, now=now)
    return run_id


async def _existing(connection: Connection, run_id: UUID) -> Row:
    run = await queries.run(connection, run_id)
    assert run is not None  # noqa: S101 (none is ever removed)
    return run


async def work_off(database: Database, run_id: UUID, settings: Settings, *, seconds: int | None = None) -> bool:
    """Go on with a run until every client has a result, or until the time is over; whether it is done."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds if seconds is not None else None
    after = NIL
    while True:
        async with database.transaction() as connection:
            run = await _existing(connection, run_id)
            if run["status"] == "done":
                return True
            clients = await queries.next_clients(connection, run, day_start(run["period_end"]), after)
            if not clients:
                await _finish(connection, run, clock.now())
                return True
        if until is not None and loop.time() > until:
            return False
        todo, order = deque(clients), Order(parse_period(run["period"]), run["issue"], run["digests"], run_id)
        books = partial(_books, database, settings, run["actor"])
        takers = [_take(database, todo, order, books, until) for _ in range(settings.invoice_run_clients_at_once)]
        for ended in await asyncio.gather(*takers, return_exceptions=True):
            if ended is not None:
                raise ended
        after = clients[-1]


async def _books(database: Database, settings: Settings, actor: dict[str, str]) -> Books:
    async with database.transaction() as connection:
        return await open_books(connection, settings, actor, clock.now())


async def _take(
    database: Database,
    clients: deque[UUID],
    order: Order,
    books: Callable[[], Awaitable[Books]],
    until: float | None,
) -> None:
    """One handful of clients after the other, until none is left or the time is over.

    A handful holds about so many entries that its transaction takes half a second, and has the date of its beginning.
    """
    many = FIRST_HANDFUL
    while clients:
        if until is not None and asyncio.get_running_loop().time() > until:
            return
        handful = [clients.popleft() for _ in range(min(many, len(clients)))]
        entries = await _clients(database, handful, order, await books())
        many = min(MOST_CLIENTS, max(1, MOST_ENTRIES * len(handful) // max(entries, 1)))


async def _finish(connection: Connection, run: Row, now: datetime) -> None:
    await queries.skip_the_overtaken(connection, run, now)
    run = await _existing(connection, run["id"])
    await queries.finish(connection, run["id"], now)
    data = {"created": run["created"], "skipped": run["skipped"], "parked": run["parked"]}
    await events.record(connection, "invoice_run.done", subject_id=run["id"], actor=run["actor"], data=data, now=now)


async def _clients(database: Database, clients: Sequence[UUID], order: Order, books: Books) -> int:
    """Several clients in one transaction; when anything is wrong, each in its own. How many entries they had."""
    try:
        return await _once(database, clients, order, books)
    except (Refusal, *IN_THE_WAY, asyncpg.IntegrityConstraintViolationError):
        for client_id in clients:
            await _client(database, client_id, order, books)
        return MOST_ENTRIES


async def _client(database: Database, client_id: UUID, order: Order, books: Books) -> None:
    """One client, in its own transaction; whatever is wrong with it stays with it."""
    for attempt in range(1, TRIES + 1):
        try:
            await _once(database, [client_id], order, books)
        except Refusal as refusal:
            return await _park(database, client_id, order, books, Outcome("parked", refusal.code, refusal.detail))
        except IN_THE_WAY:
            if attempt == TRIES:
                detail = "Somebody else was working on the client: run again."
                return await _park(database, client_id, order, books, Outcome("parked", "unavailable", detail))
            await asyncio.sleep(PAUSE.total_seconds())
        except asyncpg.IntegrityConstraintViolationError as error:
            LOGGER.error("a client's invoice was refused by the database", constraint=error.constraint_name)
            detail = f"The database refuses it ({error.constraint_name}): nothing was invoiced."
            return await _park(database, client_id, order, books, Outcome("parked", "conflict", detail))
        else:
            return None
    return None


async def _once(database: Database, clients: Sequence[UUID], order: Order, books: Books) -> int:
    async with database.transaction() as connection:
        done = await queries.already_done(connection, order.run_id, clients)
        todo = [client_id for client_id in clients if client_id not in done]
        if not todo:
            return 0
        decided = await invoice_clients(connection, todo, order, books)
        await _note(
            connection, {id_: one.outcome for id_, one in decided.items() if not one.outcome.noted}, order, books
        )
    return sum(one.entries for one in decided.values())


async def _park(database: Database, client_id: UUID, order: Order, books: Books, outcome: Outcome) -> None:
    async with database.transaction() as connection:
        await _note(connection, {client_id: outcome}, order, books)


async def _note(connection: Connection, outcomes: Mapping[UUID, Outcome], order: Order, books: Books) -> None:
    results = [
        (order.run_id, client_id, one.outcome, one.reason, one.detail, one.invoice_id, books.now)
        for client_id, one in outcomes.items()
    ]  # fmt: skip
    if results:
        await queries.note(connection, results)


def handlers(settings: Settings) -> dict[str, Handler]:
    """The job that goes on with a run whose request did not finish it."""

    async def go_on(job: Job, database: Database, _now: datetime) -> Effect | None:
        await work_off(database, UUID(job.payload["run_id"]), settings)
        return None

    return {KIND: Handler(go_on, seconds=int(timedelta(hours=1).total_seconds()))}
