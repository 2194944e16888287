"""Quotes and estimates (rule Q): their lines, their states, the day beyond which one is needed, what one covers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from app.domain.calendar import DAY, day_start, local_date, utc
from app.domain.errors import Refusal
from app.domain.money import amount_cents, discounted_cents
from app.domain.moves import after
from app.domain.pricing import check_quote
from app.domain.terms import Terms

FULL_PERCENT = 100
WARNING_PERCENTS = (80, 100)


class Kind(StrEnum):
    """A quote is a fixed price, a ceiling; an estimate is consent to real minutes (Q2)."""

    QUOTE = "quote"
    ESTIMATE = "estimate"


class Status(StrEnum):
    """Where one version of a quote is."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What can happen to a version."""

    SEND = "send"
    ACCEPT = "accept"
    REFUSE = "refuse"
    EXPIRE = "expire"
    REVISE = "revise"
    REPLACE = "replace"
    WITHDRAW = "withdraw"


MOVES = MappingProxyType(
    {
        Status.DRAFT: {Move.SEND: Status.SENT, Move.REVISE: Status.REPLACED, Move.WITHDRAW: Status.WITHDRAWN},
        Status.SENT: {
            Move.SEND: Status.SENT,
            Move.ACCEPT: Status.ACCEPTED,
            Move.REFUSE: Status.REFUSED,
            Move.EXPIRE: Status.EXPIRED,
            Move.REVISE: Status.REPLACED,
            Move.WITHDRAW: Status.WITHDRAWN,
        },
        Status.REFUSED: {Move.REVISE: Status.REFUSED},
        Status.EXPIRED: {Move.REVISE: Status.EXPIRED},
        # An estimate holds until its next version is accepted; see `revise`.
        Status.ACCEPTED: {Move.REVISE: Status.ACCEPTED, Move.REPLACE: Status.REPLACED},
        Status.REPLACED: {},
        Status.WITHDRAWN: {Move.REVISE: Status.WITHDRAWN},
    }
)
"""The one table of moves. Revising makes a new version: what becomes of the one it follows stands here."""


def move(current: Status, wanted: Move) -> Status:
    """The status after the move; refuses any other as `quote-not-open`, with the legal moves."""
    return after(MOVES, current, wanted, subject="quote", code="quote-not-open")


def revise(current: Status, kind: Kind) -> Status:
    """What becomes of the newest version when another follows it.

    A fixed price that was accepted is a contract: `quote-not-open`. An accepted estimate stays in force until
    the new version is accepted (Q2).
    """
    if current is Status.ACCEPTED and kind is Kind.QUOTE:
        raise Refusal(
            "quote-not-open",
            "An accepted fixed price does not change: write another quote for further work.",
            current=current.value,
            legal=[],
        )
    return move(current, Move.REVISE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: minutes at an hourly rate, or a quantity at a unit price; both less a discount."""

    description: str
    minutes: int | None = None
    hourly_rate_cents: int | None = None
    quantity: int | None = None
    unit_price_cents: int | None = None
    discount_bp: int = 0

    def __post_init__(self) -> None:
        """Refuse a line that is neither or both as `quote-line-invalid`."""
        timed = self.minutes is not None and self.hourly_rate_cents is not None
        counted = self.quantity is not None and self.unit_price_cents is not None
        given = [self.minutes, self.hourly_rate_cents, self.quantity, self.unit_price_cents]
        if timed == counted or sum(value is not None for value in given) != 2:  # noqa: PLR2004 (one pair)
            raise Refusal("quote-line-invalid", "A line has minutes and a rate, or a quantity and a price.")

    @property
    def net_cents(self) -> int:
        """What the line costs, rounded once (P1)."""
        if self.minutes is not None and self.hourly_rate_cents is not None:
            return amount_cents(self.minutes, self.hourly_rate_cents, self.discount_bp)
        return discounted_cents((self.quantity or 0) * (self.unit_price_cents or 0), self.discount_bp)


def minutes_of(lines: Iterable[Line]) -> int:
    """The minutes that the lines speak of."""
    return sum(line.minutes or 0 for line in lines)


def check_lines(kind: Kind, lines: Iterable[Line]) -> None:
    """Refuses an estimate with a fixed amount as `estimate-needs-minutes`: only real minutes are billed (Q2)."""
    if kind is Kind.ESTIMATE and any(line.minutes is None for line in lines):
        raise Refusal("estimate-needs-minutes", "An estimate is made of minutes; fixed amounts belong in a quote.")


def valid_until(today: date, wanted: date | None, valid_days: int, begins_at: datetime | None = None) -> date:
    """The last local date of a quote made today (Q2); refuses one before today as `validity-over`.

    Nobody can buy an on-call that has begun: unless a date is wanted its quote ends on the day before, at the latest.
    """
    last = local_date(begins_at) if begins_at is not None else date.max
    until = wanted if wanted is not None else min(today + valid_days * DAY, max(last - DAY, today))
    if until < today:
        raise Refusal("validity-over", "The quote would have expired already.", today=today)
    if until > last:
        raise Refusal("validity-over", "The on-call would have begun before.", begins_at=begins_at)
    return until


def expires_at(valid_until_on: date, begins_at: datetime | None = None) -> datetime:
    """The instant from which nobody can accept: local midnight after the last day, or when the on-call begins."""
    midnight = day_start(valid_until_on + DAY)
    return midnight if begins_at is None else min(midnight, utc(begins_at))


def quote_number(year: int, sequence: int) -> str:
    """The human number, one for all versions: `D2026-0001`."""
    return f"D{year}-{sequence:04d}"


@dataclass(frozen=True, slots=True)
class Consent:
    """What the client of a ticket has agreed to: the accepted quote's kind, number and minutes."""

    kind: Kind
    number: str
    minutes: int


def check_time(terms: Terms, consent: Consent | None, *, chargeable_minutes: int) -> None:
    """Whether a ticket may reach so many chargeable minutes, the entry at hand included (Q1, Q2).

    Refuses as `quote-required` beyond a day without consent, as `estimate-exceeded` beyond an accepted estimate.
    A fixed price covers any time: what it takes more is the desk's loss.
    """
    if consent is None or consent.kind is Kind.QUOTE:
        check_quote(terms, chargeable_minutes=chargeable_minutes, accepted=consent is not None)
        return
    if chargeable_minutes > consent.minutes:
        raise Refusal(
            "estimate-exceeded",
            f"The client agreed to {consent.minutes} minutes ({consent.number}); this would make "
            f"{chargeable_minutes}. Send a new version of the estimate.",
            quote_number=consent.number,
            estimated_minutes=consent.minutes,
            chargeable_minutes=chargeable_minutes,
        )


def warnings(consent: Consent | None, before_minutes: int, after_minutes: int) -> tuple[int, ...]:
    """The percentages of an estimate that this work reaches, going from one sum of minutes to another (Q2)."""
    if consent is None or consent.kind is Kind.QUOTE:
        return ()
    return tuple(
        percent
        for percent in WARNING_PERCENTS
        if before_minutes * FULL_PERCENT < percent * consent.minutes <= after_minutes * FULL_PERCENT
    )
