"""What the mails about terms and contracts say, in three languages."""

from dataclasses import replace
from datetime import date

import pytest

from app.adapters.mail_templates import LANGUAGES, House, Language, render
from app.adapters.money_mail import ContractAlert, InvoiceSent, MoneyMail, TermsNotice, hours

HOUSE = House("e-connect", "https://www.e-connect.lu", "support@e-connect.lu")
NOTICE = TermsNotice(
    effective_on=date(2027, 1, 1),
    text="126 € de l'heure.\n<b>Merci</b>",
    hourly_rate_cents=12600,
    contract_hourly_rate_cents=11970,
    urgency_fee_cents=15000,
    currency="EUR",
)
USED = ContractAlert(
    alert="usage",
    threshold=75,
    year=2026,
    total_minutes=1200,
    drawn_minutes=905,
    left_minutes=295,
    expires_on=date(2026, 12, 31),
)
EXPIRES = ContractAlert(
    alert="expiry",
    threshold=30,
    year=2026,
    total_minutes=1200,
    drawn_minutes=905,
    left_minutes=295,
    expires_on=date(2026, 12, 31),
)

INVOICE = InvoiceSent(
    paper="invoice",
    number="F2026-0042",
    total_cents=28080,
    currency="EUR",
    due_on=date(2026, 11, 1),
    iban="LU28 0019 4006 4475 0000",
    credits=None,
)
CREDIT = replace(INVOICE, paper="credit_note", number="NC2026-0003", due_on=None, credits="F2026-0042")
STATEMENT = replace(INVOICE, paper="statement", number="R2026-0007", total_cents=0, due_on=None)


@pytest.mark.parametrize("facts", [NOTICE, USED, EXPIRES, INVOICE, CREDIT, STATEMENT])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_renders_in_every_language(facts: MoneyMail, language: Language) -> None:
    mail = render(facts, language, HOUSE)
    assert "\n" not in mail.subject
    assert "{" not in mail.subject + mail.text
    assert "e-connect" in mail.text
    assert f'lang="{language}"' in mail.html
    assert "\n\n\n" not in mail.text


@pytest.mark.parametrize(
    ("language", "subject", "amounts"),
    [
        (
            "fr",
            "Nos conditions de support à partir du 1 janvier 2027",
            ["126,00 € HTVA", "119,70 € HTVA", "150,00 € HTVA"],
        ),
        ("en", "Our support terms from 1 January 2027", ["€126.00", "€119.70", "€150.00 excl. VAT"]),
        ("de", "Unsere Support-Bedingungen ab dem 1. Januar 2027", ["126,00 €", "119,70 €", "150,00 € zzgl. MwSt."]),
    ],
)
def test_a_notice_tells_the_day_and_the_prices(language: Language, subject: str, amounts: list[str]) -> None:
    mail = render(NOTICE, language, HOUSE)
    assert mail.subject == subject
    assert all(amount in mail.text for amount in amounts)


def test_the_text_of_the_terms_is_text() -> None:
    mail = render(NOTICE, "fr", HOUSE)
    assert "126 € de l'heure.\n<b>Merci</b>" in mail.text
    assert "&lt;b&gt;Merci" in mail.html


@pytest.mark.parametrize(
    ("facts", "language", "said"),
    [
        (USED, "fr", "75 % de vos heures de maintenance ont été utilisées."),
        (USED, "en", "75 % of your maintenance hours have been used."),
        (EXPIRES, "en", "Your maintenance hours expire on 31 December 2026."),
        (EXPIRES, "de", "Ihre Wartungsstunden laufen am 31. Dezember 2026 ab."),
    ],
)
def test_an_alert_tells_what_happened_and_what_is_left(facts: MoneyMail, language: Language, said: str) -> None:
    mail = render(facts, language, HOUSE)
    assert said in mail.text
    assert all(amount in mail.text for amount in ("20 h 00", "15 h 05", "4 h 55"))


def test_minutes_read_as_hours() -> None:
    assert [hours(minutes) for minutes in (0, 59, 60, 125)] == ["0 h 00", "0 h 59", "1 h 00", "2 h 05"]


@pytest.mark.parametrize(
    ("language", "subject", "said"),
    [
        ("fr", "[F2026-0042] Votre facture", ["280,80 €", "1 novembre 2026", "LU28 0019 4006 4475 0000"]),
        ("en", "[F2026-0042] Your invoice", ["€280.80", "1 November 2026", "accounting software"]),
        ("de", "[F2026-0042] Ihre Rechnung", ["280,80 €", "1. November 2026", "Summe inkl. MwSt."]),
    ],
)
def test_an_invoice_says_what_to_pay_until_when(language: Language, subject: str, said: list[str]) -> None:
    mail = render(INVOICE, language, HOUSE)
    assert mail.subject == subject
    assert all(one in mail.text for one in said)


def test_what_is_not_to_be_paid_names_no_account() -> None:
    credit, statement = (render(facts, "en", HOUSE).text for facts in (CREDIT, STATEMENT))
    assert "corrects the invoice F2026-0042" in credit
    assert "IBAN" not in credit + statement
    assert "not an invoice" in statement
    assert "XML" not in statement
