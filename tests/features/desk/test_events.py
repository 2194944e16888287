"""The feed of events: whoever follows it gets everything once, in order, even while many write (invariant 12)."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import events
from app.core.db import Connection, Database
from app.core.ids import new_id
from app.desk.oversight.queries import FEED
from tests.builders import A_MOMENT_AGO, Keys
from tests.postgres import Clone, connected

PATIENCE_SECONDS = 60  # other databases of the run's server have long transactions, too
FORGED = ["", "nonsense", "W10", "WyJhIiwiYiJd", "Wy0xLCIwMTlhYjAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMGEiXQ"]


async def an_event(conn: Connection) -> str:
    subject_id = new_id()
    await events.record(conn, "test.happened", subject_id=subject_id, actor={"role": "agent"}, now=A_MOMENT_AGO)
    return str(subject_id)


class Follower:
    """Somebody who keeps `after` and asks again and again."""

    def __init__(self, api: httpx.AsyncClient, headers: dict[str, str], limit: int = 2) -> None:
        self.api, self.headers, self.limit = api, headers, limit
        self.after: str | None = None
        self.seen: list[str] = []

    async def read(self) -> None:
        """Everything there is now."""
        while True:
            query: dict[str, Any] = {"limit": self.limit} | ({"after": self.after} if self.after else {})
            answer = await self.api.get("/v1/events", params=query, headers=self.headers)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            self.seen += [event["subject_id"] for event in page["items"]]
            self.after = page["after"]
            if page["next_cursor"] is None:
                return
            assert page["next_cursor"] == page["after"]

    async def read_until(self, count: int) -> list[str]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.seen) < count:
                await self.read()
        return self.seen


async def test_an_event_is_told_in_full(committing_api: httpx.AsyncClient, committing_keys: Keys):
    made = await committing_api.post(
        "/v1/clients", json={"name": "Thill", "language": "fr"}, headers=committing_keys["agent"]
    )
    follower = Follower(committing_api, committing_keys["finance"])
    assert await follower.read_until(1) == [made.json()["id"]]

    answer = await committing_api.get("/v1/events", headers=committing_keys["finance"])

    (event,) = answer.json()["items"]
    assert event["actor"].pop("api_key_id")
    assert event == {
        "id": event["id"],
        "type": "client.created",
        "subject_id": made.json()["id"],
        "client_id": made.json()["id"],
        "ticket_id": None,
        "actor": {"role": "agent", "agent_id": str(committing_keys.agent_id)},
        "data": {},
        "occurred_at": event["occurred_at"],
    }


async def test_what_commits_late_is_not_skipped(
    committing_api: httpx.AsyncClient, committing_keys: Keys, committing_database: Database
):
    follower = Follower(committing_api, committing_keys["agent"])
    async with committing_database.transaction() as conn:
        before = await an_event(conn)
    await follower.read_until(1)

    async with committing_database.transaction() as slow:
        late = await an_event(slow)
        async with committing_database.transaction() as quick:
            early = await an_event(quick)
        # `early` is committed, but `late` may still appear before it: showing it now would skip `late` for ever.
        await follower.read()
        assert follower.seen == [before]

    assert await follower.read_until(3) == [before, late, early]


async def test_a_transaction_that_is_rolled_back_holds_nothing_up(
    committing_api: httpx.AsyncClient, committing_keys: Keys, committing_database: Database
):
    async def fail() -> None:
        async with committing_database.transaction() as conn:
            await an_event(conn)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with committing_database.transaction() as conn:
        after = await an_event(conn)

    assert await Follower(committing_api, committing_keys["agent"]).read_until(1) == [after]


async def test_many_writers_at_once_are_followed_without_a_gap(
    committing_api: httpx.AsyncClient, committing_keys: Keys, committing_database: Database
):
    written: list[str] = []

    async def write(number: int) -> None:
        for turn in range(10):
            async with committing_database.transaction() as conn:
                told = [await an_event(conn) for _ in range(1 + turn % 3)]
                await asyncio.sleep((number * turn % 5) / 1000)
            written.extend(told)

    async def follow() -> None:
        while len(follower.seen) < 5 * 19:
            await follower.read()

    follower = Follower(committing_api, committing_keys["agent"], limit=7)
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(follow())
        for number in range(5):
            group.create_task(write(number))

    assert sorted(follower.seen) == sorted(written)


async def test_who_is_up_to_date_keeps_the_place(committing_api: httpx.AsyncClient, committing_keys: Keys):
    headers = committing_keys["agent"]
    nothing = (await committing_api.get("/v1/events", headers=headers)).json()
    assert nothing == {"items": [], "next_cursor": None, "after": None}
    await committing_api.post("/v1/clients", json={"name": "Thill", "language": "fr"}, headers=headers)
    follower = Follower(committing_api, headers)
    await follower.read_until(1)

    again = await committing_api.get("/v1/events", params={"after": follower.after or ""}, headers=headers)

    assert again.json() == {"items": [], "next_cursor": None, "after": follower.after}
    assert "link" not in again.headers


async def test_a_page_links_to_the_next(
    committing_api: httpx.AsyncClient, committing_keys: Keys, committing_database: Database
):
    async with committing_database.transaction() as conn:
        told = [await an_event(conn) for _ in range(3)]
    await Follower(committing_api, committing_keys["agent"]).read_until(3)

    first = await committing_api.get("/v1/events", params={"limit": 2}, headers=committing_keys["agent"])
    second = await committing_api.get(first.links["next"]["url"], headers=committing_keys["agent"])

    pages = [[event["subject_id"] for event in page.json()["items"]] for page in (first, second)]
    assert pages == [told[:2], told[2:]]


@pytest.mark.parametrize("after", FORGED)
async def test_a_forged_place_is_refused(api: httpx.AsyncClient, keys: Keys, after: str):
    answer = await api.get("/v1/events", params={"after": after}, headers=keys["agent"])

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == ("cursor-invalid" if after else "too-short")


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("finance", 200), ("agent", 200), ("accounting", 403), ("client", 403), ("mail", 403)],
)
async def test_who_may_follow_the_feed(api: httpx.AsyncClient, keys: Keys, role: str, status: int):
    assert (await api.get("/v1/events", headers=keys[role])).status_code == status


async def test_the_feed_reads_its_index(fresh_database: Clone):
    async with connected(fresh_database.owner_url) as owner:
        await owner.execute(
            "INSERT INTO events (id, xid, type, subject_id, occurred_at) "
            "SELECT gen_random_uuid(), n, 'test.happened', gen_random_uuid(), now() FROM generate_series(1, 3000) AS n"
        )
        await owner.execute("ANALYZE events")

        plan = "\n".join(row[0] for row in await owner.fetch(f"EXPLAIN {FEED}", 1500, UUID(int=0), 51))

    assert "using ix_events_xid_id" in plan
    assert "Sort" not in plan
