"""Send a quote by mail with its secret link, or withdraw it (Q2, Q3)."""

from datetime import datetime
from uuid import UUID

from app.billing.quotes import queries
from app.billing.quotes.service.subject import Subject, lock_subject
from app.core import events, tokens
from app.core.db import Connection, Row
from app.core.settings import Settings
from app.desk.mail.service import queue_mail
from app.desk.mail.service.quotes import QUOTE
from app.desk.tickets.service import change_ticket
from app.domain import quote as domain
from app.domain import ticket as ticket_domain
from app.domain.errors import Refusal
from app.domain.quote import Move, Status


def quote_token(settings: Settings, quote_id: UUID) -> str:
    """The secret that stands for one version in links."""
    return tokens.sign(QUOTE, settings.secret_key.get_secret_value(), quote_id)


def quote_of(settings: Settings, token: str) -> UUID | None:
    """The version behind a link's secret, None when it is not ours."""
    secrets = [settings.secret_key, *settings.previous_secret_keys]
    return tokens.read(QUOTE, [secret.get_secret_value() for secret in secrets], token)


async def send_quote(
    connection: Connection, quote: Row, recipient: str | None, *, actor: dict[str, str], now: datetime
) -> None:
    """Mail the version to `recipient`, else to whom it concerns; its ticket waits for the answer (Q1).

    Raises:
        Refusal: `quote-not-open`; `quote-expired`; `recipient-missing` where nobody's address is known.
    """
    subject = await lock_subject(connection, quote["ticket_id"], quote["permanence_id"])
    quote = await queries.lock_quote(connection, quote["id"])
    status = domain.move(Status(quote["status"]), Move.SEND)
    address = recipient or quote["recipient"] or await _recipient(connection, subject)
    changes = {"status": status, "recipient": address, "sent_at": quote["sent_at"] or now}
    await queries.update_quote(connection, quote["id"], changes)
    facts = {"quote_id": quote["id"]}
    await queue_mail(connection, "quote_sent", quote["ticket_id"], address, quote["language"], facts, now=now)
    await _move_ticket(connection, subject, ticket_domain.Status.WAITING_QUOTE, quote["number"], actor, now)
    await tell(connection, quote, "quote.sent", actor=actor, now=now, recipient=address)


async def _recipient(connection: Connection, subject: Subject) -> str:
    if subject.ticket is not None:
        return str(subject.ticket["requester_email"])
    known = subject.permanence["contact_email"] if subject.permanence is not None else None
    address = known or await queries.recipient_of(connection, subject.client_id)
    if address is None:
        raise Refusal("recipient-missing", "Nobody's address is known: name one.", pointer="/recipient")
    return str(address)


async def withdraw_quote(
    connection: Connection, quote: Row, reason: str, *, actor: dict[str, str], now: datetime
) -> None:
    """Take an open version back: its link then says so.

    Raises:
        Refusal: `quote-not-open` once it was decided, replaced or expired.
    """
    subject = await lock_subject(connection, quote["ticket_id"], quote["permanence_id"])
    quote = await queries.lock_quote(connection, quote["id"])
    status = domain.move(Status(quote["status"]), Move.WITHDRAW)
    await queries.update_quote(connection, quote["id"], {"status": status})
    await back_to_work(connection, subject, quote["number"], actor, now)
    await tell(connection, quote, "quote.withdrawn", actor=actor, now=now, reason=reason)


async def back_to_work(
    connection: Connection, subject: Subject, number: str, actor: dict[str, str], now: datetime
) -> None:
    """The ticket no longer waits for this quote."""
    if subject.ticket is not None and subject.ticket["status"] == ticket_domain.Status.WAITING_QUOTE:
        await _move_ticket(connection, subject, ticket_domain.Status.IN_PROGRESS, number, actor, now)


async def _move_ticket(
    connection: Connection, subject: Subject, wanted: ticket_domain.Status, number: str, actor: dict[str, str],
    now: datetime,
) -> None:  # fmt: skip
    """Where the table of moves allows it (T3); a ticket that nobody took yet stays in the queue."""
    ticket = subject.ticket
    if ticket is None or wanted not in ticket_domain.MOVES[ticket_domain.Status(ticket["status"])]:
        return
    changes = {"status": wanted.value}
    await change_ticket(connection, ticket, changes, reason=number, agent_id=None, actor=actor, now=now)


async def tell(
    connection: Connection, quote: Row, type_: str, *, actor: dict[str, str], now: datetime, **data: object
) -> None:
    """One event about a version."""
    await events.record(
        connection,
        type_,
        subject_id=quote["id"],
        ticket_id=quote["ticket_id"],
        client_id=quote["client_id"],
        actor=actor,
        data={"number": quote["number"], "version": quote["version"]} | data,
        now=now,
    )
