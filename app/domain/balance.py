"""What a contract has left, and what may be done with it: refunds, grants, alerts, statement (rule C)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from app.domain.contract import Pool
from app.domain.errors import Refusal
from app.domain.minutes import check_minutes
from app.domain.money import share_cents


@dataclass(frozen=True, slots=True)
class Balance:
    """A pool on a day: left = bought + granted - drawn - expired - refunded, never below zero."""

    bought_minutes: int
    granted_minutes: int
    drawn_minutes: int
    expired_minutes: int
    refunded_minutes: int
    left_minutes: int


def balance(pool: Pool, today: date) -> Balance:
    """The balance by date: after the last day nothing is left; the unused minutes show as expired (C1)."""
    left = pool.unspent_minutes if today <= pool.expires_on else 0
    return Balance(
        bought_minutes=pool.bought_minutes,
        granted_minutes=pool.granted_minutes,
        drawn_minutes=pool.drawn_minutes,
        expired_minutes=pool.unspent_minutes + pool.carried_minutes - left,
        refunded_minutes=pool.refunded_minutes,
        left_minutes=left,
    )


def refundable_minutes(pool: Pool, today: date) -> int:
    """The most that can be refunded (C6): unused, not expired, and bought, not granted."""
    if not pool.usable:
        return 0
    return min(balance(pool, today).left_minutes, pool.bought_minutes - pool.refunded_minutes)


def refund_cents(pool: Pool, price_cents: int, minutes: int, today: date) -> int:
    """What a refund of so many minutes gives back at the price paid, in cents (C6).

    Refuses more than is unused as `refund-exceeds-unused`. Refunds of all bought minutes add up to the price.
    """
    check_minutes(minutes)
    most = refundable_minutes(pool, today)
    if minutes > most:
        raise Refusal("refund-exceeds-unused", f"At most {most} minutes can be refunded.", refundable_minutes=most)
    return share_cents(price_cents, pool.refunded_minutes, minutes, pool.bought_minutes)


def check_grant(minutes: int, reason: str | None) -> None:
    """Refuses free minutes without a reason, as `reason-required`."""
    check_minutes(minutes)
    if not (reason and reason.strip()):
        raise Refusal("reason-required", "Free minutes need a reason.")


def carry_over(pool: Pool, minutes: int, reason: str | None, today: date) -> Pool:
    """The expired pool after so many of its minutes are granted again on a later contract (C1).

    Refuses more than expired unused as `carry-over-exceeds-expired`, and any without a reason.
    """
    check_grant(minutes, reason)
    most = pool.unspent_minutes if today > pool.expires_on else 0
    if minutes > most:
        detail = f"At most {most} expired minutes can be carried over."
        raise Refusal("carry-over-exceeds-expired", detail, expired_minutes=most)
    return replace(pool, carried_minutes=pool.carried_minutes + minutes)


def usage_alerts(pool: Pool, percents: Iterable[int]) -> tuple[int, ...]:
    """The thresholds in per cent that its use has reached, lowest first (C5)."""
    total = pool.bought_minutes + pool.granted_minutes - pool.refunded_minutes
    if total == 0:
        return ()
    return tuple(sorted(percent for percent in percents if pool.drawn_minutes * 100 >= total * percent))


def expiry_alert(pool: Pool, today: date, days_before: Iterable[int]) -> int | None:
    """The tightest of those numbers of days within which unused minutes expire, None when none (C5)."""
    if not pool.usable or balance(pool, today).left_minutes == 0:
        return None
    remaining = (pool.expires_on - today).days
    return min((days for days in days_before if remaining <= days), default=None)


class Movement(StrEnum):
    """What a line of a contract's statement does."""

    BOUGHT = "bought"
    GRANTED = "granted"
    DRAWN = "drawn"
    EXPIRED = "expired"
    REFUNDED = "refunded"


def running_balance(movements: Iterable[tuple[Movement, int]]) -> tuple[int, ...]:
    """The minutes left after each line of a statement, the last being the balance; never below zero."""
    left, running = 0, []
    for movement, minutes in movements:
        left += minutes if movement in (Movement.BOUGHT, Movement.GRANTED) else -minutes
        if left < 0:
            raise Refusal("pool-overdrawn", "The contract has not that many minutes left.")
        running.append(left)
    return tuple(running)
