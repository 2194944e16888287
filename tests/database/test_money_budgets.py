"""How many round trips money takes, BEGIN and COMMIT included: the same for few rows and for many."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.billing import a_contract, an_entry, an_urgency
from tests.builders import Keys, a_ticket
from tests.database.test_budgets import Counted, CountingPool
from tests.service import client_of

LOG, LIST, BALANCE, COST, REPORT = 5, 4, 6, 6, 4


@pytest.fixture
async def counting(app: FastAPI, committing_database: Database) -> AsyncIterator[Counted]:
    pool = CountingPool(committing_database.pool)
    async with client_of(app, Database(pool, wait_seconds=5)) as client:
        yield Counted(client, pool)


async def _some_work(database: Database, keys: Keys, tickets: int) -> Any:
    """Tickets, each with an urgency, entries and a contract; the last ticket's id."""
    async with database.transaction() as connection:
        for _ in range(tickets):
            ticket = await a_ticket(connection, client_id=keys.client_id)
            await an_urgency(connection, ticket)
            await an_entry(connection, ticket, keys.agent_id)
            await an_entry(connection, ticket, keys.agent_id)
            await a_contract(connection, keys.client_id)
    return ticket["id"]


async def test_logging_time_that_is_drawn(counting: Counted, committing_database: Database, committing_keys: Keys):
    ticket_id = await _some_work(committing_database, committing_keys, 1)
    body = {"ticket_id": str(ticket_id), "worked_on": "2026-11-23", "worked_minutes": 5, "description": "x"}
    assert await counting.round_trips("POST", "/v1/time-entries", json=body, headers=committing_keys["agent"]) <= LOG
    assert counting.pool.statements[-1] == "COMMIT;"


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/time-entries", LIST),
        ("/v1/contracts", LIST),
        ("/v1/urgencies", LIST),
        ("/v1/clients/{client}/balance", BALANCE),
        ("/v1/clients/{client}/prices", LIST),
        ("/v1/reports/minutes?period=2026-Q4", REPORT),
        ("/v1/reports/unbilled", LIST),
    ],
)
async def test_reading_costs_the_same_for_5_and_for_30_rows(
    counting: Counted, committing_database: Database, committing_keys: Keys, path: str, most: int
):
    url, costs = path.format(client=committing_keys.client_id), []
    for more in (5, 25):
        await _some_work(committing_database, committing_keys, more)
        costs.append(await counting.round_trips("GET", url, headers=committing_keys["finance"]))
    assert costs[0] == costs[1] <= most, counting.pool.statements


async def test_what_a_ticket_costs(counting: Counted, committing_database: Database, committing_keys: Keys):
    ticket_id = await _some_work(committing_database, committing_keys, 1)
    headers = committing_keys["agent"]
    assert await counting.round_trips("GET", f"/v1/tickets/{ticket_id}/cost", headers=headers) <= COST
