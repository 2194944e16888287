"""Previews: what would be issued, written nowhere (I3)."""

from uuid import UUID

from app.billing.invoices.queries import facts as queries
from app.billing.invoices.service.books import Books
from app.billing.invoices.service.gathering import gather, gather_one
from app.billing.invoices.service.invoicing import Preview, preview_of
from app.core.db import Connection
from app.core.ids import new_id
from app.domain.calendar import day_start
from app.domain.period import Period


async def preview_client(connection: Connection, client_id: UUID, period: Period, books: Books) -> Preview | None:
    """A client's document as it would be issued now; None when there is nothing to bill or no such client."""
    gathered = await gather_one(connection, client_id, period, books)
    return preview_of(gathered, new_id(), books) if gathered is not None else None


async def preview_cycle(
    connection: Connection, period: Period, after: UUID, limit: int, books: Books
) -> tuple[list[Preview], UUID | None]:
    """The documents of a cycle's clients by client id, and the client that the next page begins after."""
    days = period.start, period.end
    rows = await queries.with_something(connection, period.cycle.value, days, day_start(period.end), after, limit + 1)
    asked = [row["id"] for row in rows[:limit]]
    found = [preview_of(one, new_id(), books) for one in await gather(connection, asked, period, books)]
    return [one for one in found if one is not None], asked[-1] if len(rows) > limit else None
