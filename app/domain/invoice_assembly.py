"""Putting documents together: lines with their amounts, their tax, their sums (rules P1, I5; invariant 5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from app.domain.invoice_document import Document, DocumentKind, DocumentLine, LineKind, PoolStatement, Unit, VatLine
from app.domain.invoice_facts import EntryList, OpenMinutes, Origin, Party, Terms, TicketRef
from app.domain.money import FULL_BP, MINUTES_PER_HOUR, percentage_cents, round_half_up
from app.domain.period import Period
from app.domain.vat import REASONS, Category, Vat

CURRENCY = "EUR"
RANDOM_BITS = (1 << 62) - 1
NIL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Billed:
    """A line and what it takes off the list of what is open: entries with their minutes, fees, a charge, a refund."""

    line: DocumentLine
    entries: tuple[tuple[UUID, int], ...] = ()
    fee_ids: tuple[UUID, ...] = ()
    charge_id: UUID | None = None
    refund_id: UUID | None = None
    origin: Origin | None = None
    listed: tuple[EntryList, ...] = ()


@dataclass(frozen=True, slots=True)
class Invoicing:
    """A document and what stands behind each of its lines, in their order."""

    document: Document
    billed: tuple[Billed, ...]


def line_id(document_id: UUID, position: int) -> UUID:
    """The id of a line, which follows from its document's: a UUIDv7 of the same instant, counted on from it."""
    value = document_id.int
    return UUID(int=(value & ~RANDOM_BITS) | ((value + position) & RANDOM_BITS))


def net_cents(quantity: int, unit_price_cents: int, base_quantity: int, discount_bp: int) -> int:
    """A line's amount, rounded half up, once (P1)."""
    exact = quantity * unit_price_cents * (FULL_BP - discount_bp)
    return round_half_up(exact, base_quantity * FULL_BP)


def numbered(document_id: UUID, billed: Iterable[Billed]) -> tuple[Billed, ...]:
    """Give lines the ids that their document and place make."""
    return tuple(
        replace(one, line=replace(one.line, id=line_id(document_id, position)))
        for position, one in enumerate(billed, 1)
    )


def assemble(
    document_id: UUID,
    kind: DocumentKind,
    party: Party,
    lines: Sequence[DocumentLine],
    *,
    supplied_on: date,
    vat: Iterable[VatLine] | None = None,
    period: Period | None = None,
    annex: tuple[PoolStatement, ...] = (),
    mentions: tuple[str, ...] = (),
) -> Document:
    """A document of these lines, taxed and added up (invariant 5), unless `vat` is given; not issued yet."""
    taxes = vat_lines(lines) if vat is None else tuple(vat)
    subtotal, tax = sum(line.net_cents for line in lines), sum(one.vat_cents for one in taxes)
    return Document(
        id=document_id,
        kind=kind,
        number=None,
        language=party.language,
        currency=CURRENCY,
        issued_on=None,
        due_on=None,
        supplied_on=supplied_on,
        period=period.name if period else None,
        period_start=period.start if period else None,
        period_end=period.end if period else None,
        seller=party.seller,
        buyer=party.buyer,
        lines=tuple(lines),
        vat=taxes,
        subtotal_cents=subtotal,
        vat_cents=tax,
        total_cents=subtotal + tax,
        prepaid_annex=annex,
        credits=None,
        mentions=mentions,
    )


def vat_lines(lines: Iterable[DocumentLine]) -> tuple[VatLine, ...]:
    """The tax of each category and rate, on the sum of its lines, rounded once (I5)."""
    bases: dict[tuple[Category, int], int] = {}
    for line in lines:
        key = line.vat_category, line.vat_rate_bp
        bases[key] = bases.get(key, 0) + line.net_cents
    return tuple(
        VatLine(category, rate_bp, base, percentage_cents(base, rate_bp), REASONS[category])
        for (category, rate_bp), base in sorted(bases.items())
    )


def minutes_line(
    kind: LineKind, description: str, minutes: int, terms: Terms, vat: Vat, *, ticket: TicketRef | None = None
) -> DocumentLine:
    """Minutes at a rate less a discount, rounded once (P1)."""
    return DocumentLine(
        id=NIL,
        kind=kind,
        ticket_id=ticket.id if ticket else None,
        ticket_number=ticket.number if ticket else None,
        description=description,
        quantity=minutes,
        unit=Unit.MINUTE,
        unit_price_cents=terms.hourly_rate_cents,
        base_quantity=MINUTES_PER_HOUR,
        discount_bp=terms.discount_bp,
        net_cents=net_cents(minutes, terms.hourly_rate_cents, MINUTES_PER_HOUR, terms.discount_bp),
        vat_category=vat.category,
        vat_rate_bp=vat.rate_bp,
        terms_id=terms.terms_id,
        source_id=None,
        details=(),
    )


def work_line(kind: LineKind, description: str, parts: Sequence[OpenMinutes], terms: Terms, vat: Vat) -> Billed:
    """The work of one ticket at one price, with its details by day and agent."""
    details = tuple(detail for one in parts for detail in one.details)
    minutes = sum(detail.minutes for detail in details)
    line = minutes_line(kind, description, minutes, terms, vat, ticket=parts[0].ticket)
    line = replace(line, details=details)
    return Billed(
        line,
        tuple(entry for one in parts for entry in one.entries),
        listed=tuple(one.listed for one in parts if one.listed is not None),
    )


def piece_line(
    kind: LineKind,
    description: str,
    amount_cents: int,
    vat: Vat,
    *,
    ticket: TicketRef | None = None,
    terms_id: UUID | None = None,
    source_id: UUID | None = None,
) -> DocumentLine:
    """One piece at a price; below zero it is one piece less."""
    return DocumentLine(
        id=NIL,
        kind=kind,
        ticket_id=ticket.id if ticket else None,
        ticket_number=ticket.number if ticket else None,
        description=description,
        quantity=1 if amount_cents >= 0 else -1,
        unit=Unit.PIECE,
        unit_price_cents=abs(amount_cents),
        base_quantity=1,
        discount_bp=0,
        net_cents=amount_cents,
        vat_category=vat.category,
        vat_rate_bp=vat.rate_bp,
        terms_id=terms_id,
        source_id=source_id,
        details=(),
    )
