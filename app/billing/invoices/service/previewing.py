"""Previews: what would be issued, written nowhere (I3)."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from app.billing.invoices.queries import documents
from app.billing.invoices.queries import facts as queries
from app.billing.invoices.service.books import Books
from app.billing.invoices.service.gathering import by_client, gather
from app.billing.invoices.service.invoicing import Preview, issued_of, preview_of, skips
from app.core.db import Connection
from app.core.ids import new_id
from app.domain.calendar import day_start
from app.domain.period import Period


async def preview_client(connection: Connection, client_id: UUID, period: Period, books: Books) -> Preview | None:
    """A client's document as it would be issued now; None when there is nothing to bill or no such client."""
    found = await _previews(connection, [client_id], period, books)
    return found[0] if found else None


async def preview_cycle(
    connection: Connection, period: Period, after: UUID, limit: int, books: Books
) -> tuple[list[Preview], UUID | None]:
    """The documents of a cycle's clients by client id, and the client that the next page begins after."""
    days = period.start, period.end
    rows = await queries.with_something(connection, period.cycle.value, days, day_start(period.end), after, limit + 1)
    asked = [row["id"] for row in rows[:limit]]
    return await _previews(connection, asked, period, books), asked[-1] if len(rows) > limit else None


async def _previews(connection: Connection, clients: Sequence[UUID], period: Period, books: Books) -> list[Preview]:
    """Of those with something to bill; each knows whether a run would skip it."""
    standing = by_client(await documents.standing(connection, clients, period.name))
    found = []
    for one in await gather(connection, clients, period, books):
        preview = preview_of(one, new_id(), books)
        if preview is not None:
            skipped = skips(one, issued_of(standing[one.client_id]), period, preview.document.kind)
            in_the_way = (skipped.refusal, *preview.obstacles) if skipped else preview.obstacles
            found.append(replace(preview, obstacles=in_the_way, skipped=skipped is not None))
    return found
