"""Whether a ticket's requester gets an acknowledgement (rule T1, invariant 10). Facts in, decision out."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Literal


class Suppression(StrEnum):
    """Why no acknowledgement leaves. Stable codes: they are stored with the ticket and shown over the API."""

    NO_ADDRESS = "no-address"
    HONEYPOT = "honeypot"
    SPAM = "spam"
    OWN_ADDRESS = "own-address"
    NO_REPLY_ADDRESS = "no-reply-address"
    UNREACHABLE_ADDRESS = "unreachable-address"
    ADDRESS_BOUNCED = "address-bounced"
    AUTO_GENERATED = "auto-generated"
    DAILY_CAP = "daily-cap"
    HOURLY_CAP = "hourly-cap"


@dataclass(frozen=True, slots=True)
class AcknowledgementCaps:
    """How many acknowledgements one address may get, so that nobody floods a stranger through the desk."""

    per_hour: int = 1
    per_day: int = 3


DEFAULT_CAPS = AcknowledgementCaps()


@dataclass(frozen=True, slots=True)
class Requester:
    """What is known of the person to acknowledge when the ticket comes in.

    `sent_last_hour` and `sent_last_day` count acknowledgements queued to this address in the 60 minutes and
    24 hours before now. `own_addresses` are the desk's mailboxes and sender addresses.
    """

    address: str | None
    sent_last_hour: int = 0
    sent_last_day: int = 0
    own_addresses: Collection[str] = ()
    bounced: bool = False
    auto_generated: bool = False
    spam: bool = False
    honeypot: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The one decision a ticket gets: `queued` without a reason, or `suppressed` with one."""

    outcome: Literal["queued", "suppressed"]
    reason: Suppression | None = None


QUEUED = Acknowledgement("queued")

# Role names that machines write from or that nobody reads, in the desk's three languages. A name counts
# when it stands alone or beside a separator (`accounts-noreply@`, `bounces+17@`), not inside a word
# (`bouncer@`).
_MACHINE_NAME = re.compile(
    r"""
    (?:^|[-._+=])
    (?: no[-._]?reply | do[-._]?not[-._]?reply | ne[-._]?pas[-._]?repondre
      | keine[-._]?antwort | nicht[-._]?antworten | auto[-._]?(?:reply|responder)
      | mailer[-._]?daemon | postmaster | listserv | majordomo | bounces? )
    (?:$|[-._+=])
    | ^owner- | -(?:owner|request)$
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=1_000)  # each form asks for its sender's several times, and for the desk's own
def bare_address(address: str) -> str:
    """The mailbox an address leads to, for comparing: lower case, without a sub-address (`+tag`)."""
    local, _, domain = address.strip().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}".casefold()


def is_own_address(address: str, own_addresses: Collection[str]) -> bool:
    """Whether mail to `address` would come back to the desk itself."""
    return bare_address(address) in {bare_address(own) for own in own_addresses}


def is_no_reply_address(address: str) -> bool:
    """Whether the local part says that a machine, or nobody, reads this mailbox (RFC 3834, section 2)."""
    local, _, _ = address.strip().casefold().rpartition("@")
    return _MACHINE_NAME.search(local) is not None


def decide_acknowledgement(requester: Requester, caps: AcknowledgementCaps = DEFAULT_CAPS) -> Acknowledgement:
    """Queue the acknowledgement, or suppress it with the first reason that applies, most lasting first."""
    reason = _trouble_with_ticket(requester) or _trouble_with_address(requester) or _cap_reached(requester, caps)
    return QUEUED if reason is None else Acknowledgement("suppressed", reason)


def _trouble_with_ticket(requester: Requester) -> Suppression | None:
    if requester.honeypot:
        return Suppression.HONEYPOT
    if requester.spam:
        return Suppression.SPAM
    if requester.auto_generated:
        return Suppression.AUTO_GENERATED
    return None


def _trouble_with_address(requester: Requester) -> Suppression | None:
    address = requester.address
    if address is None or not address.strip():
        return Suppression.NO_ADDRESS
    if is_own_address(address, requester.own_addresses):
        return Suppression.OWN_ADDRESS
    if is_no_reply_address(address):
        return Suppression.NO_REPLY_ADDRESS
    if not address.rpartition("@")[0].isascii():
        # Only a chain of SMTPUTF8 servers could deliver it; the desk's mails are plain SMTP.
        return Suppression.UNREACHABLE_ADDRESS
    if requester.bounced:
        return Suppression.ADDRESS_BOUNCED
    return None


def _cap_reached(requester: Requester, caps: AcknowledgementCaps) -> Suppression | None:
    if requester.sent_last_day >= caps.per_day:
        return Suppression.DAILY_CAP
    if requester.sent_last_hour >= caps.per_hour:
        return Suppression.HOURLY_CAP
    return None
