"""Count what the service asks of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.core.db import Connection


@contextmanager
def counted(conn: Connection) -> Iterator[list[str]]:
    """The statements of the block, without the savepoints in which the tests' one transaction wraps a request."""
    statements: list[str] = []

    def note(record) -> None:
        if not record.query.endswith("SAVEPOINT turn"):
            statements.append(record.query)

    with conn.query_logger(note):
        yield statements
