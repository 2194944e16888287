"""Name the agents who stand by (O3)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.billing.permanences import queries
from app.billing.permanences.service.following import tell, windows_of
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.calendar import Span, without
from app.domain.errors import Refusal, about
from app.domain.permanence import Move, Status, move

Shift = tuple[UUID, datetime | None, datetime | None]


async def schedule_permanence(
    connection: Connection, permanence: Row, shifts: Sequence[Shift], *, actor: dict[str, str], now: datetime
) -> None:
    """Put agents on a locked request, instead of those before: each for all its windows, or for one stretch.

    Raises:
        Refusal: `permanence-move`; `reference-unknown` for who does not work here; `shift-outside-window`;
            the database refuses an agent twice at the same time (`agent-busy`).
    """
    status = move(Status(permanence["status"]), Move.SCHEDULE)
    agents = {agent_id for agent_id, _, _ in shifts}
    if agents - await queries.active_agents(connection, agents):
        raise Refusal("reference-unknown", "No such agent works here.", pointer="/shifts")
    windows = windows_of(permanence)
    rows = [
        (new_id(), agent_id, span.start, span.end)
        for agent_id, starts_at, ends_at in shifts
        for span in _spans(windows, starts_at, ends_at)
    ]
    await queries.replace_shifts(connection, permanence["id"], rows, now)
    await queries.update_request(connection, permanence["id"], {"status": status})
    data = {"agent_ids": sorted(str(agent_id) for agent_id in agents)}
    await tell(connection, permanence, "permanence.scheduled", actor=actor, now=now, **data)


def _spans(windows: Sequence[Span], starts_at: datetime | None, ends_at: datetime | None) -> Sequence[Span]:
    if starts_at is None and ends_at is None:
        return windows
    if starts_at is None or ends_at is None:
        raise Refusal("empty-span", "A stretch has a start and an end.", pointer="/shifts")
    with about("/shifts"):
        span = Span(starts_at, ends_at)
    if any(without(span, windows)):
        raise Refusal("shift-outside-window", "Nobody is on call then.", pointer="/shifts")
    return [span]
