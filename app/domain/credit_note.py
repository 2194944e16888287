"""Credit notes (rules I4, C6): what of an issued invoice is given back, never more than is left of a line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from app.domain.errors import Refusal
from app.domain.giving_back import Left
from app.domain.invoice_assembly import (
    NIL,
    Billed,
    Invoicing,
    assemble,
    net_cents,
    numbered,
    piece_line,
    vat_lines,
)
from app.domain.invoice_document import Credited, Document, DocumentKind, DocumentLine, Unit, VatLine
from app.domain.invoice_facts import Origin, Party, TicketRef
from app.domain.money import percentage_cents
from app.domain.vat import Category, Vat


@dataclass(frozen=True, slots=True, kw_only=True)
class Creditable:
    """A line of an issued invoice and what is left of it, in cents and, where it counts minutes, in minutes.

    `credited_cents` were given back of it by credit notes; adjustments on later invoices take of what is left, too.
    `pending` are counter-entries that wait to give back of it, `entries` those of its own that can be invoiced again,
    `fee_ids` bookings that reverse the fee it charged.
    """

    line: DocumentLine
    left_cents: int
    left_minutes: int
    credited_cents: int = 0
    pending: tuple[tuple[UUID, int], ...] = ()
    entries: tuple[tuple[UUID, int], ...] = ()
    fee_ids: tuple[UUID, ...] = ()

    @property
    def left(self) -> Left:
        """What the line still has to give."""
        return Left(self.left_cents, self.left_minutes)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to give back of a line: minutes, cents excl. VAT, both where a refund has its own amount, or all."""

    minutes: int | None = None
    net_cents: int | None = None
    refund_id: UUID | None = None


ALL = Wish()


@dataclass(frozen=True, slots=True)
class Credit:
    """What a credit note needs beside the invoice: its lines, what is wished of which, and why."""

    lines: Mapping[UUID, Creditable]
    wishes: Mapping[UUID, Wish] | None
    reason: str
    free: bool = False


def corrections_of(lines: Mapping[UUID, Creditable]) -> dict[UUID, Wish]:
    """What counter-entries and reversed fees wait to have given back (P6, U4)."""
    wishes = {
        id_: Wish(minutes=-sum(minutes for _, minutes in one.pending)) for id_, one in lines.items() if one.pending
    }
    return wishes | {id_: ALL for id_, one in lines.items() if one.fee_ids}


def check_purchase_credit(credit: Credit, contract_id: UUID, refundable_minutes: int) -> None:
    """Prepaid hours go back through their pool, as refunds, so that none that were drawn become free (C6).

    All of a purchase that nothing was given back of may be credited to be invoiced again. Refuses the rest as
    `purchase-refunded-only`, with the minutes that can be refunded.
    """
    wishes = dict.fromkeys(credit.lines, ALL) if credit.wishes is None else credit.wishes
    whole = all(one.left_cents == one.line.net_cents for one in credit.lines.values())
    if all(wish.refund_id or (credit.free and whole and wish == ALL) for wish in wishes.values()):
        return
    raise Refusal(
        "purchase-refunded-only",
        f"Prepaid hours go back as refunds of their contract: at most {refundable_minutes} minutes of it are unused.",
        contract_id=contract_id,
        refundable_minutes=refundable_minutes,
    )


def credit_note(invoice: Document, credit: Credit, document_id: UUID) -> Invoicing:
    """The credit note of an issued invoice: amounts are what is given back, with what of the tax goes with them.

    Without wishes all that is left. Refuses lines that are not the invoice's as `reference-unknown`, and more than is
    left as `credit-exceeds-line`.
    """
    assert invoice.number is not None and invoice.issued_on is not None  # noqa: S101, PT018 (only issued ones)
    wishes = credit.wishes
    if wishes is None:
        wishes = {id_: ALL for id_, one in credit.lines.items() if one.left_cents}
    billed = numbered(document_id, _credit_lines(invoice.number, credit, wishes))
    document = assemble(
        document_id,
        DocumentKind.CREDIT_NOTE,
        Party(invoice.seller, invoice.buyer, invoice.language),
        [one.line for one in billed],
        vat=_vat_lines(credit, [one.line for one in billed]),
        supplied_on=invoice.supplied_on,
    )
    if not billed or document.total_cents < 0:
        raise Refusal("credit-exceeds-line", "There is nothing left to credit.", left_cents=0)
    named = Credited(invoice.id, invoice.number, invoice.issued_on, credit.reason)
    return Invoicing(replace(document, credits=named), billed)


def _vat_lines(credit: Credit, lines: Iterable[DocumentLine]) -> Iterator[VatLine]:
    """What remained of the invoice's tax before, less what is to remain: so all credit notes together give it back.

    Rounded alone they would not come to it: 57.00 EUR are taxed 9.69 EUR, but twice 28.50 EUR 4.85 EUR each (I4, I5).
    """
    remaining: dict[tuple[Category, int], int] = {}
    for one in credit.lines.values():
        key = one.line.vat_category, one.line.vat_rate_bp
        remaining[key] = remaining.get(key, 0) + one.line.net_cents - one.credited_cents
    for alone in vat_lines(lines):
        before = remaining[alone.category, alone.rate_bp]
        after = before - alone.base_cents
        vat = percentage_cents(before, alone.rate_bp) - percentage_cents(after, alone.rate_bp)
        yield replace(alone, vat_cents=vat)


def _credit_lines(number: str, credit: Credit, wishes: Mapping[UUID, Wish]) -> Iterator[Billed]:
    for id_, wish in wishes.items():
        one = credit.lines.get(id_)
        if one is None:
            raise Refusal("reference-unknown", "The invoice has no such line.", pointer="/lines")
        yield _credit_line(number, one, wish, free=credit.free)


def _credit_line(number: str, one: Creditable, wish: Wish, *, free: bool) -> Billed:
    line = one.line
    minutes, cents = _amounts(one, wish)
    origin = Origin(line.id, number, Vat(line.vat_category, line.vat_rate_bp), one.left)
    whole = cents == one.left_cents
    entries = _undone(one) if line.net_cents < 0 else _links(one, minutes or 0, free=free)
    fee_ids = one.fee_ids if whole and not free else ()
    return Billed(_written(line, minutes, cents), entries, fee_ids, refund_id=wish.refund_id, origin=origin)


def _amounts(one: Creditable, wish: Wish) -> tuple[int | None, int]:
    """Minutes, where the line counts them, and cents to give back; a few minutes cost what they cost alone."""
    line, counts = one.line, one.line.unit is Unit.MINUTE
    if wish.minutes is None:
        cents = one.left_cents if wish.net_cents is None else wish.net_cents
        _check(one, 0 < cents <= one.left_cents or (cents == one.left_cents != 0))
        whole = cents == one.left_cents
        return (one.left_minutes if counts and whole else None), cents
    _check(one, counts and wish.minutes <= one.left_minutes)
    if wish.net_cents is not None:
        _check(one, wish.net_cents <= one.left_cents)
        return wish.minutes, wish.net_cents
    exact = net_cents(wish.minutes, line.unit_price_cents, line.base_quantity, line.discount_bp)
    return wish.minutes, one.left.cents_for(wish.minutes, exact)


def _check(one: Creditable, fits: bool) -> None:
    if not fits:
        raise Refusal(
            "credit-exceeds-line",
            "More than is left of the line.",
            line_id=one.line.id,
            left_cents=one.left_cents,
            left_minutes=one.left_minutes,
        )


def _written(line: DocumentLine, minutes: int | None, cents: int) -> DocumentLine:
    """Minutes at their price, or a piece where that would print another amount."""
    if minutes and net_cents(minutes, line.unit_price_cents, line.base_quantity, line.discount_bp) == cents:
        details = line.details if minutes == line.quantity else ()
        return replace(line, id=NIL, quantity=minutes, net_cents=cents, source_id=line.id, details=details)
    text = f"{line.description} · {minutes} min" if minutes else line.description
    ticket = TicketRef(line.ticket_id, line.ticket_number or "", "") if line.ticket_id else None
    vat = Vat(line.vat_category, line.vat_rate_bp)
    return piece_line(line.kind, text, cents, vat, ticket=ticket, terms_id=line.terms_id, source_id=line.id)


def _links(one: Creditable, minutes: int, *, free: bool) -> tuple[tuple[UUID, int], ...]:
    """Counter-entries that wait are settled first; then, if wished, its own entries come back, the last first."""
    links, left = [], minutes
    for entry_id, waiting in one.pending:
        if -waiting <= left:
            links.append((entry_id, waiting))
            left += waiting
    for entry_id, held in reversed(one.entries if free else ()):
        given = min(held, left)
        if given:
            links.append((entry_id, -given))
            left -= given
    return tuple(links)


def _undone(one: Creditable) -> tuple[tuple[UUID, int], ...]:
    """What an adjustment gave back is due again once it is credited, wished or not: nothing else would give it."""
    return tuple((entry_id, -held) for entry_id, held in one.entries)
