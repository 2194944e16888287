"""On-call: requested, quoted, accepted, scheduled, done or cancelled, and what it changes for tickets (rule O)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.billing.permanences.service.ending import finish_permanences, warn_of_unstaffed
from app.billing.quotes.service.sending import quote_token
from app.core.db import Connection, Database
from app.core.jobs import Job
from tests.builders import Keys, a_client, a_contact, a_permanence, a_quote, a_site, an_agent, insert
from tests.conftest import Clock
from tests.service import SETTINGS

JOB = Job(UUID(int=1), "x", {}, 1, datetime(2026, 1, 1, tzinfo=UTC))
GRID = [{"from_lead_hours": 0, "hourly_rate_cents": 30_000}, {"from_lead_hours": 48, "hourly_rate_cents": 15_000}]
PATH = "/v1/permanence-requests"
SATURDAY = {"starts_at": "2031-06-21T18:00:00+02:00", "ends_at": "2031-06-22T02:00:00+02:00"}
MONEY = [{"description": "Standby", "quantity": 1, "unit_price_cents": 96_000}]


class Desk:
    """Staff with a key."""

    def __init__(self, api: httpx.AsyncClient, keys: Keys) -> None:
        self.api, self.keys, self.headers = api, keys, keys["agent"]

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.api.post(path, json=body, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def get(self, path: str) -> Any:
        return (await self.api.get(path, headers=self.headers)).json()

    def wish(self, **values: Any) -> dict[str, Any]:
        return {
            "client_id": str(self.keys.client_id), "event": "Wine fair", "site_ids": [], "requested_by": "Rita",
            "contact": {"name": "Rita", "email": "rita@elsewhere.example"}, **SATURDAY, **values,
        }  # fmt: skip

    async def asked(self, **values: Any) -> Any:
        return await self.post(PATH, self.wish(**values), 201)

    async def bought(self, **quote: Any) -> Any:
        """A request whose quote was sent and accepted through its link."""
        asked = await self.asked()
        written = await self.post(f"{PATH}/{asked['id']}/quote", {"lines": MONEY} | quote, 201)
        sent = await self.post(f"/v1/quotes/{written['id']}/sending", {})
        token = sent["url"].rpartition("#")[2]
        answer = await self.api.post(f"/v1/public/quotes/{token}/acceptance", json={"name": "Rita"})
        assert answer.status_code == 200, answer.text
        return await self.get(f"{PATH}/{asked['id']}")

    async def scheduled(self, **quote: Any) -> Any:
        bought = await self.bought(**quote)
        return await self.post(f"{PATH}/{bought['id']}/schedule", {"shifts": [{"agent_id": str(self.keys.agent_id)}]})


@pytest.fixture
def desk(api: httpx.AsyncClient, keys: Keys) -> Desk:
    return Desk(api, keys)


async def set_grid(conn: Connection) -> None:
    values = dict((await conn.fetch("SELECT * FROM terms"))[0])
    await insert(
        conn,
        "terms",
        values | {"id": UUID(int=9), "effective_on": datetime(2026, 1, 1, tzinfo=UTC).date(), "permanence_grid": GRID},
    )


async def test_a_request_has_its_lead_time_and_no_price_without_a_grid(desk: Desk, conn: Connection, keys: Keys):
    site = await a_site(conn, keys.client_id)
    asked = await desk.asked(site_ids=[str(site["id"])])
    assert (asked["status"], asked["suggestion"], asked["cut_minutes"]) == ("requested", None, 0)
    assert asked["standby_minutes"] == 480
    assert asked["site_ids"] == [str(site["id"])]
    lead = datetime(2031, 6, 21, 16, tzinfo=UTC) - datetime.now(UTC)
    assert abs(asked["lead_time_minutes"] - lead // timedelta(minutes=1)) <= 1
    refused = await desk.post(f"{PATH}/{asked['id']}/quote", {}, 422)
    assert refused["code"] == "no-suggestion"


async def test_the_grid_suggests_a_price_and_says_why(desk: Desk, conn: Connection):
    await set_grid(conn)
    asked = await desk.asked()
    assert asked["suggestion"] == {
        "amount_cents": 120_000, "currency": "EUR", "hourly_rate_cents": 15_000, "from_lead_hours": 48,
        "until_lead_hours": None, "standby_minutes": 480, "reason": "Lead time of at least 48 h, no upper limit.",
    }  # fmt: skip
    quote = await desk.post(f"{PATH}/{asked['id']}/quote", {}, 201)
    assert (quote["kind"], quote["subtotal_cents"], quote["permanence_request_id"]) == ("quote", 120_000, asked["id"])
    assert (await desk.get(f"{PATH}/{asked['id']}"))["status"] == "quoted"
    again = await desk.post(f"{PATH}/{asked['id']}/quote", {"lines": MONEY}, 201)
    assert (again["number"], again["version"]) == (quote["number"], 2)


async def test_on_call_cannot_be_bought_once_it_has_begun(api: httpx.AsyncClient, desk: Desk, conn: Connection):
    asked = await desk.asked()
    quote = await desk.post(f"{PATH}/{asked['id']}/quote", {"lines": MONEY, "valid_until_on": "2031-06-21"}, 201)
    assert quote["expires_at"] == "2031-06-21T16:00:00Z"
    late = await desk.post(f"{PATH}/{asked['id']}/quote", {"lines": MONEY, "valid_until_on": "2031-06-22"}, 422)
    assert (late["code"], late["errors"][0]["pointer"]) == ("validity-over", "/valid_until_on")
    gone = await a_permanence(conn, desk.keys.client_id, starts_at=datetime.now(UTC) - timedelta(minutes=1))
    begun = await desk.post(f"{PATH}/{gone['id']}/quote", {"lines": MONEY}, 422)
    assert begun["code"] == "window-past"


async def test_cancelling_tells_that_the_open_quote_is_withdrawn(desk: Desk, conn: Connection):
    asked = await desk.asked()
    quote = await desk.post(f"{PATH}/{asked['id']}/quote", {"lines": MONEY}, 201)
    await desk.post(f"{PATH}/{asked['id']}/cancellation", {"reason": "Rain"})
    told = await conn.fetch("SELECT type FROM events WHERE subject_id = $1 ORDER BY id", UUID(quote["id"]))
    assert [row["type"] for row in told] == ["quote.written", "quote.withdrawn"]


async def test_a_client_is_told_of_its_quote_once_it_is_sent(api: httpx.AsyncClient, desk: Desk, keys: Keys):
    asked = await desk.asked()
    path = f"{PATH}/{asked['id']}"
    lines = {"lines": [{"description": "Standby", "quantity": 1, "unit_price_cents": 90_000}]}
    quote = await desk.post(f"{path}/quote", lines, 201)

    async def seen(role: str, status: str) -> tuple[str | None, str]:
        whole = (await api.get(path, headers=keys[role])).json()
        for filters in ({}, {"status": status}):
            assert (await api.get(PATH, params=filters, headers=keys[role])).json()["items"] == [whole]
        return whole["quote_id"], whole["status"]

    assert await seen("agent", "quoted") == (quote["id"], "quoted")
    assert await seen("client", "requested") == (None, "requested")
    unsent = await api.get(PATH, params={"status": "quoted"}, headers=keys["client"])
    assert unsent.json()["items"] == []
    await desk.post(f"/v1/quotes/{quote['id']}/sending", {})
    assert await seen("client", "quoted") == (quote["id"], "quoted")


async def test_opening_hours_are_refused_or_cut(desk: Desk):
    friday = {"starts_at": "2031-06-20T16:30:00+02:00", "ends_at": "2031-06-20T22:30:00+02:00"}
    refused = await desk.post(PATH, desk.wish(**friday), 409)
    assert refused["code"] == "window-in-hours"
    assert (refused["open_from"], refused["open_until"]) == ("2031-06-20T14:30:00Z", "2031-06-20T15:30:00Z")
    cut = await desk.asked(**friday, when_open="cut")
    assert (cut["cut_minutes"], cut["standby_minutes"]) == (60, 300)
    assert cut["windows"] == [{"starts_at": "2031-06-20T15:30:00Z", "ends_at": "2031-06-20T20:30:00Z"}]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"starts_at": "2020-06-20T18:00:00Z"}, 422, "window-past"),
        ({"ends_at": "2031-06-21T18:00:00+02:00"}, 422, "empty-span"),
        ({"ends_at": "2031-09-21T18:00:00+02:00"}, 422, "window-too-long"),
        ({"client_id": str(UUID(int=7))}, 422, "reference-unknown"),
        ({"site_ids": [str(UUID(int=7))]}, 409, "client-mismatch"),
    ],
)
async def test_what_cannot_be_asked_for(desk: Desk, change: dict[str, Any], status: int, code: str):
    assert (await desk.post(PATH, desk.wish(**change), status))["code"] == code


async def test_a_portal_asks_for_its_own_client_only(api: httpx.AsyncClient, desk: Desk, keys: Keys):
    own = await api.post(PATH, json=desk.wish(), headers=keys["client"])
    other = await api.post(PATH, json=desk.wish(), headers=keys["other_client"])
    assert (own.status_code, other.status_code) == (201, 422)
    assert (await api.get(PATH, headers=keys["other_client"])).json()["items"] == []
    assert len((await api.get(PATH, headers=keys["client"])).json()["items"]) == 1


async def test_a_window_changes_only_before_it_is_quoted(api: httpx.AsyncClient, desk: Desk, keys: Keys):
    asked = await desk.asked()
    path = f"{PATH}/{asked['id']}"
    later = {"ends_at": "2031-06-22T04:00:00+02:00", "contact": {"name": "Tom"}}
    changed = (await api.patch(path, json=later, headers=keys["agent"])).json()
    assert (changed["standby_minutes"], changed["contact"]["name"], changed["version"]) == (600, "Tom", 2)
    await desk.post(f"{path}/quote", {"lines": MONEY}, 201)
    refused = await api.patch(path, json=later, headers=keys["agent"])
    assert (refused.status_code, refused.json()["code"]) == (409, "permanence-move")
    renamed = await api.patch(path, json={"event": "Fair", "site_ids": []}, headers=keys["agent"])
    assert renamed.json()["event"] == "Fair"


async def test_from_request_to_charge(desk: Desk, conn: Connection, database: Database, keys: Keys):
    bought = await desk.bought()
    assert bought["status"] == "accepted"
    assert [item["shifts"] for item in (await desk.get("/v1/calendar/permanences"))["items"]] == [[]]
    early = await desk.post(f"{PATH}/{bought['id']}/completion", None, 409)
    assert early["code"] == "permanence-move"
    planned = await desk.post(f"{PATH}/{bought['id']}/schedule", {"shifts": [{"agent_id": str(keys.agent_id)}]})
    assert (planned["status"], planned["shifts"][0]["agent_name"]) == ("scheduled", "Anne Agent")
    assert planned["shifts"][0]["starts_at"] == "2031-06-21T16:00:00Z"
    early = await desk.post(f"{PATH}/{bought['id']}/completion", None, 409)
    assert early["code"] == "window-not-over"
    (item,) = (await desk.get(f"/v1/calendar/permanences?agent_id={keys.agent_id}"))["items"]
    assert (item["event"], item["client_name"]) == ("Wine fair", "Boulangerie Exemple")
    assert (await desk.get("/v1/calendar/permanences?starts_before=2031-06-01T00:00:00Z"))["items"] == []
    over = datetime(2031, 6, 22, tzinfo=UTC)
    await finish_permanences(JOB, database, over - timedelta(seconds=1))
    assert await conn.fetchval("SELECT count(*) FROM quote_charges") == 0
    for _ in range(2):
        await finish_permanences(JOB, database, over)
    done = await desk.get(f"{PATH}/{bought['id']}")
    assert (done["status"], done["completed_at"]) == ("done", "2031-06-22T00:00:00Z")
    charge = await desk.get(f"/v1/quotes/{done['quote_id']}/charge")
    assert (charge["kind"], charge["amount_cents"], charge["performed_on"]) == ("permanence", 96_000, "2031-06-22")
    assert await conn.fetchval("SELECT count(*) FROM quote_charges") == 1


async def test_on_call_that_nobody_is_named_for_is_told_of_once(desk: Desk, conn: Connection, database: Database):
    forgotten = await desk.bought()
    two_days_before = datetime(2031, 6, 19, 16, tzinfo=UTC)
    told = "SELECT subject_id, data->>'starts_at' FROM events WHERE type = 'permanence.unstaffed'"
    await warn_of_unstaffed(JOB, database, two_days_before - timedelta(seconds=1))
    assert await conn.fetch(told) == []
    for _ in range(2):
        await warn_of_unstaffed(JOB, database, two_days_before)
    ((subject, starts_at),) = await conn.fetch(told)
    assert (str(subject), starts_at) == (forgotten["id"], "2031-06-21T16:00:00Z")


async def test_on_call_with_its_people_is_not_told_of(desk: Desk, conn: Connection, database: Database):
    await desk.scheduled()
    await warn_of_unstaffed(JOB, database, datetime(2031, 6, 21, tzinfo=UTC))
    assert await conn.fetchval("SELECT count(*) FROM events WHERE type = 'permanence.unstaffed'") == 0


async def test_no_agent_stands_by_twice_at_the_same_time(desk: Desk, conn: Connection, keys: Keys):
    await desk.scheduled()
    second = await desk.bought()
    mine = {"agent_id": str(keys.agent_id)}
    refused = await desk.post(f"{PATH}/{second['id']}/schedule", {"shifts": [mine]}, 409)
    assert refused["code"] == "agent-busy"


async def test_shifts_lie_within_the_windows_and_are_of_agents(desk: Desk, conn: Connection, keys: Keys):
    bought = await desk.bought()
    other = await an_agent(conn, email="tom@e-connect.lu", name="Tom")
    path = f"{PATH}/{bought['id']}/schedule"
    early = {"agent_id": str(keys.agent_id), "starts_at": "2031-06-21T16:00:00Z", "ends_at": "2031-06-21T20:00:00Z"}
    late = {"agent_id": str(other["id"]), "starts_at": "2031-06-21T20:00:00Z", "ends_at": "2031-06-22T00:00:00Z"}
    planned = await desk.post(path, {"shifts": [early, late]})
    assert [shift["agent_name"] for shift in planned["shifts"]] == ["Anne Agent", "Tom"]
    for change, status, code in (
        ({"ends_at": "2031-06-22T00:00:01Z"}, 422, "shift-outside-window"),
        ({"ends_at": None}, 422, "empty-span"),
        ({"starts_at": late["ends_at"]}, 422, "empty-span"),
        ({"agent_id": str(UUID(int=3))}, 422, "reference-unknown"),
    ):
        assert (await desk.post(path, {"shifts": [late | change]}, status))["code"] == code
    again = await desk.post(path, {"shifts": [early]})
    assert len(again["shifts"]) == 1


CLAUSE = [{"from_lead_hours": 0, "charge_bp": 10_000}, {"from_lead_hours": 48, "charge_bp": 5_000}]


async def test_cancelling_costs_what_the_quote_says(desk: Desk, conn: Connection):
    planned = await desk.scheduled(cancellation=CLAUSE)
    cancelled = await desk.post(f"{PATH}/{planned['id']}/cancellation", {"reason": "Moved to autumn"})
    assert (cancelled["status"], cancelled["shifts"], cancelled["cancellation_reason"]) == (
        "cancelled", [], "Moved to autumn",
    )  # fmt: skip
    charge = await desk.get(f"/v1/quotes/{planned['quote_id']}/charge")
    assert (charge["kind"], charge["amount_cents"], charge["explanation"]["charge_bp"]) == (
        "cancellation",
        48_000,
        5_000,
    )
    assert (await desk.get("/v1/calendar/permanences"))["items"] == []


async def test_cancelling_is_free_before_anything_is_agreed(desk: Desk, conn: Connection):
    asked = await desk.asked()
    quote = await desk.post(f"{PATH}/{asked['id']}/quote", {"lines": MONEY, "cancellation": CLAUSE}, 201)
    await desk.post(f"{PATH}/{asked['id']}/cancellation", {"reason": "No"})
    assert (await desk.get(f"/v1/quotes/{quote['id']}"))["status"] == "withdrawn"
    free = await desk.bought()
    await desk.post(f"{PATH}/{free['id']}/cancellation", {"reason": "No clause"})
    assert await conn.fetchval("SELECT count(*) FROM quote_charges") == 0


async def test_refusing_the_quote_ends_the_request(api: httpx.AsyncClient, desk: Desk):
    asked = await desk.asked()
    quote = await desk.post(f"{PATH}/{asked['id']}/quote", {"lines": MONEY}, 201)
    sent = await desk.post(f"/v1/quotes/{quote['id']}/sending", {})
    assert sent["recipient"] == "rita@elsewhere.example"
    token = sent["url"].rpartition("#")[2]
    await api.post(f"/v1/public/quotes/{token}/refusal", json={"name": "Rita"})
    assert (await desk.get(f"{PATH}/{asked['id']}"))["status"] == "refused"
    assert (await desk.post(f"{PATH}/{asked['id']}/quote", {"lines": MONEY}, 409))["code"] == "permanence-move"


async def test_on_call_is_never_estimated(desk: Desk):
    asked = await desk.asked()
    body = {"permanence_request_id": asked["id"], "kind": "estimate", "lines": [{"description": "x", "minutes": 60}]}
    assert (await desk.post("/v1/quotes", body, 422))["code"] == "permanence-needs-quote"


FORM = {"name": "Carla", "email": "carla@boulangerie.example", "subject": "Down", "message": "The site is down."}


@pytest.mark.parametrize("fee_applies", [False, True])
async def test_tickets_in_the_window_are_urgent(
    api: httpx.AsyncClient, desk: Desk, conn: Connection, keys: Keys, clock: Clock, fee_applies: bool
):
    await a_contact(conn, keys.client_id)
    await desk.bought(urgency_fee_applies=fee_applies)
    lanes = []
    for moment in (
        datetime(2031, 6, 21, 15, 59, tzinfo=UTC),
        datetime(2031, 6, 21, 16, tzinfo=UTC),
        datetime(2031, 6, 22, tzinfo=UTC),
    ):
        clock.set(moment)
        receipt = (await api.post("/v1/public/tickets", json=FORM)).json()
        lanes.append((receipt["lane"], receipt["urgency_fee_cents"]))
    assert lanes == [("standard", None), ("urgent", 15_000 if fee_applies else None), ("standard", None)]
    flagged = await conn.fetchval("SELECT count(*) FROM tickets WHERE 'permanence' = ANY (flags)")
    assert flagged == 1


async def test_others_tickets_stay_as_they_are_and_nobody_pays_twice(
    api: httpx.AsyncClient, desk: Desk, conn: Connection, keys: Keys, clock: Clock
):
    await a_contact(conn, keys.client_id)
    await desk.bought()
    clock.set(datetime(2031, 6, 21, 17, tzinfo=UTC))
    stranger = FORM | {"email": "somebody@elsewhere.example"}
    assert (await api.post("/v1/public/tickets", json=stranger)).json()["lane"] == "standard"
    asked = FORM | {"urgent": True, "urgency_fee_accepted": True}
    receipt = (await api.post("/v1/public/tickets", json=asked)).json()
    assert (receipt["lane"], receipt["urgency_fee_cents"]) == ("urgent", None)


async def test_the_calendar_as_icalendar(api: httpx.AsyncClient, desk: Desk, keys: Keys):
    await desk.scheduled()
    await desk.bought()
    answer = await api.get("/v1/calendar/permanences.ics", headers=keys["agent"])
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text.count("BEGIN:VEVENT") == 1
    assert "DTSTART:20310621T160000Z\r\nDTEND:20310622T000000Z\r\n" in answer.text
    assert "STATUS:CONFIRMED" in answer.text
    everybody = await api.get("/v1/calendar/permanences.ics", headers=keys["finance"])
    assert everybody.text.count("BEGIN:VEVENT") == 2
    other = await api.get("/v1/calendar/permanences.ics", headers=keys["other_client"])
    assert "BEGIN:VEVENT" not in other.text


async def test_both_ways_to_a_permanences_quote_are_one_chain(desk: Desk, conn: Connection):
    asked = await desk.asked()
    first = await desk.post("/v1/quotes", {"permanence_request_id": asked["id"], "kind": "quote", "lines": MONEY}, 201)
    second = await desk.post(f"{PATH}/{asked['id']}/quote", {"lines": MONEY}, 201)
    assert second["chain_id"] == first["chain_id"]
    await desk.post(f"/v1/quotes/{second['id']}/withdrawal", {"reason": "Wrong price"})
    third = await desk.post(f"{PATH}/{asked['id']}/quote", {"lines": MONEY}, 201)
    assert (third["version"], (await desk.get(f"/v1/quotes/{second['id']}"))["status"]) == (3, "withdrawn")


async def test_lists_are_paged_and_filtered(desk: Desk, conn: Connection, keys: Keys):
    other = await a_client(conn)
    for client_id in (keys.client_id, other["id"], keys.client_id):
        permanence = await a_permanence(conn, client_id, status="quoted")
        await a_quote(conn, client_id, permanence_id=permanence["id"])
    for path, name in ((PATH, "client_id"), ("/v1/quotes", "client_id")):
        page = await desk.get(f"{path}?limit=2")
        rest = await desk.get(f"{path}?limit=2&cursor={page['next_cursor']}")
        assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
        mine = await desk.get(f"{path}?{name}={keys.client_id}&limit=1")
        second = await desk.get(f"{path}?{name}={keys.client_id}&limit=1&cursor={mine['next_cursor']}")
        assert len({item["id"] for item in mine["items"] + second["items"]}) == 2
    one = (await desk.get("/v1/quotes"))["items"][0]
    found = await desk.get(f"/v1/quotes?permanence_request_id={one['permanence_request_id']}&status=sent")
    assert [item["id"] for item in found["items"]] == [one["id"]]
    assert len((await desk.get(f"{PATH}?status=quoted"))["items"]) == 3
    assert quote_token(SETTINGS, UUID(one["id"])) in one["url"]
