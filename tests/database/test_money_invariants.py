"""The queries about money find what the database itself would usually keep out."""

import httpx
import pytest

from app.core.db import Connection
from tests import invariants, money_invariants
from tests.billing import a_contract, logged
from tests.builders import Keys, a_ticket
from tests.postgres import Clone, connected

ENTRY = "(SELECT id FROM time_entries WHERE kind = 'work' ORDER BY id LIMIT 1)"
BREAKS = {
    "all billed minutes of an entry are somewhere": "DELETE FROM time_allocations WHERE place = 'open'",
    "no place holds less than nothing of an entry": f"""INSERT INTO time_allocations (id, client_id, entry_id, place,
        minutes, created_at) SELECT gen_random_uuid(), client_id, id, 'written_off', -1, now() FROM time_entries
        WHERE id = {ENTRY}""",
    "the minutes still to be invoiced are the billable ones that are on no invoice": "DELETE FROM open_time",
    "no more of an entry is invoiced than is billable": f"""INSERT INTO invoice_entries (line_id, entry_id, minutes)
        SELECT gen_random_uuid(), id, 1000 FROM time_entries WHERE id = {ENTRY}""",
    "what an accepted price covers is neither drawn nor billed": "UPDATE time_entries SET permanence_id = ticket_id, "
    "ticket_id = NULL",
    "a counter-entry takes back the whole of one entry": "UPDATE time_entries SET hourly_rate_cents = 1 "
    "WHERE kind = 'counter'",
    "what is corrected is drawn no more": "DELETE FROM time_allocations WHERE place = 'drawn' AND minutes < 0",
    "an agent's times never overlap": "UPDATE time_entries SET started_at = worked_on, ended_at = worked_on + 1",
    "a contract's sums are what its lines add up to": "UPDATE contracts SET granted_minutes = 1",
    "a contract's lines have no gap, and each tells what it leaves": "UPDATE contract_movements SET left_minutes = 1",
    "a contract gives only for work of its own dates, once it counts": "UPDATE contracts SET starts_on = expires_on",
    "a ticket's chargeable minutes are what its entries add up to": "UPDATE chargeable_time SET minutes = minutes + 1",
    "an urgency's fee has one last booking": """INSERT INTO urgency_fees (id, urgency_id, kind, amount_cents, reason,
        reverses_id, created_at) SELECT gen_random_uuid(), urgency_id, 'waiver', 0, 'x', gen_random_uuid(), now()
        FROM urgency_fees WHERE kind = 'charge'""",
    "an urgency's fee is due once or not at all": "UPDATE urgency_fees SET amount_cents = 1",
    "what is no urgency any more owes no fee": "UPDATE tickets SET lane = 'standard'",
    "an entry is priced by the terms of its date": "UPDATE time_entries SET hourly_rate_cents = 12345",
    "billed minutes are the worked ones in whole increments": "UPDATE time_entries SET billed_minutes = "
    "billed_minutes * 2",
    "a contract costs its minutes at its rate": "UPDATE contracts SET price_cents = price_cents + 1",
    "refunds give back at most the price, and all of it for all minutes": "UPDATE contract_movements "
    "SET amount_cents = 1000000 WHERE kind = 'refunded'",
    "no time or money links two clients": "UPDATE time_entries SET client_id = (SELECT max(id::text)::uuid FROM clients)",
    "an entry lies on its date and in one quarter": "UPDATE time_entries SET worked_on = worked_on - 100, "
    "started_at = worked_on, ended_at = worked_on + 1",
}
KEPT_BY_CHECKS = {"no contract is overdrawn"}


def test_every_invariant_is_tried():
    assert set(BREAKS) | KEPT_BY_CHECKS == set(money_invariants.QUERIES)


@pytest.fixture
async def desk(committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys) -> None:
    """Prepaid and open time, a correction, a refund, an urgency."""
    keys, api = committing_keys, committing_api
    contract = await a_contract(committing_conn, keys.client_id, 100)
    ticket = await a_ticket(committing_conn, client_id=keys.client_id)
    wrong = await logged(api, keys, ticket["id"], 50)
    await api.post(f"/v1/time-entries/{wrong['id']}/corrections", json={"reason": "Twice"}, headers=keys["agent"])
    refund = {"minutes": 10, "reason": "Closing"}
    await api.post(f"/v1/contracts/{contract['id']}/refunds", json=refund, headers=keys["finance"])
    await logged(api, keys, ticket["id"], 120)
    await logged(api, keys, ticket["id"], 5)
    urgency = {"ticket_id": str(ticket["id"]), "requested_by": "Tom"}
    answer = await api.post("/v1/urgencies", json=urgency, headers=keys["agent"])
    assert answer.status_code == 201


@pytest.mark.usefixtures("desk")
async def test_a_desk_at_work_has_no_violations(committing_conn: Connection):
    await invariants.check(committing_conn)


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("name", sorted(BREAKS))
async def test_a_broken_invariant_is_named(worker_database: Clone, name: str):
    async with connected(worker_database.superuser_url) as superuser:
        await superuser.execute(f"SET session_replication_role = replica; {BREAKS[name]}")
        assert name in await invariants.violations(superuser)
