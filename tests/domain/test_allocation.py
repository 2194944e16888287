"""Where an entry's minutes are: movements between places that always add up (invariant 1, P6, C3)."""

from uuid import UUID

import pytest

from app.domain.allocation import Allocation, EntryStatus, Place, absorb, allocate, credited, entry_status, take_back
from app.domain.contract import Draw
from app.domain.pricing import price
from app.domain.ticket import Lane
from tests.domain.builders import a_pool, a_terms, an_urgency_terms, some_work

ONE, TWO = UUID(int=1), UUID(int=2)


def test_drawn_minutes_name_their_contracts_and_the_rest_is_open() -> None:
    priced = price(some_work(60), a_terms(), [a_pool(1, 10), a_pool(2, 20)])
    assert allocate(priced) == (
        Allocation(Place.DRAWN, 10, ONE),
        Allocation(Place.DRAWN, 20, TWO),
        Allocation(Place.OPEN, 30),
    )


def test_what_nobody_pays_and_what_a_quote_covers() -> None:
    assert allocate(price(some_work(7, non_billable_reason="goodwill"), a_terms())) == (
        Allocation(Place.NON_BILLABLE, 7),
    )
    assert allocate(price(some_work(7, quoted=True), a_terms())) == (Allocation(Place.QUOTED, 7),)


def test_an_urgency_fee_includes_some() -> None:
    terms = a_terms(urgency=an_urgency_terms(included_minutes=60))
    priced = price(some_work(90, lane=Lane.URGENT, included_minutes=60), terms)
    assert allocate(priced) == (Allocation(Place.OPEN, 30), Allocation(Place.NON_BILLABLE, 60))


def test_a_counter_entry_takes_back_each_place() -> None:
    sums = [Allocation(Place.DRAWN, 10, ONE), Allocation(Place.DRAWN, 5, TWO), Allocation(Place.OPEN, 3)]
    assert take_back(sums) == (
        Allocation(Place.DRAWN, -10, ONE),
        Allocation(Place.DRAWN, -5, TWO),
        Allocation(Place.OPEN, -3),
    )


def test_what_was_invoiced_comes_back_as_open_minutes() -> None:
    sums = [Allocation(Place.OPEN, 3), Allocation(Place.INVOICED, 20), Allocation(Place.QUOTED, 4)]
    assert take_back(sums) == (Allocation(Place.OPEN, -23), Allocation(Place.QUOTED, -4))


def test_what_was_credited_does_not_come_back_again() -> None:
    sums = [Allocation(Place.OPEN, 3), Allocation(Place.INVOICED, 20), Allocation(Place.QUOTED, 4)]
    assert take_back(sums, 15) == (
        Allocation(Place.OPEN, -8),
        Allocation(Place.QUOTED, -4),
        Allocation(Place.WRITTEN_OFF, -15),
    )
    assert take_back([Allocation(Place.INVOICED, 20)], 20) == (Allocation(Place.WRITTEN_OFF, -20),)
    assert credited(15) == (Allocation(Place.OPEN, 15), Allocation(Place.WRITTEN_OFF, -15))


def test_places_that_are_empty_leave_nothing() -> None:
    assert take_back([Allocation(Place.OPEN, 0), Allocation(Place.INVOICED, 0)]) == ()


def test_pools_absorb_open_minutes() -> None:
    assert absorb([Draw(ONE, 10), Draw(TWO, 5)]) == (
        Allocation(Place.OPEN, -15),
        Allocation(Place.DRAWN, 10, ONE),
        Allocation(Place.DRAWN, 5, TWO),
    )
    assert absorb([]) == ()


@pytest.mark.parametrize(
    ("corrected", "open_minutes", "invoiced", "status"),
    [
        (False, 10, 0, EntryStatus.OPEN),
        (False, 0, 0, EntryStatus.OPEN),  # all of it drawn, or free
        (False, 5, 5, EntryStatus.OPEN),
        (False, 0, 10, EntryStatus.INVOICED),
        (True, 0, 10, EntryStatus.CORRECTED),
        (True, 10, 0, EntryStatus.CORRECTED),
    ],
)
def test_the_status_of_an_entry(corrected: bool, open_minutes: int, invoiced: int, status: EntryStatus) -> None:
    assert entry_status(corrected=corrected, open_minutes=open_minutes, invoiced_minutes=invoiced) is status
