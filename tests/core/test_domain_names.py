"""Names of the DNS have one spelling, whoever types them."""

import pytest

from app.core.domain_names import FREE_MAIL, ascii_form, domain_of, host_of


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("thill.lu", "thill.lu"),
        (" Thill.LU ", "thill.lu"),
        ("münchen-bau.de", "xn--mnchen-bau-9db.de"),
        ("xn--mnchen-bau-9db.de", "xn--mnchen-bau-9db.de"),
        ("mail。thill.lu", "mail.thill.lu"),
    ],
)
def test_a_domain_has_one_spelling(typed: str, stored: str):
    assert ascii_form(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "", "thill", "localhost", "thill..lu", ".thill.lu", "thill.lu.", "-thill.lu", "1.2.3.4", "[1.2.3.4]",
        "anna@thill.lu", "thi ll.lu", "thi\nll.lu", "thill.lu\0", "*.thill.lu", "a" * 64 + ".lu", "thill.test",
    ],
)  # fmt: skip
def test_what_no_mail_comes_from_is_no_domain(typed: str):
    assert ascii_form(typed) is None


def test_free_mail_providers_are_spelt_as_domains_are_stored():
    assert all(ascii_form(domain) == domain for domain in FREE_MAIL)


def test_an_address_and_a_stored_domain_meet():
    assert domain_of("Anna@MÜNCHEN-bau.de") == ascii_form("münchen-bau.de")
    assert domain_of("anna@thill.lu") == "thill.lu"


def test_a_site_is_known_by_its_host_without_www():
    assert host_of("https://www.thill.lu:8443/shop") == "thill.lu"
    assert host_of("https://Bücher.lu/") == "xn--bcher-kva.lu"
    assert host_of("https://xn--bcher-kva.lu/") == "xn--bcher-kva.lu"
    assert host_of("mailto:anna@thill.lu") is None


def test_a_host_that_mail_cannot_come_from_is_kept_as_typed():
    assert host_of("http://münchen/") == "münchen"
