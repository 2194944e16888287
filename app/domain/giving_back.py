"""What is given back of an invoiced line, and what needs no giving back again (rules P6, I4).

A counter-entry gives back what was invoiced of its entry, but never more than is left of the line: what credit notes
have given back already is not given back twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Left:
    """What a line of an issued invoice still has to give, in cents and, where it counts minutes, in minutes."""

    cents: int
    minutes: int

    def cents_for(self, minutes: int, exact_cents: int) -> int:
        """What so many minutes, which cost so much alone, give back: all of the rest with the last minute."""
        return self.cents if minutes >= self.minutes else min(exact_cents, self.cents)


def left_of(cents: int, minutes: int) -> Left:
    """A line credited whole by amount has no minutes left either, though no credit note counted them."""
    return Left(cents, minutes if cents else 0)


def credited_before(waiting: Iterable[tuple[UUID, int]], left_minutes: int) -> dict[UUID, int]:
    """Of counter-entries that wait to give minutes back of one line, in order: what of each needs no giving back."""
    found = {}
    for entry_id, minutes in waiting:
        excess = max(minutes - left_minutes, 0)
        left_minutes -= minutes - excess
        if excess:
            found[entry_id] = excess
    return found
