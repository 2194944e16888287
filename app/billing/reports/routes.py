"""Reports over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.billing.reports import queries, service
from app.billing.reports.schemas import ClientUnbilledOut, ConservationOut, PoolSums
from app.core import paging
from app.core.db import Row
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.unit import Work
from app.domain.calendar import day_start, local_date
from app.domain.errors import about
from app.domain.period import Cycle, parse_period, period_of

router = desk_router("/v1/reports", "reports")
FIRST = UUID(int=0)
PeriodName = Annotated[
    str,
    Query(pattern=r"^[0-9]{4}-(Q[1-4]|0[1-9]|1[0-2])$", description="A quarter or a month.", examples=["2026-Q4"]),
]
Overdue = Annotated[bool, Query(description="Only clients with something of a period that is over.")]


@router.get("/minutes", operation_id="report_minutes", **allows("reports:read"))
async def report_minutes(
    work: Work, period: PeriodName, client_id: UUID | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[ConservationOut]:
    """Where each client's minutes of a period are, and its pools of that year: counted twice, from different rows."""
    with about("/period", place="query"):
        wanted = parse_period(period)
    after = paging.decode(cursor, UUID)[0] if cursor else FIRST
    found = await service.conservation(
        await work.connection(), wanted, local_date(work.now), only=client_id, after=after, limit=limit + 1
    )
    shown, next_cursor = paging.cut(found, limit, lambda one: paging.encode(one.client_id))
    work.next_page(next_cursor)
    return Page(items=[_conservation(one, wanted.name) for one in shown], next_cursor=next_cursor)


def _conservation(one: service.Conservation, period: str) -> ConservationOut:
    pools = {name: value for name, value in one.pools.items() if name != "client_id"}
    return ConservationOut(
        **one.minutes,
        period=period,
        rounding_minutes=one.minutes["billed_minutes"] - one.minutes["worked_minutes"],
        equal=one.minutes_equal,
        pools=PoolSums(**pools, equal=one.pools_equal),
    )


@router.get("/unbilled", operation_id="report_unbilled", **allows("reports:read"))
async def report_unbilled(
    work: Work, overdue: Overdue = False, limit: Limit = 50, cursor: Cursor = None
) -> Page[ClientUnbilledOut]:
    """What is still to be invoiced, client by client, and what is overdue."""
    after, today = paging.decode(cursor, UUID)[0] if cursor else FIRST, local_date(work.now)
    quarter, month = period_of(today, Cycle.QUARTERLY).start, period_of(today, Cycle.MONTHLY).start
    rows = await queries.unbilled(
        await work.connection(),
        after,
        (quarter, month),
        (day_start(quarter), day_start(month)),
        overdue=overdue,
        limit=limit + 1,
    )
    shown, next_cursor = paging.cut(rows, limit, lambda row: paging.encode(row["client_id"]))
    work.next_page(next_cursor)
    return Page(items=[_unbilled(row) for row in shown], next_cursor=next_cursor)


def _unbilled(row: Row) -> ClientUnbilledOut:
    same = ("client_id", "billing_cycle", "minutes", "amount_cents", "urgency_fees_cents", "quotes_cents",
            "overdue_minutes")  # fmt: skip
    return ClientUnbilledOut(
        **{name: row[name] for name in same},
        client_name=row["name"],
        oldest_worked_on=row["oldest_on"],
        total_cents=row["amount_cents"] + row["urgency_fees_cents"] + row["quotes_cents"],
        overdue_cents=row["overdue_amount_cents"] + row["overdue_fees_cents"] + row["overdue_quotes_cents"],
        currency="EUR",
    )
