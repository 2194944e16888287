"""Do what was decided about a mail: open a ticket, add to one, note what came back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from app.adapters.mail_parsing import Parsed
from app.core import events
from app.core.db import Connection, Row, Values
from app.core.settings import Settings
from app.desk.bounces.service import clear_address, mark_address
from app.desk.inbound_mail import queries
from app.desk.inbound_mail.service.judging import Judgement
from app.desk.inbound_mail.service.settling import Landed, accepted_by, accepted_files, settle
from app.desk.tickets import queries as ticket_queries
from app.desk.tickets import service as tickets
from app.domain.bounce import meaning
from app.domain.inbound_mail import Person, answers_automatically, is_forward, is_urgent, topic
from app.domain.mail import bare_address
from app.domain.mail_language import language_of
from app.domain.mail_outcome import Decision, Outcome, people_to_add
from app.domain.ticket import Channel

LONGEST_BODY = 20_000
MOST_PARTICIPANTS = 20
Language = Literal["fr", "en", "de"]
NO_SUBJECT: Mapping[str, str] = {"fr": "(sans objet)", "en": "(no subject)", "de": "(ohne Betreff)"}
NO_TEXT: Mapping[str, str] = {"fr": "(sans texte)", "en": "(no text)", "de": "(ohne Text)"}


async def act(
    connection: Connection,
    row: Row,
    parsed: Parsed,
    judgement: Judgement,
    *,
    settings: Settings,
    actor: dict[str, str],
    now: datetime,
    settled_by: Mapping[str, str] | None = None,
) -> Row:
    """Do what was decided; the mail's row with its outcome."""
    decision = judgement.decision
    landed: Landed | None = None
    if decision.reason == "bounce" and judgement.about is not None:
        landed = await _bounced(connection, parsed, judgement.about, actor, now)
        if landed is None:
            decision = Decision(Outcome.IGNORED, "bounce")
    elif decision.outcome is Outcome.MESSAGE:
        landed = await _say(connection, row, parsed, judgement, settings=settings, actor=actor, now=now)
    elif decision.outcome is Outcome.TICKET:
        landed = await _open(connection, row, parsed, judgement, settings=settings, actor=actor, now=now)
    if landed is not None and decision.news and parsed.facts.sender is not None:
        await _welcome(connection, parsed, judgement, landed.ticket_id, settings, actor, now)
    return await settle(connection, row, decision, landed, read=(parsed, judgement), settled_by=settled_by, now=now)


async def _open(
    connection: Connection,
    row: Row,
    parsed: Parsed,
    judgement: Judgement,
    *,
    settings: Settings,
    actor: dict[str, str],
    now: datetime,
) -> Landed:
    opening = opening_of(row, parsed, judgement, settings)
    opened = await tickets.open_ticket(connection, opening, actor=actor, settings=settings, now=now)
    return Landed(opened.ticket_id, opened.message_id, Outcome.TICKET)


def opening_of(row: Values, parsed: Parsed, judgement: Judgement, settings: Settings) -> tickets.Opening:
    """The ticket that a mail opens."""
    facts = parsed.facts
    assert facts.sender is not None  # noqa: S101 (decided: without a sender there is no ticket)
    language = _language(parsed, judgement)
    automatic = answers_automatically(facts, judgement.kind)
    return tickets.Opening(
        channel=Channel.EMAIL,
        name=_name(facts.sender),
        email=facts.sender.address,
        subject=topic(facts.subject)[:200] or NO_SUBJECT[language],
        message=_cut(parsed.text if is_forward(facts.subject) else parsed.reply) or NO_TEXT[language],
        language=language,
        urgent=not automatic and is_urgent(facts, row["mailbox"], settings.urgent_addresses),
        accepted_by=accepted_by(facts.sender),
        auto_generated=automatic,
        flags=judgement.decision.flags,
        files=accepted_files(parsed.attachments),
    )


async def _say(
    connection: Connection,
    row: Row,
    parsed: Parsed,
    judgement: Judgement,
    *,
    settings: Settings,
    actor: dict[str, str],
    now: datetime,
) -> Landed:
    assert judgement.lead is not None  # noqa: S101 (decided: a message has its ticket)
    facts = parsed.facts
    ticket = await ticket_queries.lock_ticket(connection, judgement.lead.ticket_id)
    assert ticket is not None  # noqa: S101 (tickets are never deleted)
    sender = facts.sender or Person(ticket["requester_name"], ticket["requester_email"])
    body = _cut(parsed.reply) or NO_TEXT[ticket["language"]]
    files = accepted_files(parsed.attachments)
    if not judgement.decision.news:
        message_id = await tickets.note_what_came(
            connection, ticket, body, author=_name(sender), type_="ticket.auto_reply_received",
            channel=Channel.EMAIL, files=files, actor=actor, now=now,
        )  # fmt: skip
        return Landed(ticket["id"], message_id, Outcome.MESSAGE)
    automatic = answers_automatically(facts, judgement.kind)
    urgent = not automatic and is_urgent(facts, row["mailbox"], settings.urgent_addresses)
    writer = tickets.Writer(_name(sender), sender.address, urgent=urgent, auto_generated=automatic)
    written = await tickets.write_as_client(
        connection, ticket, body, channel=Channel.EMAIL, writer=writer, files=files, actor=actor,
        settings=settings, now=now,
    )  # fmt: skip
    if written.outcome == "ticket":
        message_id = await queries.first_message(connection, written.ticket_id)
        return Landed(written.ticket_id, message_id, Outcome.TICKET)
    return Landed(written.ticket_id, written.message_id, Outcome.MESSAGE)


async def _bounced(
    connection: Connection, parsed: Parsed, mail: Row, actor: dict[str, str], now: datetime
) -> Landed | None:
    """A mail of ours came back: its address is marked, and its ticket tells the agents."""
    status = (parsed.facts.report.status if parsed.facts.report else "") or "unknown"
    first = await queries.mark_bounced(connection, mail, status, now)
    if first:
        await mark_address(connection, mail, status, actor=actor, now=now)
    if mail["ticket_id"] is None:
        data = {"status": status, "mailbox": mail["mailbox"]}
        await events.record(connection, "mail.bounced", subject_id=mail["id"], actor=actor, data=data, now=now)
        return None
    ticket = await ticket_queries.lock_ticket(connection, mail["ticket_id"])
    assert ticket is not None  # noqa: S101 (tickets are never deleted)
    said = f"The mail to {mail['recipient']} could not be delivered ({status}). {meaning(status)}"
    if not first:
        said += " This is another report about the same mail."
    message_id = await tickets.note_what_came(
        connection, ticket, _cut(f"{said}\n\n{parsed.text}"), author="Mail server", type_="mail.bounced",
        channel=Channel.EMAIL, actor=actor, now=now,
    )  # fmt: skip
    return Landed(ticket["id"], message_id, Outcome.MESSAGE)


async def _welcome(
    connection: Connection, parsed: Parsed, judgement: Judgement, ticket_id: UUID, settings: Settings,
    actor: dict[str, str], now: datetime,
) -> None:  # fmt: skip
    """Whom a known writer copies gets the replies too; whose address bounced once can be written to again."""
    sender = parsed.facts.sender
    assert sender is not None  # noqa: S101 (the caller looked)
    if judgement.sender_bounced:
        await clear_address(connection, bare_address(sender.address), "it wrote to us", actor=actor, now=now)
    if judgement.lead is not None and not judgement.lead.participates:
        return
    known = {bare_address(sender.address)}
    for person in people_to_add(parsed.facts, settings.own_addresses):
        mailbox = bare_address(person.address)
        if mailbox not in known:
            known.add(mailbox)
            values = [ticket_id, mailbox, person.address, person.name, now, MOST_PARTICIPANTS]
            await queries.add_participant(connection, *values)


def _language(parsed: Parsed, judgement: Judgement) -> Language:
    if judgement.language is not None:
        return cast("Language", judgement.language)
    return language_of(f"{topic(parsed.facts.subject)}\n{parsed.reply}") or "fr"


def _name(person: Person) -> str:
    return (person.name or person.address.partition("@")[0])[:120]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_BODY else f"{text[: LONGEST_BODY - 6].rstrip()} […]"
