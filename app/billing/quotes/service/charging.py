"""What a quote puts on an invoice: once, with its explanation, ready for the next invoice (Q2, O4, invariant 4)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.billing.quotes import queries
from app.core.clock import instant_text
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.calendar import local_date


async def charge_quote(connection: Connection, quote: Row, now: datetime) -> None:
    """The fixed price of a ticket's accepted quote, due as it was accepted."""
    explanation = _explanation(quote, "The fixed price that was accepted (Q2).")
    await _insert(connection, quote, "quote", None, quote["subtotal_cents"], quote["lines"], explanation, now)


async def charge_permanence(connection: Connection, quote: Row, ended_at: datetime, now: datetime) -> None:
    """A permanence as quoted, once its window has ended (O4)."""
    explanation = _explanation(quote, "The on-call as quoted; its window has ended (O4).")
    explanation["ended_at"] = instant_text(ended_at)
    id_: UUID = quote["permanence_id"]
    await _insert(connection, quote, "permanence", id_, quote["subtotal_cents"], quote["lines"], explanation, now)


async def charge_cancellation(
    connection: Connection, quote: Row, *, charge_bp: int, amount_cents: int, lead_minutes: int, now: datetime
) -> None:
    """What the quote's clause says is due for a cancelled permanence (O4)."""
    explanation = _explanation(quote, "The share of the price that the quote's cancellation clause names (O4).")
    explanation |= {"charge_bp": charge_bp, "lead_minutes": lead_minutes, "clause": quote["cancellation"]}
    line = {"description": quote["about"], "quantity": 1, "unit_price_cents": amount_cents, "net_cents": amount_cents}
    id_: UUID = quote["permanence_id"]
    await _insert(connection, quote, "cancellation", id_, amount_cents, [line], explanation, now)


def _explanation(quote: Row, rule: str) -> dict[str, Any]:
    return {
        "rule": rule,
        "quote_number": quote["number"],
        "quote_version": quote["version"],
        "terms_id": str(quote["terms_id"]),
        "text_sha256": quote["text_sha256"].hex(),
        "subtotal_cents": quote["subtotal_cents"],
    }


async def _insert(
    connection: Connection, quote: Row, kind: str, permanence_id: UUID | None, amount_cents: int,
    lines: list[Any], explanation: dict[str, Any], now: datetime,
) -> None:  # fmt: skip
    await queries.insert_charge(
        connection,
        [new_id(), quote["client_id"], quote["id"], permanence_id, kind, amount_cents, quote["currency"], lines,
         explanation, local_date(now), now],
    )  # fmt: skip
