"""Explain a line: read what it was made of again, work it out again, and say whether it comes to the same (I3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.billing.invoices.queries import explanations as queries
from app.billing.terms.service import policies
from app.billing.time_entries.service.reading import price_of
from app.core.db import Connection, Row
from app.domain.entry import Flag
from app.domain.explanation import Step, explain, takes_back
from app.domain.giving_back import left_of
from app.domain.invoice_assembly import net_cents
from app.domain.minutes import billed_minutes
from app.domain.money import decimal_text, percentage_cents
from app.domain.pricing import INCLUDED_IN_FEE, Work, hourly_rate_cents
from app.domain.terms import Terms
from app.domain.ticket import Lane
from app.domain.vat import shares


@dataclass(frozen=True, slots=True)
class EntryExplained:
    """One entry of a line: its own columns, what of it is on the line, why it is billed as it is."""

    row: Row
    terms: Terms
    steps: tuple[Step, ...]
    equal: bool


@dataclass(slots=True)
class Explained:
    """A line as it is stored and as the facts make it today."""

    stored: Row
    quantity: int
    net_cents: int
    vat_share_cents: int
    vat_share_again: int
    words: str
    entries: list[EntryExplained] = field(default_factory=list)
    source: dict[str, Any] = field(default_factory=dict)
    sources_agree: bool = True

    @property
    def equal(self) -> bool:
        """Whether everything comes to what is stored."""
        stored = self.stored["quantity"], self.stored["net_cents"], self.vat_share_cents
        again = self.quantity, self.net_cents, self.vat_share_again
        return stored == again and self.sources_agree and all(one.equal for one in self.entries)


async def explain_line(connection: Connection, invoice_id: UUID, line_id: UUID) -> Explained | None:
    """Everything behind a line; None when the document has no such line."""
    stored = await queries.line(connection, invoice_id, line_id)
    if stored is None:
        return None
    found = await _by_source(connection, stored)
    found.entries = [_entry(row, terms) for row, terms in await _entries(connection, line_id)]
    if stored["kind"] == "adjustment" and stored["document_kind"] == "invoice":
        await _adjustment(connection, found)
    elif stored["document_kind"] == "invoice" and found.entries:
        found.quantity = sum(one.row["invoiced_here"] for one in found.entries)
        found.net_cents = _priced(stored, found.quantity)
    _share(found, await queries.siblings(connection, stored))
    return found


def _share(found: Explained, siblings: Sequence[Row]) -> None:
    """The line's part of the tax on its rate: cut off, the cents left over to the largest remainders.

    A credit note's tax is what remained of its invoice's, which may be a cent off what its own lines make.
    """
    nets = [row["net_cents"] for row in siblings]
    place = [row["id"] for row in siblings].index(found.stored["id"])
    rate = found.stored["vat_rate_bp"]
    stated = found.stored["vat_cents"]
    off = stated - percentage_cents(sum(nets), rate) if found.stored["document_kind"] == "credit_note" else 0
    found.vat_share_cents = shares(stated, nets)[place]
    nets[place] = found.net_cents
    found.vat_share_again = shares(percentage_cents(sum(nets), rate) + off, nets)[place]


def _priced(line: Row, quantity: int) -> int:
    return net_cents(quantity, line["unit_price_cents"], line["base_quantity"], line["discount_bp"])


def _formula(line: Row) -> str:
    price = f"{decimal_text(line['unit_price_cents'])} EUR"
    unit = line["unit"] if abs(line["quantity"]) == 1 else f"{line['unit']}s"
    per = f" per {line['base_quantity']} {line['unit']}s" if line["base_quantity"] > 1 else ""
    less = f" less {decimal_text(line['discount_bp'])} %" if line["discount_bp"] else ""
    total = decimal_text(line["net_cents"])
    return f"{line['quantity']} {unit} at {price}{per}{less}, rounded half up once: {total} EUR."


async def _by_source(connection: Connection, line: Row) -> Explained:
    """The amount again, from what the line names; minutes of work are counted by the caller."""
    found = Explained(line, line["quantity"], _priced(line, line["quantity"]), 0, 0, _formula(line))
    if line["document_kind"] == "credit_note":
        await _credited(connection, found)
    elif line["kind"] == "urgency":
        await _fee(connection, found)
    elif line["kind"] in {"quote", "permanence"}:
        await _charge(connection, found)
    elif line["kind"] == "contract":
        await _contract(connection, found)
    return found


async def _adjustment(connection: Connection, found: Explained) -> None:
    """What counter-entries or a reversed fee give back of a line: never more than was left of it (P6, U4)."""
    line = found.stored
    origin = await queries.source(connection, queries.ADJUSTED, line["id"])
    assert origin is not None  # noqa: S101 (an adjustment names its line)
    bookings = await queries.fees(connection, line["id"])
    found.source = dict(origin) | ({"bookings": [dict(row) for row in bookings]} if bookings else {})
    minutes = -sum(one.row["invoiced_here"] for one in found.entries)
    if line["unit"] == "minute":
        found.quantity = -minutes
    if found.entries:
        exact = _priced(origin, minutes)
        found.net_cents = -left_of(origin["left_cents"], origin["left_minutes"]).cents_for(minutes, exact)
        if line["unit"] == "piece":
            left = f"{decimal_text(origin['left_cents'])} EUR was left of the line"
            found.words += f" {minutes} minutes are {decimal_text(exact)} EUR; {left}."
    elif bookings:
        found.net_cents = max(sum(row["amount_cents"] for row in bookings), -origin["left_cents"])


async def _fee(connection: Connection, found: Explained) -> None:
    """What the fee's bookings come to; once they can be invoiced again, what the terms of the opening say."""
    bookings = await queries.fees(connection, found.stored["id"])
    urgency = await queries.source(connection, queries.URGENCY, found.stored["source_id"])
    found.source = (dict(urgency) if urgency else {}) | {"bookings": [dict(row) for row in bookings]}
    if bookings:
        found.net_cents = sum(row["amount_cents"] for row in bookings)
    elif urgency is not None:
        found.net_cents = urgency["opening_fee_cents"]
    found.sources_agree = urgency is None or urgency["opening_fee_cents"] == urgency["terms_fee_cents"]


async def _charge(connection: Connection, found: Explained) -> None:
    charge = await queries.source(connection, queries.CHARGE, found.stored["source_id"])
    assert charge is not None  # noqa: S101 (charges are never removed)
    found.source = dict(charge)
    found.net_cents = charge["amount_cents"]
    found.sources_agree = sum(line["net_cents"] for line in charge["lines"]) == charge["amount_cents"]


async def _contract(connection: Connection, found: Explained) -> None:
    contract = await queries.source(connection, queries.CONTRACT, found.stored["source_id"])
    assert contract is not None  # noqa: S101 (contracts are never removed)
    found.source = dict(contract)
    found.quantity = contract["bought_minutes"]
    found.net_cents = net_cents(found.quantity, contract["hourly_rate_cents"], 60, contract["discount_bp"])
    found.sources_agree = found.net_cents == contract["price_cents"]


async def _credited(connection: Connection, found: Explained) -> None:
    """Of which line, and for which refund; a credit note's amount is what it says it gives back."""
    origin = await queries.source(connection, queries.CREDITED, found.stored["credited_line_id"])
    refund = await queries.source(connection, queries.REFUND, found.stored["id"])
    found.source = {"credited_line": dict(origin) if origin else None, "refund": dict(refund) if refund else None}
    if refund is not None:
        found.net_cents = refund["amount_cents"]


async def _entries(connection: Connection, line_id: UUID) -> list[tuple[Row, Terms]]:
    rows = await queries.linked(connection, line_id)
    terms = await policies(connection, {row["terms_id"] for row in rows})
    return [(row, terms[row["terms_id"]]) for row in rows]


def _entry(row: Row, terms: Terms) -> EntryExplained:
    """Billed by the increment of the terms again; all billed minutes are somewhere."""
    price = price_of(row)
    work = Work(worked_on=row["worked_on"], worked_minutes=row["worked_minutes"], lane=Lane(row["lane"]))
    steps = explain(work, price, terms)
    if row["corrects_id"] is not None:
        steps = takes_back(steps, row["corrects_id"], row["correction_reason"], -row["written_off_minutes"])
    sign = 1 if row["worked_minutes"] > 0 else -1
    billed = sign * billed_minutes(abs(row["worked_minutes"]), terms.billing_increment_minutes, terms.minimum_minutes)
    if row["non_billable_reason"] not in (None, INCLUDED_IN_FEE):
        billed = row["worked_minutes"]
    placed = price.drawn_minutes + sum(
        row[f"{place}_minutes"] for place in ("open", "invoiced", "quoted", "non_billable", "written_off")
    )
    rate = hourly_rate_cents(terms, Lane(row["lane"]), out_of_hours=Flag.OUT_OF_HOURS in row["flags"])
    equal = row["billed_minutes"] == billed == placed and row["hourly_rate_cents"] == rate
    return EntryExplained(row, terms, steps, equal)
