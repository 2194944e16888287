"""Terms as dated policy (rules P3, N1)."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from app.domain.errors import Refusal
from app.domain.permanence import Band
from app.domain.terms import check_publication, terms_on
from tests.domain.builders import a_terms, an_urgency_terms

FIRST = a_terms()
SECOND = a_terms(terms_id=UUID(int=2), effective_on=date(2026, 10, 1), hourly_rate_cents=13000)
TODAY = date(2026, 8, 1)


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2022, 7, 1), 12000),
        (date(2026, 9, 30), 12000),
        (date(2026, 10, 1), 13000),
        (date(2030, 1, 1), 13000),
    ],
)
def test_the_terms_in_force_on_a_date(day: date, rate: int) -> None:
    assert terms_on([FIRST, SECOND], day).hourly_rate_cents == rate
    assert terms_on([SECOND, FIRST], day).hourly_rate_cents == rate


def test_before_the_first_terms_there_are_none() -> None:
    for versions in ([FIRST, SECOND], []):
        with pytest.raises(Refusal) as refusal:
            terms_on(versions, date(2022, 6, 30))
        assert refusal.value.code == "no-terms"
        assert refusal.value.detail == "No terms were in force on 2022-06-30."
        assert refusal.value.facts == {"on": date(2022, 6, 30)}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hourly_rate_cents": -1}, "hourly_rate_cents"),
        ({"hourly_rate_cents": 100_000_001}, "hourly_rate_cents"),
        ({"out_of_hours_hourly_rate_cents": -1}, "out_of_hours_hourly_rate_cents"),
        ({"contract_discount_bp": 10_001}, "contract_discount_bp"),
        ({"overflow_discount_bp": -1}, "overflow_discount_bp"),
        ({"contract_grace_days": 3_661}, "contract_grace_days"),
        ({"billing_increment_minutes": 0}, "billing_increment_minutes"),
        ({"minimum_minutes": 0}, "minimum_minutes"),
        ({"minimum_minutes": 100_001}, "minimum_minutes"),
        ({"quote_threshold_minutes": -1}, "quote_threshold_minutes"),
        ({"future_tolerance_minutes": -1}, "future_tolerance_minutes"),
        ({"reopen_days": -1}, "reopen_days"),
        ({"notice_days": -1}, "notice_days"),
        ({"quote_valid_days": -1}, "quote_valid_days"),
        ({"payment_due_days": -1}, "payment_due_days"),
        ({"usage_alert_percents": (75, 101)}, "usage_alert_percents"),
        ({"usage_alert_percents": (0,)}, "usage_alert_percents"),
        ({"expiry_alert_days": (60, -1)}, "expiry_alert_days"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        a_terms(**changes)
    assert refusal.value.code == "terms-invalid"
    assert refusal.value.facts == {"field": field}
    assert refusal.value.detail.startswith(f"{field} must lie between ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("opening_fee_cents", -1),
        ("hourly_rate_cents", -1),
        ("included_minutes", -1),
        ("opening_fee_cents", 100_000_001),
        ("hourly_rate_cents", 100_000_001),
        ("included_minutes", 100_001),
    ],
)
def test_an_urgency_s_numbers_too(field: str, value: int) -> None:
    with pytest.raises(Refusal) as refusal:
        an_urgency_terms(**{field: value})
    assert refusal.value.facts == {"field": field}


def test_the_edges_are_allowed() -> None:
    edges = a_terms(
        hourly_rate_cents=0,
        contract_discount_bp=10_000,
        overflow_discount_bp=0,
        billing_increment_minutes=100_000,
        minimum_minutes=1,
        usage_alert_percents=(1, 100),
        expiry_alert_days=(),
        notice_days=0,
        urgency=an_urgency_terms(opening_fee_cents=100_000_000, hourly_rate_cents=0, included_minutes=100_000),
    )
    assert replace(edges) == edges
    assert an_urgency_terms(opening_fee_cents=0, included_minutes=0).included_minutes == 0


@pytest.mark.parametrize(
    ("effective_on", "last_priced_on", "reason"),
    [
        (date(2026, 8, 31), None, None),  # 30 days ahead
        (date(2026, 8, 31), date(2026, 8, 1), ""),
        (date(2026, 8, 30), None, "The bank asked for it"),
        (date(2026, 8, 2), date(2026, 8, 1), "Now"),
        (date(2026, 8, 1), None, "Now"),
        (date(2026, 8, 1), date(2026, 7, 31), "Now"),
    ],
)
def test_publications_that_pass(effective_on: date, last_priced_on: date | None, reason: str | None) -> None:
    check_publication(effective_on, TODAY, last_priced_on=last_priced_on, notice_days=30, reason=reason)


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_too_little_notice_needs_a_reason(reason: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        check_publication(date(2026, 8, 30), TODAY, last_priced_on=None, notice_days=30, reason=reason)
    assert refusal.value.code == "notice-too-short"
    assert refusal.value.detail == "Clients are told 30 days ahead; this is 29. Give a reason or a later date."
    assert refusal.value.facts == {"notice_days": 30, "days_ahead": 29}


@pytest.mark.parametrize(
    ("effective_on", "last_priced_on"),
    [
        (date(2026, 7, 31), None),
        (date(2026, 8, 1), date(2026, 8, 1)),
        (date(2026, 9, 1), date(2026, 9, 2)),
    ],
)
def test_retroactive_terms_are_refused_whatever_the_reason(effective_on: date, last_priced_on: date | None) -> None:
    with pytest.raises(Refusal) as refusal:
        check_publication(effective_on, TODAY, last_priced_on=last_priced_on, notice_days=0, reason="Please")
    assert refusal.value.code == "terms-retroactive"
    assert refusal.value.facts == {"today": TODAY}


def test_two_bands_that_begin_alike_are_refused() -> None:
    band = Band(from_lead_hours=24, hourly_rate_cents=60_00)
    with pytest.raises(Refusal) as refusal:
        a_terms(permanence_grid=(band, band))
    assert (refusal.value.code, refusal.value.facts["field"]) == ("terms-invalid", "permanence_grid")
    assert refusal.value.detail == "Two bands of the grid begin alike."
