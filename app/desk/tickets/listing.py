"""SQL of the list of tickets: for each set of filters the index to walk, so that a page costs its rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.sql import Where
from app.desk.tickets.queries import DOCUMENT

Filters = Mapping[str, Any]
After = tuple[datetime, UUID] | None

EXACT = ("client_id", "assignee_id", "status", "lane", "channel", "number")
# The list's leading index column when it is filtered by it. Comparing with >= and <= instead of = keeps the planner
# from treating the column as constant: then only the composite index gives the wanted order, and a client that owns
# most rows can never make it walk an index of all tickets backwards.
LEADS = ("client_id", "assignee_id", "channel", "status")
SETTLED = {"resolved", "closed", "cancelled", "spam"}

# Postgres cannot tell how many messages hold a word that begins like this one. So a search looks at the first tickets
# of the list first; when they do not fill the page, the words are counted, but not far, and rare ones looked up.
NEAR, RARE = 2_000, 20_000
MATCHES = "FROM messages m WHERE m.search @@ to_tsquery('simple', {})"
PUBLIC = " AND m.visibility = 'public'"
COUNT = f"SELECT count(*) AS found FROM (SELECT {MATCHES.format('word')} LIMIT {RARE + 1}) AS few"
RARE_WORDS = f"SELECT word FROM unnest($1::text[]) AS word, LATERAL ({COUNT}) AS counted WHERE found <= {RARE}"


def lead_of(filters: Filters) -> str | None:
    """The column whose index to walk. A settled status holds most tickets: nearly any other filter leaves fewer."""
    given = [name for name in LEADS if filters.get(name) is not None]
    if filters.get("status") not in SETTLED and "status" in given and given[0] == "channel":
        return "status"
    return given[0] if given else None


def list_tickets_sql(
    filters: Filters, after: After, limit: int, *, rare: frozenset[str] = frozenset(), near: bool = False
) -> tuple[str, list[Any]]:
    """The list's statement, newest first, for any set of filters.

    `rare` are those of its words that few messages hold; `near` looks for the words in the first tickets only.
    """
    where, lead = Where(), lead_of(filters)
    keys = [*([f"t.{lead}"] if lead is not None else []), "t.received_at", "t.id"]
    if lead is not None:
        where.add(f"t.{lead} >= {{}}", filters[lead])
        if after is None:  # beside a cursor it would make the scan begin at the newest row again
            where.add(f"t.{lead} <= {{}}", filters[lead])
    if after is not None:
        values = [filters[lead], *after] if lead is not None else list(after)
        where.add(f"({', '.join(keys)}) < ({', '.join('{}' for _ in values)})", *values)
    _narrow(where, filters, lead)
    order = "ORDER BY " + ", ".join(f"{key} DESC" for key in keys)
    tickets = f"(SELECT * FROM tickets t WHERE {where} {order} LIMIT {NEAR}) AS t" if near else "tickets t"
    search = Where(where.values)
    if not near:
        search.conditions = where.conditions
    _search(search, filters, rare)
    return (
        f"SELECT d.document, t.received_at, t.id FROM {tickets} {DOCUMENT} WHERE {search} {order} LIMIT {limit:d}"
    ), where.values


def _narrow(where: Where, filters: Filters, lead: str | None) -> None:
    if filters.get("lane") == "urgent":  # spelled out, it names the index of the urgent ones
        where.add("t.lane = 'urgent'")
    for name in EXACT:
        if name != lead and filters.get(name) is not None and (name, filters[name]) != ("lane", "urgent"):
            where.add(f"t.{name} = {{}}", filters[name])
    if filters.get("received_from") is not None:
        where.add("t.received_at >= {}", filters["received_from"])
    if filters.get("received_until") is not None:
        where.add("t.received_at < {}", filters["received_until"])


def _search(where: Where, filters: Filters, rare: frozenset[str]) -> None:
    """A rare word names its tickets, which are then put in order; for another one, the list is walked and looked at."""
    visible = "" if filters["internal"] else PUBLIC
    for word in filters.get("words", ()):
        if word in rare:
            where.add(f"t.id = ANY (ARRAY(SELECT m.ticket_id {MATCHES}{visible}))", word)
        else:
            where.add(f"(SELECT true {MATCHES}{visible} AND m.ticket_id = t.id LIMIT 1)", word)


async def rare_words(connection: Connection, words: Sequence[str]) -> frozenset[str]:
    """Those of the words that few messages hold."""
    return frozenset(row["word"] for row in await connection.fetch(RARE_WORDS, words))


async def list_tickets(connection: Connection, filters: Filters, after: After, limit: int) -> list[Row]:
    """See `list_tickets_sql`."""
    words = filters.get("words")
    if not words:
        sql, values = list_tickets_sql(filters, after, limit)
        return await connection.fetch(sql, *values)
    sql, values = list_tickets_sql(filters, after, limit, near=True)
    rows = await connection.fetch(sql, *values)
    if len(rows) == limit:
        return rows
    sql, values = list_tickets_sql(filters, after, limit, rare=await rare_words(connection, words))
    return await connection.fetch(sql, *values)
