"""Documents to render: fixed people, and sums by Decimal, on purpose not by the code that makes invoices."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from app.domain.invoice_document import (
    Address,
    Buyer,
    Credited,
    Document,
    DocumentKind,
    DocumentLine,
    LineKind,
    PoolDraw,
    PoolStatement,
    Seller,
    Unit,
    VatLine,
    WorkDetail,
)
from app.domain.vat import Category

HOUSE = Seller(
    name="e-connect S.à r.l.",
    address=Address("12, rue de l'Exemple", "1234", "Luxembourg", "LU"),
    vat_number="LU26375245",
    registration_number="B123456",
    permit_number="10012345/0",
    email="support@e-connect.lu",
    phone="+352 26 12 34 56",
    website="https://www.e-connect.lu",
    iban="LU28 0019 4006 4475 0000",
    bic="BCEELULL",
    bank="Banque Exemple",
    peppol_id="9938:LU26375245",
)
BAKERY = Buyer(
    client_id=UUID("019ab000-0000-7000-8000-00000000000a"),
    name="Boulangerie Schmit S.à r.l.",
    address=Address("3, place du Marché", "9780", "Wincrange", "LU"),
    vat_number="LU19647148",
    peppol_id="9938:LU19647148",
    contact_name="Anna Schmit",
    email="anna@boulangerie-schmit.example",
)
GERMAN = replace(
    BAKERY,
    name="Müller & Söhne GmbH",
    address=Address("Lange Straße 7", "54290", "Trier", "DE"),
    vat_number="DE136695976",
    peppol_id="9930:DE136695976",
    contact_name="Jürgen Müller",
    email="rechnung@mueller-soehne.example",
)
SWISS = replace(
    BAKERY,
    name="Käserei Zürcher AG",
    address=Address("Bahnhofstrasse 1", "8001", "Zürich", "CH"),
    vat_number=None,
    peppol_id=None,
    contact_name=None,
    email="buchhaltung@kaeserei.example",
)
PRIVATE = replace(SWISS, name="Zoé Clément", address=replace(BAKERY.address, country="LU"), email="zoe@home.example")

CENT = Decimal(1)
START, END = date(2026, 7, 1), date(2026, 10, 1)
ISSUED = date(2026, 10, 2)
STANDARD = (Category.STANDARD, 1700)
REVERSE = (Category.REVERSE_CHARGE, 0)
OUTSIDE = (Category.OUT_OF_SCOPE, 0)
AGENTS = ("Anne Agent", "Bruno Weber", "Chloé Dupont")


def half_up(amount: Decimal) -> int:
    """Whole cents; a half goes away from zero."""
    return int(amount.quantize(CENT, ROUND_HALF_UP))


def a_line(number: int = 1, **values: Any) -> DocumentLine:
    """45 minutes on a ticket at 120 €/h, unless told otherwise."""
    given: dict[str, Any] = {
        "id": UUID(int=1000 + number), "kind": LineKind.TIME, "ticket_id": UUID(int=2000 + number),
        "ticket_number": f"EC-2026-{number:06d}", "description": "Panier vide : correction du thème",
        "quantity": 45, "unit": Unit.MINUTE, "unit_price_cents": 12000, "base_quantity": 60, "discount_bp": 0,
        "vat": STANDARD, "terms_id": UUID(int=1), "source_id": None, "details": None,
    } | values  # fmt: skip
    category, rate = given.pop("vat")
    whole = Decimal(given["quantity"] * given["unit_price_cents"] * (10000 - given["discount_bp"]))
    net = half_up(whole / (10000 * given["base_quantity"]))  # divided last: a seventh has no end, a half must stay one
    if given["details"] is None:
        given["details"] = _days(given) if given["kind"] is LineKind.TIME and given["quantity"] > 0 else ()
    return DocumentLine(**{"net_cents": net, "vat_category": category, "vat_rate_bp": rate} | given)


def _days(given: dict[str, Any]) -> tuple[WorkDetail, ...]:
    """The minutes on one or two days."""
    minutes, number = given["quantity"], given["id"].int - 1000
    day = START + timedelta(days=number % 80)
    first = minutes if minutes < 60 else minutes - 40
    parts = [(day, first), (day + timedelta(days=2), minutes - first)]
    return tuple(
        WorkDetail(day, AGENTS[(number + place) % 3], part, late=False)
        for place, (day, part) in enumerate(parts)
        if part
    )


def a_fee(number: int = 1, **values: Any) -> DocumentLine:
    """The opening fee of an urgency."""
    given: dict[str, Any] = {
        "kind": LineKind.URGENCY, "description": "Ouverture d'urgence", "quantity": 1, "unit": Unit.PIECE,
        "unit_price_cents": 15000, "base_quantity": 1, "source_id": UUID(int=3000 + number),
    }  # fmt: skip
    return a_line(number, **given | values)


def prepaid_hours(minutes: int = 1200, **values: Any) -> DocumentLine:
    """Hours bought for a year at 5 % less."""
    given: dict[str, Any] = {
        "kind": LineKind.CONTRACT, "ticket_id": None, "ticket_number": None, "quantity": minutes,
        "description": "Contrat de maintenance 2026", "discount_bp": 500,
    }  # fmt: skip
    return a_line(500, **given | values)


def given_back(minutes: int = -30, **values: Any) -> DocumentLine:
    """Time that was invoiced and is corrected."""
    return a_line(
        700, kind=LineKind.ADJUSTMENT, quantity=minutes, description="Correction de F2026-0007 : temps repris", **values
    )


REASONS = {Category.REVERSE_CHARGE: "Autoliquidation", Category.OUT_OF_SCOPE: "TVA non applicable, hors UE"}


def a_document(lines: Sequence[DocumentLine] = (), **values: Any) -> Document:
    """Issued to the bakery for the third quarter of 2026; its sums are those of its lines."""
    listed = tuple(lines)
    groups: dict[tuple[Category, int], int] = {}
    for line in listed:
        key = (line.vat_category, line.vat_rate_bp)
        groups[key] = groups.get(key, 0) + line.net_cents
    vat = tuple(
        VatLine(category, rate, base, half_up(Decimal(base) * rate / 10000), REASONS.get(category))
        for (category, rate), base in sorted(groups.items())
    )
    subtotal, tax = sum(line.net_cents for line in listed), sum(one.vat_cents for one in vat)
    given: dict[str, Any] = {
        "id": UUID(int=42), "kind": DocumentKind.INVOICE, "number": "F2026-0042", "language": "fr", "currency": "EUR",
        "issued_on": ISSUED, "due_on": date(2026, 11, 1), "supplied_on": date(2026, 9, 30), "period": "2026-Q3",
        "period_start": START, "period_end": END, "seller": HOUSE, "buyer": BAKERY, "lines": listed, "vat": vat,
        "subtotal_cents": subtotal, "vat_cents": tax, "total_cents": subtotal + tax, "prepaid_annex": (),
        "credits": None, "mentions": (),
    }  # fmt: skip
    return Document(**given | values)


def a_credit_note(lines: Sequence[DocumentLine], **values: Any) -> Document:
    """Of the invoice above."""
    credited = Credited(UUID(int=42), "F2026-0042", ISSUED, "Erreur de saisie")
    given: dict[str, Any] = {
        "id": UUID(int=43), "kind": DocumentKind.CREDIT_NOTE, "number": "NC2026-0003", "credits": credited,
        "issued_on": date(2026, 10, 12), "due_on": None,
    }  # fmt: skip
    return a_document(lines, **given | values)


def credited_in_parts(lines: Sequence[DocumentLine], off: int) -> Document:
    """A credit note whose tax is what was left of the invoice's: so many cents off what its own lines make."""
    note = a_credit_note(lines)
    vat = tuple(replace(one, vat_cents=one.vat_cents + off) for one in note.vat)
    tax = sum(one.vat_cents for one in vat)
    return replace(note, vat=vat, vat_cents=tax, total_cents=note.subtotal_cents + tax)


def a_pool(**values: Any) -> PoolStatement:
    """20 hours bought, 6 h 50 drawn in the quarter, 13 h 10 left."""
    draws = tuple(
        PoolDraw(START + timedelta(days=9 * place), f"EC-2026-{place + 1:06d}", AGENTS[place % 3], minutes)
        for place, minutes in enumerate((95, 40, 155, 120))
    )
    given: dict[str, Any] = {
        "contract_id": UUID(int=9), "year": 2026, "expires_on": date(2026, 12, 31), "before_minutes": 1200,
        "gained_minutes": 0, "drawn_minutes": 410, "lost_minutes": 0, "left_minutes": 790, "draws": draws,
    }  # fmt: skip
    return PoolStatement(**given | values)


def a_statement(**values: Any) -> Document:
    """Prepaid draws only: nothing to pay, and no invoice."""
    given: dict[str, Any] = {
        "kind": DocumentKind.STATEMENT, "number": None, "due_on": None, "prepaid_annex": (a_pool(),),
    }  # fmt: skip
    return a_document((), **given | values)


def a_long_document(count: int = 200, **values: Any) -> Document:
    """Many tickets with all that may stand on a line."""
    texts = (
        "Mise à jour de sécurité", "Île-de-France : œuvre d'été, façade — « ça marche »",
        "Größe ändern, Übermaß prüfen", "Przełącz żółty przycisk ąęćłńóśźż", "Ελληνικά: διόρθωση", "Исправить ошибку",
        "Newsletter 🎉 und Login 🔐 prüfen",
    )  # fmt: skip
    lines = [
        a_line(place, description=texts[place % len(texts)], quantity=7 + 13 * place % 240) for place in range(1, count)
    ]
    return a_document([*lines, a_fee(count)], **values)
