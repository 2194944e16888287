"""How an invoice stands (I6)."""

from datetime import date

import pytest

from app.domain.payment import (
    PaymentKind,
    PaymentStatus,
    earliest_payment,
    interest_cents,
    kind_of,
    outstanding_cents,
    overdue_days,
    payment_status,
    surplus_cents,
)

DUE = date(2026, 12, 24)


@pytest.mark.parametrize(
    ("total", "credited", "paid", "status", "outstanding"),
    [
        (11_700, 0, 0, PaymentStatus.UNPAID, 11_700),
        (11_700, 0, 1, PaymentStatus.PARTIALLY_PAID, 11_699),
        (11_700, 0, 11_700, PaymentStatus.PAID, 0),
        (11_700, 0, 11_701, PaymentStatus.OVERPAID, -1),
        (11_700, 11_700, 0, PaymentStatus.CREDITED, 0),
        (11_700, 11_701, 0, PaymentStatus.CREDITED, -1),
        (11_700, 11_700, 100, PaymentStatus.OVERPAID, -100),
        (11_700, 1_700, 10_000, PaymentStatus.PAID, 0),
        (11_700, 1_700, 0, PaymentStatus.UNPAID, 10_000),
        (0, 0, 0, PaymentStatus.PAID, 0),
        # By one cent.
        (11_700, 11_700, 1, PaymentStatus.OVERPAID, -1),
        (11_700, 11_699, 0, PaymentStatus.UNPAID, 1),
        (11_700, 11_699, 1, PaymentStatus.PAID, 0),
        # A payment was reversed after its refund; a refund of what was credited beyond the total.
        (11_700, 0, -300, PaymentStatus.UNPAID, 12_000),
        (11_700, 11_701, -1, PaymentStatus.CREDITED, 0),
        # A payment was recalled after it had been paid back for a credit note: the client owes what went back.
        (11_700, 11_700, -300, PaymentStatus.UNPAID, 300),
        (11_700, 11_700, -1, PaymentStatus.UNPAID, 1),
    ],
)
def test_how_it_stands(total: int, credited: int, paid: int, status: PaymentStatus, outstanding: int):
    assert payment_status(total, credited, paid) is status
    assert outstanding_cents(total, credited, paid) == outstanding


@pytest.mark.parametrize(("outstanding", "surplus"), [(100, 0), (0, 0), (-1, 1)])
def test_what_the_client_has_too_much(outstanding: int, surplus: int):
    assert surplus_cents(outstanding) == surplus


def test_what_a_row_is():
    assert kind_of(100, reverses=False) is PaymentKind.PAYMENT
    assert kind_of(-100, reverses=False) is PaymentKind.REFUND
    assert {kind_of(cents, reverses=True) for cents in (-100, 100)} == {PaymentKind.REVERSAL}


def test_money_comes_at_most_a_year_before_its_invoice():
    assert earliest_payment(date(2026, 11, 25)) == date(2025, 11, 25)


def test_overdue_from_the_day_after_the_due_date():
    assert overdue_days(DUE, DUE, 100) == 0
    assert overdue_days(DUE, date(2027, 1, 3), 1) == 10
    assert overdue_days(DUE, date(2026, 12, 1), 100) == 0
    assert overdue_days(DUE, date(2027, 1, 3), 0) == 0
    assert overdue_days(None, date(2027, 1, 3), 100) == 0


def test_interest_only_with_a_rate():
    assert interest_cents(11_700, 10, None) is None
    assert interest_cents(11_700, 10, 1215) == 39  # 38.95
    assert interest_cents(0, 10, 1215) == 0
