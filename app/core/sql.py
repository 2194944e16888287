"""Put a WHERE or SET together from constant pieces; every value travels as a numbered parameter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from app.core.db import Connection, Row


class Raced(Exception):  # noqa: N818 (what happened)
    """Somebody else was quicker: what was decided upon is not so any more. Read again, decide again."""


# One row of nothing, to begin a FROM with. In a query that starts so, another statement can put a condition there, and
# then it gives no row and does nothing (`limits.hit`).
ONCE = "(SELECT) AS once"


def array_text(values: Iterable[object]) -> str:
    """Numbers or ids as the text that Postgres reads as an ARRAY of them."""
    return f"{{{','.join(map(str, values))}}}"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement and its values, to be run later.

    `races` are the constraints by which Postgres tells that what this statement relies on has changed meanwhile.
    """

    text: str
    values: Sequence[Any]
    races: frozenset[str] = frozenset()

    async def run(self, connection: Connection) -> None:
        """Run it.

        Raises:
            Raced: nothing was done; a transaction around it is spoilt.
        """
        try:
            await connection.execute(self.text, *self.values)
        except asyncpg.IntegrityConstraintViolationError as error:
            if error.constraint_name in self.races:
                raise Raced from None
            raise

    async def row(self, connection: Connection) -> Row:
        """Run one that always gives a row."""
        return await one(connection, self.text, *self.values)


async def one(connection: Connection, statement: str, *values: Any) -> Row:
    """The row of a statement that always gives one: an INSERT … RETURNING, an UPDATE of a locked row."""
    row = await connection.fetchrow(statement, *values)
    assert row is not None  # noqa: S101 (see above)
    return row


class Where:
    """Conditions joined by AND. A piece is a constant of the code with `{}` where its values go."""

    def __init__(self, values: list[Any] | None = None) -> None:
        self.conditions: list[str] = []
        self.values = [] if values is None else values  # another part of the same statement goes on numbering

    def add(self, condition: str, *values: Any) -> None:
        """Add one condition; each `{}` becomes $1, $2 and so on."""
        self.conditions.append(condition.format(*[self.value(value) for value in values]))

    def value(self, value: Any) -> str:
        """Place a value and give its parameter's name."""
        self.values.append(value)
        return f"${len(self.values)}"

    def __str__(self) -> str:
        return " AND ".join(self.conditions) or "true"


def instant(column: str) -> str:
    """An instant in a document that Postgres writes: in UTC, with its microseconds where it has any."""
    text = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    return f"replace({text}, '.000000', '') || 'Z'"


def document(fields: Mapping[str, str]) -> str:
    """A row as the text of a JSON document: put it behind FROM, and select `document`.

    A list of fifty spends most of its time on turning values into Python's and back into text; Postgres knows how
    to write JSON. A test holds such a document to the shape that its route declares.
    """
    columns = ", ".join(f"{expression} AS {name}" for name, expression in fields.items())
    return f"CROSS JOIN LATERAL (SELECT row_to_json(f)::text AS document FROM (SELECT {columns}) AS f) AS d"


def assignments(changes: Mapping[str, Any], *, first: int) -> tuple[str, list[Any]]:
    """`a = $first, b = $first+1` and the values, for an UPDATE of columns named by a shape of ours."""
    clauses = [f"{column} = ${number}" for number, column in enumerate(changes, first)]
    return ", ".join(clauses), list(changes.values())
