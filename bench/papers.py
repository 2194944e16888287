"""`python -m bench.papers`: how long the papers of an invoice take once the fonts are loaded, and the memory held.

Every document is another one, so that nothing can be remembered from the one before.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID

from app.adapters.invoice_cii import cii
from app.adapters.invoice_factur_x import factur_x
from app.adapters.invoice_pdf import Look, invoice_pdf
from app.adapters.invoice_ubl import ubl
from app.domain.invoice_document import (
    Address,
    Buyer,
    Document,
    DocumentKind,
    DocumentLine,
    LineKind,
    Seller,
    Unit,
    VatLine,
    WorkDetail,
)
from app.domain.money import percentage_cents
from app.domain.vat import Category

GOAL_MILLISECONDS = 100  # a PDF, warm
SHORT, LONG = 12, 200  # lines
ROUNDS = {SHORT: 40, LONG: 5}
LOOK = Look()
LANGUAGES = ("fr", "en", "de")
HOME = Address("12, rue de l'Exemple", "1234", "Luxembourg", "LU")
SELLER = Seller(
    "e-connect S.à r.l.", HOME, "LU26375245", "B123456", "10012345/0", "support@e-connect.lu", None,
    "https://www.e-connect.lu", "LU280019400644750000", "BCEELULL", None, "9938:LU26375245",
)  # fmt: skip
BUYER = Buyer(UUID(int=1), "Boulangerie Schmit", HOME, "LU19647148", None, "Anna Schmit", "anna@schmit.example")


def a_line(document: int, place: int) -> DocumentLine:
    """An hour or two on a ticket, on two days."""
    minutes = 60 + place % 60
    days = (
        WorkDetail(date(2026, 7, 6), "Anne Agent", 60, False),
        WorkDetail(date(2026, 7, 8), "Bruno", place % 60, False),
    )
    return DocumentLine(
        UUID(int=place), LineKind.TIME, UUID(int=place), f"EC-2026-{place:06d}", f"Correction {document} {place}",
        minutes, Unit.MINUTE, 12000, 60, 0, minutes * 200, Category.STANDARD, 1700, None, None,
        days if place % 60 else days[:1],
    )  # fmt: skip


def a_document(number: int, count: int) -> Document:
    """An invoice of so many lines, unlike any other."""
    lines = tuple(a_line(number, place) for place in range(1, count + 1))
    subtotal = sum(line.net_cents for line in lines)
    vat = percentage_cents(subtotal, 1700)
    return Document(
        UUID(int=number), DocumentKind.INVOICE, f"F2026-{number:04d}", LANGUAGES[number % 3], "EUR",
        date(2026, 10, 2), date(2026, 11, 1), date(2026, 9, 30), "2026-Q3", date(2026, 7, 1), date(2026, 10, 1),
        SELLER, BUYER, lines, (VatLine(Category.STANDARD, 1700, subtotal, vat, None),), subtotal, vat, subtotal + vat,
        (), None, (),
    )  # fmt: skip


def milliseconds(render: Callable[[Document], bytes], count: int, first: int) -> list[float]:
    """One figure for each of the rounds."""
    taken = []
    for number in range(first, first + ROUNDS[count]):
        document = a_document(number, count)
        started = time.perf_counter()
        render(document)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def resident_megabytes() -> int:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4 // 1024


def main() -> None:
    """Print a table: median and slowest tenth of each rendering, for a usual and a long invoice."""
    renderings: dict[str, Callable[[Document], bytes]] = {
        "PDF": lambda document: invoice_pdf(document, LOOK),
        "Factur-X": lambda document: factur_x(document, LOOK),
        "UBL": ubl,
        "CII": cii,
    }
    factur_x(replace(a_document(0, 1), number="F2026-0000"), LOOK)
    print(f"Papers, warm, in milliseconds (goal for a PDF: {GOAL_MILLISECONDS})")
    print(f"{'':10}{f'{SHORT} lines':>12}{'slowest 10 %':>14}{f'{LONG} lines':>12}")
    for place, (name, render) in enumerate(renderings.items(), 1):
        short, long = (milliseconds(render, count, place * 1000 + count) for count in (SHORT, LONG))
        print(f"{name:10}{median(short):>12.0f}{quantiles(short, n=10)[-1]:>14.0f}{median(long):>12.0f}")
    print(f"Memory held afterwards: {resident_megabytes()} MB")


if __name__ == "__main__":
    main()
