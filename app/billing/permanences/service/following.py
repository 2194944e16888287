"""What becomes of a request as its quote is written, accepted or refused (O3)."""

from datetime import datetime
from uuid import UUID

from app.adapters.quote_words import spans_of
from app.billing.permanences import queries
from app.core import events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.calendar import Span
from app.domain.permanence import Move, Status, lead_minutes, move


def windows_of(permanence: Row) -> tuple[Span, ...]:
    """The parts of a request outside opening hours, as they were found when it was made."""
    return spans_of(permanence["windows"])


def check_quotable(permanence: Row, now: datetime) -> None:
    """Refuses a quote for what is settled as `permanence-move`, for what has begun as `window-past`."""
    move(Status(permanence["status"]), Move.QUOTE)
    lead_minutes(now, permanence["starts_at"])


async def quoted(
    connection: Connection, permanence: Row, quote_id: UUID, *, actor: dict[str, str], now: datetime
) -> None:
    """A quote was written for it."""
    await _go(connection, permanence, Move.QUOTE, actor, now, quote_id=str(quote_id))


async def accepted(
    connection: Connection, permanence: Row, quote_id: UUID, *, actor: dict[str, str], now: datetime
) -> None:
    """Its quote was accepted: from now on the windows count (O3)."""
    await _go(connection, permanence, Move.ACCEPT, actor, now, quote_id=str(quote_id))
    windows = [(new_id(), span.start, span.end) for span in windows_of(permanence)]
    await queries.insert_windows(connection, permanence["id"], permanence["client_id"], windows)


async def refused(
    connection: Connection, permanence: Row, quote_id: UUID, *, actor: dict[str, str], now: datetime
) -> None:
    """Its quote was refused, and so the on-call."""
    await _go(connection, permanence, Move.REFUSE, actor, now, quote_id=str(quote_id))


async def _go(
    connection: Connection, permanence: Row, wanted: Move, actor: dict[str, str], now: datetime, **data: str
) -> None:
    status = move(Status(permanence["status"]), wanted)
    if status != permanence["status"]:
        await queries.update_request(connection, permanence["id"], {"status": status})
    await tell(connection, permanence, f"permanence.{status}", actor=actor, now=now, **data)


async def tell(
    connection: Connection, permanence: Row, type_: str, *, actor: dict[str, str], now: datetime, **data: object
) -> None:
    """One event about a request."""
    await events.record(
        connection,
        type_,
        subject_id=permanence["id"],
        client_id=permanence["client_id"],
        actor=actor,
        data=data,
        now=now,
    )
