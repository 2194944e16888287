"""Look at tickets."""

import re
from uuid import UUID

from app.core.db import Connection, Row
from app.desk.tickets import queries
from app.domain.ticket import parse_number

MOST_WORDS = 8


async def find_ticket(connection: Connection, ticket_id: UUID) -> Row | None:
    """One ticket."""
    return await queries.ticket(connection, ticket_id)


async def queue_position(connection: Connection, ticket_id: UUID) -> int | None:
    """Place in the queue from 1, None when it does not wait there (T2)."""
    return await queries.position(connection, ticket_id)


def search_words(text: str) -> dict[str, object]:
    """What a search box means: a ticket's number, or words that must all occur, each as the start of a word."""
    text = text.strip()
    if not text:
        return {}
    if parse_number(text) is not None:
        return {"number": text.upper()}
    words = [_term(word) for word in re.sub(r"['’]", " ", text).split()[:MOST_WORDS]]
    # Nothing but signs: an empty query, which finds nothing.
    return {"words": [word for word in words if word] or [""]}


def _term(word: str) -> str:
    """One word as a quoted prefix of a tsquery; Postgres's own parser splits it like the text it is compared with."""
    bare = re.sub(r"[^\w@.+\-/]", " ", word).strip()
    return f"'{bare}':*" if re.search(r"\w", bare) else ""
