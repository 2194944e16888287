"""Ask the database what the desk knows of a mail, and the rules what follows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.adapters.mail_parsing import Parsed
from app.core.db import Connection, Row, Values
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
    copied: bool
    about: Row | None


@dataclass(frozen=True, slots=True)
class Pointers:
    """What a mail says about where it belongs: tickets, mails of ours, any mails, a ticket's number."""

    tickets: list[UUID]
    mails: list[UUID]
    answers: tuple[str, ...]
    number: str | None

    def __bool__(self) -> bool:
        return bool(self.tickets or self.mails or self.answers or self.number)


def pointers(recipient: str, facts: Facts, settings: Settings) -> Pointers:
    """Read off a mail's addresses, references and subject."""
    addresses = [recipient, *facts.delivered_to, *(person.address for person in facts.recipients)]
    tickets, mails = ticket_ids(addresses, settings), mail_ids(facts.answers, settings)
    return Pointers(tickets, mails, facts.answers, quoted_number(facts.subject))


async def judge(connection: Connection, row: Values, parsed: Parsed, settings: Settings, now: datetime) -> Judgement:
    """The decision on one mail, with its facts; nothing is written."""
    facts = parsed.facts
    kind = kind_of(facts)
    known = await _known(connection, row, parsed, now)
    lead = choose_thread(await _leads(connection, row, facts, settings))
    about = None
    if kind is Kind.BOUNCE and (reported := _reported(facts, settings)):
        about = await queries.our_mail(connection, reported)
    own_id = [facts.message_id] if facts.message_id else []
    standing = Standing(
        own_addresses=settings.own_addresses,
        threaded=lead is not None,
        known_sender=known["known_sender"],
        ours=bool(mail_ids(own_id, settings)),
        about_ours=about is not None,
        mails_last_hour=known["mails_last_hour"],
        most_per_hour=settings.mails_per_hour_per_address,
    )
    return Judgement(
        decision=decide(facts, standing),
        kind=kind,
        lead=lead,
        language=known["language"],
        sender_bounced=known["sender_bounced"],
        copied=known["copied"],
        about=about,
    )


async def _known(connection: Connection, row: Values, parsed: Parsed, now: datetime) -> Row:
    address = _address(parsed.facts)
    sender = (bare_address(address), address.lower(), domain_of(address)) if address else ("", "", "")
    return await queries.known(connection, *sender, now, parsed.identity, row["id"])


def _address(facts: Facts) -> str:
    return facts.sender.address if facts.sender else ""


async def _leads(connection: Connection, row: Values, facts: Facts, settings: Settings) -> list[Lead]:
    """The tickets this mail points to; a statement only if it points to any."""
    points = pointers(row["recipient"], facts, settings)
    if not points:
        return []
    address = _address(facts)
    mailbox = bare_address(address) if address else ""
    found = await queries.leads(
        connection, points.tickets, points.mails, list(points.answers), points.number, mailbox, address.lower()
    )
    return [
        Lead(lead["ticket_id"], lead["by"], lead["participates"] or bare_address(lead["requester_email"]) == mailbox)
        for lead in found
    ]


def _reported(facts: Facts, settings: Settings) -> list[UUID]:
    about = facts.report.about if facts.report else ()
    return mail_ids([*about, *facts.answers], settings)
