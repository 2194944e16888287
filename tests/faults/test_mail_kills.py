"""Kills between every two steps of taking a mail in, and mails that hang."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import asyncpg
import httpx
import pytest

from app.adapters.mail_parser import MailParser
from app.adapters.mail_parts import Unreadable
from app.core import clock
from app.core.db import Connection, Database
from app.core.ids import new_id
from app.core.jobs import Job
from app.desk.inbound_mail.service import take_in
from app.desk.inbound_mail.service.finishing import LEFT_ALONE, Finisher
from tests import invariants
from tests.live import LiveServer, LiveServers
from tests.mails import SUPPORT, a_mail, a_multipart, a_part
from tests.postgres import Clone, connected
from tests.service import WITHOUT_MAIL_LIMITS

STATEMENTS = {"execute", "executemany", "fetch", "fetchrow", "fetchval"}
ACTOR = {"role": "test"}


class Killed(BaseException):
    """The process is gone."""


class Wire:
    """A connection over which only so many statements get through before one that does not."""

    def __init__(self, connection: Connection, left: list[int], trouble: type[BaseException]) -> None:
        self.connection, self.left, self.trouble = connection, left, trouble

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.connection, name)
        return self._counted(found) if name in STATEMENTS else found

    def _counted(self, method: Any) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self.left[0] -= 1
            if self.left[0] == -1:
                raise self.trouble
            return await method(*args, **kwargs)

        return call


class Mortal(Database):
    """A database whose client is killed after so many statements."""

    def __init__(self, database: Database, statements: int, trouble: type[BaseException] = Killed) -> None:
        super().__init__(database.pool, wait_seconds=5)
        self.left, self.trouble = [statements], trouble

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        async with super().connection() as connection:
            yield Wire(connection, self.left, self.trouble)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with super().connection() as connection, connection.transaction():
            yield Wire(connection, self.left, self.trouble)


async def hand_in(database: Database, parser: MailParser, raw: bytes) -> Any:
    return await take_in(database, parser, raw, SUPPORT, settings=WITHOUT_MAIL_LIMITS, actor=ACTOR, now=clock.now())


async def finish(database: Database, parser: MailParser) -> None:
    """What a worker does a minute later."""
    job = Job(new_id(), "finish_mails", {}, 1, clock.now())
    await Finisher(WITHOUT_MAIL_LIMITS, parser).run(job, database, clock.now() + LEFT_ALONE + timedelta(seconds=1))


@pytest.mark.parametrize("again", ["handed in again", "finished by the worker"])
async def test_a_kill_after_any_statement_loses_nothing(
    committing_database: Database, committing_conn: Connection, parser: MailParser, again: str
):
    """A ticket with a file, killed after 0, 1, 2 … statements until nothing is left to kill."""
    mails = (
        a_multipart(a_part(f"kill {number}"), a_part("notes", Content_Disposition='attachment; filename="n.txt"'))
        for number in count()
    )
    assert await killed(committing_database, committing_conn, parser, mails, again, files=True) >= 8


@pytest.mark.parametrize("again", ["handed in again", "finished by the worker"])
async def test_a_kill_around_the_one_statement_of_a_plain_mail_loses_nothing(
    committing_database: Database, committing_conn: Connection, parser: MailParser, again: str
):
    mails = (a_mail(f"kill {number}") for number in count())
    assert await killed(committing_database, committing_conn, parser, mails, again, files=False) >= 4


async def killed(
    database: Database, conn: Connection, parser: MailParser, mails: Iterator[bytes], again: str, *, files: bool
) -> int:
    """Kill one mail after the other, one statement later each time, and finish it; how many statements there are."""
    survived = 0
    for statements, mail in zip(range(60), mails, strict=False):
        try:
            await hand_in(Mortal(database, statements), parser, mail)
        except Killed:
            pass
        else:
            survived += 1
        kept = await conn.fetchval("SELECT count(*) FROM inbound_messages")
        assert kept == statements + (1 if statements else 0), "kept by the first statement"
        if again == "handed in again" or not statements:
            await hand_in(database, parser, mail)
        else:
            await finish(database, parser)
        found = await conn.fetchrow(
            "SELECT (SELECT count(*) FROM tickets) AS tickets, (SELECT count(*) FROM attachments) AS files, "
            "(SELECT count(*) FROM inbound_messages WHERE outcome = 'ticket') AS mails, "
            "(SELECT count(*) FROM jobs WHERE kind = 'send_mail') AS acknowledgements"
        )
        assert found is not None
        assert list(found) == [statements + 1, (statements + 1) * files, statements + 1, statements + 1]
        if survived == 2:
            break
    assert survived == 2
    await invariants.check(conn)
    return statements


async def test_what_fails_at_once_goes_the_long_way(
    committing_database: Database, committing_conn: Connection, parser: MailParser
):
    """Which holds back what provokes errors: here the error does not come again, and the mail is a ticket."""
    troubled = Mortal(committing_database, 3, asyncpg.DataError)
    assert (await hand_in(troubled, parser, a_mail()))["outcome"] == "ticket"
    assert await committing_conn.fetchval("SELECT count(*) FROM tickets") == 1
    await invariants.check(committing_conn)


def test_a_server_killed_while_it_takes_mail_in(live_servers: LiveServers):
    server = live_servers.start()
    mails = [a_mail(f"mail {number}", From=f"r{number}@elsewhere.example") for number in range(60)]
    assert not all(asyncio.run(_send_and_kill(server, mails)))
    server.start()
    for mail in mails:  # as mail servers do: again, whatever became of it
        assert post(server, mail).status_code == 201
    asyncio.run(_are_sixty_tickets(server.database))


def post(server: LiveServer, mail: bytes) -> httpx.Response:
    headers = server.keys["mail"] | {"Content-Type": "message/rfc822"}
    return httpx.post(f"{server.url}/v1/inbound-messages?mailbox={SUPPORT}", content=mail, headers=headers, timeout=30)


async def _send_and_kill(server: LiveServer, mails: list[bytes]) -> list[bool]:
    """Send all; kill the server when some are through."""
    answered = 0

    async def send(mail: bytes) -> bool:
        nonlocal answered
        try:
            accepted = (await asyncio.to_thread(post, server, mail)).status_code == 201
        except httpx.TransportError:
            return False
        answered += 1
        if answered == 10:
            server.kill()
        return accepted

    return await asyncio.gather(*(send(mail) for mail in mails))


async def _are_sixty_tickets(database: Clone) -> None:
    async with connected(database.app_url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM tickets") == 60
        assert await connection.fetchval("SELECT count(*) FROM inbound_messages WHERE outcome = 'ticket'") == 60
        await invariants.check(connection)


# --- mails that hang ---


def hang(parser: MailParser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next child of the parser sleeps instead of reading."""
    monkeypatch.setattr("app.adapters.mail_parser.MODULE", "tests.faults.sleeping_child")


async def test_a_mail_that_hangs_costs_its_time_and_no_more(monkeypatch: pytest.MonkeyPatch):
    parser = MailParser(seconds=1)
    monkeypatch.setattr("app.adapters.mail_parser.START_SECONDS", 0)
    try:
        with monkeypatch.context() as patched:
            hang(parser, patched)
            started = time.monotonic()
            with pytest.raises(Unreadable, match="takes-too-long"):
                await parser.parse(a_mail())
            assert time.monotonic() - started < 5
        monkeypatch.setattr("app.adapters.mail_parser.START_SECONDS", 10)
        assert (await parser.parse(a_mail("next"))).text == "next"
    finally:
        parser.close()


async def test_a_mail_that_kills_its_reader_does_not_kill_the_next(parser: MailParser):
    assert (await parser.parse(a_mail("one"))).text == "one"
    parser.idle[-1].process.kill()
    with pytest.raises(Unreadable, match="unreadable"):
        await parser.parse(a_mail("two"))
    assert (await parser.parse(a_mail("three"))).text == "three"


async def test_a_mail_that_fails_again_and_again_ends_in_quarantine(
    committing_database: Database, committing_conn: Connection, parser: MailParser
):
    for statements in (1, 2):
        with pytest.raises(Killed):
            await hand_in(Mortal(committing_database, statements), parser, a_mail("poison"))
    await committing_conn.execute("UPDATE inbound_messages SET attempts = 5")
    await finish(committing_database, parser)
    rows = await committing_conn.fetch("SELECT outcome, reason FROM inbound_messages")
    assert {tuple(row) for row in rows} == {("quarantined", "processing-failed")}
