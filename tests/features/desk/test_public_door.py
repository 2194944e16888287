"""The website's help form and its receipts (rules H2, T1, T2, T4, U1)."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Connection
from app.core.settings import Settings
from tests.builders import Keys, a_client, a_contact, a_message, a_site
from tests.conftest import Clock

FORM = {
    "name": "Anna Schmit",
    "email": "anna@boulangerie.example",
    "subject": "The basket is empty",
    "message": "Every article disappears.\nSince this morning.",
    "language": "fr",
}
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


async def send(api: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    answer = await api.post("/v1/public/tickets", json=FORM | values)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def test_the_form_gets_a_number_and_a_place_in_the_queue(api: httpx.AsyncClient, clock: Clock):
    receipt = await send(api)
    assert receipt["number"].startswith("EC-2026-")
    assert len(receipt["number"]) == len("EC-2026-000042")
    assert receipt["status"] == "new"
    assert receipt["lane"] == "standard"
    assert receipt["queue_position"] == 1
    assert receipt["received_at"] == "2026-11-24T10:00:00Z"
    assert receipt["desk"] == {"open": True, "next_opening_at": "2026-11-25T07:30:00Z"}
    assert receipt["acknowledgement"] == "queued"
    assert receipt["urgency_fee_cents"] is None
    assert receipt["currency"] == "EUR"


async def test_outside_hours_the_receipt_says_when_the_desk_reopens(api: httpx.AsyncClient, clock: Clock):
    clock.set(datetime(2026, 12, 24, 18, 0, tzinfo=UTC))  # Thursday evening; Friday and Saturday are holidays
    receipt = await send(api)
    assert receipt["desk"] == {"open": False, "next_opening_at": "2026-12-28T07:30:00Z"}


async def test_the_acknowledgement_is_decided_with_the_ticket(api: httpx.AsyncClient, conn: Connection):
    receipt = await send(api)
    mail = await conn.fetchrow(
        "SELECT m.* FROM outgoing_mails m JOIN tickets t ON t.id = m.ticket_id WHERE t.number = $1", receipt["number"]
    )
    assert mail is not None
    assert (mail["kind"], mail["status"], mail["recipient"]) == ("acknowledgement", "queued", FORM["email"])
    job = await conn.fetchrow("SELECT kind, payload FROM jobs WHERE kind = 'send_mail'")
    assert job is not None
    assert job["payload"] == {"mail_id": str(mail["id"])}


async def test_one_address_gets_one_acknowledgement_an_hour_and_three_a_day(api: httpx.AsyncClient, clock: Clock):
    outcomes: list[tuple[str, str | None]] = []
    for hour in (0, 0, 1, 2, 3, 4):
        clock.set(datetime(2026, 11, 24, 10 + hour, 0, len(outcomes), tzinfo=UTC))
        # A sub-address is the same mailbox.
        receipt = await send(api, email=f"anna+{len(outcomes)}@boulangerie.example")
        outcomes.append((receipt["acknowledgement"], receipt["acknowledgement_reason"]))
    assert outcomes == [
        ("queued", None),
        ("suppressed", "hourly-cap"),
        ("queued", None),
        ("queued", None),
        ("suppressed", "daily-cap"),
        ("suppressed", "daily-cap"),
    ]


async def test_an_urgency_needs_its_fee_accepted(api: httpx.AsyncClient, conn: Connection):
    answer = await api.post("/v1/public/tickets", json=FORM | {"urgent": True})
    assert answer.status_code == 422
    assert answer.json()["code"] == "urgency-fee-not-accepted"
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/urgency_fee_accepted"]
    assert await conn.fetchval("SELECT count(*) FROM tickets") == 0


async def test_an_accepted_urgency_goes_first_and_keeps_what_was_accepted(
    api: httpx.AsyncClient, keys: Keys, clock: Clock
):
    await send(api)
    receipt = await send(api, email="tom@events.example", name="Tom", urgent=True, urgency_fee_accepted=True)
    assert receipt["lane"] == "urgent"
    assert receipt["queue_position"] == 1
    assert receipt["urgency_fee_cents"] == 150_00
    listed = (await api.get("/v1/tickets", params={"number": receipt["number"]}, headers=keys["agent"])).json()
    (ticket,) = listed["items"]
    assert ticket["urgency_fee_cents"] == 150_00
    assert ticket["urgency_accepted_by"] == "Tom"
    assert ticket["urgency_accepted_at"] == "2026-11-24T10:00:00Z"
    assert ticket["terms_id"] == receipt["terms_id"]


async def test_the_same_key_makes_one_ticket_and_gives_the_same_reply(api: httpx.AsyncClient, conn: Connection):
    key = {"Idempotency-Key": "form-7f3a"}
    first = await api.post("/v1/public/tickets", json=FORM, headers=key)
    second = await api.post("/v1/public/tickets", json=dict(reversed(FORM.items())), headers=key)
    assert second.status_code == 201
    assert second.content == first.content
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert await conn.fetchval("SELECT count(*) FROM tickets") == 1
    other = await api.post("/v1/public/tickets", json=FORM | {"subject": "Something else"}, headers=key)
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency-key-reused"


async def test_of_two_keys_nobody_knows_which_one_is_meant(api: httpx.AsyncClient, conn: Connection):
    twice = [("Idempotency-Key", "form-1"), ("Idempotency-Key", "form-2")]
    refused = await api.post("/v1/public/tickets", json=FORM, headers=twice)
    assert refused.status_code == 422
    assert [(one["in"], one["code"]) for one in refused.json()["errors"]] == [("header", "idempotency-key-repeated")]
    assert await conn.fetchval("SELECT count(*) FROM tickets") == 0


async def test_ten_files_are_enough(api: httpx.AsyncClient, conn: Connection):
    def files(many: int) -> list[tuple[str, tuple[str, bytes]]]:
        return [("attachments", (f"{number}.txt", b"Every article disappears.")) for number in range(many)]

    fields = {name: value for name, value in FORM.items() if isinstance(value, str)}
    refused = await api.post("/v1/public/tickets", data=fields, files=files(11))
    assert (refused.status_code, refused.json()["code"], refused.json()["most_files"]) == (422, "too-many-files", 10)
    taken = await api.post("/v1/public/tickets", data=fields, files=files(10))
    assert taken.status_code == 201, taken.text
    assert await conn.fetchval("SELECT count(*) FROM attachments") == 10


async def test_a_refused_request_leaves_its_key_free(api: httpx.AsyncClient):
    key = {"Idempotency-Key": "form-7f3b"}
    refused = await api.post("/v1/public/tickets", json=FORM | {"email": "anna"}, headers=key)
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/email", "email-invalid")]
    assert (await api.post("/v1/public/tickets", json=FORM, headers=key)).status_code == 201


async def test_a_known_contact_is_recognised(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    contact = await a_contact(conn, keys.client_id, email="Anna@Boulangerie.example")
    site = await a_site(conn, keys.client_id, host="boulangerie.example")
    receipt = await send(api, site_url="www.boulangerie.example/panier")
    ticket = await conn.fetchrow("SELECT * FROM tickets WHERE number = $1", receipt["number"])
    assert ticket is not None
    assert (ticket["client_id"], ticket["contact_id"], ticket["site_id"]) == (
        keys.client_id,
        contact["id"],
        site["id"],
    )
    assert ticket["flags"] == []


async def test_else_the_domain_tells_whose_requester_it_is(api: httpx.AsyncClient, conn: Connection):
    client = await a_client(conn)
    await conn.execute("INSERT INTO client_domains VALUES ('boulangerie.example', $1)", client["id"])
    receipt = await send(api)
    row = await conn.fetchrow("SELECT client_id, contact_id FROM tickets WHERE number = $1", receipt["number"])
    assert row is not None
    assert tuple(row) == (client["id"], None)


async def test_a_contact_of_two_clients_is_nobodys_until_an_agent_says_whose(
    api: httpx.AsyncClient, keys: Keys, conn: Connection
):
    for client_id in (keys.client_id, keys.other_client_id):
        await a_contact(conn, client_id, email=FORM["email"])
    receipt = await send(api)
    row = await conn.fetchrow("SELECT client_id, flags FROM tickets WHERE number = $1", receipt["number"])
    assert row is not None
    assert tuple(row) == (None, ["unidentified"])


async def test_a_site_still_in_its_project_is_flagged(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    await a_contact(conn, keys.client_id, email=FORM["email"])
    await a_site(conn, keys.client_id, host="boulangerie.example", project_closed_on=None)
    receipt = await send(api, site_url="https://boulangerie.example")
    flags = await conn.fetchval("SELECT flags FROM tickets WHERE number = $1", receipt["number"])
    assert flags == ["in_project"]


async def test_the_honeypot_swallows_machines_politely(
    api: httpx.AsyncClient, keys: Keys, conn: Connection, clock: Clock
):
    receipt = await send(api, website="https://spam.example")
    real = await send(api)
    its_own = {"number", "receipt_token", "receipt_url"}
    assert {name: receipt[name] for name in receipt.keys() - its_own} == {
        name: real[name] for name in real.keys() - its_own
    }, "an answer that names the trap teaches whoever fell into it"
    kept = await conn.fetch("SELECT status, reason FROM outgoing_mails ORDER BY id")
    assert [tuple(mail) for mail in kept] == [("suppressed", "honeypot"), ("queued", None)]
    row = await conn.fetchrow("SELECT status, flags FROM tickets WHERE number = $1", receipt["number"])
    assert row is not None
    assert row["status"] == "spam"
    assert "honeypot" in row["flags"]
    waiting = (await api.get("/v1/queue", headers=keys["agent"])).json()["items"]
    assert [item["number"] for item in waiting] == [real["number"]]


async def test_a_form_with_files(api: httpx.AsyncClient, keys: Keys):
    answer = await api.post(
        "/v1/public/tickets",
        data=FORM | {"urgent": "on", "urgency_fee_accepted": "true", "phone": ""},
        files=[
            ("attachments", ("../../écran <1>.png", PNG, "application/x-msdownload")),
            ("attachments", ("note.txt", b"Bonjour", "text/html")),
            ("attachments", ("lettre.txt", "Déjà vu – 12 €".encode("cp1252"), "text/plain")),
            ("attachments", ("liste.csv", "Été;12".encode("utf-16"), "text/csv")),
        ],
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["lane"] == "urgent"
    listed = await api.get("/v1/tickets", params={"number": answer.json()["number"]}, headers=keys["agent"])
    ticket_id = listed.json()["items"][0]["id"]
    files = (await api.get(f"/v1/tickets/{ticket_id}/attachments", headers=keys["agent"])).json()["items"]
    assert [(f["file_name"], f["media_type"], f["size_bytes"]) for f in files] == [
        ("écran _1_.png", "image/png", len(PNG)),
        ("note.txt", "text/plain; charset=utf-8", 7),
        ("lettre.txt", "application/octet-stream", 14),
        ("liste.csv", "text/plain; charset=utf-16", 14),
    ]
    contents = [PNG, b"Bonjour", "Déjà vu – 12 €".encode("cp1252"), "Été;12".encode("utf-16")]
    for file, content in zip(files, contents, strict=True):
        download = await api.get(f"/v1/tickets/{ticket_id}/attachments/{file['id']}", headers=keys["agent"])
        assert download.content == content
        assert download.headers["content-type"] == file["media_type"]
        assert download.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
        assert "sandbox" in download.headers["content-security-policy"]
        assert download.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("content", [b"MZ\x90\x00\x03\x00\x00\x00", b"\x7fELF\x02\x01\x01\x00", b"", b"\x00\x01\x02"])
async def test_programs_and_unknown_bytes_are_refused(api: httpx.AsyncClient, conn: Connection, content: bytes):
    files = [("attachments", ("a.txt", b"fine")), ("attachments", ("holiday.png", content))]
    answer = await api.post("/v1/public/tickets", data=FORM, files=files)
    assert answer.status_code == 422
    assert answer.json()["code"] == "attachment-refused"
    assert answer.json()["errors"][0]["pointer"] == "/attachments/1"
    assert await conn.fetchval("SELECT count(*) FROM tickets") == 0


async def test_the_receipt_shows_what_is_public(api: httpx.AsyncClient, keys: Keys):
    receipt = await send(api)
    ticket_id = await _id(api, keys, receipt)
    for visibility, body in (("public", "We are on it."), ("internal", "Client is in arrears.")):
        message = {"body": body, "visibility": visibility}
        answer = await api.post(f"/v1/tickets/{ticket_id}/messages", json=message, headers=keys["agent"])
        assert answer.status_code == 201
    seen = (await api.get(f"/v1/public/tickets/{receipt['receipt_token']}")).json()
    assert seen["number"] == receipt["number"]
    assert seen["queue_position"] == 1
    assert [(m["author"], m["author_name"], m["body"]) for m in seen["messages"]] == [
        ("client", "Anna Schmit", FORM["message"]),
        ("agent", "Anne Agent", "We are on it."),
    ]
    assert "arrears" not in str(seen)


async def _id(api: httpx.AsyncClient, keys: Keys, receipt: dict[str, Any]) -> str:
    listed = await api.get("/v1/tickets", params={"number": receipt["number"]}, headers=keys["agent"])
    found: str = listed.json()["items"][0]["id"]
    return found


async def test_a_forged_receipt_opens_nothing(api: httpx.AsyncClient):
    token = (await send(api))["receipt_token"]
    forged = ("A" if token[0] != "A" else "B") + token[1:]
    answer = await api.get(f"/v1/public/tickets/{forged}")
    assert answer.status_code == 404


async def test_a_rotated_secret_still_opens_old_receipts(api: httpx.AsyncClient, app: FastAPI, settings: Settings):
    token = (await send(api))["receipt_token"]
    new = settings.model_copy(update={"secret_key": type(settings.secret_key)("another secret")})
    app.state.settings = new
    assert (await api.get(f"/v1/public/tickets/{token}")).status_code == 404
    app.state.settings = new.model_copy(update={"previous_secret_keys": [settings.secret_key]})
    assert (await api.get(f"/v1/public/tickets/{token}")).status_code == 200


async def _settle(api: httpx.AsyncClient, keys: Keys, ticket_id: str, *statuses: str) -> None:
    for status in statuses:
        answer = await api.patch(f"/v1/tickets/{ticket_id}", json={"status": status}, headers=keys["agent"])
        assert answer.status_code == 200, answer.text


async def test_a_reply_while_waiting_for_the_client_resumes_work(api: httpx.AsyncClient, keys: Keys):
    receipt = await send(api)
    await _settle(api, keys, await _id(api, keys, receipt), "in_progress", "waiting_client")
    url = f"/v1/public/tickets/{receipt['receipt_token']}/messages"
    answer = (await api.post(url, json={"message": "Firefox only."})).json()
    assert (answer["outcome"], answer["number"], answer["status"]) == ("message", receipt["number"], "in_progress")


async def test_a_reply_within_14_days_reopens_and_queues_from_then(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    receipt = await send(api)
    ticket_id = await _id(api, keys, receipt)
    await _settle(api, keys, ticket_id, "in_progress", "resolved")
    clock.advance(days=13)
    other = await send(api, email="tom@events.example")
    assert other["queue_position"] == 1
    clock.advance(minutes=1)
    url = f"/v1/public/tickets/{receipt['receipt_token']}/messages"
    answer = (await api.post(url, json={"message": "It is back."})).json()
    assert (answer["outcome"], answer["status"]) == ("reopened", "new")
    queue = (await api.get("/v1/queue", headers=keys["agent"])).json()["items"]
    assert [item["number"] for item in queue] == [other["number"], receipt["number"]]
    assert "reopening" in queue[1]["why"]


@pytest.mark.parametrize(("days_later", "outcome"), [(29, "reopened"), (30, "ticket")])
async def test_new_terms_say_for_how_long_a_reply_reopens(
    api: httpx.AsyncClient, keys: Keys, clock: Clock, days_later: int, outcome: str
):
    terms = (await api.get("/v1/terms", headers=keys["finance"])).json()["items"][0]
    told = {"effective_on": "2026-12-01", "reopen_days": 30, "reason": "The clients' committee asked for it."}
    asked = {name: terms[name] for name in ("hourly_rate_cents", "contract_discount_bp", "urgency", "text")}
    asked |= {"billing_increment_minutes": 1, "minimum_minutes": 1, "quote_threshold_minutes": 480}
    assert (await api.post("/v1/terms", json=asked | told, headers=keys["finance"])).status_code == 201
    receipt = await send(api)
    await _settle(api, keys, await _id(api, keys, receipt), "in_progress", "resolved")
    clock.advance(days=days_later)
    url = f"/v1/public/tickets/{receipt['receipt_token']}/messages"
    assert (await api.post(url, json={"message": "It is back."})).json()["outcome"] == outcome


async def test_a_reply_after_14_days_opens_a_new_ticket_that_follows(api: httpx.AsyncClient, keys: Keys, clock: Clock):
    receipt = await send(api)
    ticket_id = await _id(api, keys, receipt)
    await _settle(api, keys, ticket_id, "in_progress", "resolved")
    clock.advance(days=14)
    url = f"/v1/public/tickets/{receipt['receipt_token']}/messages"
    answer = (await api.post(url, json={"message": "It is back."})).json()
    assert answer["outcome"] == "ticket"
    assert answer["number"] != receipt["number"]
    listed = await api.get("/v1/tickets", params={"number": answer["number"]}, headers=keys["agent"])
    assert listed.json()["items"][0]["follows_ticket_id"] == ticket_id
    old = await api.get(f"/v1/tickets/{ticket_id}", headers=keys["agent"])
    assert old.json()["status"] == "resolved"
    followed = await api.get(f"/v1/public/tickets/{answer['receipt_token']}")
    assert [message["body"] for message in followed.json()["messages"]] == ["It is back."]


async def test_five_forms_a_minute_from_one_address(api: httpx.AsyncClient, app: FastAPI, clock: Clock):
    app.state.settings = app.state.settings.model_copy(update={"form_per_minute_per_ip": 5})
    for number in range(5):
        answer = await api.post("/v1/public/tickets", json=FORM)
        assert answer.status_code == 201
        assert answer.headers["RateLimit-Limit"] == "5"
        assert answer.headers["RateLimit-Remaining"] == str(4 - number)
    refused = await api.post("/v1/public/tickets", json=FORM)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "60"
    clock.advance(seconds=60)
    assert (await api.post("/v1/public/tickets", json=FORM)).status_code == 201


async def test_one_mailbox_sends_twenty_forms_an_hour(api: httpx.AsyncClient, app: FastAPI, clock: Clock):
    app.state.settings = app.state.settings.model_copy(update={"form_per_hour_per_address": 20})
    answers = [await api.post("/v1/public/tickets", json=FORM) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [429]
    assert answers[-1].headers["Retry-After"] == "3600"
    other = await api.post("/v1/public/tickets", json=FORM | {"email": "tom@events.example"})
    assert other.status_code == 201


async def test_the_desk_tells_its_hours(api: httpx.AsyncClient, clock: Clock):
    desk = (await api.get("/v1/public/desk")).json()
    assert desk["open"] is True
    assert desk["hours"] == {
        "weekdays": [1, 2, 3, 4, 5],
        "opens": "08:30",
        "closes": "17:30",
        "timezone": "Europe/Luxembourg",
    }
    assert desk["next_closing_at"] == "2026-11-24T16:30:00Z"


async def test_the_terms_in_force(api: httpx.AsyncClient):
    terms = (await api.get("/v1/public/terms")).json()
    assert terms["effective_on"] == "2022-07-01"
    assert terms["hourly_rate_cents"] == 120_00
    assert terms["contract_discount_bp"] == 5_00
    assert terms["urgency"] == {"opening_fee_cents": 150_00, "hourly_rate_cents": None, "included_minutes": 0}
    assert set(terms["text"]) == {"fr", "en", "de"}


async def test_a_proof_of_work_opens_the_door_once(api: httpx.AsyncClient, app: FastAPI):
    import base64
    import json

    import altcha

    assert (await api.get("/v1/public/challenge")).json() == {"required": False, "challenge": None}
    app.state.settings = app.state.settings.model_copy(update={"altcha_required": True})
    assert (await api.post("/v1/public/tickets", json=FORM)).json()["code"] == "proof-of-work-required"
    offered = (await api.get("/v1/public/challenge")).json()["challenge"]
    challenge = altcha.Challenge.from_dict(offered)
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    document = {"challenge": offered, "solution": solution.to_dict()}
    proof = base64.b64encode(json.dumps(document).encode()).decode()
    assert (await api.post("/v1/public/tickets", json=FORM | {"altcha": proof})).status_code == 201
    again = await api.post("/v1/public/tickets", json=FORM | {"altcha": proof})
    assert again.json()["code"] == "proof-of-work-required"


async def test_words_that_look_like_boxes_stay_words(api: httpx.AsyncClient):
    form = FORM | {"subject": "on", "message": "false", "urgent": "false"}
    answer = await api.post("/v1/public/tickets", data=form, files=[("attachments", ("a.txt", b"a"))])
    assert answer.status_code == 201, answer.text
    seen = (await api.get(f"/v1/public/tickets/{answer.json()['receipt_token']}")).json()
    assert (seen["subject"], seen["messages"][0]["body"]) == ("on", "false")


async def test_repeats_of_an_accepted_request_are_not_counted(api: httpx.AsyncClient, app: FastAPI, clock: Clock):
    app.state.settings = app.state.settings.model_copy(update={"form_per_minute_per_ip": 1})
    key = {"Idempotency-Key": "patience"}
    answers = [await api.post("/v1/public/tickets", json=FORM, headers=key) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert (await api.post("/v1/public/tickets", json=FORM)).status_code == 429


async def test_sending_slowly_gets_nobody_ahead(api: httpx.AsyncClient, clock: Clock):
    """T2: receipt is when the request is whole."""

    async def slowly() -> AsyncIterator[bytes]:
        body = json.dumps(FORM).encode()
        yield body[:10]
        clock.set(datetime(2026, 11, 24, 11, 0, tzinfo=UTC))
        yield body[10:]

    headers = {"Content-Type": "application/json"}
    answer = await api.post("/v1/public/tickets", content=slowly(), headers=headers)
    assert answer.json()["received_at"] == "2026-11-24T11:00:00Z"


async def test_a_long_conversation_shows_its_newest_messages(api: httpx.AsyncClient, conn: Connection):
    receipt = await send(api)
    ticket_id = await conn.fetchval("SELECT id FROM tickets WHERE number = $1", receipt["number"])
    for number in range(105):
        await a_message(conn, ticket_id, body=f"message {number}")
    shown = (await api.get(f"/v1/public/tickets/{receipt['receipt_token']}")).json()["messages"]
    assert [message["body"] for message in shown] == [f"message {number}" for number in range(5, 105)]
