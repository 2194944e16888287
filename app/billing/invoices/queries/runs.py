"""Runs: begun once, worked off client by client, each result written with what it tells of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.billing.invoices.queries.facts import CYCLE, SOMETHING
from app.core.db import Connection, Row

RUN = """
SELECT r.id, r.cycle, r.period, r.period_start, r.period_end, r.client_id, r.issue, r.digests, r.actor, r.status,
       r.clients, r.started_at, r.finished_at, counted.created, counted.skipped, counted.parked
FROM invoice_runs r CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE outcome = 'created') AS created,
           count(*) FILTER (WHERE outcome = 'skipped') AS skipped,
           count(*) FILTER (WHERE outcome = 'parked') AS parked
    FROM invoice_run_results WHERE run_id = r.id) AS counted
"""
RESULT = """
SELECT x.client_id, c.name AS client_name, x.outcome, x.reason, x.detail, x.invoice_id, i.number, i.kind,
       i.total_cents, i.currency, x.created_at
FROM invoice_run_results x JOIN clients c ON c.id = x.client_id LEFT JOIN invoices i ON i.id = x.invoice_id
"""
BEGIN = """
INSERT INTO invoice_runs (id, cycle, period, period_start, period_end, client_id, issue, digests, actor, status,
                          clients, started_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running', 1, $10)
"""
DRAFTED = """EXISTS (SELECT FROM invoice_states s JOIN invoices i ON i.id = s.invoice_id
    WHERE s.client_id = c.id AND s.period = {} AND s.live AND i.status = 'draft')"""
SKIPPED = """
    INSERT INTO invoice_run_results (run_id, client_id, outcome, reason, detail, invoice_id, created_at)
    SELECT {run}, c.id, 'skipped', CASE WHEN issued.id IS NULL THEN 'nothing-to-bill' ELSE 'already-invoiced' END,
           coalesce('The period is on ' || issued.number || ' already.', 'There is nothing to bill.'), issued.id, {now}
    FROM {clients} c LEFT JOIN LATERAL (
        SELECT i.id, i.number FROM invoice_states s JOIN invoices i ON i.id = s.invoice_id
        WHERE s.client_id = c.id AND s.period = {period} AND s.live AND i.status = 'issued'
        ORDER BY i.kind, i.id LIMIT 1) AS issued ON true"""
# Those of the cycle that have nothing to bill, and no draft that says otherwise, are done at once.
SKIP = f"""
WITH scope AS MATERIALIZED (
    SELECT c.id, ({SOMETHING}) OR {DRAFTED.format("$7")} AS something
    FROM clients c WHERE {CYCLE.format("$1")} = $4
), skipped AS ({SKIPPED.format(clients="scope", run="$5", now="$6", period="$7")} WHERE NOT something)
UPDATE invoice_runs SET clients = (SELECT count(*) FROM scope) WHERE id = $5
"""
# Those that had something when the run began, and nothing any more: another run, or a correction, was quicker.
SKIP_OVERTAKEN = f"""{SKIPPED.format(clients="clients", run="$3", now="$4", period="$5")}
WHERE {CYCLE.format("$1")} = $2
  AND NOT EXISTS (SELECT FROM invoice_run_results x WHERE x.run_id = $3 AND x.client_id = c.id)
ON CONFLICT (run_id, client_id) DO NOTHING
"""
NEXT = f"""
SELECT c.id FROM clients c
WHERE {CYCLE.format("$1")} = $4 AND (({SOMETHING}) OR {DRAFTED.format("$6")})
  AND NOT EXISTS (SELECT FROM invoice_run_results x WHERE x.run_id = $5 AND x.client_id = c.id) AND c.id > $7
ORDER BY c.id LIMIT 1000
"""
NOTE = """
INSERT INTO invoice_run_results (run_id, client_id, outcome, reason, detail, invoice_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (run_id, client_id) DO NOTHING
"""
FINISH = "UPDATE invoice_runs SET status = 'done', finished_at = $2 WHERE id = $1 AND status = 'running'"


async def begin(connection: Connection, values: Sequence[Any]) -> None:
    """See BEGIN: id, cycle, period, its days, client, issue, digests, actor, instant."""
    await connection.execute(BEGIN, *values)


async def skip_the_idle(connection: Connection, run: Row, until: datetime, now: datetime) -> None:
    """See SKIP; counts the clients of the run."""
    values = [run["period_start"], run["period_end"], until, run["cycle"], run["id"], now, run["period"]]
    await connection.execute(SKIP, *values)


async def skip_the_overtaken(connection: Connection, run: Row, now: datetime) -> None:
    """See SKIP_OVERTAKEN: every client of the run has a result then."""
    if run["client_id"] is None:
        values = [run["period_start"], run["cycle"], run["id"], now, run["period"]]
        await connection.execute(SKIP_OVERTAKEN, *values)


async def next_clients(connection: Connection, run: Row, until: datetime, after: UUID) -> list[UUID]:
    """Up to 1,000 clients of the run that have no result yet, by id: those behind are not looked at again."""
    if run["client_id"] is not None:
        return [] if await has_result(connection, run["id"], run["client_id"]) else [run["client_id"]]
    values = [run["period_start"], run["period_end"], until, run["cycle"], run["id"], run["period"], after]
    return [row["id"] for row in await connection.fetch(NEXT, *values)]


async def has_result(connection: Connection, run_id: UUID, client_id: UUID) -> bool:
    """Whether the run is done with that client."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM invoice_run_results WHERE run_id = $1 AND client_id = $2)", run_id, client_id
        )
    )


async def note(connection: Connection, results: Sequence[Sequence[Any]]) -> None:
    """See NOTE: run, client, outcome, reason, detail, document, instant."""
    await connection.executemany(NOTE, results)


async def finish(connection: Connection, run_id: UUID, now: datetime) -> None:
    """Every client has its result."""
    await connection.execute(FINISH, run_id, now)


async def run(connection: Connection, run_id: UUID) -> Row | None:
    """One run and how far it has come."""
    return await connection.fetchrow(f"{RUN} WHERE r.id = $1", run_id)


async def runs(connection: Connection, after: UUID | None, limit: int) -> list[Row]:
    """Runs, the newest first."""
    return await connection.fetch(
        f"{RUN} WHERE $1::uuid IS NULL OR r.id < $1 ORDER BY r.id DESC LIMIT {limit:d}", after
    )


async def results(connection: Connection, run_id: UUID, outcome: str | None, after: UUID, limit: int) -> list[Row]:
    """What became of the clients, by id."""
    return await connection.fetch(
        f"{RESULT} WHERE x.run_id = $1 AND ($2::text IS NULL OR x.outcome = $2) AND x.client_id > $3 "
        f"ORDER BY x.client_id LIMIT {limit:d}",
        run_id,
        outcome,
        after,
    )


async def already_done(connection: Connection, run_id: UUID | None, clients: Sequence[UUID]) -> set[UUID]:
    """The clients that the run is done with; from here on statements may take as long as no request's may."""
    found = await connection.fetch(
        "SELECT x.client_id FROM set_config('statement_timeout', '120s', true) "
        "LEFT JOIN invoice_run_results x ON x.run_id = $1 AND x.client_id = ANY ($2::uuid[])",
        run_id,
        clients,
    )
    return {row["client_id"] for row in found}


async def client_name(connection: Connection, client_id: UUID) -> str | None:
    """What a client is called, None when there is no such client."""
    found: str | None = await connection.fetchval("SELECT name FROM clients WHERE id = $1", client_id)
    return found
