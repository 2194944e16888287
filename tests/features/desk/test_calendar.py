"""Holidays and closures over HTTP."""

from datetime import timedelta

import httpx

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
