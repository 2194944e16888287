"""How a table of moves answers: the status after the move, or a refusal that names the legal ones."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from app.domain.errors import Refusal

Status = TypeVar("Status", bound=StrEnum)
Move = TypeVar("Move", bound=StrEnum)


def after(
    table: Mapping[Status, Mapping[Move, Status]], current: Status, wanted: Move, *, subject: str, code: str
) -> Status:
    """The status after the move; refuses any that is not in the table as `code`, with the legal moves."""
    status = table[current].get(wanted)
    if status is not None:
        return status
    legal = [move.value for move in table[current]]
    raise Refusal(
        code,
        f"A {subject} that is {current} cannot do this: {wanted}. Possible: {', '.join(legal) or 'nothing'}.",
        current=current.value,
        legal=legal,
    )
