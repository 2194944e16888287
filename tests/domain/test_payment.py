"""How an invoice stands (I6)."""

from datetime import date

import pytest

from app.domain.payment import PaymentStatus, interest_cents, outstanding_cents, overdue_days, payment_status

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
    ],
)
def test_how_it_stands(total: int, credited: int, paid: int, status: PaymentStatus, outstanding: int):
    assert payment_status(total, credited, paid) is status
    assert outstanding_cents(total, credited, paid) == outstanding


def test_overdue_from_the_day_after_the_due_date():
    assert overdue_days(DUE, DUE, 100) == 0
    assert overdue_days(DUE, date(2027, 1, 3), 100) == 10
    assert overdue_days(DUE, date(2026, 12, 1), 100) == 0
    assert overdue_days(DUE, date(2027, 1, 3), 0) == 0
    assert overdue_days(None, date(2027, 1, 3), 100) == 0


def test_interest_only_with_a_rate():
    assert interest_cents(11_700, 10, None) is None
    assert interest_cents(11_700, 10, 1215) == 39  # 38.95
    assert interest_cents(0, 10, 1215) == 0
