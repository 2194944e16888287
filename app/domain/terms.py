"""The terms: every number the desk promises, as one dated version (rules P, C, U, Q, N)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.domain.errors import Refusal
from app.domain.permanence import Band

MAX_CENTS = 100_000_000
MAX_MINUTES = 100_000
MAX_DAYS = 3_660
_CENTS, _BP, _DAYS, _STEP = (0, MAX_CENTS), (0, 10_000), (0, MAX_DAYS), (1, MAX_MINUTES)


def _check_bounds(policy: object, bounds: dict[str, tuple[int, int]]) -> None:
    for field, (low, high) in bounds.items():
        value = getattr(policy, field)
        values = value if isinstance(value, tuple) else (value,)
        if any(one is not None and not low <= one <= high for one in values):
            raise Refusal("terms-invalid", f"{field} must lie between {low} and {high}.", field=field)


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencyTerms:
    """What an urgency costs (U2): fee on opening, hourly rate (None: standard), minutes the fee includes."""

    opening_fee_cents: int
    hourly_rate_cents: int | None
    included_minutes: int

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense as `terms-invalid`."""
        bounds = {
            "opening_fee_cents": _CENTS,
            "hourly_rate_cents": _CENTS,
            "included_minutes": (0, MAX_MINUTES),
        }
        _check_bounds(self, bounds)


_BOUNDS = {
    "hourly_rate_cents": _CENTS,
    "out_of_hours_hourly_rate_cents": _CENTS,
    "contract_discount_bp": _BP,
    "overflow_discount_bp": _BP,
    "contract_grace_days": _DAYS,
    "billing_increment_minutes": _STEP,
    "minimum_minutes": _STEP,
    "quote_threshold_minutes": (0, MAX_MINUTES),
    "future_tolerance_minutes": (0, MAX_MINUTES),
    "reopen_days": _DAYS,
    "notice_days": _DAYS,
    "quote_valid_days": _DAYS,
    "quote_reminder_days": _DAYS,
    "payment_due_days": _DAYS,
    "usage_alert_percents": (1, 100),
    "expiry_alert_days": _DAYS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One version of the terms; amounts in cents, times in minutes or days, discounts in basis points.

    Where the published text is silent the house's reading is a field here, so that another is only data:
    `prepaid_covers_urgent` (C4), `overflow_discount_bp` for holders of a contract (C3), `contract_grace_days`
    after 31 December (C1), `contract_usable_before_issue` (C1), `out_of_hours_hourly_rate_cents` (P5, None:
    standard), `bills_in_project` (T5). `permanence_grid` prices on-call by lead time; empty: by hand (O2).
    """

    terms_id: UUID
    effective_on: date
    currency: str
    hourly_rate_cents: int
    out_of_hours_hourly_rate_cents: int | None
    urgency: UrgencyTerms
    billing_increment_minutes: int
    minimum_minutes: int
    bills_in_project: bool
    contract_discount_bp: int
    contract_grace_days: int
    contract_usable_before_issue: bool
    prepaid_covers_urgent: bool
    overflow_discount_bp: int
    usage_alert_percents: tuple[int, ...]
    expiry_alert_days: tuple[int, ...]
    quote_threshold_minutes: int
    quote_valid_days: int
    quote_reminder_days: int = 7
    payment_due_days: int
    future_tolerance_minutes: int
    reopen_days: int
    notice_days: int
    permanence_grid: tuple[Band, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense as `terms-invalid`, naming the field."""
        _check_bounds(self, _BOUNDS)
        starts = [band.from_lead_hours for band in self.permanence_grid]
        if len(set(starts)) < len(starts):
            raise Refusal("terms-invalid", "Two bands of the grid begin alike.", field="permanence_grid")


def terms_on(versions: Iterable[Terms], day: date) -> Terms:
    """The version in force on a local date (P3); `no-terms` before the first."""
    in_force = [terms for terms in versions if terms.effective_on <= day]
    if not in_force:
        raise Refusal("no-terms", f"No terms were in force on {day}.", on=day)
    return max(in_force, key=lambda terms: terms.effective_on)


def check_publication(
    effective_on: date, today: date, *, last_priced_on: date | None, notice_days: int, reason: str | None
) -> None:
    """Refuses terms that would change a price already given, or that come with too little notice (N1).

    `last_priced_on` is the latest local date for which anything was priced yet. No reason helps against
    `terms-retroactive`; one does against `notice-too-short`.
    """
    if effective_on < today or (last_priced_on is not None and effective_on <= last_priced_on):
        raise Refusal("terms-retroactive", "Terms never change a price that was already given.", today=today)
    notice = (effective_on - today).days
    if notice < notice_days and not (reason and reason.strip()):
        raise Refusal(
            "notice-too-short",
            f"Clients are told {notice_days} days ahead; this is {notice}. Give a reason or a later date.",
            notice_days=notice_days,
            days_ahead=notice,
        )
