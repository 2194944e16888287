"""Mails taken in, against a bare script that parses with the standard library and inserts: part of `make bench`.

On the same Postgres, in this process: the script takes one mail after the other; the product does so too, as its worker
with one mailbox, and several at a time, as its API with a mail server. It keeps the raw mail, reads it in a child
process, looks for its conversation, its copies and its limits, and records history and the acknowledgement's job.
Neither has HTTP: it is what the reader of mailboxes, the pipe and the API's route have in common.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from statistics import median

import asyncpg
import uvloop

from app.adapters.embedded_postgres import Cluster
from app.adapters.mail_parser import MailParser
from app.core import clock
from app.core.db import Database, open_pool
from app.core.settings import Settings
from app.desk.inbound_mail.service import take_in
from bench import bare_mails, seed
from bench.report import verdict
from bench.run import data_home
from bench.stage import database_url, migrate, postgres

ROWS = 10_000
GOAL = 0.5
WARM_UP = 20
ACTOR = {"role": "imap"}
MAILBOX = "support@e-connect.lu"
LIMIT_SECONDS = 2
TOGETHER = 8
HUGE = 100_000_000
SLOW_PARAMETERS = 100_000  # of a Content-Type: the standard library's time grows with their square
numbers = count(1)


@dataclass(frozen=True, slots=True)
class Kind:
    """Mails of one size, and how many of them make a round."""

    name: str
    attachment_bytes: int
    mails: int


KINDS = (Kind("3 KB", 0, 100), Kind("1 MB attachment", 2**20, 20))
TEXT = "Bonjour,\n\n" + "Depuis ce matin la page d'accueil ne s'affiche plus, côté client.\n" * 34 + "\nMerci\n"


def a_mail(kind: Kind) -> bytes:
    """A mail as a common program writes it; no two have the same sender, subject or id."""
    number = next(numbers)
    mail = EmailMessage()
    mail["From"] = f"Zoé Müller {number} <zoe{number}@client{number % 500}.example>"
    mail["To"] = f"Support <{MAILBOX}>"
    mail["Subject"] = f"La page d'accueil est cassée, côté client n° {number}"
    mail["Date"] = "Tue, 24 Nov 2026 10:30:00 +0100"
    mail["Message-ID"] = f"<{number}.bench@client.example>"
    mail["X-Mailer"] = "A common program 16.0"
    for hop in range(6):
        mail["Received"] = f"from mx{hop}.example by mx{hop + 1}.example with ESMTPS id {number}; Tue, 24 Nov 2026"
    mail.set_content(TEXT)
    if kind.attachment_bytes:
        picture = b"\x89PNG\r\n\x1a\n" + os.urandom(kind.attachment_bytes - 8)
        mail.add_attachment(picture, maintype="image", subtype="png", filename="capture d'écran.png")
    return mail.as_bytes()


@dataclass(frozen=True, slots=True)
class Stage:
    """Both databases and the product's parser."""

    bare: "asyncpg.Connection[asyncpg.Record]"
    database: Database
    parser: MailParser
    settings: Settings

    async def by_modern(self, raw: bytes) -> None:
        """The bare script with the modern policy."""
        await bare_mails.insert(self.bare, bare_mails.read_modern(raw))

    async def by_compat32(self, raw: bytes) -> None:
        """The bare script with the older one."""
        await bare_mails.insert(self.bare, bare_mails.read_compat32(raw))

    async def by_desk(self, raw: bytes) -> None:
        """The product; raises when the mail is not a ticket then."""
        row = await take_in(
            self.database, self.parser, raw, MAILBOX, settings=self.settings, actor=ACTOR, now=clock.now()
        )
        if row["outcome"] != "ticket":
            raise RuntimeError(f"a mail became {row['outcome']} {row['reason']}")


Taker = Callable[[bytes], Awaitable[None]]


async def seconds_of(take: Taker, mails: Sequence[bytes]) -> float:
    """How long it takes, one mail after the other."""
    started = time.perf_counter()
    for raw in mails:
        await take(raw)
    return time.perf_counter() - started


async def seconds_together(take: Taker, mails: Sequence[bytes]) -> float:
    """The same, several at a time, as mail servers hand them in."""
    waiting, started = iter(mails), time.perf_counter()

    async def work_off() -> None:
        for raw in waiting:
            await take(raw)

    await asyncio.gather(*(work_off() for _ in range(TOGETHER)))
    return time.perf_counter() - started


async def compare(stage: Stage, kind: Kind, rounds: int) -> list[str]:
    """Lines of the table: each baseline, and the share of its speed that the product reaches, one by one and together.

    In a round the four follow each other at once, so that what slows the machine slows all of them.
    """
    times = [await one_round(stage, kind) for _ in range(rounds)]
    lines = []
    for place, name in enumerate(("policy.default", "compat32")):
        bare = median(one[place] for one in times)
        figures = [f"{kind.name:<17}{name:<16}|{bare:>8.2f} "]
        for way in (2, 3):
            share = median(one[place] / one[way] for one in times)
            desk = median(one[way] for one in times)
            figures.append(f"|{desk:>8.2f}{share:>7.2f}{GOAL:>6.2f} {verdict(share >= GOAL):<6} ")
        lines.append("".join(figures))
    return lines


async def one_round(stage: Stage, kind: Kind) -> list[float]:
    """Milliseconds for each mail: the two baselines, the product one by one, the product with several at a time."""
    ways = (
        (seconds_of, stage.by_modern), (seconds_of, stage.by_compat32), (seconds_of, stage.by_desk),
        (seconds_together, stage.by_desk),
    )  # fmt: skip
    return [1000 * await way(take, [a_mail(kind) for _ in range(kind.mails)]) / kind.mails for way, take in ways]


async def bad_mail(stage: Stage) -> str:
    """How long one mail that hangs the parser keeps the next one waiting."""
    parameters = "; ".join(f"a*{number}=b" for number in range(SLOW_PARAMETERS))
    bad = a_mail(KINDS[0]).replace(b"Content-Type: text/plain;", f"Content-Type: text/plain; {parameters};".encode(), 1)
    started = time.perf_counter()
    row = await take_in(
        stage.database, stage.parser, bad, MAILBOX, settings=stage.settings, actor=ACTOR, now=clock.now()
    )
    lost = time.perf_counter() - started
    await stage.by_desk(a_mail(KINDS[0]))
    total = time.perf_counter() - started
    return (
        f"a mail that hangs the parser is {row['outcome']} ({row['reason']}) after {lost:.1f} s, the next behind it "
        f"is a ticket after {total:.1f} s (limit {LIMIT_SECONDS} s, then a new process for the parser)"
    )


async def prepare(cluster: Cluster, home: Path) -> None:
    """Two databases: ten thousand tickets on the product's side, the script's own tables on the other."""
    server = await asyncpg.connect(cluster.superuser_url)
    for database in ("mails_bare", "mails_desk"):
        await server.execute(f"CREATE DATABASE {database} OWNER desk_owner")
    await server.close()
    migrate(database_url(cluster.owner_url, "mails_desk"), home)
    await seed.fill(database_url(cluster.superuser_url, "mails_desk"), ROWS)
    bare = await asyncpg.connect(database_url(cluster.superuser_url, "mails_bare"))
    await bare.execute(bare_mails.TABLES)
    await bare.close()


async def measure(cluster: Cluster, rounds: int) -> None:
    """Print the table."""
    settings = Settings(
        mail_parse_seconds=LIMIT_SECONDS,
        mails_per_hour_per_address=HUGE,
        acknowledgements_per_hour=HUGE,
        acknowledgements_per_day=HUGE,
    )
    bare = await asyncpg.connect(database_url(cluster.superuser_url, "mails_bare"))
    with closing(MailParser(seconds=LIMIT_SECONDS)) as parser:
        async with open_pool(settings, database_url(cluster.app_url, "mails_desk"), size=TOGETHER) as database:
            stage = Stage(bare, database, parser, settings)
            for take in (stage.by_modern, stage.by_compat32, stage.by_desk):
                await seconds_of(take, [a_mail(KINDS[0]) for _ in range(WARM_UP)])
            print(f"{'':<33}|{'':>9}|{'desk, one by one':<29}|desk, {TOGETHER} at a time")
            columns = f"|{'ms':>8}{'share':>7}{'goal':>6}{'':<8}"
            print(f"{'mails of':<17}{'bare script':<16}|{'bare ms':>8} {columns}{columns}")
            for kind in KINDS:
                for line in await compare(stage, kind, rounds):
                    print(line, flush=True)
            print(await bad_mail(stage))
    await bare.close()


def main() -> None:
    """Measure mails."""
    parser = argparse.ArgumentParser(prog="bench.mails", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with data_home(None) as home, postgres(home / "stage") as cluster:
        asyncio.run(prepare(cluster, home))
        uvloop.run(measure(cluster, rounds))


if __name__ == "__main__":
    main()
