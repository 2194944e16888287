"""Ask the database what the desk knows of a mail, and the rules what follows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.db import Connection, Row
from app.core.domain_names import domain_of
from app.core.settings import Settings
from app.desk.inbound_mail import queries
from app.desk.mail.service.addresses import mail_ids, ticket_ids
from app.domain.inbound_mail import Facts, Kind, kind_of, quoted_number
from app.domain.mail import bare_address
from app.domain.mail_outcome import Decision, Lead, Standing, choose_thread, decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is to be done with a mail, and what was found out on the way."""

    decision: Decision
    kind: Kind
    lead: Lead | None
    language: str | None
    sender_bounced: bool
    about: Row | None


@dataclass(frozen=True, slots=True)
class Sender:
    """Nobody, when a mail has no usable From."""

    known: bool = False
    language: str | None = None
    bounced: bool = False
    mails_last_hour: int = 0


async def judge(connection: Connection, row: Row, facts: Facts, settings: Settings, now: datetime) -> Judgement:
    """The decision on one mail, with its facts; nothing is written."""
    kind = kind_of(facts)
    sender = await _sender(connection, facts, now)
    lead = choose_thread(await _leads(connection, row, facts, settings))
    about = None
    if kind is Kind.BOUNCE and (reported := _reported(facts, settings)):
        about = await queries.our_mail(connection, reported)
    own_id = [facts.message_id] if facts.message_id else []
    standing = Standing(
        own_addresses=settings.own_addresses,
        threaded=lead is not None,
        known_sender=sender.known,
        ours=bool(mail_ids(own_id, settings)),
        about_ours=about is not None,
        mails_last_hour=sender.mails_last_hour,
        most_per_hour=settings.mails_per_hour_per_address,
    )
    return Judgement(
        decision=decide(facts, standing),
        kind=kind,
        lead=lead,
        language=sender.language,
        sender_bounced=sender.bounced,
        about=about,
    )


async def _sender(connection: Connection, facts: Facts, now: datetime) -> Sender:
    if facts.sender is None:
        return Sender()
    address = facts.sender.address
    found = await queries.sender(connection, bare_address(address), address.lower(), domain_of(address), now)
    return Sender(**found)


async def _leads(connection: Connection, row: Row, facts: Facts, settings: Settings) -> list[Lead]:
    """The tickets this mail points to; a statement only if it points to any."""
    addresses = [row["recipient"], *facts.delivered_to, *(person.address for person in facts.recipients)]
    tickets, mails = ticket_ids(addresses, settings), mail_ids(facts.answers, settings)
    number = quoted_number(facts.subject)
    if not (tickets or mails or facts.answers or number):
        return []
    mailbox = bare_address(facts.sender.address) if facts.sender else ""
    address = facts.sender.address.lower() if facts.sender else ""
    found = await queries.leads(connection, tickets, mails, list(facts.answers), number, mailbox, address)
    return [
        Lead(lead["ticket_id"], lead["by"], lead["participates"] or bare_address(lead["requester_email"]) == mailbox)
        for lead in found
    ]


def _reported(facts: Facts, settings: Settings) -> list[UUID]:
    about = facts.report.about if facts.report else ()
    return mail_ids([*about, *facts.answers], settings)
