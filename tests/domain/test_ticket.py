"""States, queue, numbers and follow-ups of a ticket (rules T1 to T3)."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Refusal
from app.domain.ticket import (
    MOVES,
    OPEN,
    SETTLED,
    Channel,
    FollowUp,
    Lane,
    Status,
    check_turn,
    follow_up,
    move,
    parse_number,
    queue_key,
    reopens,
    ticket_number,
)

NOON = datetime(2026, 6, 22, 12, 0, tzinfo=UTC)
LEGAL = {
    "new": "in_progress cancelled spam",
    "in_progress": "waiting_client waiting_quote resolved cancelled spam",
    "waiting_client": "in_progress waiting_quote resolved cancelled spam",
    "waiting_quote": "in_progress waiting_client resolved cancelled spam",
    "resolved": "closed new",
    "closed": "new",
    "cancelled": "",
    "spam": "",
}


@pytest.mark.parametrize(("current", "wanted"), list(product(LEGAL, LEGAL)))
def test_every_pair_of_states(current: str, wanted: str) -> None:
    legal = LEGAL[current].split()
    if wanted in legal or wanted == current:
        assert move(Status(current), Status(wanted)) == wanted
        return
    with pytest.raises(Refusal) as refusal:
        move(Status(current), Status(wanted))
    assert refusal.value.code == "illegal-move"
    assert refusal.value.facts == {"current": current, "wanted": wanted, "legal": legal}


def test_the_refusal_names_the_way_out_in_words() -> None:
    with pytest.raises(Refusal) as refusal:
        move(Status.RESOLVED, Status.SPAM)
    assert refusal.value.detail == "A ticket that is resolved cannot become spam. Legal moves: closed, new."
    with pytest.raises(Refusal) as refusal:
        move(Status.SPAM, Status.NEW)
    assert refusal.value.detail == "A ticket that is spam cannot become new. Legal moves: none."


def test_the_words_are_those_of_the_contract() -> None:
    assert [status.value for status in Status] == list(LEGAL)
    assert [lane.value for lane in Lane] == ["urgent", "standard"]
    assert [channel.value for channel in Channel] == ["form", "email", "phone", "agent"]
    assert set(MOVES) == set(Status)
    assert set(OPEN) | set(SETTLED) | {Status.CANCELLED, Status.SPAM} == set(Status)


def test_cancelled_and_spam_from_any_open_state_and_from_no_other() -> None:
    for status in Status:
        assert (Status.CANCELLED in MOVES[status]) == (status in OPEN)
        assert (Status.SPAM in MOVES[status]) == (status in OPEN)


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(0), True),
        (timedelta(days=14) - timedelta(microseconds=1), True),
        (timedelta(days=14), False),
        (timedelta(days=400), False),
    ],
)
@pytest.mark.parametrize("status", SETTLED)
def test_settled_tickets_reopen_within_fourteen_days(status: Status, ago: timedelta, expected: bool) -> None:
    assert reopens(status, NOON - ago, NOON, within_days=14) is expected


def test_how_long_is_policy() -> None:
    yesterday = NOON - timedelta(days=1)
    assert reopens(Status.CLOSED, yesterday, NOON, within_days=2)
    assert not reopens(Status.CLOSED, yesterday, NOON, within_days=1)


def test_what_is_not_settled_does_not_reopen() -> None:
    for status in (*OPEN, Status.CANCELLED, Status.SPAM):
        assert not reopens(status, NOON, NOON, within_days=14)
    assert not reopens(Status.CLOSED, None, NOON, within_days=14)


@pytest.mark.parametrize(
    ("status", "days_ago", "expected"),
    [
        ("new", None, FollowUp(Status.NEW)),
        ("in_progress", None, FollowUp(Status.IN_PROGRESS)),
        ("waiting_client", None, FollowUp(Status.IN_PROGRESS)),
        ("waiting_quote", None, FollowUp(Status.WAITING_QUOTE)),
        ("resolved", 13, FollowUp(Status.NEW, joins_queue=True)),
        ("closed", 13, FollowUp(Status.NEW, joins_queue=True)),
        ("resolved", 14, FollowUp(Status.RESOLVED, new_ticket=True)),
        ("closed", 14, FollowUp(Status.CLOSED, new_ticket=True)),
        ("cancelled", 1, FollowUp(Status.CANCELLED, new_ticket=True)),
        ("spam", 1, FollowUp(Status.SPAM)),
    ],
)
def test_follow_ups(status: str, days_ago: int | None, expected: FollowUp) -> None:
    settled_at = None if days_ago is None else NOON - timedelta(days=days_ago)
    assert follow_up(Status(status), settled_at, NOON, within_days=14) == expected


def test_the_queue_serves_urgent_first_then_receipt_then_sequence() -> None:
    late, early = NOON, NOON - timedelta(hours=1)
    tickets = [
        (Lane.STANDARD, early, 2),
        (Lane.STANDARD, early, 1),
        (Lane.STANDARD, late, 0),
        (Lane.URGENT, late, 9),
        (Lane.URGENT, early, 8),
    ]
    assert [sequence for _, _, sequence in sorted(tickets, key=lambda one: queue_key(*one))] == [
        8,
        9,
        1,
        2,
        0,
    ]


@pytest.mark.parametrize("reason", [None, "", "  \t"])
def test_out_of_order_needs_a_reason(reason: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        check_turn(is_next=False, reason=reason)
    assert refusal.value.code == "reason-required"
    check_turn(is_next=True, reason=reason)
    check_turn(is_next=False, reason="The shop is down")


def test_numbers_carry_the_year_of_the_local_receipt_date() -> None:
    assert ticket_number(datetime(2026, 12, 31, 22, 59, tzinfo=UTC), 42) == "EC-2026-000042"
    assert ticket_number(datetime(2026, 12, 31, 23, 0, tzinfo=UTC), 1) == "EC-2027-000001"
    assert ticket_number(NOON, 1234567) == "EC-2026-1234567"
    assert ticket_number(NOON, 7, prefix="AB") == "AB-2026-000007"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EC-2026-000042", (2026, 42)),
        ("ec-2026-000042", (2026, 42)),
        ("EC-2026-1234567", (2026, 1234567)),
        ("EC-2026-999999999999", (2026, 999999999999)),
        ("EC-2026-9999999999999", None),
        ("EC-2026-0000042", None),  # seven digits with a leading zero: never written so
        ("EC-2026-00042", None),
        ("EC-26-000042", None),
        ("XEC-2026-000042", None),
        ("EC-2026-000042 ", None),
        ("EC-2026-000042\n", None),
        ("EC-2026-٠٠٠٠٤٢", None),
        ("", None),
    ],
)
def test_parsing_numbers(text: str, expected: tuple[int, int] | None) -> None:
    assert parse_number(text) == expected


def test_a_prefix_is_taken_literally() -> None:
    assert parse_number("A.C-2026-000042", prefix="A.C") == (2026, 42)
    assert parse_number("ABC-2026-000042", prefix="A.C") is None


@given(st.integers(2015, 2035), st.integers(0, 10**12 - 1))
def test_numbers_round_trip(year: int, sequence: int) -> None:
    assert parse_number(ticket_number(datetime(year, 6, 1, tzinfo=UTC), sequence)) == (year, sequence)
