"""What the template of an invoice shows: every text ready to print, from the stored document alone."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from app.adapters.invoice_words import (
    FRENCH,
    InvoiceWords,
    Pair,
    amount,
    country,
    grouped,
    hours,
    percent,
    price,
    quantity,
    short_day,
)
from app.domain.invoice_document import Address, Document, DocumentKind, DocumentLine, PoolStatement, VatLine
from app.domain.vat import SELLER, Category

DAY = timedelta(days=1)


def paper(document: Document) -> dict[str, Any]:
    """Everything that stands on the paper, as the template takes it; money in French spelling, labels as pairs."""
    words = InvoiceWords(document.language)
    return {
        "title": _title(document, words),
        "bilingual": document.language != FRENCH,
        "heading": words.both(document.kind.value),
        "number": document.number,
        "draft": None if document.issued_on else words.both("draft"),
        "on": _dated(document.issued_on or document.supplied_on),
        "seller": _seller(document, words),
        "buyer": _buyer(document, words),
        "facts": list(_facts(document, words)),
        "intro": _intro(document, words),
        "columns": {name: words.both(name) for name in _COLUMNS},
        "discounts": any(line.discount_bp for line in document.lines),
        "lines": [_line(document, line, words) for line in document.lines],
        "vat": [_vat(one, document.currency, words) for one in document.vat],
        "sums": _sums(document, words),
        "total": (_total_label(document, words), amount(document.total_cents, document.currency)),
        "payment": _payment(document, words),
        "mentions": document.mentions,
        "work": _work(document, words),
        "pools": [_pool(one, words) for one in document.prepaid_annex],
        "page": words.french("page", page="{page}", pages="{pages}"),
    }


_COLUMNS = (
    "description", "quantity", "price", "discount", "rate", "amount", "vat", "base", "tax", "day", "agent", "time",
    "minutes", "ticket",
)  # fmt: skip


def _title(document: Document, words: InvoiceWords) -> str:
    return f"{words.french(document.kind.value)} {document.number or words.french('draft')}".rstrip()


def _dated(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day


def _seller(document: Document, words: InvoiceWords) -> dict[str, Any]:
    seller = document.seller
    return {
        "name": seller.name,
        "address": _address(seller.address),
        "contact": [one for one in (seller.phone, seller.email, _bare(seller.website)) if one],
        "legal": [
            words.french("register", number=seller.registration_number),
            words.french("permit", number=seller.permit_number),
            words.french("vat_number", number=seller.vat_number),
            f"IBAN {grouped(seller.iban)}",
        ],
    }


def _bare(website: str) -> str:
    return website.removeprefix("https://").removeprefix("http://").rstrip("/")


def _buyer(document: Document, words: InvoiceWords) -> dict[str, Any]:
    buyer = document.buyer
    attention = words.french("attention", name=buyer.contact_name) if buyer.contact_name else None
    number = words.french("vat_number", number=buyer.vat_number) if buyer.vat_number else None
    lines = [attention, *_address(buyer.address), number]
    return {"name": buyer.name, "lines": [line for line in lines if line]}


def _address(address: Address) -> list[str]:
    """As the post wants it: `L-1234` at home, the country's name abroad; a draft's may lack all of it."""
    at_home = address.country == SELLER
    code = f"L-{address.postal_code.removeprefix('L-')}" if at_home and address.postal_code else address.postal_code
    lines = [address.street, f"{code} {address.city}".strip(), "" if at_home else country(address.country)]
    return [line for line in lines if line]


def _facts(document: Document, words: InvoiceWords) -> Iterator[tuple[Pair, str]]:
    """Label and value beneath the title."""
    if document.issued_on:
        yield words.both("issued_on"), short_day(document.issued_on)
    if document.due_on:
        yield words.both("due_on"), short_day(document.due_on)
    if document.period_start and document.period_end:
        last = document.period_end - DAY
        yield words.both("period"), f"{short_day(document.period_start)} – {short_day(last)}"
    if document.kind is not DocumentKind.STATEMENT:
        yield words.both("supplied_on"), short_day(document.supplied_on)


def _intro(document: Document, words: InvoiceWords) -> dict[str, Any] | None:
    """What a reader must know first: that nothing is to be paid, or which invoice is corrected and why."""
    if document.kind is DocumentKind.STATEMENT:
        return {"say": words.both("statement_intro"), "reason": None}
    if document.credits is None:
        return None
    corrected = words.both("corrects", number=document.credits.number, day=document.credits.issued_on)
    return {"say": corrected, "reason": document.credits.reason}


def _about(line: DocumentLine) -> str:
    """The description without the ticket's number, which stands above it."""
    return line.description.removeprefix(f"{line.ticket_number} · ")


def _line(document: Document, line: DocumentLine, words: InvoiceWords) -> dict[str, Any]:
    late = words.both("late") if any(one.late for one in line.details) else None
    return {
        "ticket": line.ticket_number,
        "description": _about(line),
        "late": late,
        "quantity": quantity(line),
        "price": price(line, document.currency),
        "discount": f"−{percent(line.discount_bp)}\u00a0%" if line.discount_bp else "",
        "rate": _rate(line.vat_category, line.vat_rate_bp),
        "amount": amount(line.net_cents, document.currency),
    }


def _rate(category: Category, rate_bp: int) -> str:
    """The rate; outside the scope of VAT there is none, not even of 0 %."""
    return "–" if category is Category.OUT_OF_SCOPE else f"{percent(rate_bp)}\u00a0%"


def _vat(one: VatLine, currency: str, words: InvoiceWords) -> dict[str, Any]:
    reason = words.both(f"vat_{one.category}") if one.category is not Category.STANDARD else None
    said = one.reason if reason and one.reason and one.reason not in reason[0] else None
    return {
        "rate": _rate(one.category, one.rate_bp),
        "base": amount(one.base_cents, currency),
        "tax": amount(one.vat_cents, currency),
        "reason": reason,
        "said": said,
    }


def _sums(document: Document, words: InvoiceWords) -> list[tuple[Pair, str]]:
    rates = {one.rate_bp for one in document.vat if one.category is Category.STANDARD}
    single = words.both("vat_rate", rate=percent(rates.pop())) if len(rates) == 1 else words.both("vat")
    return [
        (words.both("subtotal"), amount(document.subtotal_cents, document.currency)),
        (single, amount(document.vat_cents, document.currency)),
    ]


def _total_label(document: Document, words: InvoiceWords) -> Pair:
    return words.both("credit_total" if document.kind is DocumentKind.CREDIT_NOTE else "total")


def _payment(document: Document, words: InvoiceWords) -> dict[str, Any] | None:
    """How to pay, or why there is nothing to pay; a draft is not to be paid."""
    if document.issued_on is None:
        return None
    if document.kind is DocumentKind.CREDIT_NOTE or document.total_cents < 0:
        return {"say": words.both("in_your_favour"), "rows": []}
    if document.total_cents == 0:
        return {"say": words.both("nothing_due"), "rows": []}
    seller = document.seller
    rows = [
        (words.both("beneficiary"), seller.name), (words.both("iban"), grouped(seller.iban)),
        (words.both("bic"), seller.bic), (words.both("bank"), seller.bank), (words.both("reference"), document.number),
    ]  # fmt: skip
    say = words.both("pay_by", day=document.due_on) if document.due_on else words.both("pay")
    return {"say": say, "rows": [row for row in rows if row[1]], "scan": words.both("scan")}


def _work(document: Document, words: InvoiceWords) -> dict[str, Any] | None:
    """The annex of time: minutes per ticket, day and agent (I2)."""
    timed = [line for line in document.lines if line.details]
    if not timed:
        return None
    minutes = sum(one.minutes for line in timed for one in line.details)
    return {
        "heading": words.both("work"),
        "tickets": [_timed(line, words) for line in timed],
        "total": (words.both("total_time"), hours(minutes), str(minutes)),
    }


def _timed(line: DocumentLine, words: InvoiceWords) -> dict[str, Any]:
    minutes = sum(one.minutes for one in line.details)
    rows = [
        (short_day(one.worked_on), one.agent, words.french("late") if one.late else "", hours(one.minutes), one.minutes)
        for one in line.details
    ]
    return {
        "ticket": line.ticket_number,
        "description": _about(line),
        "rows": [[str(cell) for cell in row] for row in rows],
        "total": (hours(minutes), str(minutes)),
    }


def _pool(pool: PoolStatement, words: InvoiceWords) -> dict[str, Any]:
    figures = (
        ("before", pool.before_minutes), ("gained", pool.gained_minutes), ("drawn", pool.drawn_minutes),
        ("lost", pool.lost_minutes), ("left", pool.left_minutes),
    )  # fmt: skip
    had = pool.before_minutes + pool.gained_minutes
    by_ticket = sorted(pool.draws, key=lambda one: (one.worked_on, one.ticket_number, one.agent))
    return {
        "heading": words.both("pool", year=pool.year),
        "expires": words.both("expires", day=pool.expires_on),
        "figures": [(words.both(name), hours(minutes)) for name, minutes in figures],
        "used": [pool.drawn_minutes + pool.lost_minutes, max(had, 1)],
        "rows": [[short_day(one.worked_on), one.ticket_number, one.agent, hours(one.minutes)] for one in by_ticket],
        "nothing": words.both("no_draws"),
        "note": words.both("pool_note"),
    }
