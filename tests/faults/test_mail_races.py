"""The same mail from everywhere at once."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.mail_parser import MailParser
from app.core import clock
from app.core.db import Connection, Database
from app.desk.inbound_mail.service import take_in
from tests import invariants
from tests.live import ROOT
from tests.mails import SUPPORT, URGENCE, a_mail
from tests.postgres import Clone, connected
from tests.service import WITHOUT_MAIL_LIMITS

ACTOR = {"role": "test"}


@pytest.mark.parametrize("second", [SUPPORT, URGENCE])
async def test_two_deliveries_at_the_same_moment_are_one_ticket(
    committing_database: Database, committing_conn: Connection, parser: MailParser, second: str
):
    """Of the same bytes, and to both addresses: what one of them decided upon is not so any more, and nothing is done."""
    for number in range(20):
        mail = a_mail(f"twice {number}", From=f"r{number}@elsewhere.example")
        rows = await asyncio.gather(
            *(
                take_in(
                    committing_database, parser, mail, to, settings=WITHOUT_MAIL_LIMITS, actor=ACTOR, now=clock.now()
                )
                for to in (SUPPORT, second)
            )
        )
        assert len({row["ticket_id"] for row in rows}) == 1
    found = await committing_conn.fetchrow(
        "SELECT (SELECT count(*) FROM tickets), (SELECT count(*) FROM tickets WHERE lane = 'urgent'), "
        "(SELECT count(*) FROM inbound_messages WHERE outcome = 'ticket'), "
        "(SELECT count(*) FROM inbound_messages WHERE reason = 'copy')"
    )
    assert found is not None
    assert tuple(found) == (20, 20 * (second == URGENCE), 20, 20 * (second == URGENCE))
    await invariants.check(committing_conn)


def test_fifty_deliveries_by_four_processes_are_one_ticket(fresh_database: Clone, tmp_path: Path):
    mail = tmp_path / "mail.eml"
    mail.write_bytes(a_mail("once"))
    command = [sys.executable, "-m", "tests.faults.hand_in_many", fresh_database.app_url, str(mail)]
    processes = [
        subprocess.Popen([*command, str(number), "13" if number < 2 else "12"], cwd=ROOT) for number in range(4)
    ]
    assert [process.wait() for process in processes] == [0] * 4
    asyncio.run(_is_one_ticket(fresh_database))


async def _is_one_ticket(database: Clone) -> None:
    async with connected(database.app_url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM tickets") == 1
        assert await connection.fetchval("SELECT count(*) FROM jobs WHERE kind = 'send_mail'") == 1
        rows = await connection.fetch("SELECT outcome, reason, count(*) FROM inbound_messages GROUP BY 1, 2 ORDER BY 1")
        # 26 of the 50 came through a relay of their own; the other 24 are one and the same.
        assert [(row[0], row[1]) for row in rows] == [("ignored", "copy"), ("ticket", None)]
        assert sum(row[2] for row in rows) == 27
        await invariants.check(connection)
