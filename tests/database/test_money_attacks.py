"""Whatever the service's own role tries in SQL: an entry's minutes are all somewhere, and nowhere twice."""

from datetime import date
from typing import Any

import asyncpg
import pytest

from app.core.db import Connection
from app.core.ids import new_id
from tests.billing import a_contract, an_entry, settled
from tests.builders import AGENT_ID, Keys, a_ticket

ENTRY_COLUMNS = (
    "client_id, ticket_id, agent_id, worked_on, worked_minutes, billed_minutes, lane, description, terms_id, "
    "hourly_rate_cents, discount_bp, currency, logged_at"
)
COPY = (
    f"INSERT INTO time_entries (id, kind, {ENTRY_COLUMNS}) SELECT $1, 'work', {ENTRY_COLUMNS} FROM time_entries LIMIT 1"
)
BOOK = (
    "INSERT INTO time_allocations (id, client_id, entry_id, place, minutes, created_at) "
    "SELECT gen_random_uuid(), client_id, $1, $2, $3, now() FROM time_entries WHERE id = $1"
)
DRAW = (
    "INSERT INTO time_allocations (id, client_id, entry_id, place, minutes, contract_id, created_at) "
    "SELECT gen_random_uuid(), client_id, $1, 'drawn', $2, $3, now() FROM time_entries WHERE id = $1"
)
COUNTER_COLUMNS = ENTRY_COLUMNS.replace("worked_minutes, billed_minutes, ", "")
COUNTER = f"""
INSERT INTO time_entries (id, kind, corrects_id, correction_reason, worked_minutes, billed_minutes, {COUNTER_COLUMNS})
SELECT $1, 'counter', id, 'Wrong', -1, -1, {COUNTER_COLUMNS} FROM time_entries LIMIT 1
"""


@pytest.fixture
async def entry_id(conn: Connection, keys: Keys) -> object:
    """An entry of 25 open minutes."""
    entry = await an_entry(conn, await a_ticket(conn, client_id=keys.client_id), AGENT_ID)
    await settled(conn)
    return entry["id"]


async def refused(conn: Connection, constraint: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as told:
        await settled(conn)
    assert told.value.constraint_name == constraint


@pytest.mark.usefixtures("entry_id")
async def test_an_entry_whose_minutes_are_nowhere_is_refused(conn: Connection):
    await conn.execute(COPY, new_id())
    await refused(conn, "time_allocations_sum")


@pytest.mark.usefixtures("entry_id")
@pytest.mark.parametrize("minutes", [1, 24, 26])
async def test_too_few_and_too_many_minutes_are_refused(conn: Connection, minutes: int):
    await conn.execute(COPY, id_ := new_id())
    await conn.execute(BOOK, id_, "open", minutes)
    await refused(conn, "time_allocations_sum")


async def test_minutes_are_not_added_later(conn: Connection, entry_id: object):
    await conn.execute(BOOK, entry_id, "quoted", 1)
    await refused(conn, "time_allocations_sum")


@pytest.mark.usefixtures("entry_id")
async def test_checking_early_does_not_help(conn: Connection):
    await conn.execute(COPY, id_ := new_id())
    await conn.execute(BOOK, id_, "open", 25)
    await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(asyncpg.CheckViolationError):
        await conn.execute(BOOK, id_, "open", 25)


async def test_no_place_goes_below_zero(conn: Connection, entry_id: object):
    await conn.execute(BOOK, entry_id, "quoted", -25)
    await conn.execute(BOOK, entry_id, "written_off", 25)
    await refused(conn, "time_allocations_sum")


async def test_a_pool_gives_only_for_work_of_its_year(conn: Connection, keys: Keys, entry_id: object):
    last_year: dict[str, Any] = {
        "starts_on": date(2025, 1, 1),
        "expires_on": date(2025, 12, 31),
        "purchased_on": date(2025, 1, 5),
    }
    contract = await a_contract(conn, keys.client_id, year=2025, **last_year)
    await conn.execute(BOOK, entry_id, "open", -25)
    await conn.execute(DRAW, entry_id, 25, contract["id"])
    await refused(conn, "time_allocations_sum")


@pytest.mark.usefixtures("entry_id")
async def test_a_counter_entry_takes_back_all_of_its_entry(conn: Connection):
    await conn.execute(COUNTER, id_ := new_id())
    await conn.execute(BOOK, id_, "open", -1)
    await refused(conn, "time_entries_counter")
