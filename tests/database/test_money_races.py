"""What several people do to one client's money at the same moment, with real commits: no minute is lost or doubled."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.db import Connection
from tests import invariants
from tests.billing import a_contract, an_urgency
from tests.builders import A_MOMENT_AGO, Keys, a_ticket, an_agent
from tests.conftest import Clock

MANY = 8
HOUR = 60


async def at_once(*calls: Any) -> list[httpx.Response]:
    return list(await asyncio.gather(*calls))


class Desk:
    """The client's tickets, one for each agent, and who does what to them."""

    def __init__(self, api: httpx.AsyncClient, conn: Connection, keys: Keys) -> None:
        self.api, self.conn, self.keys = api, conn, keys
        self.tickets: list[str] = []
        self.agents: list[str] = []

    async def open(self) -> None:
        for number in range(MANY):
            ticket = await a_ticket(self.conn, client_id=self.keys.client_id)
            agent = await an_agent(self.conn, email=f"agent{number}@e-connect.lu")
            self.tickets.append(str(ticket["id"]))
            self.agents.append(str(agent["id"]))

    def logs(self, number: int, minutes: int, **values: Any) -> Any:
        """One of the agents logs time on its ticket."""
        body: dict[str, Any] = {
            "ticket_id": self.tickets[number], "agent_id": self.agents[number], "worked_on": "2026-11-23",
            "worked_minutes": minutes, "description": "Repaired the menu",
        }  # fmt: skip
        return self.posts("/v1/time-entries", body | values)

    def posts(self, path: str, body: Any, key: str = "admin") -> Any:
        return self.api.post(path, json=body, headers=self.keys[key])

    async def minutes(self) -> dict[str, int]:
        """Where the client's minutes are."""
        rows = await self.conn.fetch("SELECT place, sum(minutes) AS minutes FROM time_allocations GROUP BY place")
        return {row["place"]: row["minutes"] for row in rows if row["minutes"]}


@pytest.fixture
async def desk(
    committing_api: httpx.AsyncClient, committing_conn: Connection, committing_keys: Keys, clock: Clock
) -> Desk:
    desk = Desk(committing_api, committing_conn, committing_keys)
    await desk.open()
    return desk


async def test_eight_agents_draw_the_last_hour(desk: Desk):
    contract = await a_contract(desk.conn, desk.keys.client_id, HOUR)

    answers = await at_once(*(desk.logs(number, 25) for number in range(MANY)))

    assert {answer.status_code for answer in answers} == {201}
    assert await desk.minutes() == {"drawn": 60, "open": 140}  # 8 × 25 = 200
    shares = sorted(answer.json()["drawn_minutes"] for answer in answers)
    assert shares == [0, 0, 0, 0, 0, 10, 25, 25]
    lines = (await desk.api.get(f"/v1/contracts/{contract['id']}/draws", headers=desk.keys["finance"])).json()["items"]
    assert [line["left_minutes"] for line in lines] == [60, 35, 10, 0]
    await invariants.check(desk.conn)


async def test_eight_agents_bring_one_ticket_to_a_day_of_work_and_no_further(desk: Desk):
    ticket = desk.tickets[0]

    answers = await at_once(*(desk.logs(number, 100, ticket_id=ticket) for number in range(MANY)))

    assert sorted(answer.status_code for answer in answers) == [*[201] * 4, *[409] * 4]  # 4 × 100 of 480 minutes (Q1)
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(one["code"], one["chargeable_minutes"]) for one in refused} == {("quote-required", 500)}
    assert await desk.conn.fetchval("SELECT minutes FROM chargeable_time WHERE ticket_id = $1", UUID(ticket)) == 400
    await invariants.check(desk.conn)


async def test_a_top_up_takes_over_whatever_is_logged_meanwhile(desk: Desk):
    contract = await a_contract(desk.conn, desk.keys.client_id, 150, effective_at=None, effective_reason=None)
    calls = [desk.logs(number, 25) for number in range(MANY)]
    calls.insert(MANY // 2, desk.posts(f"/v1/contracts/{contract['id']}/activation", {"reason": "Paid"}, "finance"))

    answers = await at_once(*calls)

    assert {answer.status_code for answer in answers} == {201}
    assert await desk.minutes() == {"drawn": 150, "open": 50}
    await invariants.check(desk.conn)


async def test_grants_and_refunds_meet_draws(desk: Desk):
    contract = await a_contract(desk.conn, desk.keys.client_id, 100)
    path = f"/v1/contracts/{contract['id']}"
    refunds = [desk.posts(f"{path}/refunds", {"minutes": 30, "reason": "Closing"}, "finance") for _ in range(4)]
    grants = [desk.posts(f"{path}/grants", {"minutes": 5, "reason": "Sorry"}, "finance") for _ in range(4)]

    answers = await at_once(*(desk.logs(number, 20) for number in range(4)), *refunds, *grants)

    assert {answer.status_code for answer in answers[:4]} == {201}
    assert {answer.status_code for answer in answers[8:]} == {201}
    refused = [answer for answer in answers[4:8] if answer.status_code != 201]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} <= {(409, "refund-exceeds-unused")}
    drawn = (await desk.minutes()).get("drawn", 0)
    back = 30 * (4 - len(refused))
    left = (await desk.api.get(path, headers=desk.keys["finance"])).json()["left_minutes"]
    assert left == 100 + 20 - drawn - back >= 0
    await invariants.check(desk.conn)


async def test_an_entry_is_corrected_once(desk: Desk):
    await a_contract(desk.conn, desk.keys.client_id, HOUR)
    entry = (await desk.logs(0, 25)).json()
    path = f"/v1/time-entries/{entry['id']}/corrections"

    answers = await at_once(*(desk.posts(path, {"reason": f"Wrong {number}"}) for number in range(MANY)))

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (MANY - 1)]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"already-corrected"}
    assert await desk.minutes() == {}
    await invariants.check(desk.conn)


async def test_corrections_and_new_time_meet_in_one_pool(desk: Desk):
    await a_contract(desk.conn, desk.keys.client_id, HOUR)
    first = [(await desk.logs(number, 25)).json() for number in range(4)]
    back = [desk.posts(f"/v1/time-entries/{entry['id']}/corrections", {"reason": "Wrong"}) for entry in first]

    answers = await at_once(*back, *(desk.logs(number, 20) for number in range(4, MANY)))

    assert {answer.status_code for answer in answers} == {201}
    assert await desk.minutes() == {"drawn": 60, "open": 20}  # 4 × 20 = 80 of which an hour is prepaid
    await invariants.check(desk.conn)


async def test_two_requalifications_at_once_book_one_reversal(desk: Desk):
    ticket = await desk.conn.fetchrow("SELECT * FROM tickets LIMIT 1")
    assert ticket is not None
    await desk.conn.execute(
        "UPDATE tickets SET lane = 'urgent', urgency_accepted_at = $2, urgency_accepted_by = 'Tom', "
        "urgency_fee_cents = 15000 WHERE id = $1",
        ticket["id"],
        A_MOMENT_AGO,
    )
    urgency = await an_urgency(desk.conn, ticket)
    path, body = f"/v1/urgencies/{urgency['id']}/requalification", {"lane": "standard", "reason": "It can wait"}

    answers = await at_once(*(desk.posts(path, body) for _ in range(MANY)))

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (MANY - 1)]
    fees = await desk.conn.fetch("SELECT kind, amount_cents FROM urgency_fees ORDER BY created_at, id")
    assert [tuple(fee) for fee in fees] == [("charge", 15000), ("reversal", -15000)]
    await invariants.check(desk.conn)


async def test_up_down_and_a_waiver_at_once_leave_one_fee_or_none(desk: Desk):
    body = {"ticket_id": desk.tickets[0], "requested_by": "Tom Weber"}
    opened = await at_once(*(desk.posts("/v1/urgencies", body) for _ in range(MANY)))
    assert sorted(answer.status_code for answer in opened) == [201, *[409] * (MANY - 1)]
    (urgency,) = [answer.json() for answer in opened if answer.status_code == 201]
    path = f"/v1/urgencies/{urgency['id']}"
    moves = [
        desk.posts(f"{path}/requalification", {"lane": lane, "reason": f"Now {lane}"})
        for lane in ("standard", "urgent", "standard", "urgent")
    ]

    answers = await at_once(*moves, desk.posts(f"{path}/waiver", {"reason": "Our fault"}, "finance"))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await desk.conn.fetchval("SELECT count(*) FROM urgency_fees WHERE kind = 'charge'") == 1
    await invariants.check(desk.conn)


async def test_timed_work_of_one_agent_overlaps_once(desk: Desk):
    spans = [
        {
            "agent_id": desk.agents[0],
            "worked_on": None,
            "worked_minutes": None,
            "started_at": (A_MOMENT_AGO - timedelta(minutes=40 - number)).isoformat(),
            "ended_at": (A_MOMENT_AGO - timedelta(minutes=20 - number)).isoformat(),
        }
        for number in range(MANY)
    ]
    answers = await at_once(*(desk.logs(number, 0, **span) for number, span in enumerate(spans)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (MANY - 1)]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"time-overlaps"}
    await invariants.check(desk.conn)


async def test_one_timer_of_an_agent_starts_and_is_stopped_once(desk: Desk):
    start = {"agent_id": desk.agents[0], "ticket_id": desk.tickets[0], "description": "Searching"}
    started = await at_once(*(desk.posts("/v1/timers", start) for _ in range(MANY)))
    assert sorted(answer.status_code for answer in started) == [201, *[409] * (MANY - 1)]
    (timer,) = [answer.json() for answer in started if answer.status_code == 201]
    await desk.conn.execute("UPDATE timers SET started_at = started_at - interval '10 minutes'")

    stopped = await at_once(*(desk.posts(f"/v1/timers/{timer['id']}/stop", {}) for _ in range(MANY)))

    assert sorted(answer.status_code for answer in stopped).count(409) == MANY - 1
    assert await desk.minutes() == {"open": 10}
    await invariants.check(desk.conn)


async def test_the_same_entry_sent_many_times_with_one_key_is_logged_once(desk: Desk):
    await a_contract(desk.conn, desk.keys.client_id, HOUR)
    body = {
        "ticket_id": desk.tickets[0], "agent_id": desk.agents[0], "worked_on": "2026-11-23", "worked_minutes": 25,
        "description": "Repaired the menu",
    }  # fmt: skip
    headers = desk.keys["admin"] | {"Idempotency-Key": "one"}

    def send(**other: Any) -> Any:
        return desk.api.post("/v1/time-entries", json=body | other, headers=headers)

    answers = await at_once(*(send() for _ in range(MANY)), send(worked_minutes=26))

    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.text for answer in made}) == 1
    refused = {(answer.status_code, answer.json()["code"]) for answer in answers if answer.status_code != 201}
    assert refused <= {(422, "idempotency-key-reused"), (409, "idempotency-key-in-flight")}
    again = await send()
    if again.status_code == 201:
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.text == made[0].text
    assert await desk.conn.fetchval("SELECT count(*) FROM time_entries") == 1
    assert await desk.conn.fetchval("SELECT count(*) FROM audit_log") == 1
    await invariants.check(desk.conn)
