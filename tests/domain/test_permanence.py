from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from app.domain import permanence as p
from app.domain.calendar import OpeningHours, Span
from app.domain.errors import Refusal
from app.domain.permanence import Band, CancellationBand, Move, Status

HOURS = OpeningHours(closed_on=frozenset({date(2026, 12, 25)}))
LEGAL = {
    ("requested", "quote"): "quoted",
    ("requested", "cancel"): "cancelled",
    ("quoted", "quote"): "quoted",
    ("quoted", "accept"): "accepted",
    ("quoted", "refuse"): "refused",
    ("quoted", "cancel"): "cancelled",
    ("accepted", "schedule"): "scheduled",
    ("accepted", "cancel"): "cancelled",
    ("scheduled", "schedule"): "scheduled",
    ("scheduled", "complete"): "done",
    ("scheduled", "cancel"): "cancelled",
}


@pytest.mark.parametrize(("status", "wanted"), list(product(Status, Move)))
def test_every_move_from_every_state(status: Status, wanted: Move):
    after = LEGAL.get((status.value, wanted.value))
    if after is not None:
        assert p.move(status, wanted) == after
        return
    with pytest.raises(Refusal) as refused:
        p.move(status, wanted)
    assert refused.value.code == "permanence-move"
    assert refused.value.facts["legal"] == [move for state, move in LEGAL if state == status]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """December 2026, winter time: local is UTC + 1. The 4th is a Friday."""
    return datetime(2026, 12, day, hour - 1, minute, tzinfo=UTC)


def test_lead_time_counts_whole_minutes():
    assert p.lead_minutes(at(1, 10), at(1, 11, 30)) == 90
    assert p.lead_minutes(at(1, 10), at(1, 10) + timedelta(seconds=59)) == 0
    for start in (at(1, 10), at(1, 9)):
        with pytest.raises(Refusal, match="window-past"):
            p.lead_minutes(at(1, 10), start)


def test_a_window_outside_hours_stays_whole():
    night = Span(at(4, 17, 30), at(7, 8, 30))
    assert p.standby(HOURS, night, cut=False) == (night,)
    holiday = Span(at(25, 8), at(25, 20))
    assert p.standby(HOURS, holiday, cut=False) == (holiday,)


def test_a_window_that_overlaps_opening_hours_is_refused_naming_them():
    with pytest.raises(Refusal) as refused:
        p.standby(HOURS, Span(at(4, 16), at(5, 2)), cut=False)
    assert refused.value.code == "window-in-hours"
    assert refused.value.facts["open_from"] == at(4, 16)
    assert refused.value.facts["open_until"] == at(4, 17, 30)


def test_or_cut_where_that_was_asked_for():
    assert p.standby(HOURS, Span(at(3, 20), at(5, 2)), cut=True) == (
        Span(at(3, 20), at(4, 8, 30)),
        Span(at(4, 17, 30), at(5, 2)),
    )


def test_nothing_is_left_of_a_window_within_hours():
    with pytest.raises(Refusal, match="window-in-hours"):
        p.standby(HOURS, Span(at(4, 9), at(4, 17)), cut=True)


def test_a_month_is_the_longest_window():
    assert p.minutes_of(p.standby(HOURS, Span(at(1, 1), at(1, 1) + timedelta(days=31)), cut=True)) > 0
    with pytest.raises(Refusal, match="window-too-long"):
        p.standby(HOURS, Span(at(1, 1), at(1, 1) + timedelta(days=31, minutes=1)), cut=True)


GRID = (Band(168, 9_000), Band(0, 30_000), Band(48, 15_000))


@pytest.mark.parametrize(
    ("lead_hours", "rate", "until"),
    [(0, 30_000, 48), (47, 30_000, 48), (48, 15_000, 168), (167, 15_000, 168), (168, 9_000, None), (999, 9_000, None)],
)
def test_the_grid_suggests_by_lead_time(lead_hours: int, rate: int, until: int | None):
    found = p.suggest(GRID, lead_hours * 60, 90)
    assert found is not None
    assert (found.band.hourly_rate_cents, found.until_lead_hours) == (rate, until)
    assert (found.standby_minutes, found.amount_cents) == (90, rate * 3 // 2)
    assert str(found.band.from_lead_hours) in found.reason
    assert ("no upper limit" in found.reason) == (until is None)


def test_without_a_band_the_agent_types_the_price():
    assert p.suggest((), 10_000, 60) is None
    assert p.suggest((Band(48, 1),), 48 * 60 - 1, 60) is None


CLAUSE = (CancellationBand(48, 5_000), CancellationBand(168, 0), CancellationBand(0, 10_000))


@pytest.mark.parametrize(
    ("before", "bp", "cents"),
    [
        (timedelta(hours=169), 0, 0),
        (timedelta(hours=168), 0, 0),
        (timedelta(hours=167, minutes=59), 5_000, 50_001),
        (timedelta(hours=48), 5_000, 50_001),
        (timedelta(hours=1), 10_000, 100_001),
        (timedelta(), 10_000, 100_001),
        (-timedelta(hours=1), 10_000, 100_001),
    ],
)
def test_cancelling_costs_what_the_clause_says(before: timedelta, bp: int, cents: int):
    found = p.cancel(CLAUSE, 100_001, at(5, 1), at(5, 1) - before)
    assert (found.charge_bp, found.amount_cents) == (bp, cents)


def test_where_the_clause_is_silent_nothing_is_due_before_the_start():
    assert p.cancel((), 100, at(5, 2), at(5, 1)).amount_cents == 0
    assert p.cancel((CancellationBand(24, 5_000),), 100, at(5, 2), at(5, 1)).amount_cents == 0
    assert p.cancel((), 100, at(5, 2), at(5, 2)).amount_cents == 100


def test_it_is_done_once_its_window_has_ended():
    p.check_over(at(5, 2), at(5, 2))
    with pytest.raises(Refusal, match="window-not-over"):
        p.check_over(at(5, 2), at(5, 1))
