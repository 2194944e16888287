"""Keyset lists: a cursor is the place after the last row read, so page 1,000 costs what page 1 costs."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, Field
from pydantic_core import to_json

from app.core.problems import Problem, invalid
from app.core.shapes import WHOLE_NUMBER
from app.core.strict_json import unstorable

LARGEST_PAGE = 100
LONGEST_CURSOR = 500
NIL = UUID(int=0)  # comes before every id

Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE), WHOLE_NUMBER, Query(description="Items on a page.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=LONGEST_CURSOR,
        description="`next_cursor` of the page before; keep the filters as they were.",
    ),
]

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """One page of a list, in the list's order."""

    items: list[Item]
    next_cursor: str | None = Field(description="Ask for the next page with it; null on the last page.")


def _plain(part: Any) -> Any:
    return part.isoformat() if isinstance(part, date) else str(part) if isinstance(part, UUID) else part


def encode(*parts: Any) -> str:
    """An opaque cursor of the sort values of a row."""
    raw = json.dumps([_plain(part) for part in parts], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def instant(part: Any) -> datetime:
    """A cursor's part that is a moment."""
    moment = datetime.fromisoformat(part)
    if moment.tzinfo is None:
        raise ValueError(part)
    return moment.astimezone(UTC)


def text(part: Any) -> str:
    """A cursor's part that is text."""
    if not isinstance(part, str) or unstorable(part):
        raise ValueError(part)
    return part


def small_integer(part: Any) -> int:
    """A cursor's part that is a count."""
    if type(part) is not int or not 0 <= part < 2**53:
        raise ValueError(part)
    return part


def decode(cursor: str, *readers: Callable[[Any], Any], parameter: str = "cursor") -> list[Any]:
    """The values inside a cursor; anything not made by `encode` is refused (422), at the `parameter` it came in."""
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts = json.loads(raw)
        return [read(part) for read, part in zip(readers, parts, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
        raise invalid_cursor(parameter) from None


First = TypeVar("First")
Second = TypeVar("Second")


def decode_pair(
    cursor: str, first: Callable[[Any], First], second: Callable[[Any], Second], *, parameter: str = "cursor"
) -> tuple[First, Second]:
    """The two values inside a cursor: the usual sort value and id."""
    one, two = decode(cursor, first, second, parameter=parameter)
    return one, two


def invalid_cursor(parameter: str = "cursor") -> Problem:
    """The cursor is not one of ours."""
    return invalid(f"/{parameter}", "cursor-invalid", "This cursor was not given out by this list.", "query")


def answer(documents: Sequence[dict[str, Any]], next_cursor: str | None) -> Response:
    """A page of rows as they came from the database, written without building a shape for each.

    Half the time of a list of fifty went into shapes that were thrown away at once. The route still declares its
    `Page[…]`, and its tests hold the documents to it.
    """
    return Response(to_json({"items": documents, "next_cursor": next_cursor}), media_type="application/json")


def answer_written(documents: Sequence[str], next_cursor: str | None) -> Response:
    """A page of documents that Postgres has written (see `app/core/sql.py: document`)."""
    content = f'{{"items":[{",".join(documents)}],"next_cursor":{json.dumps(next_cursor)}}}'
    return Response(content, media_type="application/json")


def cut(rows: Sequence[Any], limit: int, cursor_of: Callable[[Any], str]) -> tuple[Sequence[Any], str | None]:
    """Read `limit + 1` rows, show `limit`: the one too many says that there is a next page."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursor_of(rows[limit - 1])
