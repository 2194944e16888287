"""The calendar of on-call: for people, for calendar programs, at secret addresses."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.adapters.icalendar import calendar_text
from app.billing.permanences.service.subscribing import calendar_token
from app.core.db import Connection
from app.core.ids import new_id
from tests.builders import AGENT_ID, Keys, a_permanence, an_agent, insert
from tests.conftest import Clock
from tests.service import SETTINGS

PATH = f"/v1/agents/{AGENT_ID}/calendar-subscription"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NIGHT = NOW.replace(hour=18, minute=0) + timedelta(days=3)


class Calendar:
    """Windows on consecutive nights, and who reads about them."""

    def __init__(self, api: httpx.AsyncClient, conn: Connection, keys: Keys) -> None:
        self.api, self.conn, self.keys = api, conn, keys

    async def night(self, *starts: datetime, hours: int = 4, event: str = "Wine fair") -> Any:
        """A request with a window from each of these instants on."""
        permanence = await a_permanence(self.conn, self.keys.client_id, status="scheduled", event=event)
        for start in starts:
            window = {"starts_at": start, "ends_at": start + timedelta(hours=hours)}
            values = {"id": new_id(), "client_id": self.keys.client_id, "permanence_id": permanence["id"]} | window
            await insert(self.conn, "permanence_windows", values)
        return permanence

    async def stands_by(self, permanence: Any, start: datetime, hours: int = 4, agent_id: UUID = AGENT_ID) -> None:
        await self.conn.execute(
            "INSERT INTO permanence_shifts (id, permanence_id, agent_id, during, created_at) "
            "VALUES ($1, $2, $3, tstzrange($4, $5), $6)",
            new_id(), permanence["id"], agent_id, start, start + timedelta(hours=hours), NOW,
        )  # fmt: skip

    async def subscribed(self) -> str:
        answer = await self.api.post(PATH, headers=self.keys["agent"])
        assert answer.status_code == 201, answer.text
        url: str = answer.json()["url"]
        return url

    async def read(self, url: str) -> httpx.Response:
        return await self.api.get(url.removeprefix(SETTINGS.base_url))


@pytest.fixture
async def calendar(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock) -> Calendar:
    return Calendar(api, conn, keys)


async def test_a_calendar_program_reads_the_agents_own_times_without_a_key(calendar: Calendar):
    other = await an_agent(calendar.conn, email="other@e-connect.lu")
    permanence = await calendar.night(NIGHT, NIGHT + timedelta(days=1))
    await calendar.stands_by(permanence, NIGHT + timedelta(hours=2), hours=2)
    await calendar.stands_by(permanence, NIGHT, hours=2, agent_id=other["id"])
    await calendar.stands_by(permanence, NIGHT + timedelta(days=1), agent_id=other["id"])

    answer = await calendar.read(await calendar.subscribed())

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.text.count("BEGIN:VEVENT") == 1
    assert "DTSTART:20261127T200000Z\r\nDTEND:20261127T220000Z\r\n" in answer.text
    assert "SUMMARY:Permanence" in answer.text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in answer.text


async def test_the_list_of_an_agent_has_only_windows_in_which_the_agent_stands_by(calendar: Calendar):
    permanence = await calendar.night(NIGHT, NIGHT + timedelta(days=1))
    await calendar.stands_by(permanence, NIGHT)
    answer = await calendar.api.get(
        "/v1/calendar/permanences", params={"agent_id": str(AGENT_ID)}, headers=calendar.keys["finance"]
    )
    assert [item["starts_at"] for item in answer.json()["items"]] == ["2026-11-27T18:00:00Z"]


async def test_another_address_replaces_the_one_before(calendar: Calendar):
    first = await calendar.subscribed()
    second = await calendar.subscribed()

    assert first != second
    assert [(await calendar.read(url)).status_code for url in (first, second)] == [404, 200]
    assert (await calendar.api.get(PATH, headers=calendar.keys["admin"])).json()["url"] == second


async def test_an_ended_address_answers_404_and_can_be_ended_once(calendar: Calendar):
    url = await calendar.subscribed()
    ended = [(await calendar.api.delete(PATH, headers=calendar.keys["agent"])).status_code for _ in range(2)]

    assert ended == [204, 404]
    assert (await calendar.read(url)).status_code == 404
    assert (await calendar.api.get(PATH, headers=calendar.keys["agent"])).status_code == 404
    history = await calendar.conn.fetch("SELECT type FROM events WHERE subject_id = $1 ORDER BY id", AGENT_ID)
    assert [row["type"] for row in history] == ["agent.calendar_subscribed", "agent.calendar_unsubscribed"]


async def test_who_left_has_no_calendar(calendar: Calendar):
    url = await calendar.subscribed()
    await calendar.conn.execute("UPDATE agents SET active = false WHERE id = $1", AGENT_ID)
    assert (await calendar.read(url)).status_code == 404


async def test_an_address_cannot_be_guessed_or_made(calendar: Calendar):
    await calendar.subscribed()
    forged = calendar_token(
        SETTINGS.model_copy(update={"secret_key": SETTINGS.secret_key.__class__("x" * 40)}), new_id()
    )
    for token in (forged, calendar_token(SETTINGS, new_id()), "A" * 43):
        answer = await calendar.read(f"/v1/public/calendars/{token}/permanences.ics")
        assert answer.status_code == 404


async def test_nobody_gets_an_address_who_does_not_exist(calendar: Calendar):
    answer = await calendar.api.post(f"/v1/agents/{new_id()}/calendar-subscription", headers=calendar.keys["admin"])
    assert answer.status_code == 404


async def test_old_windows_do_not_crowd_out_coming_ones(calendar: Calendar, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.billing.permanences.calendar_routes.MOST_EVENTS", 2)
    long_ago = NOW.replace(hour=18, minute=0) - timedelta(days=200)
    await calendar.night(*(long_ago + timedelta(days=day) for day in range(3)))
    await calendar.night(NIGHT, event="Coming fair")
    answer = await calendar.api.get("/v1/calendar/permanences.ics", headers=calendar.keys["finance"])
    assert "Coming fair" in answer.text
    assert answer.text.count("BEGIN:VEVENT") == 1


def test_icalendar_lines_are_escaped_and_folded():
    window = {
        "id": UUID(int=1), "client_name": "A, B; C\\D", "event": "Été " * 40 + "\nX:Y", "contact_name": "Rita",
        "contact_phone": None, "starts_at": datetime(2031, 6, 21, tzinfo=UTC),
        "ends_at": datetime(2031, 6, 22, tzinfo=UTC), "shifts": [],
    }  # fmt: skip
    text = calendar_text([window], "e-connect", datetime(2026, 11, 25, tzinfo=UTC))
    lines = text.encode().split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    whole = text.replace("\r\n ", "")
    assert "A\\, B\\; C\\\\D" in whole
    assert "\\nX:Y" in whole
    assert "\nX:Y" not in whole
