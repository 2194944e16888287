"""The end of on-call: done once its window is over, or cancelled at the price of its quote's clause (O4)."""

from datetime import datetime, timedelta
from typing import Any

from app.billing.permanences import queries
from app.billing.permanences.service.following import tell
from app.billing.quotes import queries as quotes
from app.billing.quotes.service.charging import charge_cancellation, charge_permanence
from app.billing.quotes.service.sending import tell as tell_of_quote
from app.core.clock import instant_text
from app.core.db import Connection, Database, Row
from app.core.jobs import Effect, Handler, Job
from app.domain import permanence as domain
from app.domain.calendar import MINUTE
from app.domain.permanence import CancellationBand, Move, Status, move
from app.domain.quote import Status as QuoteStatus

ACTOR = {"role": "worker"}
STEP = 50
WARN_BEFORE = timedelta(days=2)


async def complete_permanence(connection: Connection, permanence: Row, *, actor: dict[str, str], now: datetime) -> None:
    """Close a locked request and charge what was quoted, once.

    Raises:
        Refusal: `permanence-move`, `window-not-over`.
    """
    status = move(Status(permanence["status"]), Move.COMPLETE)
    domain.check_over(permanence["ends_at"], now)
    quote = await quotes.live_of_permanence(connection, permanence["id"])
    assert quote is not None  # noqa: S101 (what is scheduled has an accepted quote)
    await charge_permanence(connection, quote, permanence["ends_at"], now)
    await queries.update_request(connection, permanence["id"], {"status": status, "completed_at": now})
    await tell(connection, permanence, "permanence.done", actor=actor, now=now)


async def cancel_permanence(
    connection: Connection, permanence: Row, reason: str, *, actor: dict[str, str], now: datetime
) -> None:
    """Cancel a locked request: the agents are free, an open quote is withdrawn, an accepted one's clause is charged.

    Raises:
        Refusal: `permanence-move`.
    """
    status = move(Status(permanence["status"]), Move.CANCEL)
    due: dict[str, Any] = {}
    quote = await quotes.live_of_permanence(connection, permanence["id"])
    if quote is not None:
        quote = await quotes.lock_quote(connection, quote["id"])
        if quote["status"] == QuoteStatus.ACCEPTED:
            due = await _charge(connection, permanence, quote, now)
        else:
            await quotes.update_quote(connection, quote["id"], {"status": QuoteStatus.WITHDRAWN})
            await tell_of_quote(connection, quote, "quote.withdrawn", actor=actor, now=now, reason=reason)
    await queries.replace_shifts(connection, permanence["id"], [], now)
    changes = {"status": status, "cancelled_at": now, "cancellation_reason": reason}
    await queries.update_request(connection, permanence["id"], changes)
    await tell(connection, permanence, "permanence.cancelled", actor=actor, now=now, reason=reason, **due)


async def _charge(connection: Connection, permanence: Row, quote: Row, now: datetime) -> dict[str, Any]:
    clause = [CancellationBand(**band) for band in quote["cancellation"]]
    due = domain.cancel(clause, quote["subtotal_cents"], permanence["starts_at"], now)
    lead = max((permanence["starts_at"] - now) // MINUTE, 0)
    if due.amount_cents:
        await charge_cancellation(
            connection, quote, charge_bp=due.charge_bp, amount_cents=due.amount_cents, lead_minutes=lead, now=now
        )
    return {"charge_bp": due.charge_bp, "amount_cents": due.amount_cents}


async def warn_of_unstaffed(_job: Job, database: Database, now: datetime) -> Effect | None:
    """Tell once of on-call that was bought and begins soon, or has begun, with nobody named (O3)."""
    async with database.transaction() as connection:
        for row in await queries.unstaffed(connection, now + WARN_BEFORE, now):
            begins = instant_text(row["starts_at"])
            await tell(connection, row, "permanence.unstaffed", actor=ACTOR, now=now, starts_at=begins)
    return None


async def finish_permanences(_job: Job, database: Database, now: datetime) -> Effect | None:
    """Complete every scheduled request whose window has ended."""
    done = STEP
    while done == STEP:
        async with database.transaction() as connection:
            rows = await queries.over(connection, now, STEP)
            for row in rows:
                await complete_permanence(connection, row, actor=ACTOR, now=now)
        done = len(rows)
    return None


HANDLERS = {
    "finish_permanences": Handler(finish_permanences, seconds=300, every=timedelta(minutes=15)),
    "warn_of_unstaffed": Handler(warn_of_unstaffed, seconds=60, every=timedelta(minutes=15)),
}
