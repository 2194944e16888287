"""Value added tax of Luxembourg: which rate on which date, and on which client (rule I5).

Rates are basis points. They are the law's, not the terms': a new law is a new line of the dated table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.domain.money import percentage_cents

STANDARD_RATES: tuple[tuple[date, int], ...] = (
    (date(2015, 1, 1), 1700),
    (date(2023, 1, 1), 1600),
    (date(2024, 1, 1), 1700),
)
"""From that local date on, the standard rate in basis points."""

SELLER = "LU"
EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)


class Category(StrEnum):
    """The categories of UNCL5305 that the desk's sales fall into."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"
    OUT_OF_SCOPE = "O"


@dataclass(frozen=True, slots=True)
class Vat:
    """How a sale is taxed; the rate is 0 unless the category is the standard one."""

    category: Category
    rate_bp: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums in cents; `vat_cents` is rounded once, on the sum of the lines."""

    subtotal_cents: int
    vat_cents: int
    total_cents: int


def standard_rate_bp(on: date, rates: Sequence[tuple[date, int]] = STANDARD_RATES) -> int:
    """The standard rate on a local date; before the first line of the table, the first line's."""
    return next((rate for since, rate in reversed(rates) if since <= on), rates[0][1])


def vat_of(country: str, vat_number: str | None, on: date) -> Vat:
    """The tax on services sold on that date to a client of that country.

    Businesses of other member states owe the tax themselves; private people there pay ours; outside the Union
    nothing is due.
    """
    if country not in EU:
        return Vat(Category.OUT_OF_SCOPE, 0)
    if country != SELLER and vat_number is not None:
        return Vat(Category.REVERSE_CHARGE, 0)
    return Vat(Category.STANDARD, standard_rate_bp(on))


def totals(net_cents: Iterable[int], vat: Vat) -> Totals:
    """What lines add up to, without and with the tax (invariant 5)."""
    subtotal = sum(net_cents)
    tax = percentage_cents(subtotal, vat.rate_bp)
    return Totals(subtotal, tax, subtotal + tax)


LATEST_DAY = 15
REASONS = {
    Category.STANDARD: None,
    Category.REVERSE_CHARGE: "Autoliquidation (article 196 de la directive 2006/112/CE)",
    Category.OUT_OF_SCOPE: "Hors du champ d'application de la TVA luxembourgeoise",
}
"""Why no tax is due, as invoices say it."""


def tax_point(issued_on: date, supplied_on: date) -> date:
    """The date whose rate holds (I5): the issue, at the latest the 15th of the month after the supply."""
    years, month = divmod(supplied_on.month, 12)
    return min(issued_on, date(supplied_on.year + years, month + 1, LATEST_DAY))


def shares(total: int, parts: Sequence[int]) -> tuple[int, ...]:
    """A total in cents shared out among parts by their size: whole cents that add up to it exactly.

    Each gets its share cut off; what is left goes a cent each to the largest remainders, the first of equals first.
    """
    whole = sum(parts)
    if whole == 0:
        return tuple(0 for _ in parts)
    found = [divmod(total * part, whole) for part in parts]
    left = total - sum(share for share, _ in found)
    largest = sorted(range(len(parts)), key=lambda index: -found[index][1] if whole > 0 else found[index][1])
    lucky = set(largest[:left])
    return tuple(share + (index in lucky) for index, (share, _) in enumerate(found))
