"""Terms over HTTP: versions, publishing, and the proof of who was told (rule N)."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from app.core.db import Connection
from tests.builders import Keys, a_contact
from tests.conftest import Clock

TEXT = {"fr": "126 € de l'heure", "en": "126 € an hour", "de": "126 € die Stunde"}
NEW_YEAR: dict[str, Any] = {
    "effective_on": "2027-01-01",
    "hourly_rate_cents": 12600,
    "contract_discount_bp": 500,
    "urgency": {"opening_fee_cents": 15000, "hourly_rate_cents": None, "included_minutes": 0},
    "billing_increment_minutes": 15,
    "minimum_minutes": 15,
    "quote_threshold_minutes": 480,
    "text": TEXT,
}


async def test_the_first_terms_are_those_of_july_2022(api: httpx.AsyncClient, keys: Keys):
    answer = await api.get("/v1/terms", headers=keys["client"])

    assert answer.status_code == 200
    (terms,) = answer.json()["items"]
    assert terms["effective_on"] == "2022-07-01"
    assert terms["currency"] == "EUR"
    assert terms["hourly_rate_cents"] == 12000
    assert terms["contract_discount_bp"] == 500
    assert terms["contract_hourly_rate_cents"] == 11400  # 120.00 € less 5 % (C1)
    assert terms["urgency"] == {"opening_fee_cents": 15000, "hourly_rate_cents": None, "included_minutes": 0}
    assert (terms["billing_increment_minutes"], terms["minimum_minutes"]) == (1, 1)
    assert terms["quote_threshold_minutes"] == 480
    assert terms["usage_alert_percents"] == [75, 90, 100]
    assert terms["expiry_alert_days"] == [60, 30, 7]
    assert terms["prepaid_covers_urgent"] is True
    assert set(terms["text"]) == {"fr", "en", "de"}


async def test_a_version_is_published_and_holds_from_its_date(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    created = await api.post("/v1/terms", json=NEW_YEAR, headers=keys["finance"])

    assert created.status_code == 201, created.text
    terms = created.json()
    assert created.headers["location"] == f"/v1/terms/{terms['id']}"
    assert terms["published_at"] == "2026-11-24T10:00:00Z"
    assert terms["contract_hourly_rate_cents"] == 11970  # 126.00 € less 5 %
    assert terms["payment_due_days"] == 30  # not sent: as before
    assert (await api.get(f"/v1/terms/{terms['id']}", headers=keys["agent"])).json() == terms
    for day, rate in (("2026-12-31", 12000), ("2027-01-01", 12600)):
        (found,) = (await api.get("/v1/terms", params={"on": day}, headers=keys["agent"])).json()["items"]
        assert found["hourly_rate_cents"] == rate
    every = (await api.get("/v1/terms", headers=keys["agent"])).json()["items"]
    assert [one["effective_on"] for one in every] == ["2027-01-01", "2022-07-01"]


async def test_before_the_first_terms_none_were_in_force(api: httpx.AsyncClient, keys: Keys):
    answer = await api.get("/v1/terms", params={"on": "2022-06-30"}, headers=keys["agent"])
    assert answer.json()["items"] == []


async def test_versions_come_in_pages(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    for month in ("01", "02", "03"):
        body = NEW_YEAR | {"effective_on": f"2027-{month}-01"}
        assert (await api.post("/v1/terms", json=body, headers=keys["finance"])).status_code == 201
    seen, path = [], "/v1/terms?limit=2"
    while path:
        page = await api.get(path, headers=keys["agent"])
        seen += [item["effective_on"] for item in page.json()["items"]]
        path = page.links.get("next", {}).get("url", "")
    assert seen == ["2027-03-01", "2027-02-01", "2027-01-01", "2022-07-01"]


async def test_every_contact_of_every_client_is_told(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    await a_contact(conn, keys.client_id, name="Carla", email="Carla+desk@bakery.example", language="de")
    await a_contact(conn, keys.client_id, name="Luc", email="luc@bakery.example", language=None)
    terms_id = (await api.post("/v1/terms", json=NEW_YEAR, headers=keys["finance"])).json()["id"]

    answer = await api.get(f"/v1/terms/{terms_id}/notices", headers=keys["finance"])

    assert answer.status_code == 200
    notices = answer.json()["items"]
    told = [
        (one["client_id"], one["contact_name"], one["recipient"], one["language"], one["status"]) for one in notices
    ]
    assert told == [
        (str(keys.client_id), "Carla", "Carla+desk@bakery.example", "de", "queued"),
        (str(keys.client_id), "Luc", "luc@bakery.example", "fr", "queued"),
        (str(keys.other_client_id), None, None, None, "no_contact"),
    ]
    assert {one["created_at"] for one in notices} == {"2026-11-24T10:00:00Z"}
    mails = await conn.fetch("SELECT id, mailbox FROM outgoing_mails WHERE kind = 'terms_notice' ORDER BY id")
    assert [mail["mailbox"] for mail in mails] == ["carla@bakery.example", "luc@bakery.example"]
    jobs = await conn.fetch("SELECT payload FROM jobs WHERE kind = 'send_mail' ORDER BY id")
    assert [job["payload"]["mail_id"] for job in jobs] == [str(mail["id"]) for mail in mails]


async def test_the_delivery_of_a_notice_shows(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    await a_contact(conn, keys.client_id)
    terms_id = (await api.post("/v1/terms", json=NEW_YEAR, headers=keys["finance"])).json()["id"]
    sent_at = datetime(2026, 11, 24, 10, 1, tzinfo=UTC)
    await conn.execute("UPDATE outgoing_mails SET status = 'sent', sent_at = $1 WHERE kind = 'terms_notice'", sent_at)

    page = await api.get(f"/v1/terms/{terms_id}/notices?limit=1", headers=keys["finance"])

    (first,) = page.json()["items"]
    assert (first["status"], first["sent_at"]) == ("sent", "2026-11-24T10:01:00Z")
    rest = await api.get(page.links["next"]["url"], headers=keys["finance"])
    assert [one["status"] for one in rest.json()["items"]] == ["no_contact"]


@pytest.mark.parametrize("day", ["2022-07-02", "2026-11-23"])
async def test_terms_never_hold_for_the_past(api: httpx.AsyncClient, keys: Keys, clock: Clock, day: str):
    body = NEW_YEAR | {"effective_on": day, "reason": "A mistake of ours"}
    answer = await api.post("/v1/terms", json=body, headers=keys["finance"])
    assert (answer.status_code, answer.json()["code"]) == (409, "terms-retroactive")


async def test_less_than_thirty_days_of_notice_need_a_reason(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    soon = NEW_YEAR | {"effective_on": "2026-12-23"}  # 24 November and 29 days
    refused = await api.post("/v1/terms", json=soon, headers=keys["finance"])
    assert (refused.status_code, refused.json()["code"]) == (422, "notice-too-short")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/effective_on"]
    assert (refused.json()["notice_days"], refused.json()["days_ahead"]) == (30, 29)

    accepted = await api.post("/v1/terms", json=soon | {"reason": "Indexed wages"}, headers=keys["finance"])
    assert accepted.status_code == 201
    assert accepted.json()["reason"] == "Indexed wages"


async def test_thirty_days_of_notice_need_none(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    body = NEW_YEAR | {"effective_on": "2026-12-24"}
    assert (await api.post("/v1/terms", json=body, headers=keys["finance"])).status_code == 201


async def test_a_date_has_one_version(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    assert (await api.post("/v1/terms", json=NEW_YEAR, headers=keys["finance"])).status_code == 201
    again = await api.post("/v1/terms", json=NEW_YEAR, headers=keys["finance"])
    assert (again.status_code, again.json()["code"]) == (409, "terms-exist")


async def test_what_is_left_out_stays_as_the_version_before_has_it(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    february = NEW_YEAR | {"effective_on": "2027-02-01", "payment_due_days": 14, "usage_alert_percents": [50]}
    assert (await api.post("/v1/terms", json=february, headers=keys["finance"])).status_code == 201
    march = NEW_YEAR | {"effective_on": "2027-03-01"}
    terms = (await api.post("/v1/terms", json=march, headers=keys["finance"])).json()
    assert (terms["payment_due_days"], terms["usage_alert_percents"]) == (14, [50])
    january = (await api.post("/v1/terms", json=NEW_YEAR, headers=keys["finance"])).json()
    assert (january["payment_due_days"], january["usage_alert_percents"]) == (30, [75, 90, 100])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"hourly_rate_cents": -1}, "/hourly_rate_cents"),
        ({"hourly_rate_cents": "12600"}, "/hourly_rate_cents"),
        ({"hourly_rate_cents": True}, "/hourly_rate_cents"),
        ({"hourly_rate_cents": 2**63}, "/hourly_rate_cents"),
        ({"contract_discount_bp": 10_001}, "/contract_discount_bp"),
        ({"billing_increment_minutes": 0}, "/billing_increment_minutes"),
        ({"minimum_minutes": 0}, "/minimum_minutes"),
        ({"urgency": {"hourly_rate_cents": 1}}, "/urgency/opening_fee_cents"),
        ({"text": TEXT | {"fr": " "}}, "/text/fr"),
        ({"text": {"fr": "a", "en": "b"}}, "/text/de"),
        ({"effective_on": "2027-02-30"}, "/effective_on"),
        ({"bills_in_project": None}, "/bills_in_project"),
        ({"usage_alert_percents": [0]}, "/usage_alert_percents/0"),
        ({"notice_days": 4000}, "/notice_days"),
        ({"reason": ""}, "/reason"),
        ({"currency": "CHF"}, ""),
    ],
)
async def test_numbers_that_make_no_sense_are_refused(
    api: httpx.AsyncClient, keys: Keys, clock: Clock, change: dict[str, Any], pointer: str
):
    answer = await api.post("/v1/terms", json=NEW_YEAR | change, headers=keys["finance"])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("table", ["terms", "terms_notices"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_the_database_lets_nobody_change_what_was_published(conn: Connection, table: str, statement: str):
    with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
        await conn.execute(statement.format(table))


async def test_publishing_is_told_and_audited(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    terms_id = (await api.post("/v1/terms", json=NEW_YEAR, headers=keys["finance"])).json()["id"]
    event = await conn.fetchrow("SELECT type, data FROM events WHERE subject_id = $1", terms_id)
    assert event is not None
    assert (event["type"], event["data"]["effective_on"]) == ("terms.published", "2027-01-01")
    audited = await conn.fetchval("SELECT data->>'id' FROM audit_log WHERE operation = 'publish_terms'")
    assert audited == terms_id


async def test_an_unknown_version_is_not_there(api: httpx.AsyncClient, keys: Keys):
    for path in ("/v1/terms/{}", "/v1/terms/{}/notices"):
        answer = await api.get(path.format("019ab000-0000-7000-8000-0000000000ff"), headers=keys["finance"])
        assert answer.status_code == 404
