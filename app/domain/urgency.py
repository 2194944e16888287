"""Urgencies (rule U): who may open one, what becomes of the fee, what it includes, from when it counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.calendar import OpeningHours, Span, attended_from, utc
from app.domain.errors import Refusal
from app.domain.ticket import Channel, Lane


class FeeStatus(StrEnum):
    """What became of the opening fee."""

    DUE = "due"
    WAIVED = "waived"
    REVERSED = "reversed"
    INVOICED = "invoiced"


class FeeEffect(StrEnum):
    """The row that a requalification adds; no row is ever taken away (U4)."""

    CHARGE = "charge"
    REVERSE = "reverse"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Requalification:
    """The lane a ticket is in afterwards, what is booked, how its fee then stands; its receipt time stays."""

    lane: Lane
    effect: FeeEffect
    fee_status: FeeStatus | None


def _given(text: str | None) -> bool:
    return bool(text and text.strip())


def check_opening(channel: Channel, *, fee_accepted: bool, requested_by: str | None) -> None:
    """Refuses an urgency nobody asked for (U1).

    On the form the fee must be accepted (`urgency-fee-not-accepted`); an agent names who asked
    (`requested-by-required`); writing to the urgent address is asking.
    """
    if channel is Channel.FORM and not fee_accepted:
        raise Refusal("urgency-fee-not-accepted", "An urgency has an opening fee, which must be accepted.")
    if channel in (Channel.AGENT, Channel.PHONE) and not _given(requested_by):
        raise Refusal("requested-by-required", "Say who asked for the urgency.")


def included_minutes_left(fee_status: FeeStatus | None, included_minutes: int, used_minutes: int) -> int:
    """Minutes of urgent work on the ticket that its fee still includes (U2).

    `included_minutes` comes from the terms of the opening. A reversed fee includes nothing; a waived one
    does: the client was spared the fee, not asked to pay the hour instead.
    """
    if fee_status is None or fee_status is FeeStatus.REVERSED:
        return 0
    return max(included_minutes - used_minutes, 0)


def requalify(current: Lane, wanted: Lane, fee_status: FeeStatus | None, reason: str | None) -> Requalification:
    """Moves a ticket between the lanes (U4): up charges the fee unless it stands, down reverses it.

    Refuses to stay in the lane as `lane-unchanged`, and to move without a reason as `reason-required`.
    """
    if wanted is current:
        raise Refusal("lane-unchanged", f"The ticket is in the {current} lane already.", lane=current.value)
    if not _given(reason):
        raise Refusal("reason-required", "Say why the ticket changes its lane.")
    if wanted is Lane.URGENT and fee_status in (None, FeeStatus.REVERSED):
        return Requalification(wanted, FeeEffect.CHARGE, FeeStatus.DUE)
    if wanted is Lane.STANDARD and fee_status in (FeeStatus.DUE, FeeStatus.INVOICED):
        return Requalification(wanted, FeeEffect.REVERSE, FeeStatus.REVERSED)
    return Requalification(wanted, FeeEffect.NONE, fee_status)


def waive(fee_status: FeeStatus, reason: str | None) -> FeeStatus:
    """Spares the client a fee that is due (U4).

    Refuses any other as `fee-not-due` (what is on an invoice is given back by a credit note), and a waiver
    without a reason as `reason-required`.
    """
    if fee_status is not FeeStatus.DUE:
        raise Refusal("fee-not-due", f"The fee is {fee_status}: only one that is due can be waived.")
    if not _given(reason):
        raise Refusal("reason-required", "Say why the fee is waived.")
    return FeeStatus.WAIVED


def counts_from(hours: OpeningHours, opened_at: datetime, windows: Iterable[Span]) -> datetime | None:
    """From when "at once" counts (U3): at once while the desk or a permanence window of the client is open.

    Else whichever of the two opens next; None when neither does within the calendar's horizon.
    """
    opened = utc(opened_at)
    starts = [max(opened, window.start) for window in windows if window.end > opened]
    return min([start for start in (attended_from(hours, opened), *starts) if start is not None], default=None)
