"""Where an entry's billed minutes are, as signed movements between places (invariants 1 and 2, rule P6).

The movements of an entry always add up to its billed minutes. Nothing is ever taken back: minutes that change
their place leave the old one with a negative movement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.contract import Draw
from app.domain.pricing import Price


class Place(StrEnum):
    """Where minutes can be; `open` are billable and on no invoice yet."""

    DRAWN = "drawn"
    OPEN = "open"
    INVOICED = "invoiced"
    QUOTED = "quoted"
    NON_BILLABLE = "non_billable"
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True, slots=True)
class Allocation:
    """Minutes that come to a place, or leave it when negative; `contract_id` only where they are drawn."""

    place: Place
    minutes: int
    contract_id: UUID | None = None


def allocate(price: Price) -> tuple[Allocation, ...]:
    """Where the minutes of a priced entry go when it is logged."""
    found = (
        *(Allocation(Place.DRAWN, one.minutes, one.pool_id) for one in price.draws),
        Allocation(Place.OPEN, price.billable_minutes),
        Allocation(Place.QUOTED, price.quoted_minutes),
        Allocation(Place.NON_BILLABLE, price.non_billable_minutes),
    )
    return tuple(one for one in found if one.minutes)


def take_back(sums: Iterable[Allocation], credited_minutes: int = 0) -> tuple[Allocation, ...]:
    """What the counter-entry of an entry with these sums holds (P6).

    Pools get their minutes back at once. What is invoiced comes back as open minutes below zero, which the next
    invoice or a credit note gives back; not what credit notes gave back before.
    """
    taken: dict[tuple[Place, UUID | None], int] = {}
    for one in sums:
        place = Place.OPEN if one.place is Place.INVOICED else one.place
        taken[place, one.contract_id] = taken.get((place, one.contract_id), 0) - one.minutes
    for one in credited(credited_minutes):
        taken[one.place, None] = taken.get((one.place, None), 0) + one.minutes
    return tuple(Allocation(place, minutes, contract_id) for (place, contract_id), minutes in taken.items() if minutes)


def credited(minutes: int) -> tuple[Allocation, ...]:
    """Minutes that a counter-entry need not give back, because a credit note has: they wait no more (P6, I4)."""
    return Allocation(Place.OPEN, minutes), Allocation(Place.WRITTEN_OFF, -minutes)


def absorb(draws: Iterable[Draw]) -> tuple[Allocation, ...]:
    """Open minutes that pools take over later (C3)."""
    into = tuple(Allocation(Place.DRAWN, one.minutes, one.pool_id) for one in draws)
    total = sum(one.minutes for one in into)
    return (Allocation(Place.OPEN, -total), *into) if total else ()


class EntryStatus(StrEnum):
    """Whether an entry still waits for an invoice."""

    OPEN = "open"
    INVOICED = "invoiced"
    CORRECTED = "corrected"


def entry_status(*, corrected: bool, open_minutes: int, invoiced_minutes: int) -> EntryStatus:
    """Corrected once a counter-entry takes it back, invoiced once none of its billable minutes is open."""
    if corrected:
        return EntryStatus.CORRECTED
    return EntryStatus.INVOICED if invoiced_minutes and not open_minutes else EntryStatus.OPEN
