"""From facts to a document (rule I3): preview, draft and issued invoice all come from `invoice_of`.

Facts are what is not invoiced yet; grouping, pricing, taxing and adding up happen here and nowhere else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from uuid import UUID

from app.domain.calendar import DAY
from app.domain.invoice_assembly import (
    Billed,
    Invoicing,
    assemble,
    minutes_line,
    numbered,
    piece_line,
    work_line,
)
from app.domain.invoice_document import DocumentKind, DocumentLine, LineKind
from app.domain.invoice_facts import Charge, Correction, Facts, FeeBooking, OpenMinutes, Origin, Party, Purchased, Terms
from app.domain.period import Period, period_of
from app.domain.vat import Vat, tax_point, vat_of

NOT_AN_INVOICE = "Ce relevé d'heures prépayées n'est pas une facture."


def invoice_of(facts: Facts, document_id: UUID, today: date) -> Invoicing | None:
    """The client's document as it would be issued on that local date; None when there is nothing to tell.

    Prepaid draws without anything to pay make a statement (I3). A preview, a draft and the issued document are the
    same but for number and dates.
    """
    billed = numbered(document_id, _lines(facts, today))
    annex = tuple(one for one in facts.pools if one.draws or one.gained_minutes or one.before_minutes)
    if not billed and not any(one.draws for one in annex):
        return None
    kind = DocumentKind.INVOICE if billed else DocumentKind.STATEMENT
    document = assemble(
        document_id,
        kind,
        facts.party,
        [one.line for one in billed],
        supplied_on=supplied_on(facts.period, today),
        period=facts.period,
        annex=annex,
        mentions=() if billed else (NOT_AN_INVOICE,),
    )
    return Invoicing(document, billed)


def purchase_invoice(party: Party, bought: Purchased, document_id: UUID, today: date) -> Invoicing:
    """The invoice of prepaid hours, issued at once on purchase (C1)."""
    address = party.buyer.address
    vat = vat_of(address.country, party.buyer.vat_number, tax_point(today, bought.purchased_on))
    text = f"Contrat de maintenance {bought.year} · heures prépayées"
    line = minutes_line(LineKind.CONTRACT, text, bought.minutes, bought.terms, vat)
    billed = numbered(document_id, [Billed(replace(line, source_id=bought.contract_id))])
    lines = [one.line for one in billed]
    document = assemble(document_id, DocumentKind.INVOICE, party, lines, supplied_on=bought.purchased_on)
    return Invoicing(document, billed)


def supplied_on(period: Period, today: date) -> date:
    """The last day of what a document made today invoices of the period."""
    return max(min(period.end - DAY, today), period.start)


def _lines(facts: Facts, today: date) -> Iterator[Billed]:
    """Time by ticket, then fees, quoted work, permanences, and last what is given back (I2)."""
    taxes = _Taxes(facts, today)
    yield from _time_lines(facts.time, taxes)
    yield from (_fee_line(fee, taxes) for fee in facts.fees if fee.amount_cents > 0)
    yield from (_charge_line(charge, taxes) for charge in facts.charges)
    yield from _correction_lines(facts.corrections)
    yield from (_fee_line(fee, taxes) for fee in facts.fees if fee.amount_cents < 0)


class _Taxes:
    """The tax on what was supplied on a day; continuous work is supplied when its period ends."""

    def __init__(self, facts: Facts, today: date) -> None:
        self.buyer, self.period, self.today = facts.party.buyer, facts.period, today
        self._known: dict[date, Vat] = {}

    def on(self, day: date) -> Vat:
        """By the tax point of the period that the day lies in (I5)."""
        period = self.period if day >= self.period.start else period_of(day, self.period.cycle)
        if period.end not in self._known:
            point = tax_point(self.today, supplied_on(period, self.today))
            self._known[period.end] = vat_of(self.buyer.address.country, self.buyer.vat_number, point)
        return self._known[period.end]


def _time_lines(time: Sequence[OpenMinutes], taxes: _Taxes) -> Iterator[Billed]:
    """One line for each ticket, rate, discount, terms and tax; details by day and agent, rounded once a line."""
    grouped: dict[tuple[UUID, Terms, Vat], list[OpenMinutes]] = {}
    for one in time:
        grouped.setdefault((one.ticket.id, one.terms, taxes.on(one.details[0].worked_on)), []).append(one)
    for (_, terms, vat), parts in sorted(grouped.items(), key=_order):
        ticket = parts[0].ticket
        yield work_line(LineKind.TIME, f"{ticket.number} · {ticket.subject}", parts, terms, vat)


def _order(item: tuple[tuple[UUID, Terms, Vat], list[OpenMinutes]]) -> tuple[str, int, int, UUID, int]:
    (_, terms, vat), parts = item
    return parts[0].ticket.number, terms.hourly_rate_cents, terms.discount_bp, terms.terms_id, vat.rate_bp


def _correction_lines(corrections: Sequence[Correction]) -> Iterator[Billed]:
    """One line for each line of an earlier invoice that counter-entries give back from."""
    ordered = sorted(corrections, key=lambda one: (one.open.ticket.number, one.origin.line_id))
    for origin, group in groupby(ordered, key=lambda one: one.origin):
        opens = [one.open for one in group]
        text = f"{opens[0].ticket.number} · Correction de la facture {origin.invoice_number}"
        billed = work_line(LineKind.ADJUSTMENT, text, opens, opens[0].terms, origin.vat)
        if (line := _given_back(billed.line, origin)) is not None:
            yield replace(billed, line=line, origin=origin)


def _given_back(line: DocumentLine, origin: Origin) -> DocumentLine | None:
    """Minutes at their price, or a piece where less is left; None where nothing is, for credit notes gave it back."""
    cents = origin.left.cents_for(-line.quantity, -line.net_cents)
    if cents == -line.net_cents:
        return replace(line, source_id=origin.line_id)
    text = f"{line.description} · {-line.quantity} min"
    return (
        replace(
            piece_line(line.kind, text, -cents, origin.vat),
            ticket_id=line.ticket_id,
            ticket_number=line.ticket_number,
            terms_id=line.terms_id,
            source_id=origin.line_id,
        )
        if cents
        else None
    )


def _fee_line(fee: FeeBooking, taxes: _Taxes) -> Billed:
    origin = fee.origin
    text = "Forfait d'ouverture d'urgence" if origin is None else "Annulation du forfait d'urgence"
    line = piece_line(
        LineKind.URGENCY if origin is None else LineKind.ADJUSTMENT,
        f"{fee.ticket.number} · {text}",
        fee.amount_cents if origin is None else max(fee.amount_cents, -origin.left.cents),
        taxes.on(fee.opened_on) if origin is None else origin.vat,
        ticket=fee.ticket,
        terms_id=fee.terms_id,
        source_id=fee.urgency_id if origin is None else origin.line_id,
    )
    return Billed(line, fee_ids=fee.fee_ids, origin=origin)


def _charge_line(charge: Charge, taxes: _Taxes) -> Billed:
    line = piece_line(
        charge.kind,
        charge.description,
        charge.amount_cents,
        taxes.on(charge.performed_on),
        ticket=charge.ticket,
        terms_id=charge.terms_id,
        source_id=charge.charge_id,
    )
    return Billed(line, charge_id=charge.charge_id)
