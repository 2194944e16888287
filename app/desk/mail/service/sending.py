"""The job `send_mail`: hand one mail to the server and record what became of it.

A worker that dies between the server's acceptance and the record makes the mail leave twice, with the same
Message-ID; there is no other way to get two.
"""

from datetime import datetime
from functools import partial
from typing import Protocol, get_args
from uuid import UUID

from app.adapters.mail_address import Unmailable
from app.adapters.mail_folder import Outbox
from app.adapters.mail_message import build_mail
from app.adapters.smtp import DeliveryFailed, Permanent, Reason, Smtp, SmtpServer, Temporary
from app.core import events
from app.core.db import Connection, Database
from app.core.jobs import Effect, Failed, Handler, Job
from app.core.settings import Settings
from app.desk.bounces.service import mark_address
from app.desk.mail import queries
from app.desk.mail.service.wording import compose
from app.domain.bounce import is_address_unknown

ACTOR = {"role": "worker"}
TO_SEND = {"queued", "failed"}  # a failed one has a job again only when somebody wants another try
SECONDS_BESIDE_SMTP = 10
REASONS = frozenset(get_args(Reason))
GAVE_UP = "gave-up"  # without an answer that could be told: a worker was lost, or took too long


class Transport(Protocol):
    """An SMTP server, or the folder that stands in for one."""

    async def send(self, raw_message: bytes, sender: str, recipient: str) -> None:
        """Return once the mail is somebody else's responsibility; else raise `Permanent` or `Temporary`."""


def handlers(settings: Settings) -> dict[str, Handler]:
    """How a worker sends mail."""
    post = Post(settings, transport_of(settings))
    seconds = settings.smtp_timeout_seconds + SECONDS_BESIDE_SMTP
    return {"send_mail": Handler(post.send, seconds=seconds, give_up=post.give_up)}


def transport_of(settings: Settings) -> Transport:
    """SMTP when a server is set, else `DATA_DIR/outbox`."""
    if settings.smtp_host is None:
        return Outbox(settings.data_dir / "outbox")
    return Smtp(
        SmtpServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
            timeout_seconds=settings.smtp_timeout_seconds,
            ca_file=settings.smtp_ca_file,
        )
    )


class Post:
    """Sends the desk's mails through one transport."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.settings = settings
        self.transport = transport

    async def send(self, job: Job, database: Database, now: datetime) -> Effect | None:
        """Send the job's mail, unless it was sent already.

        No connection is held while the server is spoken to.

        Raises:
            Failed: not now; worth another try.
        """
        mail_id = UUID(job.payload["mail_id"])
        async with database.connection() as connection:
            mail = await queries.mail(connection, mail_id)
            if mail is None or mail["status"] not in TO_SEND:
                return None
            composed = await compose(connection, mail, self.settings, now)
        try:
            await self.transport.send(build_mail(composed), self.settings.mail_from, composed.to)
        except Unmailable:
            return partial(_fail, mail_id, "unmailable")
        except Permanent as refused:
            return partial(_fail, mail_id, _reason(refused))
        except Temporary as trouble:
            async with database.connection() as connection:
                await queries.mark_delayed(connection, mail_id, _reason(trouble))
            raise Failed(_reason(trouble)) from None
        return partial(_record, mail_id)

    async def give_up(self, connection: Connection, job: Job, reason: str, now: datetime) -> None:
        """After the last attempt; `reason` is ours, or what the worker says of an attempt that came to no end."""
        known = reason if reason.partition(" ")[0] in REASONS else GAVE_UP
        await _fail(UUID(job.payload["mail_id"]), known, connection, now)


async def _record(mail_id: UUID, connection: Connection, now: datetime) -> None:
    await queries.mark_sent(connection, mail_id, now)


async def _fail(mail_id: UUID, reason: str, connection: Connection, now: datetime) -> None:
    mail = await queries.mark_failed(connection, mail_id, reason)
    if mail is None:
        return
    code, _, said = reason.partition(" ")
    await events.record(
        connection,
        "mail.failed",
        subject_id=mail_id,
        ticket_id=mail["ticket_id"],
        client_id=mail["client_id"],
        actor=ACTOR,
        data={"kind": mail["kind"], "reason": code, "smtp_reply": said or None},
        now=now,
    )
    status = said.rpartition(" ")[2]
    if code == "recipient-refused" and said.startswith("5") and is_address_unknown(status):
        await mark_address(connection, mail, status, actor=ACTOR, now=now)


def _reason(failure: DeliveryFailed) -> str:
    """The kind of trouble, and the server's numbers, never its words: `recipient-refused 550 5.1.1`."""
    return " ".join(str(part) for part in (failure.reason, failure.code, failure.status) if part)
