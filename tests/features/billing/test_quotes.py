"""Quotes and estimates: written, sent, decided once, replaced, expired, charged (rule Q)."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.billing.quotes import queries
from app.billing.quotes.service.consent import accepted_quote, watch_estimate
from app.billing.quotes.service.sending import quote_token
from app.billing.quotes.service.timing import expire_quotes, remind_of_quotes
from app.core.db import Connection, Database
from app.core.jobs import Job
from app.domain.quote import Kind
from tests.builders import Keys, a_quote, a_ticket
from tests.service import SETTINGS

LINES = [
    {"description": "Page with a map", "minutes": 840},
    {"description": "Licence", "quantity": 2, "unit_price_cents": 4_500, "discount_bp": 1000},
]
JOB = Job(UUID(int=1), "x", {}, 1, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
async def ticket(conn: Connection, keys: Keys) -> Any:
    return await a_ticket(conn, client_id=keys.client_id, status="in_progress")


class Desk:
    """Staff with a key."""

    def __init__(self, api: httpx.AsyncClient, keys: Keys) -> None:
        self.api, self.headers = api, keys["agent"]

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = await self.api.post(path, json=body, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def get(self, path: str) -> Any:
        return (await self.api.get(path, headers=self.headers)).json()

    async def sent(self, ticket_id: UUID, kind: str = "quote", **body: Any) -> Any:
        body = {"ticket_id": str(ticket_id), "kind": kind, "lines": LINES[:1] if kind == "estimate" else LINES} | body
        written = await self.post("/v1/quotes", body, 201)
        return await self.post(f"/v1/quotes/{written['id']}/sending", {})

    async def status_of(self, ticket_id: UUID) -> str:
        return str((await self.get(f"/v1/tickets/{ticket_id}"))["status"])


@pytest.fixture
def desk(api: httpx.AsyncClient, keys: Keys) -> Desk:
    return Desk(api, keys)


def door(quote: Any, act: str = "") -> str:
    return f"/v1/public/quotes/{quote['url'].rpartition('#')[2]}{act}"


async def test_a_quote_is_priced_taxed_and_put_into_words(api: httpx.AsyncClient, keys: Keys, ticket: Any):
    body = {
        "ticket_id": str(ticket["id"]),
        "kind": "quote",
        "lines": LINES,
        "language": "de",
        "remarks": "Ohne Gewähr.",
    }
    answer = await api.post("/v1/quotes", json=body, headers=keys["agent"])
    quote = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/quotes/{quote['id']}"
    assert answer.headers["etag"].startswith('"1-')
    assert [line["net_cents"] for line in quote["lines"]] == [168_000, 8_100]
    assert quote["lines"][0]["hourly_rate_cents"] == 12_000
    assert (quote["subtotal_cents"], quote["vat_rate_bp"], quote["vat_cents"], quote["total_cents"]) == (
        176_100, 1700, 29_937, 206_037,
    )  # fmt: skip
    assert (quote["status"], quote["version"], quote["minutes"], quote["url"]) == ("draft", 1, 840, None)
    assert quote["number"].startswith(f"D{datetime.now(UTC).year}-")
    assert quote["text_sha256"] == hashlib.sha256(quote["text"].encode()).hexdigest()
    assert quote["text"].startswith(f"Devis {quote['number']}, version 1")
    assert f"Angebot {quote['number']}" in quote["text"]
    assert "Ohne Gewähr." in quote["text"]


async def test_a_business_elsewhere_in_the_union_owes_the_tax_itself(desk: Desk, conn: Connection, ticket: Any):
    await conn.execute("UPDATE clients SET country = 'DE', vat_number = 'DE136695976'")
    quote = await desk.sent(ticket["id"])
    assert (quote["vat_category"], quote["vat_rate_bp"], quote["vat_cents"]) == ("AE", 0, 0)
    assert "Autoliquidation" in quote["text"]


async def test_numbers_follow_one_another(desk: Desk, ticket: Any):
    numbers = [(await desk.sent(ticket["id"]))["number"] for _ in range(3)]
    assert [int(number.partition("-")[2]) for number in numbers] == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lines": [{"description": "x"}]}, "quote-line-invalid"),
        ({"lines": [{"description": "x", "minutes": 1, "quantity": 1, "unit_price_cents": 1}]}, "quote-line-invalid"),
        ({"kind": "estimate"}, "estimate-needs-minutes"),
        ({"valid_until_on": "2020-01-01"}, "validity-over"),
        ({"permanence_request_id": str(UUID(int=5))}, "invalid-request"),
        ({"ticket_id": None}, "invalid-request"),
        ({"ticket_id": str(UUID(int=5))}, "reference-unknown"),
    ],
)
async def test_what_makes_no_quote(api: httpx.AsyncClient, keys: Keys, ticket: Any, change: dict[str, Any], code: str):
    body = {"ticket_id": str(ticket["id"]), "kind": "quote", "lines": LINES} | change
    answer = await api.post("/v1/quotes", json=body, headers=keys["agent"])
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_nothing_is_quoted_for_nobody_known_or_for_what_is_settled(desk: Desk, conn: Connection, keys: Keys):
    for values, code in (
        ({}, "ticket-without-client"),
        ({"client_id": keys.client_id, "status": "closed"}, "ticket-not-open"),
    ):
        ticket = await a_ticket(conn, **values)
        body = {"ticket_id": str(ticket["id"]), "kind": "quote", "lines": LINES}
        assert (await desk.post("/v1/quotes", body, 409))["code"] == code


async def test_sending_mails_the_link_and_lets_the_ticket_wait(desk: Desk, conn: Connection, ticket: Any):
    quote = await desk.sent(ticket["id"])
    assert (quote["status"], quote["recipient"]) == ("sent", ticket["requester_email"])
    assert await desk.status_of(ticket["id"]) == "waiting_quote"
    mail = await conn.fetchrow("SELECT * FROM outgoing_mails WHERE kind = 'quote_sent'")
    assert mail is not None
    assert (mail["recipient"], mail["status"]) == (ticket["requester_email"], "queued")
    assert UUID(mail["facts"]["quote_id"]) == UUID(quote["id"])
    assert await conn.fetchval("SELECT count(*) FROM jobs WHERE payload ->> 'mail_id' = $1", str(mail["id"])) == 1
    again = await desk.post(f"/v1/quotes/{quote['id']}/sending", {"recipient": "boss@elsewhere.example"})
    assert (again["recipient"], again["sent_at"]) == ("boss@elsewhere.example", quote["sent_at"])


async def test_the_pdf_is_the_same_for_staff_and_through_the_link(api: httpx.AsyncClient, desk: Desk, ticket: Any):
    quote = await desk.sent(ticket["id"])
    ours = await api.get(f"/v1/quotes/{quote['id']}/pdf", headers=desk.headers)
    theirs = await api.get(door(quote, "/pdf"))
    assert ours.content == theirs.content
    assert ours.content.startswith(b"%PDF-1.")
    assert ours.headers["content-type"] == "application/pdf"
    assert ours.headers["content-disposition"] == f'attachment; filename="{quote["number"]}-v1.pdf"'


async def test_looking_decides_nothing(api: httpx.AsyncClient, desk: Desk, ticket: Any):
    quote = await desk.sent(ticket["id"])
    for method in ("GET", "HEAD", "GET"):
        await api.request(method, door(quote))
    seen = (await api.get(door(quote))).json()
    assert (seen["status"], seen["text"], seen["decided_by"]) == ("sent", quote["text"], None)
    assert seen["client_name"] == "Boulangerie Exemple"
    assert (await api.get(door(quote, "/acceptance"))).status_code == 405


async def test_a_client_never_sees_what_was_not_sent_to_it(api: httpx.AsyncClient, desk: Desk, keys: Keys, ticket: Any):
    """One draft is withdrawn, another replaced by a version that is sent, and then withdrawn: only that one is seen."""
    body = {"ticket_id": str(ticket["id"]), "kind": "quote", "lines": LINES}
    withdrawn = await desk.post("/v1/quotes", body, 201)
    await desk.post(f"/v1/quotes/{withdrawn['id']}/withdrawal", {"reason": "Wrong price"})
    replaced = await desk.post("/v1/quotes", body, 201)
    shown = await desk.post(f"/v1/quotes/{replaced['id']}/versions", {"lines": LINES}, 201)
    await desk.post(f"/v1/quotes/{shown['id']}/sending", {})
    await desk.post(f"/v1/quotes/{shown['id']}/withdrawal", {"reason": "Not needed any more"})

    for hidden, status in ((withdrawn, "withdrawn"), (replaced, "replaced")):
        path = f"/v1/quotes/{hidden['id']}"
        assert ((await desk.get(path))["status"], (await desk.get(path))["sent_at"]) == (status, None)
        for one in (path, f"{path}/pdf"):
            assert (await api.get(one, headers=keys["client"])).status_code == 404
    assert (await api.get(f"/v1/quotes/{shown['id']}/pdf", headers=keys["client"])).status_code == 200
    for query in ({}, {"ticket_id": str(ticket["id"])}, {"status": "withdrawn"}, {"status": "replaced"}):
        listed = (await api.get("/v1/quotes", params=query, headers=keys["client"])).json()["items"]
        assert [one["id"] for one in listed] == ([shown["id"]] if query.get("status") != "replaced" else [])


async def test_a_draft_has_no_door(api: httpx.AsyncClient, desk: Desk, keys: Keys, ticket: Any):
    written = await desk.post("/v1/quotes", {"ticket_id": str(ticket["id"]), "kind": "quote", "lines": LINES}, 201)
    token = quote_token(SETTINGS, UUID(written["id"]))
    assert (await api.get(f"/v1/public/quotes/{token}")).status_code == 404
    assert (await api.post(f"/v1/public/quotes/{token}/acceptance", json={"name": "Rita"})).status_code == 404
    assert (await api.get(f"/v1/quotes/{written['id']}", headers=keys["client"])).status_code == 404
    assert (await api.get("/v1/quotes", headers=keys["client"])).json()["items"] == []
    assert len((await desk.get("/v1/quotes"))["items"]) == 1


async def test_accepting_charges_the_price_once_and_frees_the_ticket(
    api: httpx.AsyncClient, desk: Desk, conn: Connection, ticket: Any
):
    quote = await desk.sent(ticket["id"])
    headers = {"User-Agent": "Firefox"}
    answer = await api.post(door(quote, "/acceptance"), json={"name": "Rita", "role": "Manager"}, headers=headers)
    assert (answer.status_code, answer.json()["status"], answer.json()["decided_by"]) == (200, "accepted", "Rita")
    assert await desk.status_of(ticket["id"]) == "in_progress"
    decision = await conn.fetchrow("SELECT * FROM quote_decisions")
    assert decision is not None
    assert (decision["name"], decision["role"], decision["channel"]) == ("Rita", "Manager", "link")
    assert (decision["client_address"], decision["user_agent"]) == ("127.0.0.1", "Firefox")
    assert decision["text_sha256"].hex() == quote["text_sha256"]
    charge = await desk.get(f"/v1/quotes/{quote['id']}/charge")
    assert (charge["kind"], charge["amount_cents"], charge["currency"]) == ("quote", 176_100, "EUR")
    assert charge["explanation"]["text_sha256"] == quote["text_sha256"]
    again = await api.post(door(quote, "/acceptance"), json={"name": "Rita"})
    assert (again.status_code, again.json()) == (200, answer.json())
    other = await api.post(door(quote, "/acceptance"), json={"name": "Tom"})
    assert (other.status_code, other.json()["code"], other.json()["decision"]) == (409, "quote-decided", "accepted")
    late = await api.post(door(quote, "/refusal"), json={"name": "Rita"})
    assert (late.status_code, late.json()["code"]) == (409, "quote-decided")
    assert await conn.fetchval("SELECT count(*) FROM quote_charges") == 1


async def test_refusing_gives_the_ticket_back(api: httpx.AsyncClient, desk: Desk, conn: Connection, ticket: Any):
    quote = await desk.sent(ticket["id"])
    answer = await api.post(door(quote, "/refusal"), json={"name": "Rita", "reason": "Too dear"})
    assert (answer.status_code, answer.json()["status"]) == (200, "refused")
    assert (await api.post(door(quote, "/refusal"), json={"name": "Rita"})).status_code == 200
    assert await desk.status_of(ticket["id"]) == "in_progress"
    decision = (await desk.get(f"/v1/quotes/{quote['id']}"))["decision"]
    assert (decision["decision"], decision["reason"]) == ("refused", "Too dear")
    assert (await api.get(f"/v1/quotes/{quote['id']}/charge", headers=desk.headers)).status_code == 404
    assert await conn.fetchval("SELECT count(*) FROM quote_charges") == 0


async def test_an_agent_records_a_written_acceptance(desk: Desk, ticket: Any):
    quote = await desk.sent(ticket["id"])
    body = {"name": "Rita", "reference": "Mail of 25 November"}
    recorded = await desk.post(f"/v1/quotes/{quote['id']}/acceptance", body)
    assert recorded["decision"]["channel"] == "agent"
    assert recorded["decision"]["reference"] == "Mail of 25 November"
    assert (await desk.post(f"/v1/quotes/{quote['id']}/acceptance", body, 409))["code"] == "quote-decided"


async def test_an_expired_quote_is_not_accepted(
    api: httpx.AsyncClient, desk: Desk, conn: Connection, keys: Keys, database: Database, ticket: Any
):
    past = datetime.now(UTC) - timedelta(seconds=1)
    row = await a_quote(conn, keys.client_id, ticket_id=ticket["id"], expires_at=past)
    await conn.execute("UPDATE tickets SET status = 'waiting_quote' WHERE id = $1", ticket["id"])
    path = f"/v1/public/quotes/{quote_token(SETTINGS, row['id'])}"
    assert (await api.get(path)).json()["status"] == "expired"
    for act in ("acceptance", "refusal"):
        answer = await api.post(f"{path}/{act}", json={"name": "Rita"})
        assert (answer.status_code, answer.json()["code"]) == (409, "quote-expired")
    assert [one["id"] for one in (await desk.get("/v1/quotes?status=expired"))["items"]] == [str(row["id"])]
    assert (await desk.get("/v1/quotes?status=sent"))["items"] == []
    assert not await queries.decide(conn, row["id"], "accepted")
    await expire_quotes(JOB, database, datetime.now(UTC))
    assert await conn.fetchval("SELECT status FROM quotes WHERE id = $1", row["id"]) == "expired"
    assert await conn.fetchval("SELECT count(*) FROM events WHERE type = 'quote.expired'") == 1
    assert (await desk.get("/v1/quotes?status=expired"))["items"][0]["id"] == str(row["id"])
    assert await conn.fetchval("SELECT status FROM tickets WHERE id = $1", ticket["id"]) == "in_progress"
    revived = await desk.post(f"/v1/quotes/{row['id']}/versions", {"lines": LINES}, 201)
    assert (revived["version"], revived["status"], revived["number"]) == (2, "draft", row["number"])


async def test_a_quote_that_waits_is_brought_to_mind_once(
    conn: Connection, keys: Keys, database: Database, ticket: Any
):
    now = datetime.now(UTC)
    for days, sent in ((6, 5), (8, 5), (6, 0)):
        await a_quote(
            conn,
            keys.client_id,
            ticket_id=ticket["id"],
            expires_at=now + timedelta(days=days),
            sent_at=now - timedelta(days=sent),
        )
    for _ in range(2):
        await remind_of_quotes(JOB, database, now)
    mails = await conn.fetch("SELECT facts FROM outgoing_mails WHERE kind = 'quote_reminder'")
    assert len(mails) == 1
    assert await conn.fetchval("SELECT count(*) FROM quotes WHERE reminded_at IS NOT NULL") == 1


async def test_only_the_newest_version_counts(api: httpx.AsyncClient, desk: Desk, ticket: Any):
    first = await desk.sent(ticket["id"])
    body = {"lines": LINES[:1], "remarks": "Cheaper"}
    second = await desk.post(f"/v1/quotes/{first['id']}/versions", body, 201)
    assert (second["number"], second["version"], second["chain_id"]) == (first["number"], 2, first["id"])
    assert (await desk.get(f"/v1/quotes/{first['id']}"))["status"] == "replaced"
    refused = await api.post(door(first, "/acceptance"), json={"name": "Rita"})
    assert (refused.status_code, refused.json()["code"]) == (409, "quote-not-open")
    stale = await desk.post(f"/v1/quotes/{first['id']}/versions", body, 409)
    assert (stale["code"], stale["newest_id"]) == ("quote-not-newest", second["id"])
    second = await desk.post(f"/v1/quotes/{second['id']}/sending", {})
    assert (await api.post(door(second, "/acceptance"), json={"name": "Rita"})).status_code == 200
    assert (await desk.post(f"/v1/quotes/{second['id']}/versions", body, 409))["code"] == "quote-not-open"


async def test_an_estimate_stays_in_force_until_its_next_version_is_accepted(
    api: httpx.AsyncClient, desk: Desk, conn: Connection, ticket: Any
):
    first = await desk.sent(ticket["id"], "estimate")
    await api.post(door(first, "/acceptance"), json={"name": "Rita"})
    second = await desk.post(f"/v1/quotes/{first['id']}/versions", {"lines": [LINES[0] | {"minutes": 1200}]}, 201)
    second = await desk.post(f"/v1/quotes/{second['id']}/sending", {})
    accepted = await accepted_quote(conn, ticket["id"])
    assert accepted is not None
    assert (accepted.quote_id, accepted.consent.minutes, accepted.covers_time) == (UUID(first["id"]), 840, False)
    await api.post(door(second, "/acceptance"), json={"name": "Rita"})
    accepted = await accepted_quote(conn, ticket["id"])
    assert accepted is not None
    assert (accepted.consent.kind, accepted.consent.minutes) == (Kind.ESTIMATE, 1200)
    assert (await desk.get(f"/v1/quotes/{first['id']}"))["status"] == "replaced"
    assert await conn.fetchval("SELECT count(*) FROM quote_charges") == 0


async def test_an_estimate_tells_once_how_far_it_is_used(conn: Connection, keys: Keys, ticket: Any):
    assert await accepted_quote(conn, ticket["id"]) is None
    now = datetime.now(UTC)
    await a_quote(conn, keys.client_id, ticket_id=ticket["id"], kind="estimate", status="accepted", decided_at=now)
    accepted = await accepted_quote(conn, ticket["id"])
    shared: dict[str, Any] = {"ticket_id": ticket["id"], "client_id": keys.client_id, "actor": {}, "now": now}
    reached = [
        await watch_estimate(conn, accepted, before_minutes=before, after_minutes=after, **shared)
        for before, after in ((0, 400), (400, 480), (400, 480), (480, 600))
    ]
    assert reached == [(), (80,), (), (100,)]
    told = await conn.fetch("SELECT data FROM events WHERE type = 'quote.estimate_reached' ORDER BY id")
    assert [row["data"]["percent"] for row in told] == [80, 100]
    assert await watch_estimate(conn, None, before_minutes=0, after_minutes=900, **shared) == ()


async def test_a_quote_can_be_withdrawn_while_it_is_open(api: httpx.AsyncClient, desk: Desk, ticket: Any):
    quote = await desk.sent(ticket["id"])
    gone = await desk.post(f"/v1/quotes/{quote['id']}/withdrawal", {"reason": "Wrong client"})
    assert gone["status"] == "withdrawn"
    assert await desk.status_of(ticket["id"]) == "in_progress"
    assert (await api.get(door(quote))).json()["status"] == "withdrawn"
    assert (await api.post(door(quote, "/acceptance"), json={"name": "Rita"})).status_code == 409


async def test_a_change_that_was_not_seen_is_not_overwritten(
    api: httpx.AsyncClient, desk: Desk, keys: Keys, ticket: Any
):
    quote = await desk.sent(ticket["id"])
    for act, body in (("sending", {}), ("versions", {"lines": LINES}), ("withdrawal", {"reason": "x"})):
        headers = keys["agent"] | {"If-Match": '"1"'}
        answer = await api.post(f"/v1/quotes/{quote['id']}/{act}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (412, "version-mismatch")


async def test_what_a_quote_says_never_changes(conn: Connection, keys: Keys, ticket: Any):
    row = await a_quote(conn, keys.client_id, ticket_id=ticket["id"])
    for statement in (
        "UPDATE quotes SET total_cents = 1, vat_cents = 1",
        "UPDATE quotes SET text = ''",
        "DELETE FROM quotes",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with conn.transaction():
                await conn.execute(statement)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with conn.transaction():
            await a_quote(conn, keys.client_id, ticket_id=ticket["id"], chain_id=row["id"], version=2)


@pytest.mark.parametrize(
    ("estimate", "before", "after"),
    [(480, "in_progress", "in_progress"), (481, "in_progress", "waiting_quote"), (481, "waiting_client", "waiting_quote"),
     (481, "new", "new")],
)  # fmt: skip
async def test_an_estimate_above_a_day_makes_the_ticket_wait(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, estimate: int, before: str, after: str
):
    ticket = await a_ticket(conn, client_id=keys.client_id, status=before)
    path = f"/v1/tickets/{ticket['id']}"
    changed = (await api.patch(path, json={"estimated_minutes": estimate}, headers=keys["agent"])).json()
    assert (changed["status"], changed["estimated_minutes"]) == (after, estimate)


async def test_an_accepted_quote_lets_work_go_on(api: httpx.AsyncClient, conn: Connection, keys: Keys, ticket: Any):
    now = datetime.now(UTC)
    await a_quote(conn, keys.client_id, ticket_id=ticket["id"], status="accepted", decided_at=now)
    path = f"/v1/tickets/{ticket['id']}"
    changed = (await api.patch(path, json={"estimated_minutes": 900}, headers=keys["agent"])).json()
    assert changed["status"] == "in_progress"


async def test_a_ticket_with_quotes_stays_its_clients(api: httpx.AsyncClient, desk: Desk, keys: Keys, ticket: Any):
    await desk.sent(ticket["id"])
    body = {"client_id": str(keys.other_client_id)}
    answer = await api.patch(f"/v1/tickets/{ticket['id']}", json=body, headers=keys["agent"])
    assert (answer.status_code, answer.json()["code"]) == (409, "client-mismatch")


async def test_the_public_door_is_limited(api: httpx.AsyncClient, app: Any, desk: Desk, ticket: Any):
    quote = await desk.sent(ticket["id"])
    app.state.settings = SETTINGS.model_copy(update={"form_per_minute_per_ip": 1})
    answers = [await api.post(door(quote, "/refusal"), json={"name": "Rita"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
