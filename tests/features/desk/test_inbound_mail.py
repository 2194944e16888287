"""Mail that comes in over HTTP: tickets, conversations, loops, quarantine."""

from typing import Any

import httpx
import pytest

from app.core.db import Connection
from app.desk.mail.service.addresses import message_id, reply_address
from tests.builders import Keys, a_contact, a_ticket
from tests.conftest import Clock
from tests.mails import SUPPORT, URGENCE, a_bounce_of, a_mail
from tests.service import SETTINGS

MAIL = {"Content-Type": "message/rfc822"}


class Desk:
    """The mail server's and the agents' way in."""

    def __init__(self, api: httpx.AsyncClient, keys: Keys, conn: Connection) -> None:
        self.api, self.keys, self.conn = api, keys, conn

    async def receive(self, raw: bytes, mailbox: str = SUPPORT) -> dict[str, Any]:
        answer = await self.api.post(
            "/v1/inbound-messages", params={"mailbox": mailbox}, content=raw, headers=self.keys["mail"] | MAIL
        )
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def get(self, path: str) -> Any:
        answer = await self.api.get(path, headers=self.keys["agent"])
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ticket(self, ticket_id: str) -> Any:
        return await self.get(f"/v1/tickets/{ticket_id}")

    async def messages(self, ticket_id: str) -> list[Any]:
        items: list[Any] = (await self.get(f"/v1/tickets/{ticket_id}/messages"))["items"]
        return items

    async def mails(self, ticket_id: str) -> list[Any]:
        items: list[Any] = (await self.get(f"/v1/tickets/{ticket_id}/mails"))["items"]
        return items

    async def acknowledgement(self, ticket_id: str) -> str:
        """The Message-ID that the acknowledgement has."""
        id_ = await self.conn.fetchval(
            "SELECT id FROM outgoing_mails WHERE ticket_id = $1::text::uuid AND kind = 'acknowledgement'", ticket_id
        )
        return message_id(id_, SETTINGS)


@pytest.fixture
def desk(api: httpx.AsyncClient, keys: Keys, conn: Connection, clock: Clock) -> Desk:
    return Desk(api, keys, conn)


async def test_a_mail_opens_a_ticket(desk: Desk):
    landed = await desk.receive(a_mail("Bonjour, le menu ne s'ouvre pas. Merci.", Subject="Le menu"))

    assert landed["outcome"] == "ticket"
    ticket = await desk.ticket(landed["ticket_id"])
    assert (ticket["channel"], ticket["lane"], ticket["status"]) == ("email", "standard", "new")
    assert (ticket["subject"], ticket["language"]) == ("Le menu", "fr")
    assert ticket["requester"]["name"] == "Rita Requester"
    assert ticket["requester"]["email"] == "rita@elsewhere.example"
    assert ticket["number"] == landed["ticket_number"]
    (message,) = await desk.messages(landed["ticket_id"])
    assert message["body"] == "Bonjour, le menu ne s'ouvre pas. Merci."
    (mail,) = await desk.mails(landed["ticket_id"])
    assert (mail["kind"], mail["status"], mail["recipient"]) == ("acknowledgement", "queued", "rita@elsewhere.example")


async def test_the_same_mail_again_is_the_same_answer(desk: Desk):
    mail = a_mail()
    first, again = await desk.receive(mail), await desk.receive(mail)

    assert again == first


async def test_the_same_mail_by_another_relay_is_a_copy(desk: Desk):
    mail = a_mail()
    first = await desk.receive(mail)
    again = await desk.receive(b"Received: from mx2.example by mx1.example; Tue, 24 Nov 2026 10:31:00 +0100\r\n" + mail)

    assert (again["outcome"], again["reason"]) == ("ignored", "copy")
    assert (again["copy_of_id"], again["ticket_id"]) == (first["id"], first["ticket_id"])


async def test_a_mail_to_urgence_is_an_urgency_whose_fee_is_accepted(desk: Desk):
    landed = await desk.receive(a_mail(To=URGENCE), URGENCE)

    ticket = await desk.ticket(landed["ticket_id"])
    assert (ticket["lane"], ticket["urgency_fee_cents"]) == ("urgent", 15000)
    assert ticket["urgency_accepted_by"] == "Rita Requester <rita@elsewhere.example>"


@pytest.mark.parametrize("order", [(SUPPORT, URGENCE), (URGENCE, SUPPORT)])
@pytest.mark.parametrize("to", [f"{SUPPORT}, {URGENCE}", "undisclosed-recipients:;"])
async def test_the_same_mail_to_both_addresses_is_one_urgent_ticket(desk: Desk, order: tuple[str, str], to: str):
    mail = a_mail(To=to)
    first, second = [await desk.receive(mail, mailbox) for mailbox in order]

    assert first["outcome"] == "ticket"
    assert (second["outcome"], second["ticket_id"]) == ("ignored", first["ticket_id"])
    ticket = await desk.ticket(first["ticket_id"])
    assert (ticket["lane"], ticket["urgency_fee_cents"]) == ("urgent", 15000)
    assert len(await desk.mails(first["ticket_id"])) == 1


@pytest.mark.parametrize("language", ["fr", "en", "de"])
async def test_an_urgency_tells_whoever_is_on_duty_in_the_language_of_the_house(desk: Desk, app: Any, language: str):
    duty = {"on_duty_address": "duty@e-connect.lu", "on_duty_language": language}
    app.state.settings = SETTINGS.model_copy(update=duty)
    landed = await desk.receive(a_mail(To=URGENCE), URGENCE)

    mails = {(mail["kind"], mail["recipient"], mail["language"]) for mail in await desk.mails(landed["ticket_id"])}
    assert ("urgency_alert", "duty@e-connect.lu", language) in mails


# --- threading ---


async def test_an_answer_to_the_acknowledgement_is_a_message(desk: Desk):
    ticket_id = (await desk.receive(a_mail()))["ticket_id"]
    answer = a_mail(
        "It works again.\n\nOn 24 Nov 2026 at 10:31, e-connect wrote:\n> Your number is EC-2026-000001\n",
        In_Reply_To=await desk.acknowledgement(ticket_id), Subject="Re: something else",
    )  # fmt: skip
    landed = await desk.receive(answer)

    assert (landed["outcome"], landed["ticket_id"]) == ("message", ticket_id)
    message = (await desk.messages(ticket_id))[-1]
    assert (message["body"], message["author_name"], message["channel"]) == (
        "It works again.",
        "Rita Requester",
        "email",
    )
    whole = await desk.get(f"/v1/inbound-messages/{landed['id']}")
    assert whole["threaded_by"] == "message-id"
    assert "> Your number is EC-2026-000001" in whole["text"]


async def test_whoever_holds_the_reply_address_is_heard(desk: Desk):
    ticket_id = (await desk.receive(a_mail()))["ticket_id"]
    from uuid import UUID

    address = reply_address(UUID(ticket_id), SETTINGS)
    landed = await desk.receive(a_mail(From="carl@other.example", To=address.upper(), Subject="x"))
    assert (landed["outcome"], landed["ticket_id"]) == ("message", ticket_id)
    by_envelope = await desk.receive(a_mail(From="carl@other.example", To="undisclosed:;"), address)
    assert (by_envelope["outcome"], by_envelope["ticket_id"]) == ("message", ticket_id)


async def test_a_forged_reply_address_opens_no_door(desk: Desk):
    ticket_id = (await desk.receive(a_mail()))["ticket_id"]
    from uuid import UUID

    address = reply_address(
        UUID(ticket_id), SETTINGS.model_copy(update={"secret_key": SETTINGS.secret_key.__class__("x" * 40)})
    )
    landed = await desk.receive(a_mail(From="carl@other.example", To=address), address)
    assert landed["outcome"] == "ticket"
    assert landed["ticket_id"] != ticket_id


async def test_the_number_counts_from_a_known_participant_only(desk: Desk):
    first = await desk.receive(a_mail())
    number = first["ticket_number"]
    known = await desk.receive(a_mail(Subject=f"Question about {number.lower()}"))
    assert (known["outcome"], known["ticket_id"]) == ("message", first["ticket_id"])

    stranger = await desk.receive(a_mail(From="mallory@other.example", Subject=f"Re: [{number}]"))
    assert (stranger["outcome"], stranger["ticket_id"] != first["ticket_id"]) == ("ticket", True)
    assert "quoted_number" in (await desk.ticket(stranger["ticket_id"]))["flags"]


async def test_a_reference_to_ones_own_mail_counts_from_participants(desk: Desk):
    mail = a_mail(Message_ID="<mine@elsewhere.example>")
    first = await desk.receive(mail)
    again = await desk.receive(a_mail("One more thing.", References="<mine@elsewhere.example>", Subject="Fwd"))
    assert (again["outcome"], again["ticket_id"]) == ("message", first["ticket_id"])
    stranger = await desk.receive(a_mail(From="m@other.example", References="<mine@elsewhere.example>"))
    assert stranger["outcome"] == "ticket"


async def test_a_colleague_at_the_same_client_may_quote_the_number(desk: Desk, conn: Connection, keys: Keys):
    await a_contact(conn, keys.client_id, email="colleague@boulangerie.example")
    ticket = await a_ticket(conn, client_id=keys.client_id)
    landed = await desk.receive(a_mail(From="colleague@boulangerie.example", Subject=f"Re: {ticket['number']}"))
    assert (landed["outcome"], landed["ticket_id"]) == ("message", str(ticket["id"]))


async def test_a_settled_ticket_reopens_within_14_days_and_is_followed_later(desk: Desk, clock: Clock):
    ticket_id = (await desk.receive(a_mail()))["ticket_id"]
    acknowledgement = await desk.acknowledgement(ticket_id)
    for status in ("in_progress", "resolved"):
        moved = await desk.api.patch(
            f"/v1/tickets/{ticket_id}", json={"status": status, "reason": "x"}, headers=desk.keys["agent"]
        )
        assert moved.status_code == 200, moved.text
    clock.advance(days=13)
    landed = await desk.receive(a_mail(In_Reply_To=acknowledgement))
    assert landed["outcome"] == "message"
    assert (await desk.ticket(ticket_id))["status"] == "new"

    for status in ("in_progress", "resolved"):
        await desk.api.patch(
            f"/v1/tickets/{ticket_id}", json={"status": status, "reason": "x"}, headers=desk.keys["agent"]
        )
    clock.advance(days=15)
    late = await desk.receive(a_mail("And again!", In_Reply_To=acknowledgement))
    assert late["outcome"] == "ticket"
    assert (await desk.ticket(late["ticket_id"]))["follows_ticket_id"] == ticket_id


async def test_people_in_copy_get_replies_and_may_answer(desk: Desk):
    landed = await desk.receive(a_mail(Cc="Carl <carl@other.example>, noreply@shop.example, support@e-connect.lu"))
    ticket_id = landed["ticket_id"]
    said = await desk.api.post(
        f"/v1/tickets/{ticket_id}/messages", json={"body": "Done.", "visibility": "public"}, headers=desk.keys["agent"]
    )
    assert said.status_code == 201
    replies = [mail for mail in await desk.mails(ticket_id) if mail["kind"] == "public_reply"]
    assert [mail["recipient"] for mail in replies] == ["rita@elsewhere.example", "carl@other.example"]
    answer = await desk.receive(a_mail(From="carl@other.example", Subject=f"Re: {landed['ticket_number']}"))
    assert (answer["outcome"], answer["ticket_id"]) == ("message", ticket_id)


# --- loops ---


async def test_an_automatic_reply_is_kept_and_moves_nothing(desk: Desk):
    ticket_id = (await desk.receive(a_mail()))["ticket_id"]
    for status in ("in_progress", "waiting_client"):
        await desk.api.patch(
            f"/v1/tickets/{ticket_id}", json={"status": status, "reason": "x"}, headers=desk.keys["agent"]
        )
    away = a_mail("I am away.", In_Reply_To=await desk.acknowledgement(ticket_id), Auto_Submitted="auto-replied")
    landed = await desk.receive(away)

    assert (landed["outcome"], landed["reason"]) == ("message", "auto-reply")
    assert (await desk.ticket(ticket_id))["status"] == "waiting_client"
    message = (await desk.messages(ticket_id))[-1]
    assert (message["visibility"], message["author"]) == ("internal", "system")


@pytest.mark.parametrize(
    ("headers", "outcome", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "ignored", "auto-reply"),
        ({"Auto_Submitted": "auto-generated"}, "quarantined", "auto-generated"),
        ({"List_Id": "<news.shop.example>"}, "ignored", "mailing-list"),
        ({"Precedence": "bulk"}, "ignored", "mailing-list"),
        ({"From": "support@e-connect.lu"}, "ignored", "own-mail"),
        ({"From": "Support+x <SUPPORT+abc@e-connect.lu>"}, "ignored", "own-mail"),
        ({"Subject": "Réponse automatique : Menu"}, "ignored", "auto-reply"),
        ({"From": None}, "quarantined", "no-sender"),
        ({"X_Spam_Flag": "YES"}, "quarantined", "spam"),
        (
            {"From": "MAILER-DAEMON@mx.example", "Subject": "Undelivered Mail Returned to Sender"},
            "ignored",
            "bounce-of-unknown-mail",
        ),
    ],
)
async def test_what_machines_write_opens_no_ticket(desk: Desk, headers: dict[str, Any], outcome: str, reason: str):
    landed = await desk.receive(a_mail(**headers))
    assert (landed["outcome"], landed["reason"], landed["ticket_id"]) == (outcome, reason, None)


@pytest.mark.parametrize(
    "headers", [{"X_Auto_Response_Suppress": "All"}, {"Return_Path": "<>"}, {"From": "noreply@shop.example"}]
)
async def test_who_wants_no_answer_gets_none(desk: Desk, headers: dict[str, Any]):
    landed = await desk.receive(a_mail(**headers))
    assert landed["outcome"] == "ticket"
    (mail,) = await desk.mails(landed["ticket_id"])
    assert mail["status"] == "suppressed"


async def test_too_many_mails_of_one_address_are_held_back(desk: Desk, app: Any):
    app.state.settings = SETTINGS.model_copy(update={"mails_per_hour_per_address": 3})
    outcomes = [(await desk.receive(a_mail()))["outcome"] for _ in range(5)]
    assert outcomes == ["ticket"] * 3 + ["quarantined"] * 2


async def test_a_bounce_marks_the_address_and_tells_the_agents(desk: Desk):
    ticket_id = (await desk.receive(a_mail()))["ticket_id"]
    landed = await desk.receive(a_bounce_of(await desk.acknowledgement(ticket_id)))

    assert (landed["outcome"], landed["reason"], landed["ticket_id"]) == ("message", "bounce", ticket_id)
    (mail,) = await desk.mails(ticket_id)
    assert (mail["status"], mail["reason"], mail["smtp_reply"]) == ("bounced", "bounced", "5.1.1")
    message = (await desk.messages(ticket_id))[-1]
    assert message["visibility"] == "internal"
    assert "rita@elsewhere.example could not be delivered (5.1.1)" in message["body"]
    events = [event["type"] for event in (await desk.get(f"/v1/tickets/{ticket_id}/events"))["items"]]
    assert "mail.bounced" in events
    again = await desk.receive(a_mail(Subject="I am here"))
    assert again["outcome"] == "ticket"
    assert (await desk.mails(again["ticket_id"]))[0]["reason"] == "address-bounced"
    assert await desk.conn.fetchval("SELECT count(*) FROM bounced_addresses") == 0


# --- agents ---


async def test_what_came_by_another_way_too_is_not_released(desk: Desk):
    """Held back after an error, so nothing is known of it; its copy got a ticket."""
    mail = a_mail()
    held = await desk.receive(mail)
    await desk.conn.execute(
        "UPDATE inbound_messages SET outcome = 'quarantined', reason = 'processing-failed', ticket_id = NULL, "
        "message_id = NULL, identity = NULL WHERE id = $1::text::uuid",
        held["id"],
    )
    assert (await desk.receive(mail, URGENCE))["outcome"] == "ticket"
    path = f"/v1/inbound-messages/{held['id']}/release"
    answer = await desk.api.post(path, json={}, headers=desk.keys["agent"])
    assert (answer.status_code, answer.json()["code"]) == (409, "mail-not-held-back")


async def test_agents_release_and_discard(desk: Desk):
    held = await desk.receive(a_mail("Disk full", Auto_Submitted="auto-generated"))
    other = await desk.receive(a_mail("Spam", X_Spam_Flag="YES"))
    waiting = (await desk.get("/v1/inbound-messages?outcome=quarantined"))["items"]
    assert [item["id"] for item in waiting] == [other["id"], held["id"]]

    path = f"/v1/inbound-messages/{held['id']}/release"
    released = await desk.api.post(path, json={}, headers=desk.keys["agent"])
    assert (released.status_code, released.json()["outcome"]) == (200, "ticket")
    assert (await desk.mails(released.json()["ticket_id"]))[0]["reason"] == "auto-generated"
    twice = await desk.api.post(path, json={}, headers=desk.keys["agent"])
    assert (twice.status_code, twice.json()["code"]) == (409, "mail-not-held-back")

    path = f"/v1/inbound-messages/{other['id']}"
    discarded = await desk.api.post(f"{path}/discard", headers=desk.keys["agent"])
    assert (discarded.status_code, discarded.json()["outcome"], discarded.json()["reason"]) == (
        200,
        "ignored",
        "discarded",
    )
    released = await desk.api.post(
        f"{path}/release", json={"ticket_id": released.json()["id"]}, headers=desk.keys["agent"]
    )
    assert released.json()["code"] == "reference-unknown"


async def test_an_unknown_mailbox_is_refused(desk: Desk):
    answer = await desk.api.post(
        "/v1/inbound-messages?mailbox=boss@e-connect.lu", content=a_mail(), headers=desk.keys["mail"] | MAIL
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "mailbox-unknown")


async def test_other_media_types_and_empty_mails_are_refused(desk: Desk):
    for headers, content, status in (
        ({"Content-Type": "application/json"}, b"{}", 415),
        ({}, b"x", 415),
        (MAIL | {"Content-Encoding": "gzip"}, b"x", 415),
        (MAIL, b"", 422),
        (MAIL, b"x" * (25 * 1024 * 1024 + 1), 413),
    ):
        answer = await desk.api.post(
            f"/v1/inbound-messages?mailbox={SUPPORT}", content=content, headers=desk.keys["mail"] | headers
        )
        assert answer.status_code == status, answer.text


async def test_the_raw_mail_comes_back_byte_for_byte(desk: Desk):
    mail = a_mail(b"\xff\xfe\x00 rubbish")
    landed = await desk.receive(mail)
    answer = await desk.api.get(f"/v1/inbound-messages/{landed['id']}/raw", headers=desk.keys["agent"])
    assert answer.content == mail
    assert answer.headers["content-type"] == "message/rfc822"
