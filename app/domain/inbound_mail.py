"""What an incoming mail is (rule U1; RFC 3834): what it says of itself, and who or what wrote it.

Everything a mail says of itself may be a lie. Only what is signed by us proves that its writer got a mail of ours;
the rest is believed as far as being wrong does no harm.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.mail import is_own_address
from app.domain.ticket import parse_number


class Kind(StrEnum):
    """Who or what wrote a mail."""

    PERSON = "person"
    AUTO_REPLY = "auto_reply"
    AUTO_GENERATED = "auto_generated"
    MAILING_LIST = "mailing_list"
    BOUNCE = "bounce"
    DELAY = "delay"
    READ_RECEIPT = "read_receipt"


@dataclass(frozen=True, slots=True)
class Person:
    """A name (possibly empty) and an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A delivery report (RFC 3464): what happened, and the message ids of the mail that it is about."""

    action: str = ""
    status: str = ""
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A mail's headers, decoded. `answers` are the message ids it refers to, the nearest first.

    `recipients` stand in To and Cc; `delivered_to` are the addresses that relays noted.
    `marks` holds the headers that machines leave, by lower-case name; `report_type` is that of multipart/report.
    """

    sender: Person | None = None
    subject: str = ""
    message_id: str | None = None
    recipients: tuple[Person, ...] = ()
    delivered_to: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    report_type: str = ""
    report: Report | None = None


MARKS = (
    "auto-submitted", "precedence", "list-id", "list-unsubscribe", "list-post", "return-path", "x-autoreply",
    "x-autorespond", "x-auto-response-suppress", "x-loop", "feedback-id", "x-failed-recipients", "x-spam-flag",
    "x-mailer-daemon", "x-auto-reply-from",
)  # fmt: skip
_BULK = {"bulk", "junk", "list"}
_SAYS_AWAY = {"x-autoreply", "x-autorespond", "x-auto-reply-from"}
_OF_A_LIST = {"list-id", "list-unsubscribe", "list-post"}
_AWAY = re.compile(
    r"(auto(matic)? ?reply|auto-?reply|out of (the )?office|away from|r[ée]ponse automatique|absen(t|ce) (du bureau|de)"
    r"|message d.absence|automatische antwort|abwesenheits(notiz|nachricht)|abwesend)\b",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"(undeliver(able|ed)|delivery (status notification|failure|has failed)|returned mail|mail delivery (failed|system)"
    r"|failure notice|non remis|[ée]chec de (la )?remise|unzustellbar)",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"^(mailer[-._]?daemon|postmaster)(\+.*)?$", re.IGNORECASE)


def kind_of(facts: Facts) -> Kind:
    """What the marks of machines say; without any, a person wrote it."""
    about_delivery = _delivery_kind(facts)
    if about_delivery is not None:
        return about_delivery
    submitted = re.split(r"[;(\s]", facts.marks.get("auto-submitted", "no").strip().lower())[0]
    if submitted == "auto-replied" or _SAYS_AWAY & facts.marks.keys() or _AWAY.match(topic(facts.subject)):
        return Kind.AUTO_REPLY
    if submitted not in {"no", ""}:
        return Kind.AUTO_GENERATED
    bulk = facts.marks.get("precedence", "").strip().lower() in _BULK
    return Kind.MAILING_LIST if bulk or _OF_A_LIST & facts.marks.keys() else Kind.PERSON


def _delivery_kind(facts: Facts) -> Kind | None:
    if facts.report_type == "disposition-notification":
        return Kind.READ_RECEIPT
    if facts.report is not None and facts.report_type == "delivery-status":
        failed = facts.report.action == "failed" or (not facts.report.action and facts.report.status.startswith("5"))
        return Kind.BOUNCE if failed else Kind.DELAY
    local = facts.sender.address.rpartition("@")[0] if facts.sender else ""
    if "x-failed-recipients" in facts.marks or (_DAEMON.match(local) and _FAILED.search(facts.subject)):
        return Kind.BOUNCE
    if facts.marks.get("return-path", "").strip() == "<>" and _FAILED.search(facts.subject):
        return Kind.BOUNCE
    return None


def answers_automatically(facts: Facts, kind: Kind) -> bool:
    """Whether an acknowledgement to it would be an answer to a machine, or is asked not to be sent (RFC 3834)."""
    wishes = {word.strip().lower() for word in facts.marks.get("x-auto-response-suppress", "").split(",")}
    bounce_address = facts.marks.get("return-path", "").strip() == "<>"
    return kind is not Kind.PERSON or bounce_address or bool(wishes & {"all", "autoreply", "oof"})


_NUMBER = re.compile(r"\bEC-[0-9]{4}-[0-9]{6,12}\b", re.IGNORECASE | re.ASCII)
_PREFIX = re.compile(
    r"^\s*((re|fwd?|fw|aw|wg|tr|réf|ref|rép|antw|antwort|sv|vs|odp|res|enc)\s*(\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE
)


def topic(subject: str) -> str:
    """The subject without Re:, Tr:, AW: and their like; may be empty."""
    return _PREFIX.sub("", subject).strip()


_FORWARD = re.compile(r"^\s*(fwd?|tr|wg|enc)\s*[:：]", re.IGNORECASE)


def is_forward(subject: str) -> bool:
    """Whether somebody passes a mail on: then what it quotes is what it is about."""
    return _FORWARD.match(subject) is not None


def is_urgent(facts: Facts, mailbox: str, urgent_addresses: Collection[str]) -> bool:
    """Whether it was written to the address of urgencies, which accepts their fee (U1), also beside another one."""
    written_to = [mailbox, *(person.address for person in facts.recipients)]
    return any(is_own_address(address, urgent_addresses) for address in written_to)


def quoted_number(subject: str) -> str | None:
    """The first ticket number in the subject, in capitals."""
    found = _NUMBER.search(subject)
    number = found.group().upper() if found else None
    return number if number and parse_number(number) else None
