"""Queued mails and what becomes of them, over real SMTP."""

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.adapters.mail_message import build_mail
from app.core import clock
from app.core.db import Connection, Database, Row
from app.core.jobs import Job
from app.core.settings import Settings
from app.desk.mail import queries
from app.desk.mail.service import queue_mail
from app.desk.mail.service.addresses import message_id
from app.desk.mail.service.queueing import Kind
from app.desk.mail.service.sending import Post, transport_of
from app.desk.mail.service.wording import compose
from app.worker import handlers_of
from tests.adapters.smtp_server import HOST, Behaviour, Mailserver, free_port, mailserver
from tests.builders import Keys, a_message, a_ticket
from tests.features.jobs.desk import eventually, quick, working
from tests.service import SETTINGS

FORM = {
    "name": "Rita Requester",
    "email": "rita@elsewhere.example",
    "subject": "The menu does not open",
    "message": "Nothing happens when I tap it.",
    "language": "en",
}


def by_smtp(port: int, **changes: Any) -> Settings:
    return quick(smtp_host=HOST, smtp_port=port, smtp_tls="none", smtp_timeout_seconds=2, **changes)


@contextmanager
def sent_through(behaviour: Behaviour) -> Iterator[tuple[Mailserver, Settings]]:
    with mailserver(behaviour) as server:
        yield server, by_smtp(server.port)


async def opened(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """A ticket from the form; its acknowledgement is queued."""
    answer = await api.post("/v1/public/tickets", json=FORM | fields)
    assert answer.status_code == 201, answer.text
    assert answer.json()["acknowledgement"] == "queued"
    return dict(answer.json())


async def becomes(database: Database, status: str, reason: str | None = None) -> Row:
    """The only mail, once it has that status."""

    async def found() -> Row | None:
        async with database.connection() as connection:
            return await connection.fetchrow(
                "SELECT * FROM outgoing_mails WHERE status = $1 AND reason IS NOT DISTINCT FROM $2", status, reason
            )

    row: Row = await eventually(found)
    return row


async def everything(database: Database, statement: str) -> list[Row]:
    async with database.connection() as connection:
        return await connection.fetch(statement)


def read(raw: bytes | str | None) -> EmailMessage:
    assert isinstance(raw, bytes)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def test_a_ticket_is_acknowledged(committing_api: httpx.AsyncClient, committing_database: Database):
    receipt = await opened(committing_api, urgent=True, urgency_fee_accepted=True)
    with sent_through(Behaviour()) as (server, settings):
        async with working(committing_database, handlers_of(settings)):
            mail = await becomes(committing_database, "sent")

    (envelope,) = server.received
    message = read(envelope.original_content)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("support@e-connect.lu", ["rita@elsewhere.example"])
    assert message["Message-ID"] == message_id(mail["id"], settings)
    assert message["Auto-Submitted"] == "auto-replied"
    assert receipt["number"] in message["Subject"]
    text = text_of(message)
    assert receipt["receipt_url"] in text
    assert "€150.00" in text
    assert "The menu" not in message.as_string()
    assert mail["sent_at"] >= mail["created_at"]
    assert await everything(committing_database, "SELECT FROM jobs WHERE kind = 'send_mail'") == []


async def test_a_refusal_for_good_fails_the_mail_and_tells_the_ticket(
    committing_api: httpx.AsyncClient, committing_database: Database
):
    receipt = await opened(committing_api)
    with sent_through(Behaviour(at_rcpt="550 5.1.1 Words of a stranger")) as (_, settings):
        async with working(committing_database, handlers_of(settings)):
            mail = await becomes(committing_database, "failed", "recipient-refused 550 5.1.1")

    (event,) = await everything(committing_database, "SELECT * FROM events WHERE type = 'mail.failed'")
    (ticket,) = await everything(committing_database, "SELECT * FROM tickets")
    assert (event["subject_id"], event["ticket_id"]) == (mail["id"], ticket["id"])
    assert ticket["number"] == receipt["number"]
    assert event["data"] == {"kind": "acknowledgement", "reason": "recipient-refused", "smtp_reply": "550 5.1.1"}
    assert await everything(committing_database, "SELECT FROM jobs WHERE kind = 'send_mail'") == []


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Behaviour(at_rcpt="450 4.2.1 Words of a stranger"), "recipient-refused 450 4.2.1"),
        (Behaviour(at_mail="451 Words of a stranger"), "sender-refused 451"),
        (Behaviour(stall_at="data"), "timed-out"),
        (Behaviour(cut_at="data"), "connection-lost"),
    ],
)
async def test_trouble_on_the_way_is_tried_again_later(
    committing_api: httpx.AsyncClient, committing_database: Database, behaviour: Behaviour, reason: str
):
    await opened(committing_api)
    with sent_through(behaviour) as (_, settings):
        async with working(committing_database, handlers_of(settings)):
            job = await eventually(lambda: send_job(committing_database, "queued", 1))

    assert job["last_error"] == reason
    assert job["run_at"] > clock.now()
    await becomes(committing_database, "queued", reason)


async def test_the_ticket_tells_why_a_mail_is_late_or_lost(
    committing_api: httpx.AsyncClient, committing_database: Database, committing_keys: Keys
):
    await opened(committing_api)
    (ticket,) = await everything(committing_database, "SELECT id FROM tickets")

    async def told() -> dict[str, Any]:
        answer = await committing_api.get(f"/v1/tickets/{ticket['id']}/mails", headers=committing_keys["agent"])
        (mail,) = answer.json()["items"]
        return {name: mail[name] for name in ("status", "reason", "smtp_reply")}

    async with working(committing_database, handlers_of(by_smtp(free_port()))):
        await becomes(committing_database, "queued", "unreachable")
    assert await told() == {"status": "queued", "reason": "unreachable", "smtp_reply": None}
    await everything(committing_database, "UPDATE jobs SET run_at = now() WHERE kind = 'send_mail'")
    with sent_through(Behaviour(at_rcpt="550 5.1.1 Words of a stranger")) as (_, settings):
        async with working(committing_database, handlers_of(settings)):
            await becomes(committing_database, "failed", "recipient-refused 550 5.1.1")
    assert await told() == {"status": "failed", "reason": "recipient-refused", "smtp_reply": "550 5.1.1"}


async def test_what_a_worker_says_of_an_attempt_without_end_is_no_reason_of_a_mail(conn: Connection):
    ticket = await a_ticket(conn)
    mail_id = await queue_mail(conn, "public_reply", ticket["id"], "rita@elsewhere.example", "en", now=clock.now())
    job = Job(id=mail_id, kind="send_mail", payload={"mail_id": str(mail_id)}, attempts=12, run_at=clock.now())
    await Post(SETTINGS, transport_of(SETTINGS)).give_up(conn, job, "It ran longer than 30 s.", clock.now())
    assert await conn.fetchval("SELECT reason FROM outgoing_mails WHERE id = $1", mail_id) == "gave-up"


async def send_job(database: Database, status: str, attempts: int) -> Row | None:
    async with database.connection() as connection:
        return await connection.fetchrow(
            "SELECT * FROM jobs WHERE kind = 'send_mail' AND status = $1 AND attempts = $2", status, attempts
        )


async def test_after_the_last_attempt_it_is_given_up_and_can_be_sent_after_all(
    committing_api: httpx.AsyncClient, committing_database: Database
):
    await opened(committing_api)
    await everything(committing_database, "UPDATE jobs SET attempts = 11")
    async with working(committing_database, handlers_of(by_smtp(free_port()))):
        await becomes(committing_database, "failed", "unreachable")
    assert await send_job(committing_database, "dead", 12)
    assert len(await everything(committing_database, "SELECT FROM events WHERE type = 'mail.failed'")) == 1

    await everything(committing_database, "UPDATE jobs SET status = 'queued', attempts = 0 WHERE status = 'dead'")
    with sent_through(Behaviour()) as (server, settings):
        async with working(committing_database, handlers_of(settings)):
            await becomes(committing_database, "sent")
    assert len(server.received) == 1


async def test_a_mail_that_was_sent_is_not_sent_again(committing_api: httpx.AsyncClient, committing_database: Database):
    await opened(committing_api)
    await everything(committing_database, "UPDATE outgoing_mails SET status = 'sent', sent_at = now()")
    with sent_through(Behaviour()) as (server, settings):
        async with working(committing_database, handlers_of(settings)):
            await eventually(lambda: no_mail_to_send(committing_database))

    assert server.received == []


async def no_mail_to_send(database: Database) -> bool:
    return not await everything(database, "SELECT FROM jobs WHERE kind = 'send_mail'")


async def test_an_address_that_cannot_be_written_to_fails_at_once(
    committing_api: httpx.AsyncClient, committing_database: Database
):
    await opened(committing_api)
    await everything(committing_database, "UPDATE outgoing_mails SET recipient = 'a@b.lu, c@d.lu'")
    with sent_through(Behaviour()) as (server, settings):
        async with working(committing_database, handlers_of(settings)):
            await becomes(committing_database, "failed", "unmailable")

    assert server.received == []


async def test_without_a_server_mails_are_files_and_a_repeat_is_the_same_file(
    committing_api: httpx.AsyncClient, committing_database: Database, tmp_path: Path
):
    receipt = await opened(committing_api)
    for _ in range(2):
        async with working(committing_database, handlers_of(quick(data_dir=tmp_path))):
            await becomes(committing_database, "sent")
        # As after a kill between sending and recording.
        await everything(committing_database, "UPDATE outgoing_mails SET status = 'queued', sent_at = NULL")
        async with committing_database.connection() as connection:
            await connection.execute(REPEAT)

    (file,) = (tmp_path / "outbox").glob("*.eml")
    assert receipt["number"] in read(file.read_bytes())["Subject"]


REPEAT = """
INSERT INTO jobs (id, kind, payload, run_at, created_at)
SELECT id, 'send_mail', jsonb_build_object('mail_id', id), now(), now() FROM outgoing_mails
"""


async def composed(conn: Connection, kind: Kind, now: datetime | None = None, **facts: UUID) -> EmailMessage:
    """What a mail about a ticket would say."""
    ticket = await a_ticket(conn, language="en", number="EC-2026-000042")
    await conn.execute("DELETE FROM outgoing_mails")
    if kind != "acknowledgement":
        await acknowledged(conn, ticket["id"])
    if kind == "public_reply":
        reply = await a_message(conn, ticket["id"], author="agent", author_name="Anne Agent", body="It is mended.")
        facts = {"message_id": reply["id"]}
    mail_id = await queue_mail(conn, kind, ticket["id"], "rita@elsewhere.example", "en", facts, now=clock.now())
    mail = await queries.mail(conn, mail_id)
    assert mail is not None
    return read(build_mail(await compose(conn, mail, quick(), now or clock.now())))


async def acknowledged(conn: Connection, ticket_id: UUID) -> None:
    mail_id = await queue_mail(conn, "acknowledgement", ticket_id, "rita@elsewhere.example", "en", now=clock.now())
    await queries.mark_sent(conn, mail_id, clock.now())


async def test_an_agents_reply_is_threaded_under_the_acknowledgement(conn: Connection):
    message = await composed(conn, "public_reply")

    first = await conn.fetchval("SELECT id FROM outgoing_mails WHERE kind = 'acknowledgement'")
    assert message["In-Reply-To"] == message["References"] == message_id(first, SETTINGS)
    assert message["Auto-Submitted"] is None
    assert "It is mended." in text_of(message)
    assert "Anne Agent" in text_of(message)


async def test_facts_of_a_mail_are_ids_only(conn: Connection):
    await composed(conn, "public_reply")

    facts = await conn.fetchval("SELECT facts FROM outgoing_mails WHERE kind = 'public_reply'")
    assert {name: UUID(value) for name, value in facts.items()}.keys() == {"message_id"}


async def test_the_desk_is_described_as_it_is_when_the_mail_leaves(conn: Connection):
    saturday = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
    message = await composed(conn, "acknowledgement", saturday)

    assert "Monday 30 November at 08:30" in text_of(message)
    assert "In-Reply-To" not in message


async def test_an_urgency_alarms_the_desk(conn: Connection):
    message = await composed(conn, "urgency_alert")

    assert message["Auto-Submitted"] == "auto-generated"
    assert "Rita Requester" in text_of(message)
    assert "/v1/tickets/" in text_of(message)
