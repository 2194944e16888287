"""Holidays and closures over HTTP."""

from datetime import UTC, datetime, timedelta

import httpx

from app.core.db import Connection
from tests.builders import Keys
from tests.conftest import Clock

CHRISTMAS_EVE = {
    "starts_at": "2026-12-24T12:00:00+01:00",
    "ends_at": "2026-12-24T17:30:00+01:00",
    "reason": "Christmas Eve",
}


async def test_the_holidays_of_a_year(api: httpx.AsyncClient, keys: Keys):
    answer = await api.get("/v1/calendar/holidays", params={"year": 2026}, headers=keys["agent"])

    assert answer.status_code == 200
    days = [holiday["on"] for holiday in answer.json()["items"]]
    assert days == [
        "2026-01-01", "2026-04-06", "2026-05-01", "2026-05-09", "2026-05-14", "2026-05-25", "2026-06-23",
        "2026-08-15", "2026-11-01", "2026-12-25", "2026-12-26",
    ]  # fmt: skip
    assert set(answer.json()["items"][0]["name"]) == {"fr", "en", "de", "lb"}


async def test_before_2019_the_ninth_of_may_is_no_holiday(api: httpx.AsyncClient, keys: Keys):
    answer = await api.get("/v1/calendar/holidays", params={"year": 2018}, headers=keys["agent"])

    days = [holiday["on"] for holiday in answer.json()["items"]]
    assert len(days) == 10
    assert "2018-05-09" not in days


async def test_a_closure_is_told_back(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    created = await api.post("/v1/calendar/closures", json=CHRISTMAS_EVE, headers=keys["admin"])

    assert created.status_code == 201
    closure = created.json()
    assert closure["starts_at"] == "2026-12-24T11:00:00Z"
    assert closure["created_at"] == "2026-11-24T10:00:00Z"
    read = await api.get(f"/v1/calendar/closures/{closure['id']}", headers=keys["client"])
    assert read.json() == closure


async def test_two_closures_never_overlap(api: httpx.AsyncClient, keys: Keys):
    await api.post("/v1/calendar/closures", json=CHRISTMAS_EVE, headers=keys["admin"])
    again = await api.post("/v1/calendar/closures", json=CHRISTMAS_EVE, headers=keys["admin"])

    assert again.status_code == 409
    assert again.json()["code"] == "closures-overlap"


async def test_a_closure_ends_after_its_start(api: httpx.AsyncClient, keys: Keys):
    empty = CHRISTMAS_EVE | {"ends_at": CHRISTMAS_EVE["starts_at"]}
    answer = await api.post("/v1/calendar/closures", json=empty, headers=keys["admin"])

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/ends_at"


async def test_closures_come_in_pages(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    for day in range(5):
        start = clock.now() + timedelta(days=day)
        body = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat(), "reason": "Move"}
        assert (await api.post("/v1/calendar/closures", json=body, headers=keys["admin"])).status_code == 201
    seen, path = [], "/v1/calendar/closures?limit=2"
    while path:
        page = await api.get(path, headers=keys["agent"])
        seen += [item["starts_at"] for item in page.json()["items"]]
        path = page.links.get("next", {}).get("url", "")

    assert len(seen) == 5
    assert seen == sorted(seen)


async def a_closure(api: httpx.AsyncClient, keys: Keys) -> str:
    created = await api.post("/v1/calendar/closures", json=CHRISTMAS_EVE, headers=keys["admin"])
    assert created.headers["location"] == f"/v1/calendar/closures/{created.json()['id']}"
    return str(created.headers["location"])


async def test_a_closure_to_come_can_be_moved_and_removed(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    path = await a_closure(api, keys)
    moved = await api.patch(path, json={"starts_at": "2026-12-23T12:00:00Z", "reason": "Party"}, headers=keys["admin"])
    assert moved.status_code == 200
    assert (moved.json()["starts_at"], moved.json()["reason"]) == ("2026-12-23T12:00:00Z", "Party")
    assert moved.headers["etag"].startswith('"2-')
    stale = await api.delete(path, headers=keys["admin"] | {"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await api.delete(path, headers=keys["admin"] | {"If-Match": '"2"'})).status_code == 204
    assert (await api.get(path, headers=keys["admin"])).status_code == 404
    told = await conn.fetch("SELECT type, data FROM events WHERE type LIKE 'closure.%' ORDER BY id")
    assert [event["type"] for event in told] == ["closure.created", "closure.changed", "closure.removed"]
    assert told[1]["data"]["before"]["reason"] == "Christmas Eve"
    assert told[1]["data"]["after"]["reason"] == "Party"


async def test_the_desk_is_open_again_once_a_closure_is_removed(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    path = await a_closure(api, keys)
    clock.set(datetime(2026, 12, 24, 10, 0, tzinfo=UTC))
    assert (await api.get("/v1/public/desk")).json()["next_closing_at"] == "2026-12-24T11:00:00Z"
    await api.delete(path, headers=keys["admin"])
    assert (await api.get("/v1/public/desk")).json()["next_closing_at"] == "2026-12-24T16:30:00Z"


async def test_a_closure_that_has_begun_can_only_end_otherwise(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    path = await a_closure(api, keys)
    clock.set(datetime(2026, 12, 24, 12, 0, tzinfo=UTC))
    for change in (
        {"starts_at": "2026-12-24T13:00:00Z"},
        {"starts_at": "2026-12-24T10:00:00Z"},
        {"ends_at": "2026-12-24T11:59:00Z"},
    ):
        refused = await api.patch(path, json=change, headers=keys["admin"])
        assert (refused.status_code, refused.json()["code"]) == (409, "closure-begun")
    assert (await api.delete(path, headers=keys["admin"])).json()["code"] == "closure-begun"
    ended = await api.patch(path, json={"ends_at": "2026-12-24T12:00:00Z"}, headers=keys["admin"])
    assert ended.status_code == 200
    assert (await api.get("/v1/public/desk")).json()["open"] is True


async def test_what_was_closed_stays_closed(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    path = await a_closure(api, keys)
    clock.set(datetime(2026, 12, 27, 12, 0, tzinfo=UTC))
    for answer in (
        await api.patch(path, json={"reason": "Something else"}, headers=keys["admin"]),
        await api.patch(path, json={"ends_at": "2026-12-28T12:00:00Z"}, headers=keys["admin"]),
        await api.delete(path, headers=keys["admin"]),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "closure-over")


async def test_a_changed_closure_obeys_the_rules_of_a_new_one(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    path = await a_closure(api, keys)
    other = CHRISTMAS_EVE | {"starts_at": "2026-12-31T12:00:00+01:00", "ends_at": "2026-12-31T17:30:00+01:00"}
    await api.post("/v1/calendar/closures", json=other, headers=keys["admin"])
    for change, status, code in (
        ({"ends_at": "2026-12-31T13:00:00Z"}, 409, "closures-overlap"),
        ({"ends_at": "2026-12-24T10:00:00Z"}, 422, "closure-empty"),
        ({"starts_at": "2026-11-20T10:00:00Z"}, 409, "closure-begun"),
        ({"starts_at": None}, 422, "invalid-request"),
    ):
        refused = await api.patch(path, json=change, headers=keys["admin"])
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    same = await api.patch(path, json={"reason": CHRISTMAS_EVE["reason"]}, headers=keys["admin"])
    assert same.headers["etag"].startswith('"1-')
