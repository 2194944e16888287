"""What agents do with mails that were held back: let them in after all, or put them aside."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.core.db import Connection, Row
from app.core.settings import Settings
from app.desk.inbound_mail import queries
from app.desk.inbound_mail.service.acting import act
from app.desk.inbound_mail.service.judging import judge
from app.desk.inbound_mail.service.receiving import Reading
from app.desk.inbound_mail.service.settling import settle
from app.desk.tickets import queries as ticket_queries
from app.domain.errors import Refusal
from app.domain.mail_outcome import Decision, Lead, Outcome

HELD_BACK = {Outcome.QUARANTINED, Outcome.IGNORED}


async def release(
    connection: Connection,
    row: Row,
    reading: Reading,
    ticket_id: UUID | None,
    *,
    settings: Settings,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """Treat a locked, held-back mail as a person's: as a message on `ticket_id`, or as a new ticket.

    Raises:
        Refusal: `mail-not-held-back`, `mail-unreadable`, `mail-without-sender`, `reference-unknown`.
    """
    _check_held_back(row)
    if reading.parsed is None:
        raise Refusal("mail-unreadable", "This mail cannot be read; download it, or discard it.")
    if ticket_id is not None and await ticket_queries.ticket(connection, ticket_id) is None:
        raise Refusal("reference-unknown", "There is no such ticket.", pointer="/ticket_id")
    if ticket_id is None and reading.parsed.facts.sender is None:
        raise Refusal("mail-without-sender", "Nobody could be answered: name the ticket it belongs to.")
    judgement = await judge(connection, row, reading.parsed, settings, now)
    if judgement.copied:
        raise Refusal("mail-not-held-back", "The same mail came by another way; release or discard that one.")
    lead = Lead(ticket_id, "number", participates=False) if ticket_id else None
    decision = Decision(Outcome.MESSAGE if lead else Outcome.TICKET, flags=judgement.decision.flags)
    judgement = replace(judgement, decision=decision, lead=lead)
    return await act(
        connection, row, reading.parsed, judgement, settings=settings, actor=actor, now=now, settled_by=actor
    )


async def discard(connection: Connection, row: Row, *, actor: dict[str, str], now: datetime) -> Row:
    """Put a locked mail of the quarantine aside; it stays kept.

    Raises:
        Refusal: `mail-not-held-back`.
    """
    if row["outcome"] != Outcome.QUARANTINED:
        raise Refusal("mail-not-held-back", "Only a mail in quarantine can be discarded.")
    return await settle(connection, row, Decision(Outcome.IGNORED, "discarded"), settled_by=actor, now=now)


def _check_held_back(row: Row) -> None:
    if row["outcome"] not in HELD_BACK or row["copy_of_id"] is not None:
        raise Refusal("mail-not-held-back", "Only a mail that was quarantined or ignored can be released.")


async def lock(connection: Connection, inbound_id: UUID) -> Row | None:
    """A mail, locked until the transaction ends."""
    if await queries.raw(connection, inbound_id) is None:
        return None
    return await queries.lock(connection, inbound_id)
