"""Mail both ways on real servers: IMAP in, SMTP out, the client's mail program threads it; and the pipe."""

import email
import email.policy
import os
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage

import httpx
import pytest

from app.adapters.mail_parser import MailParser
from app.core import clock as clocks
from app.core.db import Connection, Database
from app.core.ids import new_id
from app.core.jobs import Failed, Job
from app.core.settings import Settings
from app.desk.inbound_mail.service import take_in
from app.desk.inbound_mail.service.polling import Postman
from app.worker import handlers_of
from tests.adapters.imap_server import ImapServer, imap_server
from tests.adapters.smtp_server import HOST, Behaviour, Mailserver, free_port, mailserver
from tests.builders import Keys
from tests.features.jobs.desk import eventually, quick, working
from tests.mails import SUPPORT, URGENCE, a_mail
from tests.postgres import Clone

JOB = Job(new_id(), "read_mailboxes", {}, 1, clocks.now())


@pytest.fixture(scope="module")
def running_imap() -> Iterator[ImapServer]:
    with imap_server() as server:
        yield server


@pytest.fixture
def imap(running_imap: ImapServer) -> ImapServer:
    running_imap.empty()
    return running_imap


@pytest.fixture
def parser() -> Iterator[MailParser]:
    parser = MailParser()
    yield parser
    parser.close()


def by_smtp(port: int, **changes: object) -> Settings:
    return quick(smtp_host=HOST, smtp_port=port, smtp_tls="none", **changes)


def letter(server: Mailserver, number: int) -> EmailMessage:
    content = server.received[number].original_content
    assert content is not None
    found = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


async def count(database: Database, table: str) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))


async def test_the_whole_conversation(
    committing_api: httpx.AsyncClient, committing_database: Database, committing_keys: Keys, imap: ImapServer
):
    agent = committing_keys["agent"]
    with mailserver(Behaviour()) as smtp:
        settings = by_smtp(smtp.port, imap_accounts=[imap.account()], imap_poll_seconds=1)
        async with working(committing_database, handlers_of(settings)):
            imap.put(
                a_mail("Bonjour, le menu ne s'ouvre pas.", Subject="Le menu", Message_ID="<first@elsewhere.example>")
            )
            await eventually(lambda: len(smtp.received) == 1)
            acknowledgement = letter(smtp, 0)
            assert acknowledgement["In-Reply-To"] == "<first@elsewhere.example>"
            assert acknowledgement["Auto-Submitted"] == "auto-replied"

            imap.put(
                a_mail(
                    "Voici une précision.", Subject=f"Re: {acknowledgement['Subject']}", To=acknowledgement["Reply-To"],
                    Message_ID="<second@elsewhere.example>", In_Reply_To=acknowledgement["Message-ID"],
                    References=f"<first@elsewhere.example> {acknowledgement['Message-ID']}",
                )
            )  # fmt: skip
            await eventually(lambda: _count_is(committing_database, "messages", 2))
            (ticket,) = (await committing_api.get("/v1/tickets", headers=agent)).json()["items"]
            path = f"/v1/tickets/{ticket['id']}"
            said = await committing_api.post(f"{path}/messages", json={"body": "C'est réparé."}, headers=agent)
            assert said.status_code == 201
            await eventually(lambda: len(smtp.received) == 2)
            reply = letter(smtp, 1)
            assert reply["In-Reply-To"] == "<second@elsewhere.example>"
            assert reply["References"].split() == [
                "<first@elsewhere.example>", acknowledgement["Message-ID"], "<second@elsewhere.example>",
            ]  # fmt: skip
            assert ticket["number"] in reply["Subject"]
            assert reply["Reply-To"] == acknowledgement["Reply-To"]
            mails = (await committing_api.get(f"{path}/mails", headers=agent)).json()["items"]
            assert [mail["kind"] for mail in mails] == ["acknowledgement", "public_reply"]
    assert imap.folder("INBOX") == []
    assert len(imap.folder("Processed")) == 2


async def _count_is(database: Database, table: str, number: int) -> bool:
    return await count(database, table) == number


async def test_two_desks_that_answer_each_other_fall_silent(
    committing_api: httpx.AsyncClient, committing_database: Database, committing_keys: Keys, parser: MailParser
):
    """What we send, handed in as if another desk had sent it from its own address, and the other way round."""
    with mailserver(Behaviour()) as smtp:
        settings = by_smtp(smtp.port)
        async with working(committing_database, handlers_of(settings)):
            raw = a_mail("Hello desk", From="support@other-desk.example")
            for _ in range(5):
                before = len(smtp.received)
                await take_in(committing_database, parser, raw, SUPPORT, settings=settings, actor={}, now=clocks.now())
                await eventually(lambda: _nothing_queued(committing_database))
                if len(smtp.received) == before:
                    break
                ours = smtp.received[-1].original_content
                assert ours is not None
                # The other desk runs the same code, and acknowledges our mail as its new ticket.
                raw = (
                    ours.replace(b"support@e-connect.lu", b"support@OTHER")
                    .replace(b"support@other-desk.example", b"support@e-connect.lu")
                    .replace(b"support@OTHER", b"support@other-desk.example")
                    .replace(b"@e-connect.lu>", b"@other-desk.example>", 1)
                )
    assert len(smtp.received) <= 2


async def _nothing_queued(database: Database) -> bool:
    async with database.connection() as connection:
        return not await connection.fetchval("SELECT EXISTS (SELECT FROM jobs WHERE kind = 'send_mail')")


# --- the IMAP reader ---


async def test_what_the_database_cannot_take_stays_on_its_server(
    committing_database: Database, imap: ImapServer, parser: MailParser
):
    class Away(Database):
        async def acquire(self) -> Connection:
            raise ConnectionRefusedError

    settings = quick(imap_accounts=[imap.account(folder="INBOX", done_folder="Kept")])
    mail = a_mail("stays")
    imap.put(mail)
    with pytest.raises(Failed):
        await Postman(settings, parser).run(JOB, Away(committing_database.pool, wait_seconds=1), clocks.now())
    assert imap.folder("INBOX") == [mail]
    await Postman(settings, parser).run(JOB, committing_database, clocks.now())
    assert imap.folder("INBOX") == []
    assert imap.folder("Kept") == [mail]
    assert await count(committing_database, "tickets") == 1


async def test_a_kill_before_the_move_takes_nothing_twice(
    committing_database: Database, imap: ImapServer, parser: MailParser, monkeypatch: pytest.MonkeyPatch
):
    settings = quick(imap_accounts=[imap.account(done_folder="Kept")])
    imap.put(a_mail("once"), a_mail("and another"))
    with monkeypatch.context() as patched:
        patched.setattr("app.adapters.imap.Inbox.done", _cut_off)
        with pytest.raises(Failed):
            await Postman(settings, parser).run(JOB, committing_database, clocks.now())
    await Postman(settings, parser).run(JOB, committing_database, clocks.now())
    assert imap.folder("INBOX") == []
    assert await count(committing_database, "tickets") == 2
    assert await count(committing_database, "inbound_messages") == 2


def _cut_off(_inbox: object, _uid: str) -> None:
    raise ConnectionResetError


async def test_mails_may_stay_where_they_are_and_be_marked(
    committing_database: Database, imap: ImapServer, parser: MailParser
):
    settings = quick(imap_accounts=[imap.account(done_folder=None)])
    mail = a_mail("marked")
    imap.put(mail)
    for _ in range(2):
        await Postman(settings, parser).run(JOB, committing_database, clocks.now())
    assert imap.folder("INBOX", "SEEN") == [mail]
    assert await count(committing_database, "tickets") == 1


async def test_a_mail_that_is_too_large_is_noted(
    committing_database: Database, imap: ImapServer, parser: MailParser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.desk.inbound_mail.service.polling.MAIL_LIMIT", 1000)
    settings = quick(imap_accounts=[imap.account(done_folder="Large")])
    imap.put(a_mail("x" * 2000))
    await Postman(settings, parser).run(JOB, committing_database, clocks.now())
    async with committing_database.connection() as connection:
        row = await connection.fetchrow("SELECT outcome, reason FROM inbound_messages")
    assert row is not None
    assert (row["outcome"], row["reason"]) == ("quarantined", "too-large")
    assert len(imap.folder("Large")) == 1


async def test_an_account_that_does_not_answer_delays_no_other(
    committing_database: Database, imap: ImapServer, parser: MailParser
):
    wrong = [imap.account(port=free_port()), imap.account(password="nonsense")]
    settings = quick(imap_accounts=[*wrong, imap.account(mailbox=URGENCE, done_folder="Urgent")])
    imap.put(a_mail("help"))
    with pytest.raises(Failed):
        await Postman(settings, parser).run(JOB, committing_database, clocks.now())
    async with committing_database.connection() as connection:
        assert await connection.fetchval("SELECT lane FROM tickets") == "urgent"


async def test_a_password_never_travels_in_clear(committing_database: Database, imap: ImapServer, parser: MailParser):
    settings = quick(imap_accounts=[imap.account(host="imap.example")])
    with pytest.raises(Failed):
        await Postman(settings, parser).run(JOB, committing_database, clocks.now())


# --- the pipe ---


def deliver(raw: bytes, mailbox: str, url: str | None) -> int:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": "/nonexistent"} | ({"DATABASE_URL": url} if url else {})
    command = [sys.executable, "-m", "app.cli", "deliver", "--mailbox", mailbox]
    return subprocess.run(command, input=raw, env=environment, capture_output=True, check=False).returncode


async def test_the_pipe(fresh_database: Clone):
    from tests.postgres import connected

    mail = a_mail("through the pipe")
    assert deliver(mail, SUPPORT, fresh_database.app_url) == 0
    assert deliver(mail, SUPPORT, fresh_database.app_url) == 0
    assert deliver(mail, "boss@e-connect.lu", fresh_database.app_url) == 67
    assert deliver(b"", SUPPORT, fresh_database.app_url) == 65
    assert deliver(mail, SUPPORT, "postgresql://nobody@127.0.0.1:1/none") == 75
    assert deliver(mail, SUPPORT, None) == 75
    async with connected(fresh_database.app_url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM tickets") == 1
