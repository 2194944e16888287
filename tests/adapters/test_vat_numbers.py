"""VAT numbers: each country's rule, and the one form in which a number is stored."""

import pytest

from app.adapters.vat_numbers import normal_form


@pytest.mark.parametrize(
    ("country", "number", "normal"),
    [
        ("LU", "LU26375245", "LU26375245"),
        ("LU", "lu 263.752-45", "LU26375245"),
        ("LU", "26375245", "LU26375245"),
        ("FR", "FR 40 303 265 045", "FR40303265045"),
        ("MC", "FR53000004605", "FR53000004605"),
        ("DE", "136695976", "DE136695976"),
        ("GR", "EL094259216", "EL094259216"),
        ("GR", "GR094259216", "EL094259216"),
        ("AT", "ATU13585627", "ATU13585627"),
        ("CH", "CHE-107.787.577 MWST", "CHE107787577MWST"),
        ("GB", "GB980780684", "GB980780684"),
        ("US", "12-3456789", "123456789"),
    ],
)
def test_a_number_has_one_form(country: str, number: str, normal: str):
    assert normal_form(country, number) == normal


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("LU", "LU26375246"),  # the check digits are wrong
        ("LU", "LU2637524"),
        ("LU", "FR40303265045"),  # right, but of another country
        ("FR", "LU26375245"),
        ("GR", "EL094259217"),
        ("LU", ""),
        ("US", "12"),
        ("US", "1" * 21),
        ("CH", "CHE/107;787"),
        ("US", "\uff11\uff12\uff13\uff14"),
    ],
)
def test_what_breaks_the_country_s_rule_is_no_number(country: str, number: str):
    assert normal_form(country, number) is None
