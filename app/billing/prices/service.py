"""Prices before they are charged: simulations, and what a ticket costs so far. The rules price; nothing is written."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from app.billing.pools.service import pool_of
from app.billing.prices import queries
from app.billing.terms.service import policy, terms_on
from app.core.db import Connection, Row
from app.domain.calendar import local_date
from app.domain.contract import Pool
from app.domain.errors import Refusal
from app.domain.explanation import Step, explain
from app.domain.money import amount_cents
from app.domain.period import Cycle, Period, period_of
from app.domain.pricing import Price, Work, needs_quote, price
from app.domain.terms import Terms
from app.domain.ticket import Lane
from app.domain.vat import SELLER, Totals, Vat, totals, vat_of

MID_MONTH = 15


@dataclass(frozen=True, slots=True)
class Simulation:
    """What work would cost, and why."""

    terms: Terms
    work: Work
    price: Price
    steps: tuple[Step, ...]
    urgency_fee_cents: int
    vat: Vat
    totals: Totals
    period: Period
    quote_needed: bool


async def simulate(
    connection: Connection, *, minutes: int, lane: Lane, worked_on: date, client_id: UUID | None, with_fee: bool
) -> Simulation:
    """What so many minutes of a date would cost a client; with `with_fee` an urgency is opened for them.

    Raises:
        Refusal: `reference-unknown`, `no-terms`.
    """
    client = await _client(connection, client_id)
    terms = policy(await terms_on(connection, worked_on))
    pools = await pools_of(connection, client_id, worked_on)
    work = Work(
        worked_on=worked_on,
        worked_minutes=minutes,
        lane=lane,
        included_minutes=terms.urgency.included_minutes if with_fee else 0,
    )
    priced = price(work, terms, pools)
    fee = terms.urgency.opening_fee_cents if with_fee else 0
    cycle = Cycle(client["billing_cycle"]) if client else Cycle.QUARTERLY
    vat = _vat(client, tax_point(worked_on, cycle))
    chargeable = priced.drawn_minutes + priced.billable_minutes
    return Simulation(
        terms=terms,
        work=work,
        price=priced,
        steps=explain(work, priced, terms),
        urgency_fee_cents=fee,
        vat=vat,
        totals=totals([priced.amount_cents, fee], vat),
        period=period_of(worked_on, cycle),
        quote_needed=needs_quote(terms, estimated_minutes=None, chargeable_minutes=chargeable),
    )


async def _client(connection: Connection, client_id: UUID | None) -> Row | None:
    if client_id is None:
        return None
    client = await queries.client(connection, client_id)
    if client is None:
        raise Refusal("reference-unknown", "There is no such client.", pointer="/client_id")
    return client


def _vat(client: Row | None, on: date) -> Vat:
    return vat_of(client["country"], client["vat_number"], on) if client else vat_of(SELLER, None, on)


def tax_point(supplied_on: date, cycle: Cycle) -> date:
    """When work would be taxed: with its invoice after the period, at the latest on the 15th a month later (I5)."""
    month_after = period_of(supplied_on, Cycle.MONTHLY).end
    return min(period_of(supplied_on, cycle).end, month_after + timedelta(days=MID_MONTH - 1))


async def pools_of(connection: Connection, client_id: UUID | None, day: date) -> list[Pool]:
    """The client's usable pools for work of a day."""
    if client_id is None:
        return []
    return [pool_of(row) for row in await queries.pools(connection, client_id, day)]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a ticket costs so far, and what the rest of its estimate would cost today."""

    ticket: Row
    lines: list[Row]
    fee_cents: int
    pool_left_minutes: int
    terms: Terms
    quote_needed: bool
    remaining: Price | None

    def total(self, name: str) -> int:
        """The sum of one kind of minutes."""
        return sum(line[f"{name}_minutes"] for line in self.lines)

    @property
    def amount_cents(self) -> int:
        """What its billable minutes cost, invoiced or not."""
        return sum(
            amount_cents(
                line["open_minutes"] + line["invoiced_minutes"], line["hourly_rate_cents"], line["discount_bp"]
            )
            for line in self.lines
        )


async def cost_of(connection: Connection, ticket: Row, now: datetime) -> Cost:
    """The cost of a ticket by the entries on it and, for the rest of the estimate, by the same function as theirs."""
    today = local_date(now)
    terms = policy(await terms_on(connection, today))
    pools = await pools_of(connection, ticket["client_id"], today)
    chargeable = int(ticket["chargeable_minutes"])
    estimated = ticket["estimated_minutes"]
    rest = max((estimated or 0) - chargeable, 0)
    lane = Lane(ticket["lane"])
    remaining = price(Work(worked_on=today, worked_minutes=rest, lane=lane), terms, pools) if rest else None
    needed = needs_quote(terms, estimated_minutes=estimated, chargeable_minutes=chargeable)
    return Cost(
        ticket=ticket,
        lines=await queries.cost(connection, ticket["id"]),
        fee_cents=await queries.ticket_fees(connection, ticket["id"]),
        pool_left_minutes=sum(pool.unspent_minutes for pool in pools),
        terms=terms,
        quote_needed=needed and ticket["quote_id"] is None,
        remaining=remaining,
    )
