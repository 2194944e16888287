"""What becomes of an incoming mail (rules T1, T2, U1): its ticket, its outcome, and whom it brings along."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from app.domain.inbound_mail import Facts, Kind, Person, kind_of, quoted_number
from app.domain.mail import is_no_reply_address, is_own_address

Proof = Literal["reply-address", "message-id", "reference", "number"]


@dataclass(frozen=True, slots=True)
class Lead:
    """A ticket that a mail points to, and how. `participates`: the claimed sender is known on that ticket."""

    ticket_id: UUID
    by: Proof
    participates: bool


_SIGNED: frozenset[Proof] = frozenset({"reply-address", "message-id"})
_STRENGTH: tuple[Proof, ...] = ("reply-address", "message-id", "reference", "number")


def choose_thread(leads: Sequence[Lead]) -> Lead | None:
    """The ticket a mail belongs to: what we signed counts from anybody, the rest only from known participants."""
    trusted = [lead for lead in leads if lead.by in _SIGNED or lead.participates]
    return min(trusted, key=lambda lead: _STRENGTH.index(lead.by), default=None)


class Outcome(StrEnum):
    """What became of a mail, for everybody to see."""

    TICKET = "ticket"
    MESSAGE = "message"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a mail. A message that is no `news` is kept on its ticket without moving anything."""

    outcome: Outcome
    reason: str | None = None
    news: bool = True
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the desk knows of a mail: whether a thread was found, who wrote it, how much came from there lately.

    `ours`: it carries a message id that we made. `about_ours`: a report is about a mail of ours.
    """

    own_addresses: Collection[str]
    threaded: bool = False
    known_sender: bool = False
    ours: bool = False
    about_ours: bool = False
    mails_last_hour: int = 0
    most_per_hour: int = 30


def decide(facts: Facts, standing: Standing) -> Decision:
    """The one outcome of a mail. Whatever is not certain to be noise reaches an agent."""
    kind = kind_of(facts)
    if standing.ours or (facts.sender and is_own_address(facts.sender.address, standing.own_addresses)):
        return Decision(Outcome.IGNORED, "own-mail")
    return _about_delivery(kind, standing) or _suspicious(facts, standing) or _by_kind(facts, kind, standing)


def _about_delivery(kind: Kind, standing: Standing) -> Decision | None:
    if kind is Kind.BOUNCE:
        if standing.about_ours:
            return Decision(Outcome.MESSAGE, "bounce", news=False)
        return Decision(Outcome.IGNORED, "bounce-of-unknown-mail")
    reasons = {Kind.DELAY: "delivery-report", Kind.READ_RECEIPT: "read-receipt"}
    return Decision(Outcome.IGNORED, reasons[kind]) if kind in reasons else None


def _suspicious(facts: Facts, standing: Standing) -> Decision | None:
    if standing.mails_last_hour >= standing.most_per_hour:
        return Decision(Outcome.QUARANTINED, "too-many-mails")
    if standing.threaded:
        return None
    if facts.marks.get("x-spam-flag", "").strip().lower() == "yes":
        return Decision(Outcome.QUARANTINED, "spam")
    return Decision(Outcome.QUARANTINED, "no-sender") if facts.sender is None else None


def _by_kind(facts: Facts, kind: Kind, standing: Standing) -> Decision:
    if standing.threaded:
        automatic = kind in {Kind.AUTO_REPLY, Kind.AUTO_GENERATED}
        return Decision(Outcome.MESSAGE, "auto-reply" if automatic else None, news=not automatic)
    if kind is Kind.AUTO_REPLY:
        return Decision(Outcome.IGNORED, "auto-reply")
    if kind is Kind.MAILING_LIST and not standing.known_sender:
        return Decision(Outcome.IGNORED, "mailing-list")
    if kind is Kind.AUTO_GENERATED:
        return Decision(Outcome.QUARANTINED, "auto-generated")
    flags = ("quoted_number",) if quoted_number(facts.subject) else ()
    return Decision(Outcome.TICKET, flags=flags)


def people_to_add(facts: Facts, own_addresses: Collection[str], most: int = 10) -> list[Person]:
    """Whom a participant brought in by writing to them as well: they get the agents' replies too."""
    found: dict[str, Person] = {}
    for person in facts.recipients:
        address = person.address.casefold()
        if not is_own_address(address, own_addresses) and not is_no_reply_address(address):
            found.setdefault(address, person)
    return list(found.values())[:most]
