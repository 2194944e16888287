"""The tax of credit notes: whatever they are cut into, together they give back the invoice, at no time more (I4, I5)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.credit_note import ALL, Credit, Creditable, Wish, credit_note
from app.domain.invoice_assembly import Billed, assemble, line_id, minutes_line, numbered, piece_line
from app.domain.invoice_document import Document, DocumentKind, DocumentLine, LineKind, Unit
from app.domain.invoice_facts import Terms
from app.domain.money import percentage_cents
from app.domain.vat import Category, Vat
from tests.domain.test_invoice import PARTY, TERMS

STANDARD = Vat(Category.STANDARD, 1700)
TAXES = (STANDARD, Vat(Category.STANDARD, 1600), Vat(Category.STANDARD, 300))
LAST = 99_999


def prepaid(minutes: int, vat: Vat = STANDARD) -> DocumentLine:
    """At 114.00 EUR an hour: 1.90 a minute."""
    return minutes_line(LineKind.CONTRACT, "Hours", minutes, Terms(12_000, 500, TERMS.terms_id), vat)


def an_invoice(lines: Iterable[DocumentLine]) -> Document:
    id_ = UUID("019ab000-0000-7000-8000-0000000000aa")
    listed = [one.line for one in numbered(id_, [Billed(line) for line in lines])]
    made = assemble(id_, DocumentKind.INVOICE, PARTY, listed, supplied_on=date(2026, 11, 24))
    return replace(made, number="F2026-0001", issued_on=date(2026, 11, 24))


class Books:
    """An invoice and what is left of its lines after each credit note."""

    def __init__(self, lines: Iterable[DocumentLine]) -> None:
        self.invoice, self.notes = an_invoice(lines), list[Document]()
        self.lines = {
            line.id: Creditable(line=line, left_cents=line.net_cents, left_minutes=line.quantity)
            for line in self.invoice.lines
        }

    def credit(self, **wishes: Wish) -> Document:
        """By the place of a line, like `_1`; all that is left without any."""
        wanted = {line_id(self.invoice.id, int(place[1:])): wish for place, wish in wishes.items()} or None
        made = credit_note(self.invoice, Credit(self.lines, wanted, "Agreed"), UUID(int=LAST + len(self.notes)))
        for billed in made.billed:
            assert billed.origin is not None
            one, line = self.lines[billed.origin.line_id], billed.line
            self.lines[one.line.id] = replace(
                one,
                left_cents=one.left_cents - line.net_cents,
                credited_cents=one.credited_cents + line.net_cents,
                left_minutes=one.left_minutes - (line.quantity if line.unit is Unit.MINUTE else 0),
            )
        self.notes.append(made.document)
        return made.document

    @property
    def owed(self) -> int:
        """What is left to pay of the invoice, in cents."""
        return self.invoice.total_cents - sum(note.total_cents for note in self.notes)


@pytest.mark.parametrize(
    ("minutes", "parts", "vat"),
    [
        (30, (15, 15), (484, 485)),  # 9.69; 4.845 of the rest, rounded 4.85
        (5, (1, 1, 1, 1, 1), (33, 32, 32, 33, 32)),  # 1.62; 1.292, 0.969, 0.646, 0.323 of what remains
        (60, (60,), (1938,)),
    ],
)
def test_parts_of_hours(minutes: int, parts: tuple[int, ...], vat: tuple[int, ...]):
    books = Books([prepaid(minutes)])
    assert tuple(books.credit(_1=Wish(minutes=part)).vat_cents for part in parts) == vat
    assert books.owed == 0


def test_each_rate_is_rounded_for_itself():
    books = Books([prepaid(15), prepaid(15, TAXES[1])])  # 28.50 each: 4.845 and 4.56
    assert [one.vat_cents for one in books.invoice.vat] == [456, 485]
    note = books.credit(_1=Wish(net_cents=2), _2=Wish(minutes=5))  # 4.8416 and 3.04 remain
    assert [(one.rate_bp, one.base_cents, one.vat_cents) for one in note.vat] == [(1600, 950, 152), (1700, 2, 1)]
    assert [one.vat_cents for one in books.credit().vat] == [304, 484]
    assert books.owed == 0


def test_lines_of_one_rate_share_its_rounding():
    books = Books([prepaid(15), prepaid(15)])  # 57.00 together: 9.69
    assert [books.credit(_1=ALL).vat_cents, books.credit(_2=ALL).vat_cents] == [484, 485]


lines = st.one_of(
    st.builds(prepaid, st.integers(1, 90), st.sampled_from(TAXES)),
    st.builds(
        lambda minutes, rate, discount, vat: minutes_line(
            LineKind.TIME, "Work", minutes, Terms(rate, discount, TERMS.terms_id), vat
        ),
        st.integers(1, 90), st.sampled_from((12_000, 12_345, 7)), st.sampled_from((0, 500, 3333)), st.sampled_from(TAXES),
    ),
    st.builds(lambda cents, vat: piece_line(LineKind.URGENCY, "Fee", cents, vat), st.integers(1, 20_000), st.sampled_from(TAXES)),
).filter(lambda line: line.net_cents > 0)  # fmt: skip


@given(st.data(), st.lists(lines, min_size=1, max_size=4), st.integers(0, 12))
def test_any_parts_come_to_the_invoice_and_never_to_more(data: Any, charged: list[DocumentLine], cuts: int):
    books = Books(charged)
    for _ in range(cuts):
        open_ = [one for one in books.lines.values() if one.left_cents > 0]
        if not open_:
            break
        picked = data.draw(st.lists(st.sampled_from(open_), min_size=1, unique_by=lambda one: one.line.id))
        note = books.credit(**{f"_{place(books, one)}": wish(data, one) for one in picked})
        for one in note.vat:
            assert abs(one.vat_cents - percentage_cents(one.base_cents, one.rate_bp)) <= 1
            assert one.vat_cents >= 0
        assert books.owed >= 0
    if any(one.left_cents for one in books.lines.values()):
        books.credit()
    assert books.owed == 0
    taxed: dict[int, int] = {}
    for given_back in (one for note in books.notes for one in note.vat):
        taxed[given_back.rate_bp] = taxed.get(given_back.rate_bp, 0) + given_back.vat_cents
    assert taxed == {one.rate_bp: one.vat_cents for one in books.invoice.vat}


def place(books: Books, one: Creditable) -> int:
    return books.invoice.lines.index(one.line) + 1


def wish(data: Any, one: Creditable) -> Wish:
    """Some cents, some minutes where they cost something, or all."""
    kinds = [st.just(ALL), st.builds(Wish, st.none(), st.integers(1, one.left_cents))]
    if one.line.unit is Unit.MINUTE and one.left_minutes and one.line.net_cents >= one.line.quantity:
        kinds.append(st.builds(Wish, st.integers(1, one.left_minutes)))
    found: Wish = data.draw(st.one_of(kinds))
    return found
