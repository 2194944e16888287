"""What the desk says when it says no: clients read these sentences, so they are kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from app.domain.balance import Movement, check_grant, running_balance
from app.domain.calendar import OpeningHours, Span, utc
from app.domain.contract import purchase
from app.domain.entry import check_not_future
from app.domain.errors import Refusal
from app.domain.minutes import check_day, check_minutes
from app.domain.period import Cycle, parse_period, period_of
from app.domain.terms import check_publication
from app.domain.ticket import Channel, Lane, check_turn
from app.domain.urgency import FeeStatus, check_opening, requalify, waive
from tests.domain.builders import DAY, a_pool, a_terms

NOW = datetime(2026, 6, 22, 12, 0, tzinfo=UTC)
SENTENCES: list[tuple[Callable[[], object], str, str]] = [
    (
        lambda: utc(datetime(2026, 6, 22, 12, 0)),  # noqa: DTZ001
        "naive-instant",
        "An instant needs an offset from UTC.",
    ),
    (
        lambda: utc(datetime(1900, 1, 1, tzinfo=UTC)),
        "instant-out-of-range",
        "The year must lie between 1970 and 2199.",
    ),
    (lambda: Span(NOW, NOW), "empty-span", "The end must lie after the start."),
    (
        lambda: OpeningHours(opens=time(9), closes=time(9)),
        "hours-invalid",
        "The desk must open before it closes.",
    ),
    (
        lambda: check_turn(is_next=False, reason=None),
        "reason-required",
        "Another ticket is first in the queue: say why this one is taken now.",
    ),
    (
        lambda: parse_period("soon"),
        "period-invalid",
        "A period is a quarter such as 2026-Q3 or a month such as 2026-07.",
    ),
    (
        lambda: period_of(date(2199, 1, 1), Cycle.MONTHLY),
        "period-invalid",
        "The year must lie between 1970 and 2199.",
    ),
    (lambda: check_minutes(0), "minutes-not-positive", "Time is at least one minute."),
    (lambda: check_day(DAY, 1441), "longer-than-day", "That day had 1440 minutes."),
    (
        lambda: a_pool(minutes=-1),
        "pool-overdrawn",
        "The contract has not that many minutes left.",
    ),
    (
        lambda: running_balance([(Movement.DRAWN, 1)]),
        "pool-overdrawn",
        "The contract has not that many minutes left.",
    ),
    (
        lambda: purchase(a_terms(), DAY, 2027, 60),
        "contract-year",
        "Hours are bought for the current calendar year.",
    ),
    (lambda: check_grant(60, None), "reason-required", "Free minutes need a reason."),
    (
        lambda: check_publication(DAY, DAY, last_priced_on=DAY, notice_days=0, reason=None),
        "terms-retroactive",
        "Terms never change a price that was already given.",
    ),
    (
        lambda: check_opening(Channel.FORM, fee_accepted=False, requested_by=None),
        "urgency-fee-not-accepted",
        "An urgency has an opening fee, which must be accepted.",
    ),
    (
        lambda: check_opening(Channel.AGENT, fee_accepted=False, requested_by=None),
        "requested-by-required",
        "Say who asked for the urgency.",
    ),
    (
        lambda: requalify(Lane.STANDARD, Lane.URGENT, None, None),
        "reason-required",
        "Say why the ticket changes its lane.",
    ),
    (lambda: waive(FeeStatus.DUE, None), "reason-required", "Say why the fee is waived."),
    (
        lambda: check_not_future(Span(NOW, NOW + timedelta(hours=1)), NOW, 5),
        "future-work",
        "Time is logged once it has been worked.",
    ),
]


@pytest.mark.parametrize(
    ("attempt", "code", "sentence"), SENTENCES, ids=[f"{code}-{text}" for _, code, text in SENTENCES]
)
def test_the_sentence(attempt: Callable[[], object], code: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refusal:
        attempt()
    assert (refusal.value.code, refusal.value.detail) == (code, sentence)
