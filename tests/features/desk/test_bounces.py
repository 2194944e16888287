"""Addresses that refuse our mail: seen on contacts, listed, and believed in again."""

from typing import Any

import httpx
import pytest

from app.core.db import Connection, Row
from app.desk.bounces.queries import MAILBOX
from app.desk.bounces.service import clear_address, mark_address
from app.desk.mail.service import queue_mail
from app.desk.mail.service.addresses import message_id
from app.desk.mail.service.sending import Post
from app.domain.mail import bare_address
from tests.builders import A_MOMENT_AGO, Keys, a_bounce, a_contact
from tests.conftest import Clock
from tests.mails import SUPPORT, a_bounce_of, a_mail
from tests.service import SETTINGS

ACTOR = {"role": "pipe"}
MAIL = {"Content-Type": "message/rfc822"}


class Desk:
    """One contact, and what is seen of her."""

    def __init__(self, api: httpx.AsyncClient, keys: Keys, conn: Connection, contact: Row) -> None:
        self.api, self.keys, self.conn, self.contact = api, keys, conn, contact

    @property
    def path(self) -> str:
        return f"/v1/clients/{self.keys.client_id}/contacts/{self.contact['id']}"

    async def bounce(self) -> Any:
        return (await self.api.get(self.path, headers=self.keys["agent"])).json()["bounce"]

    async def receive(self, raw: bytes) -> dict[str, Any]:
        answer = await self.api.post(
            "/v1/inbound-messages", params={"mailbox": SUPPORT}, content=raw, headers=self.keys["mail"] | MAIL
        )
        found: dict[str, Any] = answer.json()
        return found

    async def listed(self) -> list[Any]:
        items: list[Any] = (await self.api.get("/v1/bounces", headers=self.keys["agent"])).json()["items"]
        return items

    async def history(self) -> list[str]:
        rows = await self.conn.fetch("SELECT type FROM events WHERE subject_id = $1 ORDER BY id", self.contact["id"])
        return [row["type"] for row in rows]


@pytest.fixture
async def desk(api: httpx.AsyncClient, keys: Keys, conn: Connection, clock: Clock) -> Desk:
    contact = await a_contact(conn, keys.client_id, name="Rita Requester", email="Rita+work@elsewhere.example")
    return Desk(api, keys, conn, contact)


async def test_a_bounce_of_a_mail_without_ticket_marks_the_contact_and_is_told(desk: Desk):
    mail_id = await queue_mail(desk.conn, "terms_notice", None, "rita@elsewhere.example", "fr", now=A_MOMENT_AGO)
    before = (await desk.api.get(desk.path, headers=desk.keys["agent"])).headers["etag"]

    landed = await desk.receive(a_bounce_of(message_id(mail_id, SETTINGS), "5.2.2"))

    assert (landed["outcome"], landed["reason"]) == ("ignored", "bounce")
    bounce = await desk.bounce()
    assert (bounce["status"], bounce["meaning"]) == ("5.2.2", "The mailbox is full.")
    assert bounce["bounced_at"] == landed["received_at"]
    changed = await desk.api.get(desk.path, headers=desk.keys["agent"] | {"If-None-Match": before})
    assert changed.status_code == 200
    assert await desk.history() == ["contact.bounced"]
    assert await desk.conn.fetchval("SELECT count(*) FROM events WHERE type = 'mail.bounced'") == 1
    (listed,) = await desk.listed()
    assert (listed["address"], listed["mail_kind"], listed["ticket_id"]) == (
        "rita@elsewhere.example",
        "terms_notice",
        None,
    )
    assert [(who["contact_id"], who["name"]) for who in listed["contacts"]] == [
        (str(desk.contact["id"]), "Rita Requester")
    ]


async def test_the_contacts_list_shows_it(desk: Desk):
    await a_contact(desk.conn, desk.keys.client_id, email="other@elsewhere.example")
    await a_bounce(desk.conn, "rita@elsewhere.example")
    answer = await desk.api.get(f"/v1/clients/{desk.keys.client_id}/contacts", headers=desk.keys["client"])
    marks = {item["email"]: (item["bounce"] or {}).get("status") for item in answer.json()["items"]}
    assert marks == {"Rita+work@elsewhere.example": "5.1.1", "other@elsewhere.example": None}


async def test_another_address_is_not_marked(desk: Desk):
    await a_bounce(desk.conn, "rita@elsewhere.example")
    changed = await desk.api.patch(desk.path, json={"email": "rita@new.example"}, headers=desk.keys["agent"])
    assert changed.json()["bounce"] is None


async def test_an_agent_clears_it_once(desk: Desk):
    await a_bounce(desk.conn, "rita@elsewhere.example")
    path = f"/v1/bounces/{(await desk.bounce())['id']}"
    refused = await desk.api.delete(path, headers=desk.keys["finance"])
    cleared = await desk.api.delete(path, headers=desk.keys["agent"])
    again = await desk.api.delete(path, headers=desk.keys["agent"])

    assert [answer.status_code for answer in (refused, cleared, again)] == [403, 204, 404]
    assert await desk.bounce() is None
    assert await desk.history() == ["contact.bounce_cleared"]


async def test_who_writes_can_be_written_to(desk: Desk):
    await a_bounce(desk.conn, "rita@elsewhere.example")
    await desk.receive(a_mail())
    assert await desk.bounce() is None
    assert await desk.listed() == []
    assert await desk.history() == ["contact.bounce_cleared"]


async def test_clearing_what_is_not_marked_is_no_news(desk: Desk):
    await clear_address(desk.conn, "rita@elsewhere.example", "cleared", actor=ACTOR, now=A_MOMENT_AGO)
    assert await desk.history() == []


async def test_a_second_bounce_is_the_newest_reason(desk: Desk):
    first = await a_bounce(desk.conn, "rita@elsewhere.example")
    mail = {"id": first["mail_id"], "mailbox": "rita@elsewhere.example"}
    await mark_address(desk.conn, mail, "5.7.1", actor=ACTOR, now=A_MOMENT_AGO)  # type: ignore[arg-type]
    assert (await desk.bounce())["status"] == "5.7.1"


async def test_pages_of_the_list(desk: Desk):
    for number in range(3):
        await a_bounce(desk.conn, f"gone{number}@elsewhere.example")
    seen, query = [], {"limit": 2}
    while True:
        page = (await desk.api.get("/v1/bounces", params=query, headers=desk.keys["agent"])).json()
        seen += [item["address"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query |= {"cursor": page["next_cursor"]}
    assert sorted(seen) == [f"gone{number}@elsewhere.example" for number in range(3)]


@pytest.mark.parametrize(
    ("reason", "marked"),
    [
        ("recipient-refused 550 5.1.1", True),
        ("recipient-refused 550 5.7.1", False),
        ("recipient-refused 450 4.2.1", False),
        ("recipient-refused 550", False),
        ("message-refused 550 5.1.1", False),
    ],
)
async def test_a_server_that_knows_no_such_address_marks_it_at_once(desk: Desk, reason: str, marked: bool):
    mail_id = await queue_mail(desk.conn, "terms_notice", None, "rita@elsewhere.example", "fr", now=A_MOMENT_AGO)
    job = type("Job", (), {"payload": {"mail_id": str(mail_id)}})()
    await Post(SETTINGS, None).give_up(desk.conn, job, reason, A_MOMENT_AGO)  # type: ignore[arg-type]
    assert (await desk.bounce() is not None) is marked


@pytest.mark.parametrize("address", ["a@b.lu", "A+b@B.lu", "a+b+c@b.lu", "a.b-c@x+y.lu", "+a@b.lu"])
async def test_the_database_reads_mailboxes_as_the_rules_do(conn: Connection, address: str):
    found = await conn.fetchval(f"SELECT {MAILBOX} FROM (SELECT $1::text AS email) contacts", address)
    assert found == bare_address(address)
