from datetime import date

import pytest

from app.domain.vat import Category, Totals, Vat, standard_rate_bp, totals, vat_of


@pytest.mark.parametrize(
    ("on", "rate_bp"),
    [
        (date(2014, 12, 31), 1700),
        (date(2022, 12, 31), 1700),
        (date(2023, 1, 1), 1600),
        (date(2023, 12, 31), 1600),
        (date(2024, 1, 1), 1700),
        (date(2026, 11, 25), 1700),
    ],
)
def test_the_rate_is_the_one_of_its_date(on: date, rate_bp: int):
    assert standard_rate_bp(on) == rate_bp


@pytest.mark.parametrize(
    ("country", "number", "expected"),
    [
        ("LU", None, Vat(Category.STANDARD, 1700)),
        ("LU", "LU12345613", Vat(Category.STANDARD, 1700)),
        ("DE", "DE136695976", Vat(Category.REVERSE_CHARGE, 0)),
        ("DE", None, Vat(Category.STANDARD, 1700)),
        ("CH", None, Vat(Category.OUT_OF_SCOPE, 0)),
        ("GB", "GB1", Vat(Category.OUT_OF_SCOPE, 0)),
    ],
)
def test_who_owes_the_tax_depends_on_the_client(country: str, number: str | None, expected: Vat):
    assert vat_of(country, number, date(2026, 11, 25)) == expected


def test_the_tax_is_rounded_once_on_the_sum():
    assert totals([3, 3], Vat(Category.STANDARD, 1700)) == Totals(6, 1, 7)
    assert totals([], Vat(Category.STANDARD, 1700)) == Totals(0, 0, 0)
    assert totals([10_050], Vat(Category.STANDARD, 1600)) == Totals(10_050, 1608, 11_658)
    assert totals([10_050], Vat(Category.REVERSE_CHARGE, 0)) == Totals(10_050, 0, 10_050)
