"""Clients of a run share a transaction, and nothing else: what is wrong with one of them stays with it."""

import pytest

from app.billing.invoices.service.running import begin_run, work_off
from app.core import clock
from app.core.db import Connection, Database
from tests import invariants
from tests.database.test_invoice_races import ACTOR, PERIOD, clients_with_work
from tests.service import SETTINGS

pytestmark = pytest.mark.usefixtures("committing_keys")
RESULTS = "SELECT client_id, outcome, reason FROM invoice_run_results WHERE run_id = $1"
# As no statement of the service would leave it.
MISPLACE = """
UPDATE open_time SET ticket_id = (SELECT ticket_id FROM open_time WHERE client_id = $2 LIMIT 1) WHERE client_id = $1
"""


async def run(database: Database, conn: Connection, *, issue: bool = True) -> dict[object, tuple[str, str | None]]:
    """What became of each client."""
    async with database.transaction() as connection:
        run_id = await begin_run(
            connection,
            PERIOD,
            client_id=None,
            issue=issue,
            digests={},
            work_at=clock.now(),
            actor=ACTOR,
            now=clock.now(),
        )
    assert await work_off(database, run_id, SETTINGS)
    return {row["client_id"]: (row["outcome"], row["reason"]) for row in await conn.fetch(RESULTS, run_id)}


async def test_what_the_database_refuses_of_one_client_leaves_the_others_alone(
    committing_database: Database, committing_conn: Connection
):
    clients = await clients_with_work(committing_conn, 7)
    wrong, other = clients[2], clients[5]
    right = await committing_conn.fetchval("SELECT ticket_id FROM open_time WHERE client_id = $1 LIMIT 1", wrong)
    await committing_conn.execute(MISPLACE, wrong, other)
    expected = dict.fromkeys(clients, ("created", None)) | {wrong: ("parked", "conflict")}
    told = await run(committing_database, committing_conn)
    assert {client_id: told[client_id] for client_id in clients} == expected
    await committing_conn.execute("UPDATE open_time SET ticket_id = $2 WHERE client_id = $1", wrong, right)
    told = await run(committing_database, committing_conn)
    assert told[wrong] == ("created", None)
    assert {told[client_id] for client_id in clients if client_id != wrong} == {("skipped", "already-invoiced")}
    numbers = await committing_conn.fetch("SELECT sequence FROM invoices ORDER BY sequence")
    assert [row["sequence"] for row in numbers] == [1, 2, 3, 4, 5, 6, 7]
    await invariants.check(committing_conn)


async def test_drafts_are_made_anew_together_and_issued_together(
    committing_database: Database, committing_conn: Connection
):
    clients = await clients_with_work(committing_conn, 6)
    assert (await run(committing_database, committing_conn, issue=False))[clients[0]] == ("created", None)
    assert (await run(committing_database, committing_conn, issue=False))[clients[0]] == ("skipped", "draft-unchanged")
    told = await run(committing_database, committing_conn)
    assert {told[client_id] for client_id in clients} == {("created", None)}
    assert await committing_conn.fetchval("SELECT count(*) FROM invoices WHERE status = 'issued'") == len(clients)
    await invariants.check(committing_conn)
