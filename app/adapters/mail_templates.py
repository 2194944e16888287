"""The words of outgoing mails: plain text and HTML in French, English and German, from plain facts.

Sentences live in `templates/mail/words/<language>.toml`, layout in the `.j2` files beside them. A subject is the
ticket's number and fixed words; what people typed only ever stands in a body, and never in an acknowledgement:
otherwise anybody could make the desk mail a text of theirs to a stranger.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import ClassVar, Literal

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency
from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import urlize
from markupsafe import Markup

from app.adapters.money_mail import MoneyMail, Rows
from app.adapters.quote_mail import QuoteReminder, QuoteSent
from app.domain.calendar import DESK_ZONE, utc

Language = Literal["fr", "en", "de"]
LANGUAGES: tuple[Language, ...] = ("fr", "en", "de")

_PACKAGE, _FOLDER = "app.adapters", "templates/mail"
_CALM, _URGENT = "#0b6e8a", "#b42318"  # the line under the head
# French puts a space before some marks; it must not end a line. No other language of ours writes so.
_BEFORE_MARK = re.compile(r" (?=[:;?!»])|(?<=«) ")


@dataclass(frozen=True, slots=True)
class House:
    """Who signs, from settings: `website` is an https URL, `support_address` where people write to."""

    name: str
    website: str
    support_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencyPrice:
    """What an urgency costs (U2), excluding VAT: the fee on opening, then each hour beyond the included minutes."""

    opening_fee_cents: int
    hourly_rate_cents: int
    included_minutes: int = 0
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A new ticket came in (T1). `next_opening_at` counts only while the desk is closed (H2).

    `urgency` is what was accepted, None where no fee is due.
    """

    kind: ClassVar[str] = "acknowledgement"

    number: str
    lane: Literal["standard", "urgent"]
    receipt_url: str
    desk_open: bool
    next_opening_at: datetime | None = None
    queue_position: int | None = None
    urgency: UrgencyPrice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicReply:
    """An agent answers the requester."""

    kind: ClassVar[str] = "public_reply"

    number: str
    agent_name: str
    reply: str
    receipt_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencyAlert:
    """The agents on duty learn of an urgency (U3). `topic` is the ticket's subject, as the requester typed it."""

    kind: ClassVar[str] = "urgency_alert"

    number: str
    requester_name: str
    topic: str
    received_at: datetime
    ticket_url: str


Facts = Acknowledgement | PublicReply | UrgencyAlert | QuoteSent | QuoteReminder | MoneyMail


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """What a mail says. The subject holds nothing that anybody typed."""

    subject: str
    text: str
    html: str


def render(facts: Facts, language: Language, house: House) -> RenderedMail:
    """The mail of that kind in that language; the same words for the same facts."""
    words = Words(language)
    named = facts.named(words) if isinstance(facts, MoneyMail) else {"number": facts.number}
    subject = words.say(f"{facts.kind}.subject", **named)
    seen = {
        "named": named,
        "facts": facts,
        "house": house,
        "language": language,
        "subject": subject,
        "say": words.say,
        "rows": _rows(facts, words),
        "price": _price(facts, words),
        "paper": words.say(f"quote_sent.{facts.paper}") if isinstance(facts, QuoteSent) else None,
        "accent": _URGENT if _is_urgent(facts) else _CALM,
    }
    text = _templates().get_template(f"{facts.kind}.txt.j2").render(seen)
    html = _templates().get_template(f"{facts.kind}.html.j2").render(seen)
    return RenderedMail(subject, _plain_spaces(text), html)


class Words:
    """One language: its sentences, and how it writes moments and amounts."""

    def __init__(self, language: Language) -> None:
        self._words = _words(language)
        self._locale = str(self._words["locale"])

    def say(self, key: str, **values: object) -> str:
        """The sentence `section.name`, with its names filled in. A missing sentence or name is a KeyError."""
        section, _, name = key.partition(".")
        sentence: str = self._words[section][name]
        return sentence.format(**values)

    def moment(self, instant: datetime) -> str:
        """A weekday, date and time on the desk's clock: `lundi 23 novembre à 08h30`."""
        local = utc(instant).astimezone(DESK_ZONE)
        patterns = self._words["when"]
        pattern = patterns.get("instant_on_the_first" if local.day == 1 else "instant", patterns["instant"])
        return format_datetime(local, pattern, tzinfo=DESK_ZONE, locale=self._locale)

    def day(self, day: date) -> str:
        """A date: `25 décembre 2026`."""
        return format_date(day, "long", locale=self._locale)

    def amount(self, cents: int, currency: str) -> str:
        """An amount excluding VAT: `150,00 € HTVA`."""
        return self.say("common.excluding_vat", amount=self.total(cents, currency))

    def total(self, cents: int, currency: str) -> str:
        """An amount as it is paid: `175,50 €`."""
        return format_currency(Decimal(cents).scaleb(-2), currency, locale=self._locale)


def _rows(facts: Facts, words: Words) -> Rows:
    """Label and value of what is known, for the table in the middle of a mail."""
    if isinstance(facts, MoneyMail):
        return facts.rows(words)
    if isinstance(facts, QuoteSent):
        return [
            (words.say("quote_sent.about"), facts.about),
            (words.say("quote_sent.total"), words.amount(facts.subtotal_cents, facts.currency)),
            (words.say("quote_sent.valid_until"), words.day(facts.valid_until_on)),
        ]
    rows = [(words.say("common.number"), facts.number)]
    if isinstance(facts, UrgencyAlert):
        rows.append((words.say("urgency_alert.requester"), facts.requester_name))
        rows.append((words.say("urgency_alert.topic"), facts.topic))
        rows.append((words.say("urgency_alert.received"), words.moment(facts.received_at)))
    elif isinstance(facts, Acknowledgement):
        rows.append((words.say("common.lane"), words.say(f"common.lane_{facts.lane}")))
        if facts.queue_position is not None:
            rows.append((words.say("common.position"), str(facts.queue_position)))
        rows.append((words.say("common.desk"), _desk(facts, words)))
    return rows


def _desk(facts: Acknowledgement, words: Words) -> str:
    if facts.desk_open:
        return words.say("common.desk_open")
    if facts.next_opening_at is None:
        return words.say("common.desk_closed")
    return words.say("common.desk_reopens", when=words.moment(facts.next_opening_at))


def _price(facts: Facts, words: Words) -> str | None:
    urgency = facts.urgency if isinstance(facts, Acknowledgement) else None
    if urgency is None:
        return None
    return words.say(
        "acknowledgement.fee_with_minutes" if urgency.included_minutes else "acknowledgement.fee",
        fee=words.amount(urgency.opening_fee_cents, urgency.currency),
        rate=words.amount(urgency.hourly_rate_cents, urgency.currency),
        minutes=urgency.included_minutes,
    )


def _is_urgent(facts: Facts) -> bool:
    return isinstance(facts, UrgencyAlert) or (isinstance(facts, Acknowledgement) and facts.lane == "urgent")


def _plain_spaces(text: str) -> str:
    # No-break spaces hold amounts together in HTML; in plain text they only break searching.
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def _as_lines(text: str) -> Markup:
    """Plain text as HTML: escaped, its line ends kept, its web addresses made links."""
    lines = (Markup(urlize(line, rel="noopener")) for line in text.splitlines())  # noqa: S704 - urlize escapes
    return Markup("<br>\n").join(lines)


@cache
def _words(language: Language) -> dict[str, dict[str, str]]:
    source = files(_PACKAGE).joinpath(_FOLDER, "words", f"{language}.toml")
    return tomllib.loads(_BEFORE_MARK.sub("\u00a0", source.read_text(encoding="utf-8")))


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html.j2")


@cache
def _templates() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=PackageLoader(_PACKAGE, _FOLDER),
        autoescape=_is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    filters: dict[str, Callable[..., object]] = environment.filters
    filters["as_lines"] = _as_lines
    return environment
