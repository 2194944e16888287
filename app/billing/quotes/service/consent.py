"""What time entries and simulations need of quotes: whether a ticket's client has agreed, and to how much (Q1, Q2)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.billing.quotes import queries
from app.core import events
from app.core.db import Connection
from app.domain.quote import Consent, Kind, warnings


@dataclass(frozen=True, slots=True)
class AcceptedQuote:
    """The accepted quote of a ticket; `consent` is what the rules need to know of it."""

    quote_id: UUID
    consent: Consent

    @property
    def covers_time(self) -> bool:
        """Whether the ticket's minutes are part of a fixed price: `Work.quoted` (C4)."""
        return self.consent.kind is Kind.QUOTE


async def accepted_quote(connection: Connection, ticket_id: UUID) -> AcceptedQuote | None:
    """What the ticket's client has accepted: a fixed price if there is one, else its estimates together."""
    row = await queries.consent(connection, ticket_id)
    if row is None:
        return None
    return AcceptedQuote(row["quote_id"], Consent(Kind(row["kind"]), row["number"], row["minutes"]))


async def watch_estimate(
    connection: Connection,
    accepted: AcceptedQuote | None,
    *,
    ticket_id: UUID,
    client_id: UUID | None,
    before_minutes: int,
    after_minutes: int,
    actor: dict[str, str],
    now: datetime,
) -> tuple[int, ...]:
    """Tell of the shares of an estimate that chargeable time has reached, each once (Q2); which ones were new."""
    if accepted is None:
        return ()
    reached = warnings(accepted.consent, before_minutes, after_minutes)
    new = []
    for percent in reached:
        if await queries.insert_alert(connection, accepted.quote_id, percent, after_minutes, now):
            new.append(percent)
            data = {
                "number": accepted.consent.number,
                "percent": percent,
                "estimated_minutes": accepted.consent.minutes,
                "chargeable_minutes": after_minutes,
            }
            await events.record(
                connection, "quote.estimate_reached", subject_id=accepted.quote_id, ticket_id=ticket_id,
                client_id=client_id, actor=actor, data=data, now=now,
            )  # fmt: skip
    return tuple(new)
