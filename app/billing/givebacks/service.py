"""Counter-entries and credit notes of the same minutes: the second gives back only what the first left (P6, I4)."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from app.billing.givebacks import queries
from app.billing.pools.service import book
from app.core.db import Connection, Row
from app.domain.allocation import credited
from app.domain.calendar import LAST_YEAR
from app.domain.errors import Refusal
from app.domain.giving_back import credited_before, left_of

EVER = date(LAST_YEAR - 1, 1, 1)


async def credited_of(connection: Connection, client_id: UUID, entry: Row) -> int:
    """Minutes of an entry to be corrected that credit notes have given back already.

    The caller holds the client exclusively.

    Raises:
        Refusal: `invoiced-twice` when what is left of it is on several invoices: which is to give back?
    """
    invoiced: int = entry["invoiced_minutes"]
    if not invoiced:
        return 0
    lines = [row for row in await queries.held(connection, entry["id"]) if row["left_cents"]]
    if len(lines) > 1:
        numbers = [row["invoice_number"] for row in lines]
        detail = (
            f"Its minutes are on {' and '.join(numbers)}: credit its line on all but one with `free_entries` first."
        )
        raise Refusal("invoiced-twice", detail, invoices=numbers)
    if not lines:
        return invoiced
    (line,) = lines
    waiting = [row for row in await waiting_of(connection, client_id) if row["line_id"] == line["line_id"]]
    return credited_before([*_given(waiting), (entry["id"], invoiced)], _left(line)).get(entry["id"], 0)


async def settle(connection: Connection, client_id: UUID, now: datetime) -> None:
    """After something was credited: counter-entries that wait for more than is left wait for the rest of it no more.

    The caller holds the client.
    """
    lines: dict[UUID, list[Row]] = {}
    for row in await waiting_of(connection, client_id):
        lines.setdefault(row["line_id"], []).append(row)
    for rows in lines.values():
        excess = credited_before(_given(rows), _left(rows[0]))
        await book(connection, client_id, {id_: credited(minutes) for id_, minutes in excess.items()}, now)


async def waiting_of(connection: Connection, client_id: UUID) -> list[Row]:
    """A client's counter-entries that are on no document yet, whenever the work was."""
    return await queries.corrections(connection, [client_id], EVER)


def _left(row: Row) -> int:
    return left_of(row["left_cents"], row["left_minutes"]).minutes


def _given(rows: Sequence[Row]) -> list[tuple[UUID, int]]:
    return sorted((row["entry_id"], -row["minutes"]) for row in rows)
