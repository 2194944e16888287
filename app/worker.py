"""The worker: takes due jobs in batches, each held to its time limit, until it is told to stop (ADR 0003).

It shares nothing with other workers but the table, never dies of a failing job, and outlives the database's restarts.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg

from app.adapters.mail_parser import MailParser
from app.billing.contracts.service import alerting
from app.billing.invoices.service import purchasing, running
from app.billing.permanences.service import ending
from app.billing.quotes.service import timing
from app.billing.reports import service as reports
from app.core import clock, housekeeping, jobs
from app.core.db import UNAVAILABLE, Database
from app.core.jobs import Effect, Failed, Handler, Handlers, Job, LeaseLost
from app.core.settings import Settings
from app.core.telemetry import JOBS, LOGGER
from app.desk.inbound_mail.service import finishing, polling
from app.desk.mail.service import invoices as invoice_mails
from app.desk.mail.service import sending

DATABASE_TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
LONGEST_PAUSE_SECONDS = 10
RENEWALS_PER_LEASE = 3
RECORD_PAUSES_SECONDS = (1, 2, 4, 8, 15)


def handlers_of(settings: Settings) -> dict[str, Handler]:
    """Every kind of job there is."""
    parser = MailParser(seconds=settings.mail_parse_seconds, size=1)
    ours = housekeeping.HANDLERS | timing.HANDLERS | ending.HANDLERS | alerting.HANDLERS | reports.HANDLERS
    incoming = finishing.handlers(settings, parser) | polling.handlers(settings, parser)
    ours |= running.handlers(settings) | purchasing.handlers(settings)
    return ours | sending.handlers(settings) | invoice_mails.HANDLERS | incoming


class Worker:
    """`run` it as one task of a process, or as the process."""

    def __init__(self, database: Database, settings: Settings, handlers: Handlers) -> None:
        self.database = database
        self.handlers = handlers
        self.slots = settings.worker_concurrency
        self.lease = timedelta(seconds=settings.worker_lease_seconds)
        self.poll = timedelta(milliseconds=settings.worker_poll_milliseconds)
        self.stop_seconds = settings.worker_stop_seconds
        self._held: dict[asyncio.Task[None], Job] = {}
        self._news = asyncio.Event()
        self._refill_at = 0
        self._planned = False

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then let running jobs finish for `worker_stop_seconds` and give back the rest."""
        aside = [asyncio.create_task(self._watch()), asyncio.create_task(self._wake_up_to(stop))]
        try:
            await self._work(stop)
            if self._held:
                await asyncio.wait(self._held, timeout=self.stop_seconds)
        finally:
            for task in aside:
                task.cancel()
            await self._let_go()
            await asyncio.gather(*aside, return_exceptions=True)

    async def _wake_up_to(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._news.set()

    async def _work(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            self._news.clear()
            try:
                await self._take()
                failures = 0
            except DATABASE_TROUBLE as error:
                failures += 1
                LOGGER.warning("worker without database", error=_name(error), failures=failures)
            await self._rest(failures)

    async def _rest(self, failures: int) -> None:
        """Until there is news, or for the time of a poll: longer while the database is away."""
        seconds = min(self.poll.total_seconds() * 2 ** min(failures, 10), LONGEST_PAUSE_SECONDS)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)

    async def _take(self) -> None:
        """Fill the free slots with due jobs; if all got one, there may be more once half of them are done."""
        free = self.slots - len(self._held)
        if free == 0:
            return
        async with self.database.connection() as connection:
            taken = await jobs.claim(connection, list(self.handlers), free, self.lease)
        for job in taken:
            task = asyncio.create_task(self._do(job))
            self._held[task] = job
            task.add_done_callback(self._ended)
        self._refill_at = self.slots - (free + 1) // 2 if len(taken) == free else -1

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._held.pop(task, None)
        if len(self._held) <= self._refill_at:
            self._news.set()

    async def _do(self, job: Job) -> None:
        """One attempt, from its start to its record; only being cancelled gets out of here."""
        handler = self.handlers[job.kind]
        try:
            outcome = await self._attempt(job, handler)
        except LeaseLost:
            outcome = "lost"
        except DATABASE_TROUBLE as error:  # nothing could be recorded: the lease will run out
            LOGGER.warning("job without database", job_id=str(job.id), kind=job.kind, error=_name(error))
            outcome = "lost"
        JOBS.labels(job.kind, outcome).inc()

    async def _attempt(self, job: Job, handler: Handler) -> str:
        if job.attempts > handler.most_attempts:
            return await self._fail(job, handler, "The worker was lost each time.")
        limit = asyncio.timeout(handler.seconds)
        try:
            async with limit:
                effect = await handler.run(job, self.database, clock.now())
            await self._record(job, handler, effect)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 (whatever a job does wrong is the job's failure)
            reason = f"It ran longer than {handler.seconds} s." if limit.expired() else _reason(error)
            return await self._fail(job, handler, reason)
        return "done"

    async def _record(self, job: Job, handler: Handler, effect: Effect | None) -> None:
        """Try hard: what was done outside the database would be done again."""
        for pause in RECORD_PAUSES_SECONDS:
            try:
                return await self._finish(job, handler, effect)
            except UNAVAILABLE as error:
                LOGGER.warning("job not recorded yet", job_id=str(job.id), kind=job.kind, error=_name(error))
            await asyncio.sleep(pause)
        return await self._finish(job, handler, effect)

    async def _finish(self, job: Job, handler: Handler, effect: Effect | None) -> None:
        now = clock.now()
        async with self.database.transaction() as connection:
            if handler.every is None:
                await jobs.finish(connection, job)
            else:
                await jobs.postpone(connection, job, jobs.next_time(handler.every, now), attempts=0, error=None)
            if effect is not None:
                await effect(connection, now)

    async def _fail(self, job: Job, handler: Handler, reason: str) -> str:
        LOGGER.warning("job failed", job_id=str(job.id), kind=job.kind, attempts=job.attempts, reason=reason)
        now = clock.now()
        async with self.database.transaction() as connection:
            if job.attempts < handler.most_attempts:
                await jobs.retry(connection, job, reason)
                return "retried"
            if handler.every is not None:
                await jobs.postpone(connection, job, jobs.next_time(handler.every, now), attempts=0, error=reason)
                return "skipped"
            await jobs.bury(connection, job, reason)
            if handler.give_up is not None:
                await handler.give_up(connection, job, reason, now)
        return "dead"

    async def _watch(self) -> None:
        """Keep the leases, take back those of lost workers, have every recurring job on the table."""
        while True:
            await _despite_trouble(self._renew())
            await _despite_trouble(self._reclaim())
            if not self._planned:
                await _despite_trouble(self._plan())
            await asyncio.sleep(self.lease.total_seconds() / RENEWALS_PER_LEASE)

    async def _renew(self) -> None:
        held = dict(self._held)
        if not held:
            return
        async with self.database.connection() as connection:
            kept = await jobs.renew(connection, held.values(), self.lease)
        for task, job in held.items():
            if job.id not in kept and task in self._held:
                task.cancel()

    async def _reclaim(self) -> None:
        async with self.database.connection() as connection:
            for kind in await jobs.reclaim(connection):
                JOBS.labels(kind, "reclaimed").inc()

    async def _plan(self) -> None:
        now = clock.now()
        async with self.database.transaction() as connection:
            for kind, handler in self.handlers.items():
                if handler.every is not None:
                    run_at = jobs.next_time(handler.every, now)
                    await jobs.enqueue(connection, kind, {}, now=now, run_at=run_at, unique_key=f"recurring:{kind}")
        self._planned = True

    async def _let_go(self) -> None:
        """Cancel what still runs and give its leases back, so that another worker need not wait for them to run out."""
        held = dict(self._held)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        for task, job in held.items():
            if task.cancelled():
                await _despite_trouble(self._give_back(job))

    async def _give_back(self, job: Job) -> None:
        with suppress(LeaseLost):
            async with self.database.connection() as connection:
                await jobs.postpone(connection, job, job.run_at, attempts=job.attempts - 1, error=None)
            JOBS.labels(job.kind, "returned").inc()


async def _despite_trouble(step: Coroutine[Any, Any, None]) -> None:
    try:
        await step
    except DATABASE_TROUBLE as error:
        LOGGER.warning("worker without database", error=_name(error))


def _name(error: BaseException) -> str:
    return type(error).__name__


def _reason(error: Exception) -> str:
    """What may be kept of an error: its own words only when they are ours."""
    return error.reason if isinstance(error, Failed) else f"{type(error).__module__}.{type(error).__qualname__}"
