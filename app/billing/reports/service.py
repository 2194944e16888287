"""Whether nothing was lost: each client's minutes and pools, counted twice from different rows (invariants 1 and 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.billing.reports import queries
from app.core import events
from app.core.db import Connection, Database, Row
from app.core.ids import new_id
from app.core.jobs import Effect, Handler, Job
from app.domain.calendar import local_date
from app.domain.period import Period

ACTOR = {"role": "worker"}
PLACES = ("drawn", "invoiced", "quoted", "non_billable", "written_off", "not_yet_billed")
FIRST = UUID(int=0)
ALWAYS = (date(2000, 1, 1), date(2200, 1, 1))
EVERY_YEAR = (2000, 2199)
STEP = 100


@dataclass(frozen=True, slots=True)
class Conservation:
    """A client's sums of a period, and whether both identities hold."""

    client_id: UUID
    minutes: Row
    pools: Row

    @property
    def minutes_equal(self) -> bool:
        """Billed = drawn + invoiced + quoted + non-billable + written off + not yet billed."""
        places = sum(self.minutes[f"{place}_minutes"] for place in PLACES)
        return bool(self.minutes["billed_minutes"] == places)

    @property
    def pools_equal(self) -> bool:
        """Bought + granted = used + left + expired + refunded."""
        came = self.pools["bought_minutes"] + self.pools["granted_minutes"]
        went = sum(self.pools[f"{name}_minutes"] for name in ("used", "left", "expired", "refunded"))
        return bool(came == went)


async def conservation(
    connection: Connection, period: Period, today: date, *, only: UUID | None, after: UUID, limit: int
) -> list[Conservation]:
    """The sums of clients that had work in the period, or contracts of its year."""
    years = (period.start.year, period.start.year)
    return await _sums(connection, (period.start, period.end), years, today, only=only, after=after, limit=limit)


async def _sums(
    connection: Connection,
    days: tuple[date, date],
    years: tuple[int, int],
    today: date,
    *,
    only: UUID | None,
    after: UUID,
    limit: int,
) -> list[Conservation]:
    page = await queries.clients(connection, days, years, after=after, only=only, limit=limit)
    minutes = await queries.minutes(connection, page, days)
    pools = await queries.pools(connection, page, years, today)
    return [Conservation(*each) for each in zip(page, minutes, pools, strict=True)]


async def check_conservation(_job: Job, database: Database, now: datetime) -> Effect | None:
    """Each night: every client's minutes and pools of all time; an event for each that does not add up."""
    after, today = FIRST, local_date(now)
    while True:
        async with database.transaction() as connection:
            await queries.take_time(connection)
            found = await _sums(connection, ALWAYS, EVERY_YEAR, today, only=None, after=after, limit=STEP)
            for one in found:
                await _tell(connection, one, now)
            if len(found) < STEP:
                await _check_nobodys(connection, now)
                return None
        after = found[-1].client_id


async def _tell(connection: Connection, one: Conservation, now: datetime) -> None:
    for identity, equal, row in (
        ("minutes", one.minutes_equal, one.minutes), ("pools", one.pools_equal, one.pools)
    ):  # fmt: skip
        if not equal:
            await _raise(connection, identity, one.client_id, row, now)


async def _check_nobodys(connection: Connection, now: datetime) -> None:
    row = await queries.nobodys(connection)
    if row["billed_minutes"] != row["non_billable_minutes"]:
        await _raise(connection, "minutes", None, row, now)


async def _raise(
    connection: Connection, identity: str, client_id: UUID | None, row: Mapping[str, Any] | Row, now: datetime
) -> None:
    sums = {name: value for name, value in row.items() if name.endswith("_minutes")}
    await events.record(
        connection, "report.identity_failed", subject_id=client_id or new_id(), client_id=client_id, actor=ACTOR,
        data={"identity": identity, "sums": sums}, now=now,
    )  # fmt: skip


HANDLERS = {"check_conservation": Handler(check_conservation, seconds=600, every=timedelta(days=1))}
