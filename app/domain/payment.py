"""How an invoice stands (rule I6): what is owed of it, since when it is overdue, what interest the law adds."""

from datetime import date, timedelta
from enum import StrEnum

from app.domain.money import FULL_BP, round_half_up

DAYS_A_YEAR = 365
LONGEST_ADVANCE = timedelta(days=DAYS_A_YEAR)


class PaymentStatus(StrEnum):
    """What was paid of an invoice, beside what was credited."""

    UNPAID = "unpaid"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    OVERPAID = "overpaid"
    CREDITED = "credited"


class PaymentKind(StrEnum):
    """What a row is, by its sign and whether it reverses another."""

    PAYMENT = "payment"
    REFUND = "refund"
    REVERSAL = "reversal"


def kind_of(amount_cents: int, *, reverses: bool) -> PaymentKind:
    """Money below zero that reverses nothing went back to the client."""
    if reverses:
        return PaymentKind.REVERSAL
    return PaymentKind.REFUND if amount_cents < 0 else PaymentKind.PAYMENT


def payment_status(total_cents: int, credited_cents: int, paid_cents: int) -> PaymentStatus:
    """Credited when nothing is owed and nothing was paid; overpaid when more was than is owed.

    `paid_cents` is what came less what went back; below zero when a payment was reversed after its refund: then the
    client owes what went back, be the invoice credited or not.
    """
    outstanding = outstanding_cents(total_cents, credited_cents, paid_cents)
    if outstanding > 0:
        return PaymentStatus.PARTIALLY_PAID if paid_cents > 0 else PaymentStatus.UNPAID
    if outstanding < 0 < paid_cents:
        return PaymentStatus.OVERPAID
    return PaymentStatus.CREDITED if credited_cents and paid_cents <= 0 else PaymentStatus.PAID


def outstanding_cents(total_cents: int, credited_cents: int, paid_cents: int) -> int:
    """What is still owed, in cents; below zero what the client has too much."""
    return total_cents - credited_cents - paid_cents


def surplus_cents(outstanding: int) -> int:
    """What the client has too much, in cents: to be refunded, at most."""
    return max(-outstanding, 0)


def earliest_payment(issued_on: date) -> date:
    """Money may come before its invoice, but not by more than a year: what is older was mistyped."""
    return issued_on - LONGEST_ADVANCE


def overdue_days(due_on: date | None, today: date, outstanding: int) -> int:
    """Days since the due date, while something is owed; 0 on that date itself."""
    if due_on is None or outstanding <= 0:
        return 0
    return max((today - due_on).days, 0)


def interest_cents(outstanding: int, days: int, rate_bp: int | None) -> int | None:
    """Statutory interest for so many days at a yearly rate in basis points, rounded once; None without a rate."""
    if rate_bp is None:
        return None
    return round_half_up(outstanding * rate_bp * days, FULL_BP * DAYS_A_YEAR)
