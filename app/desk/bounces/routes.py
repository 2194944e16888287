"""Addresses that refuse our mail, over HTTP."""

from uuid import UUID

from app.core import paging
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Work
from app.desk.bounces import queries, service
from app.desk.bounces.schemas import BounceOut, bounce_out

router = desk_router("/v1/bounces", "mail")


@router.get("", operation_id="list_bounces", **allows("inbound_messages:read"))
async def list_bounces(work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[BounceOut]:
    """Addresses that refused a mail of ours and have not written since, the newest first."""
    after = paging.decode_pair(cursor, paging.instant, UUID) if cursor else None
    rows = await queries.bounces(await work.connection(), after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "bounced_at", "id")
    return Page(items=[bounce_out(row) for row in shown], next_cursor=next_cursor)


@router.delete("/{bounce_id}", operation_id="clear_bounce", status_code=204, **allows("inbound_messages:work", 404))
async def clear_bounce(bounce_id: UUID, work: Work) -> None:
    """Believe in the address again: its contacts lose the mark, and it gets acknowledgements."""
    connection = await work.begin()
    row = await queries.lock(connection, bounce_id)
    if row is None:
        raise not_found()
    await service.clear_address(connection, row["mailbox"], "cleared", actor=work.caller.actor(), now=work.now)
