from datetime import UTC, date, datetime
from itertools import product

import pytest

from app.domain import quote as q
from app.domain.errors import Refusal
from app.domain.quote import Consent, Kind, Line, Move, Status
from tests.domain.builders import a_terms

LEGAL = {
    ("draft", "send"): "sent",
    ("draft", "revise"): "replaced",
    ("draft", "withdraw"): "withdrawn",
    ("sent", "send"): "sent",
    ("sent", "accept"): "accepted",
    ("sent", "refuse"): "refused",
    ("sent", "expire"): "expired",
    ("sent", "revise"): "replaced",
    ("sent", "withdraw"): "withdrawn",
    ("refused", "revise"): "refused",
    ("expired", "revise"): "expired",
    ("withdrawn", "revise"): "withdrawn",
    ("accepted", "revise"): "accepted",
    ("accepted", "replace"): "replaced",
}


@pytest.mark.parametrize(("status", "wanted"), list(product(Status, Move)))
def test_every_move_from_every_state(status: Status, wanted: Move):
    after = LEGAL.get((status.value, wanted.value))
    if after is not None:
        assert q.move(status, wanted) == after
        return
    with pytest.raises(Refusal) as refused:
        q.move(status, wanted)
    assert refused.value.code == "quote-not-open"
    assert refused.value.facts["legal"] == [move for state, move in LEGAL if state == status]


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("kind", Kind)
def test_a_fixed_price_that_was_accepted_gets_no_new_version(status: Status, kind: Kind):
    allowed = (status.value, "revise") in LEGAL and not (status is Status.ACCEPTED and kind is Kind.QUOTE)
    if allowed:
        assert q.revise(status, kind) == LEGAL[status.value, "revise"]
        return
    with pytest.raises(Refusal, match="quote-not-open"):
        q.revise(status, kind)


def test_a_line_costs_its_minutes_or_its_pieces_less_the_discount():
    assert Line(description="x", minutes=90, hourly_rate_cents=12_000).net_cents == 18_000
    assert Line(description="x", minutes=1, hourly_rate_cents=12_000, discount_bp=500).net_cents == 190
    assert Line(description="x", quantity=3, unit_price_cents=333, discount_bp=1000).net_cents == 899
    assert Line(description="x", quantity=1, unit_price_cents=0).net_cents == 0


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"minutes": 1},
        {"hourly_rate_cents": 1},
        {"quantity": 1},
        {"unit_price_cents": 1},
        {"minutes": 1, "hourly_rate_cents": 1, "quantity": 1},
        {"minutes": 1, "unit_price_cents": 1},
        {"minutes": 1, "hourly_rate_cents": 1, "quantity": 1, "unit_price_cents": 1},
    ],
)
def test_a_line_is_either_time_or_pieces(values: dict[str, int]):
    with pytest.raises(Refusal, match="quote-line-invalid"):
        Line(description="x", **values)


def test_an_estimate_is_made_of_minutes():
    timed = Line(description="x", minutes=60, hourly_rate_cents=12_000)
    piece = Line(description="x", quantity=1, unit_price_cents=100)
    q.check_lines(Kind.QUOTE, [timed, piece])
    q.check_lines(Kind.ESTIMATE, [timed])
    assert q.minutes_of([timed, piece, timed]) == 120
    with pytest.raises(Refusal, match="estimate-needs-minutes"):
        q.check_lines(Kind.ESTIMATE, [timed, piece])


def test_a_quote_is_valid_as_long_as_the_terms_say():
    today = date(2026, 11, 25)
    assert q.valid_until(today, None, 30) == date(2026, 12, 25)
    assert q.valid_until(today, today, 30) == today
    with pytest.raises(Refusal, match="validity-over"):
        q.valid_until(today, date(2026, 11, 24), 30)


NIGHT = datetime(2026, 12, 5, 17, tzinfo=UTC)  # Saturday, 18:00 in Luxembourg


@pytest.mark.parametrize(
    ("today", "until"),
    [
        (date(2026, 11, 25), date(2026, 12, 4)),  # the eve of the on-call
        (date(2026, 12, 4), date(2026, 12, 4)),
        (date(2026, 12, 5), date(2026, 12, 5)),  # the same day
        (date(2026, 10, 1), date(2026, 10, 31)),  # the usual thirty days are shorter
    ],
)
def test_a_quote_for_on_call_ends_before_it_begins(today: date, until: date):
    assert q.valid_until(today, None, 30, NIGHT) == until


def test_a_wanted_end_lies_no_later_than_the_day_of_the_on_call():
    today = date(2026, 11, 25)
    assert q.valid_until(today, date(2026, 12, 5), 30, NIGHT) == date(2026, 12, 5)
    with pytest.raises(Refusal) as refused:
        q.valid_until(today, date(2026, 12, 6), 30, NIGHT)
    assert (refused.value.code, refused.value.facts) == ("validity-over", {"begins_at": NIGHT})


def test_nobody_accepts_once_the_on_call_has_begun():
    assert q.expires_at(date(2026, 12, 5), NIGHT) == NIGHT
    assert q.expires_at(date(2026, 12, 4), NIGHT) == datetime(2026, 12, 4, 23, tzinfo=UTC)


def test_it_expires_at_local_midnight():
    assert q.expires_at(date(2026, 12, 25)) == datetime(2026, 12, 25, 23, tzinfo=UTC)
    assert q.expires_at(date(2026, 6, 30)) == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_numbers_have_at_least_four_digits():
    assert q.quote_number(2026, 7) == "D2026-0007"
    assert q.quote_number(2026, 12_345) == "D2026-12345"


def test_more_than_a_day_needs_consent():
    terms = a_terms(quote_threshold_minutes=480)
    q.check_time(terms, None, chargeable_minutes=480)
    q.check_time(terms, Consent(Kind.QUOTE, "D2026-0001", 600), chargeable_minutes=10_000)
    with pytest.raises(Refusal) as refused:
        q.check_time(terms, None, chargeable_minutes=481)
    assert refused.value.code == "quote-required"
    assert refused.value.facts == {"quote_threshold_minutes": 480, "chargeable_minutes": 481}


def test_beyond_an_estimate_a_new_version_is_needed():
    terms, consent = a_terms(), Consent(Kind.ESTIMATE, "D2026-0001", 600)
    q.check_time(terms, consent, chargeable_minutes=600)
    with pytest.raises(Refusal) as refused:
        q.check_time(terms, consent, chargeable_minutes=601)
    assert refused.value.code == "estimate-exceeded"
    assert refused.value.facts == {
        "quote_number": "D2026-0001",
        "estimated_minutes": 600,
        "chargeable_minutes": 601,
    }


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0, 79, ()),
        (0, 80, (80,)),
        (79, 80, (80,)),
        (80, 99, ()),
        (80, 100, (100,)),
        (0, 100, (80, 100)),
        (100, 100, ()),
        (90, 70, ()),
    ],
)
def test_warnings_come_at_80_and_100_per_cent(before: int, after: int, expected: tuple[int, ...]):
    assert q.warnings(Consent(Kind.ESTIMATE, "D", 100), before, after) == expected
    assert q.warnings(Consent(Kind.QUOTE, "D", 100), before, after) == ()
    assert q.warnings(None, before, after) == ()
