"""Urgencies as the books see them: waive a fee, and tell how soon somebody acted (U3, U4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.billing.urgencies import queries
from app.core import events
from app.core.db import Connection, Row
from app.desk.calendar.queries import closed_around
from app.desk.calendar.service import hours_of
from app.desk.tickets.queries import lock_ticket
from app.desk.urgencies.queries import standing
from app.desk.urgencies.service import book, fee_status
from app.domain.calendar import HORIZON_DAYS, MINUTE, Span, local_date
from app.domain.errors import Refusal
from app.domain.urgency import FeeStatus, counts_from, waive


async def waive_fee(connection: Connection, urgency: Row, reason: str, *, actor: dict[str, str], now: datetime) -> None:
    """Spare the client a fee that is due (U4).

    Raises:
        Refusal: `fee-not-due`, `reason-required`.
    """
    await lock_ticket(connection, urgency["ticket_id"])
    stands = await standing(connection, urgency["ticket_id"])
    status = fee_status(stands["fee"] if stands else None)
    if stands is None or status is None:
        raise Refusal("fee-not-due", "No fee is due for this urgency.")
    waive(status, reason)
    await book(connection, stands, "waiver", -stands["opening_fee_cents"], reason, now)
    await events.record(
        connection, "urgency.waived", subject_id=urgency["id"], ticket_id=urgency["ticket_id"],
        client_id=urgency["client_id"], actor=actor, data={"reason": reason}, now=now,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answered:
    """An urgency, from when "at once" counts for it, and how many minutes later somebody acted."""

    row: Row
    fee_status: FeeStatus | None
    counts_from_at: datetime | None
    minutes: int | None


async def answered(connection: Connection, rows: Sequence[Row]) -> list[Answered]:
    """How soon somebody acted on each: counted from the opening, the next opening hours or permanence (U3)."""
    if not rows:
        return []
    first, last = min(row["opened_at"] for row in rows), max(row["opened_at"] for row in rows)
    until = local_date(last) + timedelta(days=HORIZON_DAYS)
    hours = hours_of(await closed_around(connection, local_date(first), until, first))
    found = []
    for row in rows:
        starts, ends = row["window_starts"] or (), row["window_ends"] or ()
        windows = [Span(*window) for window in zip(starts, ends, strict=True)]
        since = counts_from(hours, row["opened_at"], windows)
        acted = row["first_action_at"]
        minutes = max(acted - since, timedelta()) // MINUTE if acted and since else None
        found.append(Answered(row, fee_status(row["fee"]), since, minutes))
    return found


async def read(connection: Connection, urgency: Row) -> Answered:
    """An urgency as it is now."""
    row = await queries.urgency(connection, urgency["id"])
    assert row is not None  # noqa: S101 (none is ever removed)
    (found,) = await answered(connection, [row])
    return found
