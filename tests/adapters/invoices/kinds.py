"""One document of every kind that the desk may issue, each under its name: the proof runs over all of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from app.domain.invoice_document import Document, DocumentLine, LineKind, Unit, WorkDetail
from app.domain.vat import Category
from tests.adapters.invoices.papers import (
    BAKERY,
    END,
    GERMAN,
    HOUSE,
    OUTSIDE,
    PRIVATE,
    REVERSE,
    START,
    SWISS,
    a_credit_note,
    a_document,
    a_fee,
    a_line,
    a_long_document,
    a_pool,
    credited_in_parts,
    given_back,
    prepaid_hours,
)

LATE = WorkDetail(date(2026, 6, 29), "Anne Agent", 45, late=True)
OLD_RATE = (Category.STANDARD, 1600)
RATES = (9000, 11399, 12000, 12345, 15001)
DISCOUNTS = (0, 1, 250, 500, 3333, 10000)
MINUTES = (1, 7, 59, 60, 61, 1439)


def _quote(**values: object) -> DocumentLine:
    return a_fee(
        31, kind=LineKind.QUOTE, description="Devis D2026-0004 : boutique en ligne", unit_price_cents=249900, **values
    )


def _permanence(**values: object) -> DocumentLine:
    return a_fee(
        32, kind=LineKind.PERMANENCE, ticket_id=None, ticket_number=None, unit_price_cents=4500, quantity=5,
        description="Permanence du Salon, samedi 19 septembre", **values,
    )  # fmt: skip


def _contents(vat: tuple[Category, int]) -> Iterator[tuple[str, list[DocumentLine]]]:
    """What may stand on an invoice, alone and together."""
    yield "time", [a_line(vat=vat)]
    yield "urgency", [a_fee(vat=vat), a_line(2, vat=vat)]
    yield "quote", [_quote(vat=vat)]
    yield "permanence", [_permanence(vat=vat)]
    yield "purchase", [prepaid_hours(vat=vat)]
    yield "correction", [a_line(vat=vat), given_back(vat=vat)]
    yield "discounted correction", [prepaid_hours(90, vat=vat), given_back(-7, discount_bp=500, vat=vat)]
    yield "all", [a_line(vat=vat), a_fee(2, vat=vat), _quote(vat=vat), _permanence(vat=vat), given_back(vat=vat)]


def _by_buyer() -> Iterator[tuple[str, Document]]:
    buyers = [("home", BAKERY, (Category.STANDARD, 1700)), ("reverse charge", GERMAN, REVERSE)]
    for place, buyer, vat in [*buyers, ("outside", SWISS, OUTSIDE)]:
        for name, lines in _contents(vat):
            yield f"{place}, {name}", a_document(lines, buyer=buyer)
            yield f"{place}, {name}, credited", a_credit_note(lines, buyer=buyer)


def _by_price() -> Iterator[tuple[str, Document]]:
    for rate in RATES:
        lines = [
            a_line(place, quantity=minutes, unit_price_cents=rate, discount_bp=discount)
            for place, (minutes, discount) in enumerate(zip(MINUTES, DISCOUNTS, strict=True), 1)
        ]
        yield f"price {rate}", a_document(lines)
        yield f"price {rate}, credited", a_credit_note(lines)


def _special() -> Iterator[tuple[str, Document]]:
    yield "two rates", a_document([a_line(), a_line(2, vat=OLD_RATE)])
    yield "two rates, credited", a_credit_note([a_line(), a_line(2, vat=OLD_RATE)])
    for off in (-1, 1):
        yield f"in parts, {off}", credited_in_parts([prepaid_hours(15)], off)  # 28.50: 4.84 or 4.86, alone 4.85
        yield f"in parts, two rates, {off}", credited_in_parts([a_line(), a_line(2, vat=OLD_RATE)], off)
    yield "in parts, the last cent", credited_in_parts([a_fee(unit_price_cents=1)], 1)  # 0.01 with 0.01 of tax
    yield "in parts, three cents", credited_in_parts([a_fee(unit_price_cents=3)], -1)  # 0.03 with none
    yield "zero", a_document([a_line(quantity=30), given_back()])
    yield "zero, reverse charge", a_document([a_line(quantity=30, vat=REVERSE), given_back(vat=REVERSE)], buyer=GERMAN)
    yield "less than nothing", a_document([given_back()])
    yield "free", a_document([a_line(discount_bp=10000)])
    yield "late", a_document([a_line(details=(LATE,))])
    yield "pool beside", a_document([a_line()], prepaid_annex=(a_pool(),))
    yield "no period", a_document([prepaid_hours()], period=None, period_start=None, period_end=None)
    yield "private person", a_document([a_line()], buyer=PRIVATE)
    yield "no contact", a_document([a_line()], buyer=replace(BAKERY, contact_name=None))
    yield "no BIC, no phone", a_document([a_line()], seller=replace(HOUSE, bic=None, phone=None, bank=None))
    yield "mentions", a_document([a_line()], mentions=("Escompte : néant.", "Pénalités : taux légal."))
    yield "many pieces", a_document([a_fee(quantity=1000, unit_price_cents=1)])
    yield "large", a_document([a_fee(unit_price_cents=99_999_999_99)])
    yield "odd characters", a_document([a_line(description="A & B <i>\x0b\x00 😀 “x”\nsecond line")])
    yield "month", a_document([a_line(1)], period="2026-07", period_start=START, period_end=date(2026, 8, 1))
    yield "english", a_document([a_line()], language="en")
    yield "german", a_document([a_line(vat=REVERSE)], language="de", buyer=GERMAN)
    yield "200 lines", a_long_document()
    yield "200 lines, credited", a_credit_note(a_long_document().lines)
    yield "hours as pieces", a_document([a_fee(unit=Unit.MINUTE, quantity=60, base_quantity=60)], period_end=END)


DOCUMENTS: dict[str, Document] = dict([*_by_buyer(), *_by_price(), *_special()])
