"""What one time entry costs (rules P, C3, C4, T5, U2): one pure function for logging, cost and simulation.

Every billed minute ends in exactly one place: drawn, billable, quoted or non-billable (invariant 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from app.domain.contract import Draw, Pool, draw
from app.domain.errors import Refusal
from app.domain.minutes import billed_minutes, check_minutes
from app.domain.money import amount_cents
from app.domain.terms import Terms
from app.domain.ticket import Lane

IN_PROJECT = "in_project"
INCLUDED_IN_FEE = "included_in_fee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What happened, as far as its price depends on it.

    `included_minutes` are those the ticket's urgency fee still includes (U2); `quoted` means that an accepted
    fixed price covers it (C4); `in_project` that the site's project is not closed yet (T5), to be left out
    for work that somebody decided to bill all the same.
    """

    worked_on: date
    worked_minutes: int
    lane: Lane
    non_billable_reason: str | None = None
    in_project: bool = False
    quoted: bool = False
    out_of_hours: bool = False
    included_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Where the billed minutes of one entry went; what is billable is the rest, so none is lost."""

    terms_id: UUID
    currency: str
    hourly_rate_cents: int
    discount_bp: int
    worked_minutes: int
    billed_minutes: int
    draws: tuple[Draw, ...] = ()
    quoted_minutes: int = 0
    non_billable_minutes: int = 0
    non_billable_reason: str | None = None

    @property
    def drawn_minutes(self) -> int:
        """Minutes that prepaid pools gave."""
        return sum(one.minutes for one in self.draws)

    @property
    def billable_minutes(self) -> int:
        """Minutes the client is to pay at the hourly rate."""
        return self.billed_minutes - self.drawn_minutes - self.quoted_minutes - self.non_billable_minutes

    @property
    def amount_cents(self) -> int:
        """What the billable minutes cost, in cents (P1)."""
        return amount_cents(self.billable_minutes, self.hourly_rate_cents, self.discount_bp)


def hourly_rate_cents(terms: Terms, lane: Lane, *, out_of_hours: bool) -> int:
    """The rate before discounts: the urgency's own, the one outside hours, or the standard (U2, P5)."""
    if lane is Lane.URGENT and terms.urgency.hourly_rate_cents is not None:
        return terms.urgency.hourly_rate_cents
    if out_of_hours and terms.out_of_hours_hourly_rate_cents is not None:
        return terms.out_of_hours_hourly_rate_cents
    return terms.hourly_rate_cents


def draws_on_pools(terms: Terms, lane: Lane) -> bool:
    """Whether prepaid minutes cover work in that lane (C4)."""
    return lane is not Lane.URGENT or terms.prepaid_covers_urgent


def price(work: Work, terms: Terms, pools: Sequence[Pool] = ()) -> Price:
    """The price of one entry by the terms in force on its date and the client's pools as they are before it.

    In this order: non-billable, quoted, included in the urgency fee, drawn from the pools, billable. Refuses
    less than a minute as `minutes-not-positive`.
    """
    billed, given, reason = _billed_and_given(work, terms)
    quoted = billed - given if work.quoted else 0
    prepaid = draws_on_pools(terms, work.lane)
    has_contract = any(pool.covers(work.worked_on) for pool in pools)
    return Price(
        terms_id=terms.terms_id,
        currency=terms.currency,
        hourly_rate_cents=hourly_rate_cents(terms, work.lane, out_of_hours=work.out_of_hours),
        discount_bp=terms.overflow_discount_bp if has_contract else 0,
        worked_minutes=work.worked_minutes,
        billed_minutes=billed,
        draws=draw(pools, work.worked_on, billed - given - quoted) if prepaid else (),
        quoted_minutes=quoted,
        non_billable_minutes=given,
        non_billable_reason=reason,
    )


def _billed_and_given(work: Work, terms: Terms) -> tuple[int, int, str | None]:
    """Billed minutes, how many of them are given for nothing, and why.

    Time given away as a whole is kept as worked: increment and minimum are for what a client may have to pay.
    """
    check_minutes(work.worked_minutes)
    if work.non_billable_reason is not None:
        return work.worked_minutes, work.worked_minutes, work.non_billable_reason
    if work.in_project and not terms.bills_in_project:
        return work.worked_minutes, work.worked_minutes, IN_PROJECT
    billed = billed_minutes(work.worked_minutes, terms.billing_increment_minutes, terms.minimum_minutes)
    if work.lane is Lane.URGENT and not work.quoted and work.included_minutes > 0:
        return billed, min(billed, work.included_minutes), INCLUDED_IN_FEE
    return billed, 0, None


def counter(entry: Price) -> Price:
    """The counter-entry that takes back all of an entry, at the entry's own rate, pools included (P6)."""
    return replace(
        entry,
        worked_minutes=-entry.worked_minutes,
        billed_minutes=-entry.billed_minutes,
        draws=tuple(Draw(one.pool_id, -one.minutes) for one in entry.draws),
        quoted_minutes=-entry.quoted_minutes,
        non_billable_minutes=-entry.non_billable_minutes,
    )


def needs_quote(terms: Terms, *, estimated_minutes: int | None, chargeable_minutes: int) -> bool:
    """Whether a ticket estimated at, or adding up to, so many minutes needs an accepted quote first (Q1)."""
    return max(estimated_minutes or 0, chargeable_minutes) > terms.quote_threshold_minutes


def check_quote(terms: Terms, *, chargeable_minutes: int, accepted: bool) -> None:
    """Refuses time beyond the threshold without an accepted quote, as `quote-required` (Q1).

    `chargeable_minutes` are the ticket's drawn and billable minutes, the entry at hand included.
    """
    threshold = terms.quote_threshold_minutes
    if chargeable_minutes > threshold and not accepted:
        raise Refusal(
            "quote-required",
            f"Work of more than {threshold} minutes needs an accepted quote first.",
            quote_threshold_minutes=threshold,
            chargeable_minutes=chargeable_minutes,
        )
