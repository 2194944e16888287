"""Accept or refuse a quote, once (Q3): by its link, or as an agent records it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.billing.permanences.service import following
from app.billing.quotes import queries
from app.billing.quotes.service.charging import charge_quote
from app.billing.quotes.service.sending import back_to_work, tell
from app.billing.quotes.service.subject import Subject, lock_subject
from app.core.db import Connection, Row
from app.domain import quote as domain
from app.domain.errors import Refusal
from app.domain.quote import Kind, Move, Status

DECIDED = (Status.ACCEPTED, Status.REFUSED)
LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decides, as what, from where. `reference` names the written acceptance that an agent records."""

    name: str
    role: str | None = None
    reason: str | None = None
    reference: str | None = None
    client_address: str
    user_agent: str | None = None
    actor: dict[str, str] = field(default_factory=dict)

    @property
    def channel(self) -> Literal["link", "agent"]:
        """By the secret link, or through an agent."""
        return "link" if self.reference is None else "agent"


async def accept_quote(connection: Connection, quote: Row, decision: Decision, *, now: datetime) -> None:
    """Accept a version: its ticket or permanence goes on, a fixed price becomes a charge.

    The same person accepting again through the link changes nothing and is no error.

    Raises:
        Refusal: `quote-decided`, `quote-expired`, `quote-not-open`.
    """
    subject = await lock_subject(connection, quote["ticket_id"], quote["permanence_id"])
    quote = await queries.lock_quote(connection, quote["id"])
    if _again(quote, decision, Status.ACCEPTED):
        return
    _check(quote, Move.ACCEPT)
    await queries.replace_accepted(connection, quote["chain_id"])
    await _decide(connection, quote, Status.ACCEPTED, decision)
    await tell(connection, quote, "quote.accepted", actor=decision.actor, now=now, **_who(decision))
    if subject.permanence is not None:
        await following.accepted(connection, subject.permanence, quote["id"], actor=decision.actor, now=now)
    elif quote["kind"] == Kind.QUOTE:
        await charge_quote(connection, quote, now)
    await back_to_work(connection, subject, quote["number"], decision.actor, now)


async def refuse_quote(connection: Connection, quote: Row, decision: Decision, *, now: datetime) -> None:
    """Refuse a version; the desk gets the ticket back.

    Raises:
        Refusal: `quote-decided`, `quote-expired`, `quote-not-open`.
    """
    subject = await lock_subject(connection, quote["ticket_id"], quote["permanence_id"])
    quote = await queries.lock_quote(connection, quote["id"])
    if _again(quote, decision, Status.REFUSED):
        return
    _check(quote, Move.REFUSE)
    await _decide(connection, quote, Status.REFUSED, decision)
    await tell(connection, quote, "quote.refused", actor=decision.actor, now=now, **_who(decision))
    await _refused(connection, subject, quote, decision, now)


async def _refused(connection: Connection, subject: Subject, quote: Row, decision: Decision, now: datetime) -> None:
    if subject.permanence is not None:
        await following.refused(connection, subject.permanence, quote["id"], actor=decision.actor, now=now)
    await back_to_work(connection, subject, quote["number"], decision.actor, now)


def _again(quote: Row, decision: Decision, wanted: Status) -> bool:
    """A double click: the same person, through the same link, for the same thing."""
    return (
        quote["status"] == wanted
        and (quote["channel"], quote["decided_by"]) == (decision.channel, decision.name)
        and decision.channel == "link"
    )


def _check(quote: Row, wanted: Move) -> None:
    if quote["status"] in DECIDED:
        raise Refusal("quote-decided", f"The quote was {quote['status']} already.", decision=quote["status"])
    if quote["status"] == Status.EXPIRED:
        raise _expired(quote)
    domain.move(Status(quote["status"]), wanted)


def _expired(quote: Row) -> Refusal:
    return Refusal("quote-expired", "The time to accept or refuse it is over.", valid_until_on=quote["valid_until_on"])


async def _decide(connection: Connection, quote: Row, status: Status, decision: Decision) -> None:
    if not await queries.decide(connection, quote["id"], status):
        raise _expired(quote)
    agent = decision.user_agent[:LONGEST_AGENT] if decision.user_agent else None
    await queries.insert_decision(
        connection,
        [quote["id"], status, decision.channel, decision.name, decision.role, decision.reason, decision.reference,
         decision.actor, decision.client_address, agent],
    )  # fmt: skip


def _who(decision: Decision) -> dict[str, object]:
    return {"name": decision.name, "channel": decision.channel}
