"""The life of a ticket: states and moves (T3), the queue (T2), its human number (T1), follow-ups (T2)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from app.domain.calendar import local_date, utc
from app.domain.errors import Refusal


class Status(StrEnum):
    """Where a ticket stands (T3)."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING_CLIENT = "waiting_client"
    WAITING_QUOTE = "waiting_quote"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    SPAM = "spam"


class Lane(StrEnum):
    """Which of the two queues a ticket waits in (T2), the one that is served first first."""

    URGENT = "urgent"
    STANDARD = "standard"


class Channel(StrEnum):
    """How a ticket came in (T1)."""

    FORM = "form"
    EMAIL = "email"
    PHONE = "phone"
    AGENT = "agent"


_ASIDE = (Status.RESOLVED, Status.CANCELLED, Status.SPAM)

MOVES = MappingProxyType(
    {
        Status.NEW: (Status.IN_PROGRESS, Status.CANCELLED, Status.SPAM),
        Status.IN_PROGRESS: (Status.WAITING_CLIENT, Status.WAITING_QUOTE, *_ASIDE),
        Status.WAITING_CLIENT: (Status.IN_PROGRESS, Status.WAITING_QUOTE, *_ASIDE),
        Status.WAITING_QUOTE: (Status.IN_PROGRESS, Status.WAITING_CLIENT, *_ASIDE),
        Status.RESOLVED: (Status.CLOSED, Status.NEW),
        Status.CLOSED: (Status.NEW,),
        Status.CANCELLED: (),
        Status.SPAM: (),
    }
)
"""The one table of moves (T3)."""

OPEN = (Status.NEW, Status.IN_PROGRESS, Status.WAITING_CLIENT, Status.WAITING_QUOTE)
SETTLED = (Status.RESOLVED, Status.CLOSED)


def move(current: Status, wanted: Status) -> Status:
    """The status after the move; staying where it is is no move and always accepted (T3).

    Refuses any move that is not in the table as `illegal-move`, with the legal ones.
    """
    if wanted == current or wanted in MOVES[current]:
        return wanted
    legal = [status.value for status in MOVES[current]]
    ways = ", ".join(legal) or "none"
    raise Refusal(
        "illegal-move",
        f"A ticket that is {current} cannot become {wanted}. Legal moves: {ways}.",
        current=current.value,
        wanted=wanted.value,
        legal=legal,
    )


def reopens(status: Status, settled_at: datetime | None, now: datetime, within_days: int) -> bool:
    """Whether a follow-up at `now` reopens it: settled less than `within_days` times 24 hours ago (T2)."""
    if status not in SETTLED or settled_at is None:
        return False
    return utc(now) < utc(settled_at) + timedelta(days=within_days)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a client's message does to its ticket.

    `status` is the ticket's afterwards; `joins_queue` means it queues again from now; `new_ticket` that the
    message belongs on a new ticket linked to this one, which itself stays as it is.
    """

    status: Status
    joins_queue: bool = False
    new_ticket: bool = False


def follow_up(status: Status, settled_at: datetime | None, now: datetime, within_days: int) -> FollowUp:
    """What a message of the client does (T2): a ticket that already waits for the desk keeps its place."""
    if status is Status.WAITING_CLIENT:
        return FollowUp(move(status, Status.IN_PROGRESS))
    if reopens(status, settled_at, now, within_days):
        return FollowUp(move(status, Status.NEW), joins_queue=True)
    return FollowUp(status, new_ticket=status in SETTLED or status is Status.CANCELLED)


def in_project(project_closed_on: date | None, received_on: date) -> bool:
    """Whether a ticket received on that day is on a site still in its project (T5)."""
    return project_closed_on is None or project_closed_on > received_on


def queue_key(lane: Lane, queued_at: datetime, sequence: int) -> tuple[int, datetime, int]:
    """Sorts tickets into the order of work (T2): urgent first, then receipt or reopening, then sequence."""
    return list(Lane).index(lane), utc(queued_at), sequence


def check_turn(*, is_next: bool, reason: str | None) -> None:
    """Refuses to take a ticket out of order without a reason, as `reason-required` (T2)."""
    if not is_next and not (reason and reason.strip()):
        raise Refusal("reason-required", "Another ticket is first in the queue: say why this one is taken now.")


def ticket_number(received_at: datetime, sequence: int, prefix: str = "EC") -> str:
    """The human number: prefix, year of the local receipt date, sequence in at least six digits (T1)."""
    return f"{prefix}-{local_date(received_at).year}-{sequence:06d}"


def parse_number(text: str, prefix: str = "EC") -> tuple[int, int] | None:
    """Year and sequence of a ticket number in any case, None when the text is not exactly one."""
    pattern = rf"{re.escape(prefix)}-([0-9]{{4}})-(0[0-9]{{5}}|[1-9][0-9]{{5,11}})"
    match = re.fullmatch(pattern, text, re.IGNORECASE | re.ASCII)
    return (int(match[1]), int(match[2])) if match else None
