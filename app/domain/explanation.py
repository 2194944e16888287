"""Why a price is what it is: the reasons in words, and the numbers behind them (rule P)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from app.domain.money import decimal_text
from app.domain.pricing import INCLUDED_IN_FEE, Price, Work
from app.domain.terms import Terms


class Because(StrEnum):
    """One word for each kind of step."""

    TERMS = "terms"
    INCREMENT = "increment"
    NON_BILLABLE = "non_billable"
    QUOTED = "quoted"
    INCLUDED = "included"
    DRAWN = "drawn"
    BILLABLE = "billable"
    CORRECTION = "correction"
    CREDITED = "credited"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its word, a sentence, and the facts of the sentence by name."""

    because: Because
    text: str
    facts: dict[str, object] = field(default_factory=dict)


def explain(work: Work, price: Price, terms: Terms) -> tuple[Step, ...]:
    """The steps from the minutes worked to the amount, in the order in which they were decided."""
    return (_by_terms(work, price, terms), *_not_paid(work, price, terms), *_paid(price))


def takes_back(steps: tuple[Step, ...], entry_id: UUID, reason: str, credited_minutes: int) -> tuple[Step, ...]:
    """What a counter-entry takes back (P6), its entry's steps below zero, and what credit notes gave back before."""
    facts: dict[str, object] = {"entry_id": entry_id, "reason": reason}
    found = (Step(Because.CORRECTION, f"Takes back entry {entry_id}: {reason}", facts), *steps)
    if not credited_minutes:
        return found
    text = f"{credited_minutes} minutes of these are not given back again: a credit note gave them back already."
    return (*found, Step(Because.CREDITED, text, {"minutes": credited_minutes}))


def _by_terms(work: Work, price: Price, terms: Terms) -> Step:
    rate = f"{decimal_text(price.hourly_rate_cents)} {price.currency}"
    return Step(
        Because.TERMS,
        f"The terms of {terms.effective_on} were in force on {work.worked_on}: {rate} an hour.",
        {
            "terms_id": price.terms_id,
            "effective_on": terms.effective_on,
            "worked_on": work.worked_on,
            "hourly_rate_cents": price.hourly_rate_cents,
        },
    )


def _not_paid(work: Work, price: Price, terms: Terms) -> Iterator[Step]:
    given, reason = price.non_billable_minutes, price.non_billable_reason
    if reason not in (None, INCLUDED_IN_FEE):
        facts: dict[str, object] = {"minutes": given, "reason": reason}
        yield Step(Because.NON_BILLABLE, f"{given} minutes are not billed: {reason}.", facts)
        return
    yield _increment(work, price, terms)
    if price.quoted_minutes:
        text = f"{price.quoted_minutes} minutes are part of an accepted quote."
        yield Step(Because.QUOTED, text, {"minutes": price.quoted_minutes})
    if given:
        text = f"{given} minutes are included in the urgency fee."
        yield Step(Because.INCLUDED, text, {"minutes": given})


def _increment(work: Work, price: Price, terms: Terms) -> Step:
    steps, minimum = terms.billing_increment_minutes, terms.minimum_minutes
    how = f"in steps of {steps}, at least {minimum}"
    return Step(
        Because.INCREMENT,
        f"{work.worked_minutes} minutes worked are billed as {price.billed_minutes}: {how}.",
        {
            "worked_minutes": work.worked_minutes,
            "billed_minutes": price.billed_minutes,
            "billing_increment_minutes": steps,
            "minimum_minutes": minimum,
        },
    )


def _paid(price: Price) -> Iterator[Step]:
    for one in price.draws:
        facts: dict[str, object] = {"contract_id": one.pool_id, "minutes": one.minutes}
        yield Step(Because.DRAWN, f"{one.minutes} minutes are drawn from contract {one.pool_id}.", facts)
    if price.billable_minutes:
        yield _billable(price)


def _billable(price: Price) -> Step:
    rate = f"{decimal_text(price.hourly_rate_cents)} {price.currency}"
    amount = f"{decimal_text(price.amount_cents)} {price.currency}"
    less = f" less {decimal_text(price.discount_bp)} %" if price.discount_bp else ""
    return Step(
        Because.BILLABLE,
        f"{price.billable_minutes} minutes at {rate} an hour{less}: {amount}.",
        {
            "minutes": price.billable_minutes,
            "hourly_rate_cents": price.hourly_rate_cents,
            "discount_bp": price.discount_bp,
            "amount_cents": price.amount_cents,
        },
    )
