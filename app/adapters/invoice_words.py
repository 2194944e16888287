"""The labels of invoices in French and the client's language, and how French writes amounts, days and hours."""

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.dates import format_date

from app.domain.invoice_document import DocumentLine, Unit

FRENCH = "fr"
HOUR = 60
IBAN_GROUP = 4
Pair = tuple[str, str | None]
_THIN, _HARD = "\u202f", "\u00a0"
_SYMBOLS = {"EUR": "€"}


class InvoiceWords:
    """Every label in French, with the client's language beneath where that is another."""

    def __init__(self, language: str) -> None:
        self._french = _words(FRENCH)
        self._other = _words(language) if language != FRENCH else None

    def both(self, name: str, /, **values: object) -> Pair:
        """A label or sentence in French and, where it reads differently, in the other language; days written out."""
        french = _said(self._french, name, values)
        other = _said(self._other, name, values) if self._other else french
        return french, other if other != french else None

    def french(self, name: str, /, **values: object) -> str:
        """A label in French alone."""
        return _said(self._french, name, values)


def _said(words: dict[str, str], name: str, values: dict[str, object]) -> str:
    told = {key: _day(value, words["locale"]) if isinstance(value, date) else value for key, value in values.items()}
    return words[name].format(**told)


def _day(day: date, locale: str) -> str:
    """Written out; French says `1er novembre`."""
    text = format_date(day, "long", locale=locale)
    return f"1er{text[1:]}" if locale == FRENCH and day.day == 1 else text


@cache
def _words(language: str) -> dict[str, str]:
    source = files("app.adapters").joinpath("templates/invoice", f"{language}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def country(code: str) -> str:
    """A country's name in French."""
    return str(Locale(FRENCH).territories.get(code, code))


def amount(cents: int, currency: str) -> str:
    """`1 234,50 €` as French prints it, with spaces that never break."""
    whole, rest = divmod(abs(cents), 100)
    sign = "−" if cents < 0 else ""
    grouped = f"{whole:,}".replace(",", _THIN)
    return f"{sign}{grouped},{rest:02d}{_HARD}{_SYMBOLS.get(currency, currency)}"


def percent(bp: int) -> str:
    """Basis points as per cent: `17`, `2,5`."""
    whole, rest = divmod(bp, 100)
    return f"{whole},{rest:02d}".rstrip("0").rstrip(",")


def grouped(iban: str) -> str:
    """An account's number in groups of four, as one reads it aloud."""
    plain = iban.replace(" ", "")
    return _HARD.join(plain[place : place + IBAN_GROUP] for place in range(0, len(plain), IBAN_GROUP))


def hours(minutes: int) -> str:
    """`2 h 05`, which all three languages read."""
    whole, rest = divmod(abs(minutes), HOUR)
    return f"{'−' if minutes < 0 else ''}{whole}{_HARD}h{_HARD}{rest:02d}"


def short_day(day: date) -> str:
    """`02/10/2026`."""
    return f"{day:%d/%m/%Y}"


def quantity(line: DocumentLine) -> str:
    """Time as hours and minutes, else the number of pieces."""
    return hours(line.quantity) if line.unit is Unit.MINUTE else str(line.quantity).replace("-", "−")


def price(line: DocumentLine, currency: str) -> str:
    """What an hour or a piece costs; for another base, what that many cost."""
    one = amount(line.unit_price_cents, currency)
    if line.unit is Unit.MINUTE:
        return f"{one}/h" if line.base_quantity == HOUR else f"{one}/{line.base_quantity}{_HARD}min"
    return one if line.base_quantity == 1 else f"{one}/{line.base_quantity}"
