"""Every mail in every language says its facts, in text and in HTML, and nothing it should not say."""

import string
import tomllib
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from app.adapters import mail_templates
from app.adapters.mail_message import build_mail
from app.adapters.mail_templates import (
    LANGUAGES,
    Acknowledgement,
    House,
    Language,
    PublicReply,
    RenderedMail,
    UrgencyAlert,
    UrgencyPrice,
    render,
)
from app.adapters.quote_mail import QuoteReminder, QuoteSent
from tests.adapters.test_mail_message import MAIL

HOUSE = House("e-connect", "https://www.e-connect.lu", "support@e-connect.lu")
LINK = "https://www.e-connect.lu/help-support?receipt=abc&x=1"
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
PRICE = UrgencyPrice(opening_fee_cents=15000, hourly_rate_cents=12000)
STANDARD = Acknowledgement(
    number="EC-2026-000042",
    lane="standard",
    receipt_url=LINK,
    desk_open=False,
    next_opening_at=MONDAY,
    queue_position=7,
)
URGENT = replace(STANDARD, lane="urgent", urgency=PRICE)
REPLY = PublicReply(
    number="EC-2026-000042", agent_name="Camille Weber", reply="Voilà qui est fait.\nÀ bientôt", receipt_url=LINK
)
ALERT = UrgencyAlert(
    number="EC-2026-000042",
    requester_name="Anna Muller",
    topic="Site hors ligne",
    received_at=MONDAY,
    ticket_url=LINK,
)
QUOTE = QuoteSent(
    number="D2026-0007",
    paper="quote",
    about="EC-2026-000042 Page for the wine fair",
    subtotal_cents=176_100,
    currency="EUR",
    valid_until_on=date(2026, 12, 25),
    url=LINK,
)
Facts = Acknowledgement | PublicReply | UrgencyAlert | QuoteSent  # money mails have their own test
EVERY: list[Facts] = [
    STANDARD,
    replace(STANDARD, desk_open=True),
    replace(STANDARD, next_opening_at=None, queue_position=None),
    URGENT,
    replace(URGENT, desk_open=True),
    replace(URGENT, urgency=None),
    replace(URGENT, urgency=replace(PRICE, included_minutes=60)),
    REPLY,
    ALERT,
    QUOTE,
    QuoteReminder(**{field.name: getattr(QUOTE, field.name) for field in fields(QUOTE)}),
]
CASES = list(product(EVERY, LANGUAGES))
VOID = {"meta", "br", "hr"}


class Reader(HTMLParser):
    """What a person sees of a page, its links, and whether its tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "background"}]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    reader.text = " ".join(reader.text.split())
    return reader


def both(mail: RenderedMail) -> tuple[str, str]:
    return " ".join(mail.text.split()), read(mail.html).text


def assert_says(mail: RenderedMail, *facts: str) -> None:
    for said, fact in product(both(mail), facts):
        assert fact in said


@pytest.mark.parametrize(("facts", "language"), CASES)
def test_every_mail_renders_and_can_be_sent(facts: Facts, language: Language) -> None:
    mail = render(facts, language, HOUSE)

    assert mail.subject.removeprefix("Re: ").startswith(f"[{facts.number}] ")
    assert_says(mail, "EC-2026-000042", "e-connect", "support@e-connect.lu")
    assert LINK in mail.text
    assert mail == render(facts, language, HOUSE)
    assert build_mail(replace(MAIL, subject=mail.subject, text=mail.text, html=mail.html))


@pytest.mark.parametrize(("facts", "language"), CASES)
def test_html_is_balanced_and_fetches_nothing(facts: Facts, language: Language) -> None:
    html = render(facts, language, HOUSE).html
    page = read(html)

    assert page.stack == []
    assert page.tags <= {
        "html", "head", "meta", "title", "body", "div", "table", "tr", "td", "h1", "p", "a", "strong", "span", "br",
    }  # fmt: skip
    assert set(page.links) == {LINK, "https://www.e-connect.lu", "mailto:support@e-connect.lu"}
    assert "url(" not in html
    assert f'<html lang="{language}">' in html


@pytest.mark.parametrize(("facts", "language"), CASES)
def test_plain_text_is_plain(facts: Facts, language: Language) -> None:
    text = render(facts, language, HOUSE).text

    assert text.endswith("\n")
    assert "\n\n\n" not in text
    assert not set("<>{}\u00a0\u202f\t") & set(text)
    assert "&" not in text.replace(LINK, "")
    assert ".." not in text.replace("...", "")


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        ("fr", ["best effort", "first come, first served", "sans engagement dans le temps", "Place dans la file", "7"]),
        (
            "en",
            ["best effort", "first come, first served", "without any commitment on time", "Place in the queue", "7"],
        ),
        ("de", ["Best Effort", "First come, first served", "ohne zeitliche Zusage", "Platz in der Warteschlange", "7"]),
    ],
)
def test_an_acknowledgement_says_how_the_desk_works(language: Language, facts: list[str]) -> None:
    assert_says(render(STANDARD, language, HOUSE), *facts)
    assert_says(render(URGENT, language, HOUSE), *facts)


@pytest.mark.parametrize(
    ("language", "reopens", "is_open"),
    [
        ("fr", "Fermé, réouverture lundi 23 novembre à 08h30 (heure de Luxembourg)", "Ouvert en ce moment"),
        ("en", "Closed, reopens Monday 23 November at 08:30 (Luxembourg time)", "Open right now"),
        (
            "de",
            "Geschlossen, öffnet wieder am Montag, 23. November, um 08:30 Uhr (Luxemburger Zeit)",
            "Zurzeit geöffnet",
        ),
    ],
)
def test_an_acknowledgement_says_whether_the_desk_is_open(language: Language, reopens: str, is_open: str) -> None:
    closed = render(STANDARD, language, HOUSE)
    opened = render(replace(STANDARD, desk_open=True), language, HOUSE)

    assert_says(closed, reopens)
    assert_says(opened, is_open)
    assert not any(reopens in said for said in both(opened))


@pytest.mark.parametrize(
    ("language", "fee", "rate", "included"),
    [
        ("fr", "150,00 € HTVA", "120,00 € HTVA par heure", "60 premières minutes"),
        ("en", "€150.00 excl. VAT", "€120.00 excl. VAT per hour", "first 60 minutes"),
        ("de", "150,00 € zzgl. MwSt.", "120,00 € zzgl. MwSt. pro Stunde", "ersten 60 Minuten"),
    ],
)
def test_an_urgency_says_what_it_costs(language: Language, fee: str, rate: str, included: str) -> None:
    mail = render(URGENT, language, HOUSE)

    assert_says(mail, fee, rate)
    assert not any(included in said for said in both(mail))
    assert_says(
        render(replace(URGENT, urgency=replace(PRICE, included_minutes=60)), language, HOUSE), fee, rate, included
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_of_a_fee_where_none_is_due(language: Language) -> None:
    for facts in (STANDARD, replace(URGENT, urgency=None)):
        assert not any("€" in said for said in both(render(facts, language, HOUSE)))


def test_large_amounts_are_grouped_as_the_country_does() -> None:
    dear = replace(URGENT, urgency=replace(PRICE, opening_fee_cents=123_456_789))

    assert_says(render(dear, "fr", HOUSE), "1.234.567,89 € HTVA")
    assert_says(render(dear, "en", HOUSE), "€1,234,567.89 excl. VAT")


def test_moments_are_shown_on_the_desks_clock() -> None:
    summer = replace(STANDARD, next_opening_at=datetime(2026, 6, 1, 6, 30, tzinfo=UTC))

    assert_says(render(summer, "fr", HOUSE), "lundi 1er juin à 08h30")
    assert_says(render(summer, "en", HOUSE), "Monday 1 June at 08:30")
    assert_says(render(summer, "de", HOUSE), "Montag, 1. Juni, um 08:30 Uhr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_mails_about_a_ticket_share_a_subject_so_that_they_are_threaded(language: Language) -> None:
    first = render(STANDARD, language, HOUSE).subject

    assert render(URGENT, language, HOUSE).subject == first
    assert render(REPLY, language, HOUSE).subject == f"Re: {first}"


NASTY = "<script>alert(1)</script> {number} {{ 7*7 }} {% raw %} \"' & <b>x</b>"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_typed_is_text_and_never_in_the_subject(language: Language) -> None:
    reply = render(replace(REPLY, reply=NASTY, agent_name=NASTY), language, HOUSE)
    alert = render(replace(ALERT, topic=NASTY, requester_name=NASTY), language, HOUSE)

    assert reply.subject == render(REPLY, language, HOUSE).subject
    assert alert.subject == render(ALERT, language, HOUSE).subject
    for mail in (reply, alert):
        assert not read(mail.html).tags & {"script", "b"}
        assert_says(mail, NASTY)


def test_a_reply_keeps_its_lines_and_its_links_work() -> None:
    mail = render(replace(REPLY, reply="Voir :\n\nhttps://ville.lu/?a=1&b=2\njavascript:alert(1)"), "fr", HOUSE)

    assert "Voir :\n\nhttps://ville.lu/?a=1&b=2\njavascript:alert(1)\n" in mail.text
    assert "Voir :<br>\n<br>\n<a href=" in mail.html
    page = read(mail.html)
    assert "https://ville.lu/?a=1&b=2" in page.links
    assert not any(link.startswith("javascript") for link in page.links)


def test_an_alert_tells_who_what_and_when() -> None:
    assert_says(render(ALERT, "fr", HOUSE), "Anna Muller", "Site hors ligne", "lundi 23 novembre à 08h30")


def names_in(words: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    for section, sentences in words.items():
        for name, sentence in sentences.items() if isinstance(sentences, dict) else ():
            if section != "when":
                yield f"{section}.{name}", {field for _, field, _, _ in string.Formatter().parse(sentence) if field}


def test_the_languages_have_the_same_sentences_with_the_same_names() -> None:
    folder = files("app.adapters").joinpath("templates/mail/words")
    french, english, german = (
        dict(names_in(tomllib.loads(folder.joinpath(f"{language}.toml").read_text(encoding="utf-8"))))
        for language in LANGUAGES
    )

    assert french == english == german


def test_every_sentence_is_used() -> None:
    folder = files("app.adapters").joinpath("templates/mail")
    written = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name.endswith(".j2"))
    for module in ("mail_templates.py", "money_mail.py"):
        written += files("app.adapters").joinpath(module).read_text(encoding="utf-8")
    words = tomllib.loads(folder.joinpath("words/en.toml").read_text(encoding="utf-8"))
    built = {"common.lane_standard", "common.lane_urgent"} | {
        f"acknowledgement.{state}_{lane}" for state in ("open", "closed") for lane in ("standard", "urgent")
    }
    built |= {"quote_sent.quote", "quote_sent.estimate"}
    built |= {f"terms_notice.{name}" for name in ("hourly_rate", "contract_rate", "urgency_fee")}
    built |= {
        f"contract_alert.{name}" for name in ("usage", "expiry", "more_usage", "more_expiry", "total", "drawn", "left")
    }
    built |= {f"invoice_sent.{way}{kind}" for way in ("", "intro_") for kind in ("invoice", "credit_note", "statement")}
    built |= {f"{kind}.{name}" for kind in ("quote_sent", "quote_reminder") for name in ("preview", "title", "intro")}

    unused = {key for key, _ in names_in(words) if f'"{key}"' not in written and not key.endswith(".subject")}

    assert unused == built


def test_a_template_that_asks_for_an_unknown_fact_fails_loudly() -> None:
    with pytest.raises(UndefinedError):
        mail_templates._templates().from_string("{{ nobody_gave_this }}").render()


def test_no_template_and_no_word_is_left_unused() -> None:
    folder = Path(mail_templates.__file__).parent / "templates" / "mail"
    kinds = {facts.kind for facts in EVERY} | {"contract_alert", "terms_notice", "invoice_sent"}
    shared = {"letter", "parts", "rows"}
    assert {path.name.partition(".")[0] for path in folder.glob("*.j2")} == kinds | shared
