"""A quote as a PDF: typeset by Typst with the fonts of its wheel alone, the same bytes for the same quote."""

import json
from importlib.resources import files
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from app.adapters.quote_words import FRENCH, QuotePaper, QuoteWords

Pair = tuple[str, str | None]


def quote_pdf(paper: QuotePaper, digest: str, website: str) -> bytes:
    """The PDF of a version; `digest` is the SHA-256 of its exact text, printed on every page. Takes some 40 ms."""
    import typst  # noqa: PLC0415 (a typesetter: only who makes a PDF pays for it)

    source = files("app.adapters").joinpath("templates/quote", "quote.typ").read_bytes()
    inputs = {"data": json.dumps(_data(paper, digest, website), ensure_ascii=False)}
    made = typst.compile(source, format="pdf", sys_inputs=inputs, ignore_system_fonts=True)
    assert isinstance(made, bytes)  # noqa: S101 (one document, not a list of pages)
    return made


def _data(paper: QuotePaper, digest: str, website: str) -> dict[str, Any]:
    """What the template shows: every label in French with the client's language beneath."""
    french = QuoteWords(FRENCH)
    other = QuoteWords(paper.language) if paper.language != FRENCH else None

    def both(name: str, **values: object) -> Pair:
        return french.say(name, **values), other.say(name, **values) if other else None

    facts = [(both("for_client"), paper.client), (both("about"), paper.about)]
    facts.append((both("dated"), french.day(paper.quoted_on)))
    facts += [(both("windows"), french.window(window)) for window in paper.windows]
    conditions = zip_longest(french.conditions(paper), other.conditions(paper) if other else ())
    on = paper.quoted_on
    return {
        "house": paper.house,
        "website": urlsplit(website).netloc.removeprefix("www.") or website,
        "title": f"{french.say(paper.kind)} {paper.number}, {french.say('version', version=paper.version)}",
        "on": [on.year, on.month, on.day],
        "digest": digest,
        "digest_label": french.say("page"),
        "heading": _heading(paper, french, other),
        "facts": facts,
        "columns": [both(name) for name in ("description", "quantity", "price", "amount")],
        "lines": [_row(paper, french, number) for number in range(len(paper.lines))],
        "sums": _sums(paper, french, other),
        "remarks": paper.remarks,
        "remarks_label": both("remarks"),
        "conditions": [*conditions],
    }


def _heading(paper: QuotePaper, french: QuoteWords, other: QuoteWords | None) -> Pair:
    def one(words: QuoteWords) -> str:
        return f"{words.say(paper.kind)} {paper.number}, {words.say('version', version=paper.version)}"

    return one(french), one(other) if other else None


def _row(paper: QuotePaper, words: QuoteWords, number: int) -> list[str]:
    line = paper.lines[number]
    description = line.description
    if line.discount_bp:
        description += f" ({words.say('discount')} {words.percent(line.discount_bp)} %)"
    return [
        description,
        words.quantity(line),
        words.price(line, paper.currency),
        words.amount(line.net_cents, paper.currency),
    ]


def _sums(paper: QuotePaper, french: QuoteWords, other: QuoteWords | None) -> list[tuple[Pair, str]]:
    def both(label: str) -> Pair:
        return french.say(label), other.say(label) if other else None

    vat = (french.vat(paper.vat), other.vat(paper.vat) if other else None)
    sums, currency = paper.totals, paper.currency
    return [
        (both("subtotal"), french.amount(sums.subtotal_cents, currency)),
        (vat, french.amount(sums.vat_cents, currency)),
        (both("total"), french.amount(sums.total_cents, currency)),
    ]
