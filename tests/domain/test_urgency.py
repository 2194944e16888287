"""Urgencies (rule U): opening, fee, requalification, waiver, and from when it counts."""

from datetime import UTC, datetime
from itertools import product

import pytest

from app.domain.calendar import OpeningHours, Span
from app.domain.errors import Refusal
from app.domain.ticket import Channel, Lane
from app.domain.urgency import (
    FeeEffect,
    FeeStatus,
    Requalification,
    check_opening,
    counts_from,
    included_minutes_left,
    requalify,
    waive,
)

DUE, WAIVED, REVERSED, INVOICED = FeeStatus
URGENT, STANDARD = Lane


@pytest.mark.parametrize(
    ("channel", "accepted", "requested_by", "code"),
    [
        ("form", True, None, None),
        ("form", False, "Ada", "urgency-fee-not-accepted"),
        ("email", False, None, None),
        ("agent", False, "Ada", None),
        ("phone", False, "Ada", None),
        ("agent", True, None, "requested-by-required"),
        ("phone", True, "  ", "requested-by-required"),
    ],
)
def test_who_may_open_one(channel: str, accepted: bool, requested_by: str | None, code: str | None) -> None:
    if code is None:
        check_opening(Channel(channel), fee_accepted=accepted, requested_by=requested_by)
        return
    with pytest.raises(Refusal) as refusal:
        check_opening(Channel(channel), fee_accepted=accepted, requested_by=requested_by)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("status", "included", "used", "expected"),
    [
        (DUE, 60, 0, 60),
        (INVOICED, 60, 25, 35),
        (WAIVED, 60, 60, 0),
        (DUE, 60, 70, 0),
        (DUE, 0, 0, 0),
        (REVERSED, 60, 0, 0),
        (None, 60, 0, 0),
    ],
)
def test_minutes_the_fee_still_includes(status: FeeStatus | None, included: int, used: int, expected: int) -> None:
    assert included_minutes_left(status, included, used) == expected


@pytest.mark.parametrize(
    ("current", "wanted", "fee", "effect", "after"),
    [
        (STANDARD, URGENT, None, FeeEffect.CHARGE, DUE),
        (STANDARD, URGENT, REVERSED, FeeEffect.CHARGE, DUE),
        (STANDARD, URGENT, WAIVED, FeeEffect.NONE, WAIVED),
        (STANDARD, URGENT, DUE, FeeEffect.NONE, DUE),
        (STANDARD, URGENT, INVOICED, FeeEffect.NONE, INVOICED),
        (URGENT, STANDARD, DUE, FeeEffect.REVERSE, REVERSED),
        (URGENT, STANDARD, INVOICED, FeeEffect.REVERSE, REVERSED),
        (URGENT, STANDARD, WAIVED, FeeEffect.NONE, WAIVED),
        (URGENT, STANDARD, REVERSED, FeeEffect.NONE, REVERSED),
        (URGENT, STANDARD, None, FeeEffect.NONE, None),
    ],
)
def test_requalification(
    current: Lane, wanted: Lane, fee: FeeStatus | None, effect: FeeEffect, after: FeeStatus | None
) -> None:
    assert requalify(current, wanted, fee, "Looked again") == Requalification(wanted, effect, after)


def test_a_lane_is_changed_to_another_and_with_a_reason() -> None:
    for lane in Lane:
        with pytest.raises(Refusal) as refusal:
            requalify(lane, lane, None, "Looked again")
        assert refusal.value.code == "lane-unchanged"
        assert refusal.value.facts == {"lane": lane.value}
        assert refusal.value.detail == f"The ticket is in the {lane.value} lane already."
    for reason in (None, "", " "):
        with pytest.raises(Refusal) as refusal:
            requalify(STANDARD, URGENT, None, reason)
        assert refusal.value.code == "reason-required"


def test_there_and_back_charges_one_fee_in_the_sum() -> None:
    sums = {FeeEffect.CHARGE: 15000, FeeEffect.REVERSE: -15000, FeeEffect.NONE: 0}
    lane, fee, total = STANDARD, None, 0
    for wanted in (URGENT, STANDARD, URGENT, STANDARD, URGENT):
        result = requalify(lane, wanted, fee, "Again")
        lane, fee, total = result.lane, result.fee_status, total + sums[result.effect]
        assert total == (15000 if wanted is URGENT else 0)


def test_a_due_fee_is_waived_with_a_reason() -> None:
    assert waive(DUE, "Our own fault") is WAIVED
    for reason in (None, " "):
        with pytest.raises(Refusal) as refusal:
            waive(DUE, reason)
        assert refusal.value.code == "reason-required"


@pytest.mark.parametrize(("status", "reason"), list(product([WAIVED, REVERSED, INVOICED], [None, "Please"])))
def test_no_other_fee_can_be_waived(status: FeeStatus, reason: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        waive(status, reason)
    assert refusal.value.code == "fee-not-due"
    assert refusal.value.detail == f"The fee is {status.value}: only one that is due can be waived."


HOURS = OpeningHours()
OPEN = datetime(2026, 6, 22, 10, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 6, 20, 10, 0, tzinfo=UTC)
MONDAY = datetime(2026, 6, 22, 6, 30, tzinfo=UTC)


def saturday(start: int, end: int) -> Span:
    return Span(SATURDAY.replace(hour=start), SATURDAY.replace(hour=end))


@pytest.mark.parametrize(
    ("opened_at", "windows", "expected"),
    [
        (OPEN, [], OPEN),
        (SATURDAY, [], MONDAY),
        (SATURDAY, [saturday(9, 12)], SATURDAY),
        (SATURDAY, [saturday(10, 12)], SATURDAY),
        (SATURDAY, [saturday(8, 10)], MONDAY),
        (SATURDAY, [saturday(14, 18), saturday(12, 13)], SATURDAY.replace(hour=12)),
        (OPEN, [saturday(9, 12)], OPEN),
    ],
)
def test_at_once_counts_from(opened_at: datetime, windows: list[Span], expected: datetime) -> None:
    assert counts_from(HOURS, opened_at, windows) == expected


def test_a_desk_that_never_opens_counts_from_the_window_or_never() -> None:
    closed = OpeningHours(weekdays=frozenset())
    assert counts_from(closed, SATURDAY, []) is None
    assert counts_from(closed, SATURDAY, [saturday(14, 18)]) == SATURDAY.replace(hour=14)


def test_the_words_of_the_api() -> None:
    assert [status.value for status in FeeStatus] == ["due", "waived", "reversed", "invoiced"]
    assert [effect.value for effect in FeeEffect] == ["charge", "reverse", "none"]
