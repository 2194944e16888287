"""Both state machines walked in full over HTTP: every state, every move, every role."""

from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.billing.quotes.service.sending import quote_token
from app.core.db import Connection
from tests.builders import Keys, a_permanence, a_quote, a_ticket
from tests.service import SETTINGS

ROLES = ("agent", "finance", "admin", "accounting", "client", "other_client", "mail")
WRITERS = {"agent", "finance", "admin"}
NOW = datetime(2026, 11, 25, tzinfo=UTC)
LINES = [{"description": "x", "minutes": 60}]
LINK = "the link"


class Walk:
    """Makes one thing in one state, calls one move on it, and forgets both."""

    def __init__(self, api: httpx.AsyncClient, conn: Connection, keys: Keys) -> None:
        self.api, self.conn, self.keys = api, conn, keys

    async def call(self, role: str, path: str, body: Any) -> int:
        headers = {} if role == LINK else self.keys[role]
        return (await self.api.post(path, json=body, headers=headers)).status_code


@pytest.fixture
def walk(api: httpx.AsyncClient, conn: Connection, keys: Keys) -> Walk:
    return Walk(api, conn, keys)


QUOTE_STATES = ("draft", "sent", "accepted", "refused", "expired", "replaced", "withdrawn")
QUOTE_MOVES = {
    "send": ("sending", {}),
    "accept": ("acceptance", {"name": "Rita", "reference": "letter"}),
    "revise": ("versions", {"lines": LINES}),
    "withdraw": ("withdrawal", {"reason": "x"}),
}
QUOTE_LEGAL = {
    ("draft", "send"), ("draft", "revise"), ("draft", "withdraw"), ("sent", "send"), ("sent", "accept"),
    ("sent", "revise"), ("sent", "withdraw"), ("refused", "revise"), ("expired", "revise"), ("withdrawn", "revise"),
}  # fmt: skip


async def make_quote(walk: Walk, state: str, kind: str = "quote") -> Any:
    ticket = await a_ticket(walk.conn, client_id=walk.keys.client_id, status="waiting_quote")
    decided = NOW if state in {"accepted", "refused"} else None
    sent = None if state == "draft" else NOW
    return await a_quote(
        walk.conn,
        walk.keys.client_id,
        ticket_id=ticket["id"],
        status=state,
        kind=kind,
        decided_at=decided,
        sent_at=sent,
    )


@pytest.mark.parametrize("state", QUOTE_STATES)
@pytest.mark.parametrize("kind", ["quote", "estimate"])
async def test_every_move_of_a_quote_by_every_role(walk: Walk, state: str, kind: str):
    legal = QUOTE_LEGAL | ({("accepted", "revise")} if kind == "estimate" else set())
    for move, role in product(QUOTE_MOVES, ROLES):
        act, body = QUOTE_MOVES[move]
        undo = walk.conn.transaction()
        await undo.start()
        quote = await make_quote(walk, state, kind)
        status = await walk.call(role, f"/v1/quotes/{quote['id']}/{act}", body)
        await undo.rollback()
        if role not in WRITERS:
            assert status == 403, (move, role)
        elif (state, move) in legal:
            assert status in {200, 201}, (move, role)
        else:
            assert status == 409, (move, role)


@pytest.mark.parametrize("state", QUOTE_STATES)
@pytest.mark.parametrize("act", ["acceptance", "refusal"])
async def test_the_link_decides_only_what_was_sent(walk: Walk, state: str, act: str):
    quote = await make_quote(walk, state)
    door = f"/v1/public/quotes/{quote_token(SETTINGS, quote['id'])}/{act}"
    expected = {"sent": 200, "draft": 404}.get(state, 409)
    assert await walk.call(LINK, door, {"name": "Rita"}) == expected


STATES = ("requested", "quoted", "accepted", "scheduled", "done", "refused", "cancelled")
PERMANENCE_LEGAL = {
    ("requested", "quote"), ("requested", "cancellation"), ("quoted", "quote"), ("quoted", "cancellation"),
    ("accepted", "schedule"), ("accepted", "cancellation"), ("scheduled", "schedule"), ("scheduled", "completion"),
    ("scheduled", "cancellation"),
}  # fmt: skip


async def make_permanence(walk: Walk, state: str) -> Any:
    """A request in that state with the quote that goes with it (or one that should not be there).

    What is not agreed yet lies ahead, the rest is long past.
    """
    year = 2031 if state in {"requested", "quoted"} else 2020
    stamps = {"done": "completed_at", "cancelled": "cancelled_at"}
    permanence = await a_permanence(
        walk.conn,
        walk.keys.client_id,
        status=state,
        requested_at=datetime(2020, 6, 1, tzinfo=UTC),
        starts_at=datetime(year, 6, 20, 16, tzinfo=UTC),
        ends_at=datetime(year, 6, 20, 22, tzinfo=UTC),
        windows=[{"starts_at": f"{year}-06-20T16:00:00+00:00", "ends_at": f"{year}-06-20T22:00:00+00:00"}],
        **({stamps[state]: NOW} if state in stamps else {}),
    )
    accepted = state in {"accepted", "scheduled", "done"}
    quote = await a_quote(
        walk.conn,
        walk.keys.client_id,
        permanence_id=permanence["id"],
        status="accepted" if accepted else "sent",
        decided_at=NOW if accepted else None,
    )
    return permanence, quote


def moves_of_permanence(agent_id: UUID) -> dict[str, Any]:
    return {
        "quote": {"lines": LINES},
        "schedule": {"shifts": [{"agent_id": str(agent_id)}]},
        "completion": None,
        "cancellation": {"reason": "x"},
    }


@pytest.mark.parametrize("state", STATES)
async def test_every_move_of_a_permanence_by_every_role(walk: Walk, state: str):
    moves = moves_of_permanence(walk.keys.agent_id)
    for move, role in product(moves, ROLES):
        undo = walk.conn.transaction()
        await undo.start()
        permanence, _ = await make_permanence(walk, state)
        status = await walk.call(role, f"/v1/permanence-requests/{permanence['id']}/{move}", moves[move])
        await undo.rollback()
        if role not in WRITERS:
            assert status == 403, (move, role)
        elif (state, move) in PERMANENCE_LEGAL:
            assert status in {200, 201}, (move, role)
        else:
            assert status == 409, (move, role)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", ["acceptance", "refusal"])
async def test_its_quote_is_decided_only_while_it_is_quoted(walk: Walk, state: str, act: str):
    _, quote = await make_permanence(walk, state)
    door = f"/v1/public/quotes/{quote_token(SETTINGS, quote['id'])}/{act}"
    assert await walk.call(LINK, door, {"name": "Rita"}) == (200 if state == "quoted" else 409)
    undone = await walk.conn.fetchval("SELECT count(*) FROM permanence_windows")
    assert undone == (1 if (state, act) == ("quoted", "acceptance") else 0)
