"""Contracts over HTTP: purchase, pools, top-ups, grants, refunds, expiry, statement, alerts (rule C)."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from app.billing.contracts import queries
from app.billing.contracts.service import alerting, tell_thresholds
from app.core.db import Connection, Database
from app.core.jobs import Job
from app.desk.mail import queries as mails
from app.desk.mail.service.wording import compose
from tests.billing import a_contract, logged, settled, sums
from tests.builders import A_MOMENT_AGO, Keys, a_contact, a_ticket
from tests.conftest import Clock
from tests.service import SETTINGS

YEAR_2027: dict[str, Any] = {
    "effective_on": "2027-01-01",
    "hourly_rate_cents": 12345,
    "contract_discount_bp": 700,
    "urgency": {"opening_fee_cents": 15000},
    "billing_increment_minutes": 1,
    "minimum_minutes": 1,
    "quote_threshold_minutes": 480,
    "text": {"fr": "a", "en": "b", "de": "c"},
}


@pytest.fixture
async def ticket_id(conn: Connection, keys: Keys, clock: Clock) -> str:
    ticket = await a_ticket(conn, client_id=keys.client_id)
    return str(ticket["id"])


async def posted(api: httpx.AsyncClient, keys: Keys, path: str, body: Any, status: int = 201) -> dict[str, Any]:
    answer = await api.post(path, json=body, headers=keys["finance"])
    assert answer.status_code == status, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def bought(api: httpx.AsyncClient, keys: Keys, minutes: int = 600, **body: Any) -> dict[str, Any]:
    defaults = {"client_id": str(keys.client_id), "year": 2026, "bought_minutes": minutes}
    return await posted(api, keys, "/v1/contracts", defaults | body)


async def activated(api: httpx.AsyncClient, keys: Keys, contract: dict[str, Any]) -> dict[str, Any]:
    return await posted(api, keys, f"/v1/contracts/{contract['id']}/activation", {"reason": "Paid by transfer"})


async def read(api: httpx.AsyncClient, keys: Keys, path: str, key: str = "agent") -> Any:
    answer = await api.get(path, headers=keys[key])
    assert answer.status_code == 200, answer.text
    return answer.json()


async def statement(api: httpx.AsyncClient, keys: Keys, contract_id: Any, limit: int = 100) -> list[dict[str, Any]]:
    lines, path = [], f"/v1/contracts/{contract_id}/draws?limit={limit}"
    while path:
        page = await api.get(path, headers=keys["agent"])
        lines += page.json()["items"]
        path = page.links.get("next", {}).get("url", "")
    return lines


async def test_hours_are_bought_at_the_rate_of_the_day_less_five_per_cent(
    api: httpx.AsyncClient, keys: Keys, clock: Clock
):
    contract = await bought(api, keys, 1200, purchased_on="2026-11-02")
    assert (contract["hourly_rate_cents"], contract["discount_bp"]) == (12000, 500)
    assert contract["discounted_hourly_rate_cents"] == 11400
    assert contract["price_cents"] == 228000  # 20 h at 114.00 €
    assert (contract["starts_on"], contract["expires_on"]) == ("2026-01-01", "2026-12-31")
    assert (contract["status"], contract["left_minutes"], contract["effective_at"]) == ("pending", 1200, None)
    assert await read(api, keys, f"/v1/contracts/{contract['id']}", "client") == contract


async def test_the_price_is_rounded_once(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    await posted(api, keys, "/v1/terms", YEAR_2027)
    clock.set(datetime(2027, 1, 4, 9, 0, tzinfo=UTC))
    contract = await bought(api, keys, 7, year=2027)
    # 7 min at 123.45 € an hour less 7 %: 7 * 12345 * 0.93 / 60 = 1339.4325 cents
    assert contract["price_cents"] == 1339
    assert (contract["purchased_on"], contract["discount_bp"]) == ("2027-01-04", 700)


async def test_it_counts_once_finance_says_so(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str):
    contract = await bought(api, keys)
    before = await logged(api, keys, ticket_id, 30)
    assert sums(before) == (30, 0, 30, 0)
    active = await activated(api, keys, contract)
    assert (active["status"], active["effective_reason"]) == ("active", "Paid by transfer")
    assert active["effective_at"] == "2026-11-24T10:00:00Z"
    # What was open is taken over at once (C3).
    assert (active["drawn_minutes"], active["left_minutes"]) == (30, 570)
    entry = await read(api, keys, f"/v1/time-entries/{before['id']}")
    assert (sums(entry), entry["amount_cents"]) == ((30, 30, 0, 0), 0)
    again = await api.post(f"/v1/contracts/{contract['id']}/activation", json={"reason": "x"}, headers=keys["finance"])
    assert (again.status_code, again.json()["code"]) == (409, "contract-effective")
    await settled(conn)


async def test_a_top_up_takes_over_the_oldest_open_time_of_its_year(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    old = await logged(api, keys, ticket_id, 40, worked_on="2025-12-30")
    second = await logged(api, keys, ticket_id, 50, worked_on="2026-03-02")
    first = await logged(api, keys, ticket_id, 30, worked_on="2026-02-02")
    free = await logged(api, keys, ticket_id, 30, worked_on="2026-01-12", non_billable_reason="goodwill")
    contract = await activated(api, keys, await bought(api, keys, 60))
    assert contract["left_minutes"] == 0
    found = [await read(api, keys, f"/v1/time-entries/{one['id']}") for one in (old, second, first, free)]
    assert [sums(one) for one in found] == [(40, 0, 40, 0), (50, 30, 20, 0), (30, 30, 0, 0), (30, 0, 0, 30)]
    # A second top-up takes the rest.
    await activated(api, keys, await bought(api, keys, 100))
    second = await read(api, keys, f"/v1/time-entries/{second['id']}")
    assert (sums(second), len(second["draws"])) == ((50, 50, 0, 0), 2)
    await settled(conn)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"year": 2025}, 422, "contract-year"),
        ({"year": 2027}, 422, "contract-year"),
        ({"purchased_on": "2026-11-25"}, 422, "purchase-in-future"),
        ({"purchased_on": "2022-05-01", "year": 2022}, 409, "no-terms"),
        ({"client_id": "019ab000-0000-7000-8000-0000000000ff"}, 422, "reference-unknown"),
        ({"bought_minutes": 0}, 422, "invalid-request"),
        ({"bought_minutes": 1.5}, 422, "invalid-request"),
        ({"price_cents": 1}, 422, "invalid-request"),
    ],
)
async def test_what_cannot_be_bought(
    api: httpx.AsyncClient, keys: Keys, clock: Clock, change: dict[str, Any], status: int, code: str
):
    body = {"client_id": str(keys.client_id), "year": 2026, "bought_minutes": 60} | change
    answer = await api.post("/v1/contracts", json=body, headers=keys["finance"])
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_statement_adds_up_line_by_line(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str, clock: Clock
):
    contract = await activated(api, keys, await bought(api, keys, 100))
    path = f"/v1/contracts/{contract['id']}"
    wrong = await logged(api, keys, ticket_id, 30)
    await posted(api, keys, f"{path}/grants", {"minutes": 20, "reason": "Sorry for May"})
    await posted(api, keys, f"/v1/time-entries/{wrong['id']}/corrections", {"reason": "Twice"})
    await posted(api, keys, f"{path}/refunds", {"minutes": 40, "reason": "Shop closed"})
    await logged(api, keys, ticket_id, 25)
    clock.set(datetime(2027, 1, 1, 9, 0, tzinfo=UTC))

    lines = await statement(api, keys, contract["id"])

    assert [(line["kind"], line["minutes"], line["left_minutes"]) for line in lines] == [
        ("bought", 100, 100),
        ("drawn", -30, 70),
        ("granted", 20, 90),
        ("drawn", 30, 120),
        ("refunded", -40, 80),
        ("drawn", -25, 55),
        ("expired", -55, 0),
    ]
    assert [line["position"] for line in lines] == [1, 2, 3, 4, 5, 6, 7]
    assert lines[1]["entry_id"] == wrong["id"]
    assert lines == await statement(api, keys, contract["id"], limit=2)
    now = await read(api, keys, path)
    assert (now["status"], now["left_minutes"]) == ("expired", 0)
    assert [now[f"{name}_minutes"] for name in ("bought", "granted", "drawn", "expired", "refunded")] == [
        100, 20, 25, 55, 40,
    ]  # fmt: skip
    await settled(conn)


async def test_grants_and_refunds_are_listed(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    contract = await a_contract(conn, keys.client_id, 600)
    path = f"/v1/contracts/{contract['id']}"
    grant = await posted(api, keys, f"{path}/grants", {"minutes": 20, "reason": "Sorry"})
    refund = await posted(api, keys, f"{path}/refunds", {"minutes": 60, "reason": "Less work"})
    assert (grant["minutes"], grant["left_minutes"], grant["carried_from_id"]) == (20, 620, None)
    assert (refund["minutes"], refund["left_minutes"], refund["amount_cents"]) == (60, 560, 11400)  # 60 * 1.90 €
    assert (await read(api, keys, f"{path}/grants"))["items"] == [grant]
    assert (await read(api, keys, f"{path}/refunds"))["items"] == [refund]


async def test_a_grant_takes_over_open_time_too(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str):
    contract = await a_contract(conn, keys.client_id, 10)
    entry = await logged(api, keys, ticket_id, 30)
    await posted(api, keys, f"/v1/contracts/{contract['id']}/grants", {"minutes": 15, "reason": "Sorry"})
    assert sums(await read(api, keys, f"/v1/time-entries/{entry['id']}")) == (30, 25, 5, 0)
    await settled(conn)


async def test_at_most_the_unused_bought_minutes_are_refunded(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str
):
    contract = await a_contract(conn, keys.client_id, 100)
    path = f"/v1/contracts/{contract['id']}/refunds"
    await logged(api, keys, ticket_id, 70)
    refused = await posted(api, keys, path, {"minutes": 31, "reason": "x"}, 409)
    assert (refused["code"], refused["refundable_minutes"]) == ("refund-exceeds-unused", 30)
    refund = await posted(api, keys, path, {"minutes": 30, "reason": "x"})
    assert (refund["amount_cents"], refund["left_minutes"]) == (5700, 0)
    assert (await posted(api, keys, path, {"minutes": 1, "reason": "x"}, 409))["refundable_minutes"] == 0


async def test_expired_minutes_are_carried_over_with_a_reason(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str, clock: Clock
):
    old = await a_contract(conn, keys.client_id, 100)
    await logged(api, keys, ticket_id, 30)
    clock.set(datetime(2027, 1, 5, 9, 0, tzinfo=UTC))
    new = await activated(api, keys, await bought(api, keys, 60, year=2027))
    path = f"/v1/contracts/{new['id']}/grants"
    body = {"minutes": 71, "reason": "Goodwill", "carried_from_id": str(old["id"])}
    refused = await posted(api, keys, path, body, 409)
    assert (refused["code"], refused["expired_minutes"]) == ("carry-over-exceeds-expired", 70)
    grant = await posted(api, keys, path, body | {"minutes": 50})
    assert (grant["left_minutes"], grant["carried_from_id"]) == (110, str(old["id"]))
    lines = await statement(api, keys, old["id"])
    assert [(line["kind"], line["minutes"]) for line in lines][2:] == [("carried", -50), ("expired", -20)]
    # Late work of December still finds the 20 that are left.
    assert sums(await logged(api, keys, ticket_id, 30, worked_on="2026-12-30")) == (30, 20, 10, 0)
    for other in (new["id"], "019ab000-0000-7000-8000-0000000000ff"):
        wrong = await posted(api, keys, path, body | {"minutes": 1, "carried_from_id": other}, 422)
        assert wrong["errors"][0]["pointer"] == "/carried_from_id"
    await settled(conn)


async def test_lists_narrow_by_client_year_and_status(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    mine = await a_contract(conn, keys.client_id)
    theirs = await a_contract(conn, keys.other_client_id)
    pending = await bought(api, keys)

    async def ids(key: str = "finance", **filters: Any) -> list[str]:
        answer = await api.get("/v1/contracts", params=filters, headers=keys[key])
        return [contract["id"] for contract in answer.json()["items"]]

    first, second, third = str(mine["id"]), str(theirs["id"]), pending["id"]
    assert await ids() == [third, second, first]
    assert await ids(client_id=str(keys.client_id)) == [third, first]
    assert await ids("client") == [third, first]
    assert await ids("client", client_id=str(keys.other_client_id)) == []
    assert await ids(status="pending") == [third]
    assert await ids(status="active") == [second, first]
    assert await ids(year=2025) == []
    page = await api.get("/v1/contracts?limit=2", headers=keys["finance"])
    rest = await api.get(page.links["next"]["url"], headers=keys["finance"])
    assert [one["id"] for one in rest.json()["items"]] == [first]
    clock.set(datetime(2027, 1, 1, 9, 0, tzinfo=UTC))
    assert await ids(status="expired") == [third, second, first]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contracts SET bought_minutes = 1",
        "UPDATE contracts SET price_cents = 1",
        "UPDATE contracts SET drawn_minutes = 1",
        "UPDATE contracts SET effective_at = now()",
        "DELETE FROM contracts",
        "UPDATE contract_movements SET minutes = 1",
        "DELETE FROM contract_movements",
    ],
)
async def test_the_database_keeps_what_was_bought(conn: Connection, keys: Keys, statement: str):
    await a_contract(conn, keys.client_id)
    with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
        await conn.execute(statement)


async def test_use_is_told_at_each_threshold_once(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket_id: str, clock: Clock
):
    await a_contact(conn, keys.client_id, email="bills@bakery.example", billing=True, language="de")
    await a_contact(conn, keys.client_id, email="nobody@bakery.example", billing=False)
    contract = await a_contract(conn, keys.client_id, 100)

    async def looks() -> int:
        return int(await conn.fetchval("SELECT count(*) FROM jobs WHERE kind = 'contract_alerts'"))

    async def told() -> list[tuple[str, int]]:
        row = await queries.contract(conn, contract["id"])
        assert row is not None
        await tell_thresholds(conn, row, clock.now())
        rows = await conn.fetch("SELECT kind, threshold FROM contract_alerts ORDER BY id")
        return [(row["kind"], row["threshold"]) for row in rows]

    await logged(api, keys, ticket_id, 74)
    assert await looks() == 0
    assert await told() == [("expiry", 60)]  # 24 November is 37 days before the end
    await logged(api, keys, ticket_id, 1)
    assert await looks() == 1
    assert await told() == [("expiry", 60), ("usage", 75)]
    await logged(api, keys, ticket_id, 30)
    assert await looks() == 2
    assert await told() == [("expiry", 60), ("usage", 75), ("usage", 90), ("usage", 100)]
    assert await told() == await told()
    events = await conn.fetch("SELECT type, data->'threshold' AS threshold FROM events WHERE type LIKE 'contract.%' ORDER BY id")  # fmt: skip
    assert [(event["type"], event["threshold"]) for event in events] == [
        ("contract.expiring", 60),
        ("contract.usage_reached", 75),
        ("contract.usage_reached", 90),
        ("contract.usage_reached", 100),
    ]
    # One mail for 60 days, one for 75 %, one for 90 and 100 % together; only to the billing contact.
    sent = await conn.fetch("SELECT id, recipient, language FROM outgoing_mails WHERE kind = 'contract_alert' ORDER BY id")  # fmt: skip
    assert [(mail["recipient"], mail["language"]) for mail in sent] == [("bills@bakery.example", "de")] * 3
    mail = await mails.mail(conn, sent[2]["id"])
    assert mail is not None
    composed = await compose(conn, mail, SETTINGS, clock.now())
    assert "100 % Ihrer Wartungsstunden sind verbraucht." in composed.text


@pytest.mark.parametrize(
    ("day", "thresholds"),
    [("2026-10-31", []), ("2026-11-01", [60]), ("2026-12-01", [30]), ("2026-12-24", [7]), ("2027-01-01", [])],
)
async def test_expiry_is_told_sixty_thirty_and_seven_days_ahead(
    conn: Connection, database: Database, keys: Keys, day: str, thresholds: list[int]
):
    await a_contract(conn, keys.client_id, 100)
    now = datetime.fromisoformat(f"{day}T00:30:00+01:00")
    await alerting.look_at_all(Job(keys.client_id, "contract_watch", {}, 1, A_MOMENT_AGO), database, now)
    rows = await conn.fetch("SELECT threshold FROM contract_alerts")
    assert [row["threshold"] for row in rows] == thresholds


async def test_the_job_of_a_draw_tells(conn: Connection, database: Database, keys: Keys, clock: Clock):
    contract = await a_contract(conn, keys.client_id, 100)
    for contract_id in (contract["id"], keys.agent_id):
        job = Job(keys.client_id, "contract_alerts", {"contract_id": str(contract_id)}, 1, A_MOMENT_AGO)
        await alerting.look(job, database, clock.now())
    assert await conn.fetchval("SELECT count(*) FROM contract_alerts") == 1


async def test_terms_may_let_hours_be_used_before_they_are_invoiced(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    await posted(api, keys, "/v1/terms", YEAR_2027 | {"contract_usable_before_issue": True})
    clock.set(datetime(2027, 1, 4, 9, 0, tzinfo=UTC))
    contract = await bought(api, keys, 60, year=2027)
    assert (contract["status"], contract["effective_reason"]) == ("active", None)


async def test_a_notice_of_terms_is_composed(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    await a_contact(conn, keys.client_id, language="en")
    await posted(api, keys, "/v1/terms", YEAR_2027)
    mail = await mails.mail(conn, await conn.fetchval("SELECT id FROM outgoing_mails WHERE kind = 'terms_notice'"))
    assert mail is not None
    composed = await compose(conn, mail, SETTINGS, clock.now())
    assert composed.subject == "Our support terms from 1 January 2027"
    assert "€123.45 excl. VAT" in composed.text
    assert "€114.81 excl. VAT" in composed.text  # less 7 %: 114.8085
