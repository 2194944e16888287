"""On-call outside opening hours (rule O): windows, lead time, the grid's suggestion, states, cancellation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from app.domain.calendar import DAY, MINUTE, OpeningHours, Span, local_date, open_spans, utc, without
from app.domain.errors import Refusal
from app.domain.money import FULL_BP, amount_cents, percentage_cents
from app.domain.moves import after

HOUR_MINUTES = 60
LONGEST_WINDOW = timedelta(days=31)


class Status(StrEnum):
    """Where a request is (O3)."""

    REQUESTED = "requested"
    QUOTED = "quoted"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What can happen to a request."""

    QUOTE = "quote"
    ACCEPT = "accept"
    REFUSE = "refuse"
    SCHEDULE = "schedule"
    COMPLETE = "complete"
    CANCEL = "cancel"


MOVES = MappingProxyType(
    {
        Status.REQUESTED: {Move.QUOTE: Status.QUOTED, Move.CANCEL: Status.CANCELLED},
        Status.QUOTED: {
            Move.QUOTE: Status.QUOTED,
            Move.ACCEPT: Status.ACCEPTED,
            Move.REFUSE: Status.REFUSED,
            Move.CANCEL: Status.CANCELLED,
        },
        Status.ACCEPTED: {Move.SCHEDULE: Status.SCHEDULED, Move.CANCEL: Status.CANCELLED},
        Status.SCHEDULED: {
            Move.SCHEDULE: Status.SCHEDULED,
            Move.COMPLETE: Status.DONE,
            Move.CANCEL: Status.CANCELLED,
        },
        Status.DONE: {},
        Status.REFUSED: {},
        Status.CANCELLED: {},
    }
)
"""The one table of moves (O3)."""

RUNNING = (Status.ACCEPTED, Status.SCHEDULED)
"""A request whose windows count: accepting the quote creates them."""


def move(current: Status, wanted: Move) -> Status:
    """The status after the move; refuses any other as `permanence-move`, with the legal moves."""
    return after(MOVES, current, wanted, subject="permanence", code="permanence-move")


def lead_minutes(requested_at: datetime, starts_at: datetime) -> int:
    """Whole minutes from the request to the start (O2); refuses a start that is past as `window-past`."""
    lead = utc(starts_at) - utc(requested_at)
    if lead <= timedelta():
        raise Refusal("window-past", "On-call is asked for before it begins.", pointer="/starts_at")
    return lead // MINUTE


def standby(hours: OpeningHours, window: Span, *, cut: bool) -> tuple[Span, ...]:
    """The parts of the window outside opening hours (O1), in order.

    A window that overlaps opening hours is refused as `window-in-hours`, naming the first overlap; with `cut`
    what overlaps is left out, unless nothing would be left. One longer than a month is `window-too-long`.
    """
    if window.end - window.start > LONGEST_WINDOW:
        raise Refusal("window-too-long", f"At most {LONGEST_WINDOW.days} days at a time.", pointer="/ends_at")
    first, days = local_date(window.start, hours.zone), (window.end - window.start).days + 2
    open_ = [span for ahead in range(days) for span in open_spans(hours, first + ahead * DAY)]
    parts = tuple(without(window, open_))
    overlaps = [span for span in open_ if span.start < window.end and span.end > window.start]
    if overlaps and (not cut or not parts):
        raise Refusal(
            "window-in-hours",
            "The desk is open in part of that time, and then nobody needs to be on call.",
            pointer="/starts_at",
            open_from=max(overlaps[0].start, window.start),
            open_until=min(overlaps[0].end, window.end),
        )
    return parts


def minutes_of(spans: Iterable[Span]) -> int:
    """Whole minutes of the spans together."""
    return sum((span.end - span.start for span in spans), timedelta()) // MINUTE


@dataclass(frozen=True, slots=True)
class Band:
    """A line of the grid: from that many hours of lead time on, an hour of standby costs so many cents (O2)."""

    from_lead_hours: int
    hourly_rate_cents: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A price by the grid, and the band that gave it; it holds up to, not including, `until_lead_hours`."""

    band: Band
    until_lead_hours: int | None
    standby_minutes: int
    amount_cents: int

    @property
    def reason(self) -> str:
        """Why this band, in words."""
        until = f"less than {self.until_lead_hours} h" if self.until_lead_hours is not None else "no upper limit"
        return f"Lead time of at least {self.band.from_lead_hours} h, {until}."


def suggest(grid: Sequence[Band], lead: int, standby_minutes: int) -> Suggestion | None:
    """The grid's price for `lead` minutes of lead time; None without a grid, or where no band reaches (O2)."""
    bands = sorted(grid, key=lambda band: band.from_lead_hours)
    reached = [band for band in bands if band.from_lead_hours * HOUR_MINUTES <= lead]
    if not reached:
        return None
    band = reached[-1]
    following = bands[len(reached)].from_lead_hours if len(reached) < len(bands) else None
    return Suggestion(band, following, standby_minutes, amount_cents(standby_minutes, band.hourly_rate_cents))


@dataclass(frozen=True, slots=True)
class CancellationBand:
    """A line of a quote's clause: cancelled with at least so many hours to go, this share of the price is due."""

    from_lead_hours: int
    charge_bp: int


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What cancelling costs: the share of the quoted price, in basis points and in cents."""

    charge_bp: int
    amount_cents: int


def cancel(clause: Sequence[CancellationBand], quoted_cents: int, starts_at: datetime, now: datetime) -> Cancellation:
    """The price of cancelling now by the quote's clause (O4).

    Once the window has begun all is due. Before, what the clause says; where it is silent, nothing.
    """
    if utc(now) >= utc(starts_at):
        return Cancellation(FULL_BP, quoted_cents)
    lead = (utc(starts_at) - utc(now)) // MINUTE
    reached = [band for band in clause if band.from_lead_hours * HOUR_MINUTES <= lead]
    share = max(reached, key=lambda band: band.from_lead_hours).charge_bp if reached else 0
    return Cancellation(share, percentage_cents(quoted_cents, share))


def check_over(ends_at: datetime, now: datetime) -> None:
    """Refuses to complete a permanence whose window has not ended, as `window-not-over` (O4)."""
    if utc(now) < utc(ends_at):
        raise Refusal("window-not-over", "It is complete once its window has ended.", ends_at=ends_at)
