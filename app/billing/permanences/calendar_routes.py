"""The calendar of what was bought, and the secret addresses at which calendar programs read it."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response

from app.adapters.icalendar import calendar_text
from app.billing.permanences import queries
from app.billing.permanences.schemas import CalendarItemOut, SubscriptionOut
from app.billing.permanences.service.subscribing import calendar_token, subscribe, subscription_of, unsubscribe
from app.core import paging
from app.core.db import Row
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.permissions import PUBLIC
from app.core.problems import not_found
from app.core.shapes import Instant
from app.core.unit import Unit, Work
from app.desk.agents.queries import lock_agent

router = desk_router("/v1", "permanences")
MOST_EVENTS = 500
LOOKS_BACK = timedelta(days=90)

From = Annotated[Instant | None, Query(description="Windows that end after this instant.")]
Until = Annotated[Instant | None, Query(description="Windows that start before this instant.")]
Agent = Annotated[UUID | None, Query(description="Only where this agent stands by.")]
Token = Annotated[str, Path(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_\-]{43}$")]


@router.get("/calendar/permanences", operation_id="list_permanences", **allows("permanences:read"))
async def list_permanences(
    work: Work,
    ends_after: From = None,
    starts_before: Until = None,
    agent_id: Agent = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CalendarItemOut]:
    """The windows that accepted quotes have bought, in order, with who stands by (O3)."""
    filters = {
        "client_id": work.caller.client_id, "agent_id": agent_id, "ends_after": ends_after,
        "starts_before": starts_before,
    }  # fmt: skip
    after = paging.decode_pair(cursor, paging.instant, UUID) if cursor else None
    rows = await queries.calendar(await work.connection(), filters, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "starts_at", "id")
    return Page(items=[CalendarItemOut(**row) for row in shown], next_cursor=next_cursor)


@router.get(
    "/calendar/permanences.ics",
    operation_id="download_permanence_calendar",
    response_class=Response,
    **allows("permanences:read", produces="text/calendar"),
)
async def download_permanence_calendar(work: Work, agent_id: Agent = None) -> Response:
    """The same as iCalendar (RFC 5545), from 90 days ago on; an agent's key gets that agent's own times on call.

    Calendar programs cannot send a key: see `create_calendar_subscription`.
    """
    return await _calendar(work, work.caller.client_id, agent_id or work.caller.agent_id)


async def _calendar(work: Unit, client_id: UUID | None, agent_id: UUID | None) -> Response:
    filters: dict[str, Any] = {"client_id": client_id, "agent_id": agent_id, "ends_after": work.now - LOOKS_BACK}
    rows = await queries.calendar(await work.connection(), filters, None, MOST_EVENTS)
    text = calendar_text([dict(row) for row in rows], work.settings.company_name, work.now, agent_id=agent_id)
    headers = {"Content-Disposition": 'attachment; filename="permanences.ics"', "Cache-Control": "private, no-cache"}
    return Response(text.encode(), media_type="text/calendar; charset=utf-8", headers=headers)


SUBSCRIPTION = "/agents/{agent_id}/calendar-subscription"


@router.post(
    SUBSCRIPTION, operation_id="create_calendar_subscription", status_code=201, **allows("subscriptions:write", 404)
)
async def create_calendar_subscription(agent_id: UUID, work: Work) -> SubscriptionOut:
    """Make the secret address at which a calendar program reads when the agent is on call, without a key.

    Again: another address, and the one before it stops working at once.
    """
    connection = await work.begin()
    if await lock_agent(connection, agent_id) is None:
        raise not_found()
    row = await subscribe(connection, agent_id, actor=work.caller.actor(), now=work.now)
    return _subscription_out(work, row)


@router.get(SUBSCRIPTION, operation_id="read_calendar_subscription", **allows("subscriptions:write", 404))
async def read_calendar_subscription(agent_id: UUID, work: Work) -> SubscriptionOut:
    """The agent's address as it now stands; 404 while there is none."""
    row = await queries.subscription_of_agent(await work.connection(), agent_id)
    if row is None:
        raise not_found()
    return _subscription_out(work, row)


@router.delete(
    SUBSCRIPTION, operation_id="delete_calendar_subscription", status_code=204, **allows("subscriptions:write", 404)
)
async def delete_calendar_subscription(agent_id: UUID, work: Work) -> None:
    """End the agent's address: from now on it answers 404."""
    if not await unsubscribe(await work.begin(), agent_id, actor=work.caller.actor(), now=work.now):
        raise not_found()


def _subscription_out(work: Unit, row: Row) -> SubscriptionOut:
    token = calendar_token(work.settings, row["id"])
    url = f"{work.settings.base_url}/v1/public/calendars/{token}/permanences.ics"
    return SubscriptionOut(agent_id=row["agent_id"], url=url, created_at=row["created_at"])


@router.get(
    "/public/calendars/{calendar_token}/permanences.ics",
    operation_id="read_subscribed_calendar",
    response_class=Response,
    **allows(PUBLIC, 404, produces="text/calendar"),
)
async def read_subscribed_calendar(calendar_token: Token, work: Work) -> Response:
    """When the agent of this secret address is on call, as iCalendar; 404 once it was replaced or ended."""
    subscription_id = subscription_of(work.settings, calendar_token)
    found = await queries.subscriber(await work.connection(), subscription_id) if subscription_id else None
    if found is None:
        raise not_found()
    return await _calendar(work, None, found)
