"""One client's books, played at random over HTTP on a real Postgres against a plain model of the rules (P, C, U, N).

`make fuzz` plays for longer.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvloop
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.core.db import Connection
from tests import money_invariants
from tests.builders import Keys, a_ticket, some_keys
from tests.features.billing.money_model import Contract, Entry, Model, RefusedError, Ticket, cents
from tests.postgres import Clone, connected, one_transaction
from tests.service import client_of

FUZZ_SECONDS = int(os.environ.get("DESK_FUZZ_SECONDS", "0"))
GAMES, STEPS = (400, 200) if FUZZ_SECONDS else (28, 85)
LEAST_STEPS = 2_000
PHASES = [Phase.generate]
FIRST_DAY = date(2026, 10, 5)
OF_2022 = {
    "from": date(2022, 7, 1), "rate": 12000, "prepaid_discount_bp": 500, "overflow_bp": 0, "increment": 1,
    "minimum": 1, "threshold": 480, "fee": 15000, "urgent_rate": None, "included": 0, "covers_urgent": True,
}  # fmt: skip
TERMS = st.fixed_dictionaries(
    {
        "rate": st.sampled_from([12000, 12600, 9990, 13333]),
        "prepaid_discount_bp": st.sampled_from([0, 500, 333]),
        "overflow_bp": st.sampled_from([0, 0, 250]),
        "increment": st.sampled_from([1, 1, 5, 15]),
        "minimum": st.sampled_from([1, 1, 10, 30]),
        "threshold": st.sampled_from([480, 480, 960]),
        "fee": st.sampled_from([15000, 12000, 0]),
        "urgent_rate": st.sampled_from([None, None, 15000]),
        "included": st.sampled_from([0, 60]),
        "covers_urgent": st.sampled_from([True, True, False]),
    }
)
PICK = st.integers(0, 10_000)
MINUTES = st.integers(1, 200)
DAYS_AGO = st.sampled_from([0, 0, 0, 1, 2, 5, 30, 80])


class Place:
    """Where the games are played: set by the test."""

    loop: asyncio.AbstractEventLoop
    conn: Connection
    api: httpx.AsyncClient
    steps = 0
    now = datetime(2026, 1, 1, tzinfo=UTC)


class Books(RuleBasedStateMachine):
    """Each rule calls the service and the model, and both must agree."""

    def __init__(self) -> None:
        super().__init__()
        Place.now = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 9, 0, tzinfo=UTC)
        self.model = Model(FIRST_DAY, OF_2022)
        self.urgencies: dict[str, str] = {}
        self.calls = 0
        self.moved = True

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return Place.loop.run_until_complete(work)

    @initialize()
    def open_the_desk(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        self.conn, self.api = Place.conn, Place.api
        self.transaction = self.conn.transaction()
        await self.transaction.start()
        self.keys: Keys = await some_keys(self.conn)
        for _ in range(3):
            await self._ticket()

    async def _ticket(self) -> None:
        row = await a_ticket(self.conn, client_id=self.keys.client_id)
        self.model.tickets[str(row["id"])] = Ticket(str(row["id"]))

    def teardown(self) -> None:
        if hasattr(self, "transaction"):
            self.run(self._close())

    async def _close(self) -> None:
        try:
            await self.conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for name, query in money_invariants.QUERIES.items():
                assert await self.conn.fetch(query) == [], name
            assert await self.conn.fetchval("SELECT count(*) FROM audit_log") == self.calls  # invariant 15
        finally:
            await self.transaction.rollback()

    def post(self, path: str, body: Any, refused: str | None) -> Any:
        """Call the service; it must do it, or refuse it as the model does."""
        Place.steps += 1
        answer = self.run(self.api.post(path, json=body, headers=self.keys["admin"]))
        if refused is not None:
            assert (answer.status_code // 100, answer.json()["code"]) == (4, refused), answer.text
            return None
        assert answer.status_code == 201, answer.text
        self.calls += 1
        self.run(self.conn.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"))
        return answer.json()

    def expected(self, step: Any) -> tuple[Any, str | None]:
        """What the model makes of a step; it stays as it was when it refuses."""
        before = self.model.copy()
        try:
            return step(), None
        except RefusedError as no:
            self.model = before
            return None, no.code

    def contract(self, pick: int) -> Contract:
        return [*self.model.contracts.values()][pick % len(self.model.contracts)]

    def ticket(self, pick: int) -> Ticket:
        return [*self.model.tickets.values()][pick % len(self.model.tickets)]

    # The rules of the game.

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        Place.steps += 1
        before = self.model.today
        Place.now += timedelta(days=days)
        self.model.today += timedelta(days=days)
        self.moved = before.year != self.model.today.year  # what is left has expired

    @rule()
    def open_ticket(self) -> None:
        Place.steps += 1
        self.run(self._ticket())

    @rule(
        terms=TERMS,
        ahead=st.sampled_from([0, 1, 1, 3, 29, 30, 40]),
        reason=st.sampled_from([None, "Indexed", "Indexed"]),
    )
    def publish_terms(self, terms: dict[str, Any], ahead: int, reason: str | None) -> None:
        version = terms | {"from": self.model.today + timedelta(days=ahead)}
        _, refused = self.expected(lambda: self.model.publish(version, reason))
        body = {
            "effective_on": version["from"].isoformat(), "hourly_rate_cents": terms["rate"],
            "contract_discount_bp": terms["prepaid_discount_bp"], "overflow_discount_bp": terms["overflow_bp"],
            "billing_increment_minutes": terms["increment"], "minimum_minutes": terms["minimum"],
            "quote_threshold_minutes": terms["threshold"], "prepaid_covers_urgent": terms["covers_urgent"],
            "urgency": {
                "opening_fee_cents": terms["fee"], "hourly_rate_cents": terms["urgent_rate"],
                "included_minutes": terms["included"],
            },
            "text": {"fr": "a", "en": "b", "de": "c"}, "reason": reason,
        }  # fmt: skip
        self.post("/v1/terms", body, refused)

    @rule(minutes=st.integers(1, 400), at_once=st.booleans())
    def buy(self, minutes: int, at_once: bool) -> None:
        wanted = self.model.buy(minutes)
        body = {"client_id": str(self.keys.client_id), "year": self.model.today.year, "bought_minutes": minutes}
        bought = self.post("/v1/contracts", body, None)
        assert (bought["price_cents"], bought["status"]) == (wanted.price, "pending")
        wanted.id = bought["id"]
        self.model.contracts[wanted.id] = wanted
        if at_once:
            self.top_up(len(self.model.contracts) - 1)

    @precondition(lambda self: self.model.contracts)
    @rule(pick=PICK)
    def top_up(self, pick: int) -> None:
        contract = self.contract(pick)
        _, refused = self.expected(lambda: self.model.make_effective(contract))
        self.post(f"/v1/contracts/{contract.id}/activation", {"reason": "Paid"}, refused)
        self.moved = True

    @precondition(lambda self: self.model.contracts)
    @rule(pick=PICK, minutes=st.integers(1, 90), source=st.one_of(st.none(), st.none(), PICK))
    def grant(self, pick: int, minutes: int, source: int | None) -> None:
        contract = self.contract(pick)
        carried = None if source is None else self.contract(source)
        _, refused = self.expected(lambda: self.model.grant(contract, minutes, carried))
        body = {"minutes": minutes, "reason": "Sorry", "carried_from_id": carried.id if carried else None}
        self.post(f"/v1/contracts/{contract.id}/grants", body, refused)
        self.moved = True

    @precondition(lambda self: self.model.contracts)
    @rule(pick=PICK, minutes=st.integers(1, 90))
    def refund(self, pick: int, minutes: int) -> None:
        contract = self.contract(pick)
        back, refused = self.expected(lambda: self.model.refund(contract, minutes))
        row = self.post(f"/v1/contracts/{contract.id}/refunds", {"minutes": minutes, "reason": "Closing"}, refused)
        assert row is None or row["amount_cents"] == back

    @rule(pick=PICK, minutes=MINUTES, ago=DAYS_AGO, reason=st.sampled_from([None, None, None, "goodwill"]))
    def log(self, pick: int, minutes: int, ago: int, reason: str | None) -> None:
        day = self.model.today - timedelta(days=ago)
        entry, refused = self.expected(lambda: self.model.log(self.ticket(pick), day, minutes, reason))
        row = self.post("/v1/time-entries", self._work(self.ticket(pick).id, day, minutes, reason), refused)
        if row is not None:
            self._agree(entry, row)

    @precondition(lambda self: self.model.entries)
    @rule(pick=PICK, minutes=st.one_of(st.none(), MINUTES), other=PICK, ago=DAYS_AGO)
    def correct(self, pick: int, minutes: int | None, other: int, ago: int) -> None:
        id_, ticket_id = [*self.model.entries][pick % len(self.model.entries)], self.ticket(other).id
        day = self.model.today - timedelta(days=ago)

        def step() -> Entry | None:
            self.model.take_back(self.model.entries[id_])
            return self.model.log(self.model.tickets[ticket_id], day, minutes, None) if minutes else None

        entry, refused = self.expected(step)
        body: dict[str, Any] = {"reason": "Typed wrong"}
        if minutes:
            body["replacement"] = self._work(ticket_id, day, minutes, None)
        row = self.post(f"/v1/time-entries/{id_}/corrections", body, refused)
        if row is None:
            return
        wrong = self.model.entries[id_]
        back = row["counter_entry"]
        assert (back["billed_minutes"], back["drawn_minutes"], back["billable_minutes"], back["non_billable_minutes"]) == (
            -wrong.billed, -sum(wrong.drawn.values()), -wrong.open, -wrong.free,
        )  # fmt: skip
        if entry is not None:
            self._agree(entry, row["replacement"])
        if wrong.drawn:
            self.model.absorb()
        self.moved = True

    @rule(pick=PICK)
    def open_urgency(self, pick: int) -> None:
        ticket = self.ticket(pick)
        _, refused = self.expected(lambda: self.model.open_urgency(ticket))
        row = self.post("/v1/urgencies", {"ticket_id": ticket.id, "requested_by": "Tom"}, refused)
        if row is not None:
            assert (row["opening_fee_cents"], row["fee_status"]) == (ticket.fee_cents, ticket.fee)
            self.urgencies[ticket.id] = row["id"]

    @precondition(lambda self: self.urgencies)
    @rule(pick=PICK, lane=st.sampled_from(["urgent", "standard"]))
    def requalify(self, pick: int, lane: str) -> None:
        id_ = [*self.urgencies][pick % len(self.urgencies)]
        _, refused = self.expected(lambda: self.model.requalify(self.model.tickets[id_], lane))
        row = self.post(f"/v1/urgencies/{self.urgencies[id_]}/requalification", {"lane": lane, "reason": "So"}, refused)
        assert row is None or (row["lane"], row["fee_status"]) == (lane, self.model.tickets[id_].fee)
        self.moved = True

    @precondition(lambda self: self.urgencies)
    @rule(pick=PICK)
    def waive(self, pick: int) -> None:
        id_ = [*self.urgencies][pick % len(self.urgencies)]
        _, refused = self.expected(lambda: self.model.waive(self.model.tickets[id_]))
        self.post(f"/v1/urgencies/{self.urgencies[id_]}/waiver", {"reason": "Our fault"}, refused)
        self.moved = True

    # What must be the same.

    def _work(self, ticket_id: str, day: date, minutes: int, reason: str | None) -> dict[str, Any]:
        return {
            "ticket_id": ticket_id, "agent_id": str(self.keys.agent_id), "worked_on": day.isoformat(),
            "worked_minutes": minutes, "description": "Repaired the menu", "non_billable_reason": reason,
        }  # fmt: skip

    def _agree(self, entry: Entry, row: dict[str, Any]) -> None:
        assert (row["billed_minutes"], row["billable_minutes"], row["non_billable_minutes"]) == (
            entry.billed, entry.open, entry.free,
        )  # fmt: skip
        assert {draw["contract_id"]: draw["minutes"] for draw in row["draws"]} == entry.drawn
        assert (row["hourly_rate_cents"], row["discount_bp"]) == (entry.rate, entry.discount_bp)
        assert row["amount_cents"] == cents(entry.open, entry.rate, entry.discount_bp)
        entry.id = row["id"]
        self.model.entries[entry.id] = entry

    @precondition(lambda self: self.moved and hasattr(self, "api"))
    @invariant()
    def balances_agree(self) -> None:
        path, today = f"/v1/clients/{self.keys.client_id}/balance", self.model.today
        found = self.run(self.api.get(path, headers=self.keys["client"])).json()
        shown = {pool["contract_id"]: pool for pool in found["pools"]}
        for one in self.model.contracts.values():
            if one.expires_on.year < today.year - 1:  # the balance tells of this and the last year's
                continue
            pool, left = shown.pop(one.id), one.left(today)
            assert (pool["drawn_minutes"], pool["granted_minutes"], pool["refunded_minutes"]) == (
                one.drawn, one.granted, one.refunded,
            )  # fmt: skip
            assert (pool["left_minutes"], pool["expired_minutes"]) == (left, one.unspent + one.carried - left)
        assert shown == {}
        unbilled = found["unbilled"]
        assert (unbilled["minutes"], unbilled["amount_cents"], unbilled["urgency_fees_cents"]) == self.model.unbilled()
        self.moved = False


@pytest.fixture
def place(app: FastAPI, worker_database: Clone, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Place]]:
    """A loop and a connection of its own: the games are no coroutines."""
    monkeypatch.setattr("app.core.clock.now", lambda: Place.now)
    Place.loop, Place.steps = uvloop.new_event_loop(), 0
    way_in = connected(worker_database.app_url)
    Place.conn = Place.loop.run_until_complete(way_in.__aenter__())
    Place.api = client_of(app, one_transaction(Place.conn))
    yield Place
    Place.loop.run_until_complete(Place.api.aclose())
    Place.loop.run_until_complete(way_in.__aexit__(None, None, None))
    Place.loop.close()


def test_the_books_agree_with_the_rules(place: type[Place]):
    games = settings(
        max_examples=GAMES, stateful_step_count=STEPS, deadline=None, derandomize=not FUZZ_SECONDS, database=None,
        suppress_health_check=list(HealthCheck), phases=PHASES,
    )  # fmt: skip
    run_state_machine_as_test(Books, settings=games)
    assert place.steps >= LEAST_STEPS
