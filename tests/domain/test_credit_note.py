"""Credit notes: never more than is left, what waits goes first, freed entries come back (I4, P6, C6)."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.domain.credit_note import (
    ALL,
    Credit,
    Creditable,
    Wish,
    check_purchase_credit,
    corrections_of,
    credit_note,
)
from app.domain.errors import Refusal
from app.domain.giving_back import Left
from app.domain.invoice_assembly import Invoicing
from app.domain.invoice_body import body_of, document_of
from app.domain.invoice_document import Document, DocumentKind, LineKind, Unit
from app.domain.invoice_facts import FeeBooking, Origin, Terms
from app.domain.vat import Category, Vat
from tests.domain.test_invoice import TERMS, TICKET, made, work

NOTE = UUID("019ab000-0000-7000-8000-0000000000cc")
A, B, COUNTER = UUID(int=1), UUID(int=2), UUID(int=3)


def issued(**facts: Any) -> Document:
    document = made(**facts).document
    return replace(document, number="F2026-0001", issued_on=date(2027, 1, 4))


INVOICE = issued(time=[work(20, entry=A), work(30, entry=B)])
LINE = INVOICE.lines[0]
WHOLE = Creditable(line=LINE, left_cents=10_000, left_minutes=50, entries=((A, 20), (B, 30)))


def note(
    one: Creditable = WHOLE, wish: Wish | None = None, *, invoice: Document = INVOICE, free: bool = False
) -> Invoicing:
    wishes = {one.line.id: wish} if wish is not None else None
    return credit_note(invoice, Credit({one.line.id: one}, wishes, "Agreed", free), NOTE)


def test_all_of_it():
    found = note()
    document = found.document
    assert (document.kind, document.language, document.total_cents) == (DocumentKind.CREDIT_NOTE, "fr", 11_700)
    assert document.credits is not None
    assert (document.credits.number, document.credits.reason) == ("F2026-0001", "Agreed")
    (line,) = document.lines
    assert (line.quantity, line.net_cents, line.source_id, line.details) == (50, 10_000, LINE.id, LINE.details)
    assert found.billed[0].entries == ()
    assert found.billed[0].origin == Origin(LINE.id, "F2026-0001", Vat(Category.STANDARD, 1700), Left(10_000, 50))
    assert document_of(body_of(document), NOTE) == document


def test_freed_entries_come_back_the_last_first():
    assert note(free=True).billed[0].entries == ((B, -30), (A, -20))
    assert note(wish=Wish(minutes=35), free=True).billed[0].entries == ((B, -30), (A, -5))
    assert note(wish=Wish(minutes=10), free=True).billed[0].entries == ((B, -10),)


def test_an_amount_frees_no_minutes():
    assert note(wish=Wish(net_cents=1234), free=True).billed[0].entries == ()


def test_a_part_of_the_minutes_tells_no_days():
    (line,) = note(wish=Wish(minutes=10)).document.lines
    assert (line.quantity, line.net_cents, line.details) == (10, 2000, ())


def test_what_waits_is_settled_first():
    waiting = replace(WHOLE, pending=((COUNTER, -20),), entries=((B, 30),))
    assert note(waiting, Wish(minutes=25), free=True).billed[0].entries == ((COUNTER, -20), (B, -5))
    assert note(waiting, Wish(minutes=10)).billed[0].entries == ()  # not in part
    assert note(waiting, Wish(minutes=20)).billed[0].entries == ((COUNTER, -20),)
    assert corrections_of({LINE.id: waiting}) == {LINE.id: Wish(minutes=20)}


@pytest.mark.parametrize("wish", [Wish(minutes=51), Wish(net_cents=10_001), Wish(minutes=10, net_cents=10_001)])
def test_never_more_than_is_left(wish: Wish):
    with pytest.raises(Refusal) as refused:
        note(wish=wish)
    assert (refused.value.code, refused.value.detail) == ("credit-exceeds-line", "More than is left of the line.")
    assert refused.value.facts == {"line_id": LINE.id, "left_cents": 10_000, "left_minutes": 50}


def test_nothing_left():
    empty = replace(WHOLE, left_cents=0, left_minutes=0)
    for wish in (None, ALL, Wish(net_cents=1)):
        with pytest.raises(Refusal, match="credit-exceeds-line"):
            note(empty, wish)


def test_a_line_of_another_invoice():
    with pytest.raises(Refusal) as refused:
        credit_note(INVOICE, Credit({LINE.id: WHOLE}, {UUID(int=99): ALL}, "x"), NOTE)
    assert (refused.value.code, refused.value.detail, refused.value.facts) == (
        "reference-unknown", "The invoice has no such line.", {"pointer": "/lines"},
    )  # fmt: skip


def test_a_note_of_nothing():
    with pytest.raises(Refusal) as refused:
        credit_note(INVOICE, Credit({LINE.id: WHOLE}, {}, "x"), NOTE)
    assert (refused.value.code, refused.value.detail, refused.value.facts) == (
        "credit-exceeds-line", "There is nothing left to credit.", {"left_cents": 0},
    )  # fmt: skip


def test_an_amount_is_a_piece():
    (line,) = note(wish=Wish(net_cents=1234)).document.lines
    assert (line.quantity, line.unit, line.unit_price_cents, line.net_cents) == (1, Unit.PIECE, 1234, 1234)
    assert (line.description, line.ticket_number) == (LINE.description, TICKET.number)
    assert (line.kind, line.ticket_id, line.terms_id, line.source_id) == (
        LineKind.TIME, TICKET.id, TERMS.terms_id, LINE.id,
    )  # fmt: skip


def test_minutes_that_would_print_another_amount_are_a_piece():
    odd = Terms(12_345, 0, TERMS.terms_id)
    invoice = issued(time=[work(2, terms=odd)])
    (line,) = invoice.lines
    assert line.net_cents == 412  # 4.115
    rest = Creditable(line=line, left_cents=206, left_minutes=1)
    (credited,) = note(rest, invoice=invoice).document.lines
    assert (credited.quantity, credited.unit, credited.net_cents) == (1, Unit.MINUTE, 206)
    smaller = replace(rest, left_cents=205)
    (credited,) = note(smaller, Wish(minutes=1), invoice=invoice).document.lines
    assert (credited.unit, credited.net_cents) == (Unit.PIECE, 205)
    assert credited.description.endswith("· 1 min")


def test_a_refund_has_its_own_amount():
    wish = Wish(minutes=10, net_cents=1999, refund_id=COUNTER)
    found = note(wish=wish)
    assert (found.document.subtotal_cents, found.billed[0].refund_id) == (1999, COUNTER)
    assert note(wish=Wish(minutes=50, net_cents=10_000, refund_id=COUNTER)).document.subtotal_cents == 10_000


@pytest.mark.parametrize(
    ("wishes", "left_cents", "free"),
    [
        ({LINE.id: Wish(minutes=10, net_cents=2000, refund_id=COUNTER)}, 10_000, False),  # through the pool
        ({LINE.id: Wish(minutes=10, net_cents=2000, refund_id=COUNTER)}, 4_000, False),
        (None, 10_000, True),  # all of it, to be invoiced again
        ({LINE.id: ALL}, 10_000, True),
    ],
)
def test_a_purchase_goes_back_through_its_pool(wishes: dict[UUID, Wish] | None, left_cents: int, free: bool):
    lines = {LINE.id: replace(WHOLE, left_cents=left_cents)}
    check_purchase_credit(Credit(lines, wishes, "x", free), A, 10)


@pytest.mark.parametrize(
    ("wishes", "left_cents", "free"),
    [
        (None, 10_000, False),
        ({LINE.id: ALL}, 10_000, False),
        ({LINE.id: Wish(minutes=1)}, 10_000, True),
        ({LINE.id: Wish(net_cents=1)}, 10_000, False),
        (None, 8_000, True),  # something was refunded: the rest can only be
    ],
)
def test_a_purchase_is_not_credited_past_its_pool(wishes: dict[UUID, Wish] | None, left_cents: int, free: bool):
    lines = {LINE.id: replace(WHOLE, left_cents=left_cents)}
    with pytest.raises(Refusal) as refused:
        check_purchase_credit(Credit(lines, wishes, "x", free), A, 10)
    assert refused.value.code == "purchase-refunded-only"
    assert refused.value.detail == (
        "Prepaid hours go back as refunds of their contract: at most 10 minutes of it are unused."
    )
    assert refused.value.facts == {"contract_id": A, "refundable_minutes": 10}


def test_fees_are_pieces_and_settle_what_reverses_them():
    fee = FeeBooking(UUID(int=8), TICKET, date(2026, 11, 3), 15_000, TERMS.terms_id, (A,), None)
    invoice = issued(fees=[fee])
    one = Creditable(line=invoice.lines[0], left_cents=15_000, left_minutes=1, fee_ids=(B,))
    assert corrections_of({one.line.id: one}) == {one.line.id: ALL}
    found = note(one, ALL, invoice=invoice)
    assert (found.document.lines[0].quantity, found.document.lines[0].net_cents) == (1, 15_000)
    assert found.billed[0].fee_ids == (B,)
    assert note(one, ALL, invoice=invoice, free=True).billed[0].fee_ids == ()
    assert found.document.lines[0].source_id == one.line.id
    part = note(one, Wish(net_cents=1), invoice=invoice)
    assert part.billed[0].fee_ids == ()
    assert (part.document.lines[0].unit_price_cents, part.document.lines[0].net_cents) == (1, 1)
    with pytest.raises(Refusal, match="credit-exceeds-line"):
        note(one, Wish(minutes=1), invoice=invoice)


def test_an_adjustment_is_taken_back_with_the_rest():
    line = replace(LINE, quantity=-25, net_cents=-5000)
    one = Creditable(line=line, left_cents=-5000, left_minutes=-25, entries=((COUNTER, -25),))
    credit = Credit({LINE.id: WHOLE, UUID(int=98): one}, None, "x", free=True)
    found = credit_note(INVOICE, credit, NOTE)
    assert (found.document.subtotal_cents, found.document.lines[1].quantity) == (5000, -25)
    assert found.billed[1].entries == ((COUNTER, 25),)
    kept = credit_note(INVOICE, Credit({LINE.id: WHOLE, UUID(int=98): one}, None, "x"), NOTE)
    assert [billed.entries for billed in kept.billed] == [(), ((COUNTER, 25),)]  # due again, freed or not
    piece = replace(one, line=replace(line, unit=Unit.PIECE, quantity=-1, unit_price_cents=5000))
    found = credit_note(INVOICE, Credit({LINE.id: WHOLE, UUID(int=98): piece}, None, "x"), NOTE)
    assert (found.document.lines[1].quantity, found.billed[1].entries) == (-1, ((COUNTER, 25),))
    for cents in -1, -4999, 5000:  # whole or not at all
        with pytest.raises(Refusal, match="credit-exceeds-line"):
            credit_note(INVOICE, Credit({line.id: one}, {line.id: Wish(net_cents=cents)}, "x"), NOTE)
    with pytest.raises(Refusal, match="credit-exceeds-line"):
        credit_note(INVOICE, Credit({line.id: one}, None, "x"), NOTE)


def test_a_line_without_ticket():
    line = replace(LINE, ticket_id=None, ticket_number=None)
    (credited,) = note(replace(WHOLE, line=line), Wish(net_cents=7)).document.lines
    assert (credited.ticket_id, credited.ticket_number, credited.net_cents) == (None, None, 7)
