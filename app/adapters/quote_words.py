"""What a quote says, word for word: plain text that a client agrees to, and the labels its PDF shares.

French first, the house's language of contracts; the client's own language beneath it. The same facts always give
the same text, so that its SHA-256 proves what was accepted.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from app.domain.calendar import DESK_ZONE, Span
from app.domain.permanence import CancellationBand
from app.domain.quote import Line
from app.domain.vat import Category, Totals, Vat

FRENCH = "fr"
_PACKAGE, _FOLDER = "app.adapters", "templates/quote"
_OF_ROW = (
    "number", "version", "kind", "about", "language", "currency", "quoted_on", "valid_until_on", "remarks",
    "urgency_fee_applies",
)  # fmt: skip
_OF_LINE = tuple(field.name for field in fields(Line))
_HARD_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotePaper:
    """Everything that stands on a quote; `windows` only where it is about on-call."""

    house: str
    number: str
    version: int
    kind: str
    client: str
    about: str
    language: str
    lines: Sequence[Line]
    vat: Vat
    totals: Totals
    currency: str
    quoted_on: date
    valid_until_on: date
    remarks: str | None
    windows: Sequence[Span]
    cancellation: Sequence[CancellationBand]
    urgency_fee_applies: bool


def paper_of(row: Any, house: str) -> QuotePaper:
    """The paper of a stored version, from a row with the columns of the QUOTE of quotes."""
    lines = [{name: line[name] for name in _OF_LINE} for line in row["lines"]]
    return QuotePaper(
        house=house,
        **{name: row[name] for name in _OF_ROW},
        client=row["client_name"],
        lines=[Line(**line) for line in lines],
        vat=Vat(Category(row["vat_category"]), row["vat_rate_bp"]),
        totals=Totals(row["subtotal_cents"], row["vat_cents"], row["total_cents"]),
        windows=spans_of(row["windows"]),
        cancellation=[CancellationBand(**band) for band in row["cancellation"]],
    )


def spans_of(windows: Sequence[Mapping[str, str]]) -> tuple[Span, ...]:
    """Stretches as they are stored: `[{"starts_at": …, "ends_at": …}]`."""
    return tuple(
        Span(datetime.fromisoformat(one["starts_at"]), datetime.fromisoformat(one["ends_at"])) for one in windows
    )


class QuoteWords:
    """The labels of one language, and how it writes days and amounts."""

    def __init__(self, language: str) -> None:
        self._words = _words(language)
        self.locale = self._words["locale"]

    def say(self, name: str, **values: object) -> str:
        """A label or sentence with its names filled in."""
        return self._words[name].format(**values)

    def day(self, day: date) -> str:
        """A date, long: `25 décembre 2026`."""
        return format_date(day, "long", locale=self.locale)

    def amount(self, cents: int, currency: str) -> str:
        """An amount with its currency."""
        return format_currency(Decimal(cents).scaleb(-2), currency, locale=self.locale).translate(_HARD_SPACES)

    def percent(self, bp: int) -> str:
        """Basis points as per cent: `17`, `2,5`."""
        return format_decimal(Decimal(bp).scaleb(-2), locale=self.locale)

    def window(self, span: Span) -> str:
        """Start and end on the desk's clock."""
        ends = (format_datetime(end, "short", tzinfo=DESK_ZONE, locale=self.locale) for end in (span.start, span.end))
        return " – ".join(ends).translate(_HARD_SPACES)

    def quantity(self, line: Line) -> str:
        """How much: minutes or pieces."""
        return self.say("minutes", minutes=line.minutes) if line.minutes is not None else str(line.quantity)

    def price(self, line: Line, currency: str) -> str:
        """What one costs: an hour or a piece."""
        if line.hourly_rate_cents is not None:
            return self.say("per_hour", amount=self.amount(line.hourly_rate_cents, currency))
        return self.amount(line.unit_price_cents or 0, currency)

    def vat(self, vat: Vat) -> str:
        """How it is taxed."""
        return self.say(f"vat_{vat.category.value}", rate=self.percent(vat.rate_bp))

    def conditions(self, paper: QuotePaper) -> Iterator[str]:
        """The sentences beneath the sums."""
        yield self.say("valid_until", day=self.day(paper.valid_until_on)) + "."
        if not paper.windows:
            yield self.say(f"terms_{paper.kind}")
            return
        yield self.say("terms_permanence")
        yield self.say("fee_applies" if paper.urgency_fee_applies else "fee_waived")
        for band in sorted(paper.cancellation, key=lambda one: -one.from_lead_hours):
            yield self.say("cancellation", hours=band.from_lead_hours, share=self.percent(band.charge_bp))
        yield self.say("cancellation_late")


def quote_text(paper: QuotePaper) -> str:
    """The exact text of a quote: French, and the client's language beneath."""
    languages = dict.fromkeys([FRENCH, paper.language])
    return "\n\n".join("\n".join(_lines(paper, QuoteWords(language))) for language in languages) + "\n"


def _lines(paper: QuotePaper, words: QuoteWords) -> Iterator[str]:
    yield f"{words.say(paper.kind)} {paper.number}, {words.say('version', version=paper.version)} – {paper.house}"
    yield f"{words.say('for_client')}: {paper.client}"
    yield f"{words.say('about')}: {paper.about}"
    yield f"{words.say('dated')}: {words.day(paper.quoted_on)}"
    for window in paper.windows:
        yield f"{words.say('windows')}: {words.window(window)}"
    for number, line in enumerate(paper.lines, 1):
        yield f"{number}. {_line(line, words, paper.currency)}"
    yield f"{words.say('subtotal')}: {words.amount(paper.totals.subtotal_cents, paper.currency)}"
    yield f"{words.vat(paper.vat)}: {words.amount(paper.totals.vat_cents, paper.currency)}"
    yield f"{words.say('total')}: {words.amount(paper.totals.total_cents, paper.currency)}"
    if paper.remarks:
        yield f"{words.say('remarks')}: {paper.remarks}"
    yield from words.conditions(paper)


def _line(line: Line, words: QuoteWords, currency: str) -> str:
    parts = [f"{line.description}: {words.quantity(line)} × {words.price(line, currency)}"]
    if line.discount_bp:
        parts.append(f"{words.say('discount')} {words.percent(line.discount_bp)} %")
    return f"{', '.join(parts)} = {words.amount(line.net_cents, currency)}"


@cache
def _words(language: str) -> dict[str, str]:
    source = files(_PACKAGE).joinpath(_FOLDER, f"{language}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))
