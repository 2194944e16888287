"""The last look before a paper leaves: what it says must be what the stored document says, to the cent (I3)."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.invoice_document import Document, DocumentKind, DocumentLine
from app.domain.money import FULL_BP, percentage_cents, round_half_up


class Mismatch(ValueError):  # noqa: N818 (what is wrong)
    """A rendering says other sums than its document, or the document contradicts itself. Never to be sent."""


@dataclass(frozen=True, slots=True)
class Sums:
    """The amounts that a paper states, in cents."""

    lines: tuple[int, ...]
    taxes: tuple[tuple[str, int, int, int], ...]
    """Category, rate in basis points, base and tax of each breakdown, sorted."""
    subtotal: int
    vat: int
    total: int


def sums_of(document: Document) -> Sums:
    """What the document states."""
    return Sums(
        lines=tuple(line.net_cents for line in document.lines),
        taxes=tuple(
            sorted((str(one.category), one.rate_bp, one.base_cents, one.vat_cents) for one in document.vat),
        ),
        subtotal=document.subtotal_cents,
        vat=document.vat_cents,
        total=document.total_cents,
    )


def check_same(document: Document, said: Sums) -> None:
    """Raises `Mismatch` unless a rendering, read back, states exactly the document's sums."""
    meant = sums_of(document)
    for name in Sums.__dataclass_fields__:
        if getattr(said, name) != getattr(meant, name):
            raise Mismatch(f"The {name} of document {document.id} read back differently.")


def check_document(document: Document) -> None:
    """Recompute every sum from the lines on (invariant 5).

    Raises:
        Mismatch: an amount is not what its parts make.
    """
    for place, line in enumerate(document.lines, 1):
        _same(document, f"line {place}", line.net_cents, net_cents(line))
    _check_taxes(document)
    _same(document, "subtotal", document.subtotal_cents, sum(line.net_cents for line in document.lines))
    _same(document, "VAT", document.vat_cents, sum(one.vat_cents for one in document.vat))
    _same(document, "total", document.total_cents, document.subtotal_cents + document.vat_cents)
    for pool in document.prepaid_annex:
        left = pool.before_minutes + pool.gained_minutes - pool.drawn_minutes - pool.lost_minutes
        _same(document, f"pool {pool.year}", pool.left_minutes, left)


def net_cents(line: DocumentLine) -> int:
    """Quantity x price less the discount, rounded once (P1)."""
    exact = line.quantity * line.unit_price_cents * (FULL_BP - line.discount_bp)
    return round_half_up(exact, line.base_quantity * FULL_BP)


def gross_cents(line: DocumentLine) -> int:
    """Quantity x price before any discount, rounded."""
    return round_half_up(line.quantity * line.unit_price_cents, line.base_quantity)


def _check_taxes(document: Document) -> None:
    """A credit note's tax is what was left of the invoice's less what is left now: a cent off when rounded alone."""
    tolerance = 1 if document.kind is DocumentKind.CREDIT_NOTE else 0
    taxes = _taxes(document.lines)
    stated = {(one.category, one.rate_bp): one for one in document.vat}
    if stated.keys() != taxes.keys() or any(
        one.base_cents != taxes[key][0] or abs(one.vat_cents - taxes[key][1]) > tolerance for key, one in stated.items()
    ):
        raise Mismatch(f"The VAT of document {document.id} is not that of its lines.")


def _taxes(lines: Iterable[DocumentLine]) -> dict[tuple[str, int], tuple[int, int]]:
    bases: dict[tuple[str, int], int] = {}
    for line in lines:
        key = (line.vat_category, line.vat_rate_bp)
        bases[key] = bases.get(key, 0) + line.net_cents
    return {key: (base, percentage_cents(base, key[1])) for key, base in bases.items()}


def _same(document: Document, name: str, stated: int, computed: int) -> None:
    if stated != computed:
        raise Mismatch(f"Document {document.id} states {stated} as its {name}, its parts make {computed}.")
