"""Prices, balances, costs and simulations over HTTP: questions only."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.billing.contracts.queries import contracts, covering
from app.billing.contracts.schemas import pool_out
from app.billing.prices import queries, service
from app.billing.prices.schemas import (
    BalanceOut,
    CostOut,
    PricesOut,
    RemainingOut,
    SimulationIn,
    SimulationOut,
    UnbilledOut,
)
from app.billing.terms.schemas import Urgency
from app.billing.terms.service import terms_on
from app.billing.time_entries.schemas import DrawOut, StepOut
from app.core.http import allows, desk_router
from app.core.problems import not_found
from app.core.shapes import LocalDate
from app.core.unit import Unit, Work
from app.domain.calendar import local_date
from app.domain.contract import ContractStatus
from app.domain.errors import Refusal
from app.domain.money import discounted_cents
from app.domain.ticket import Lane

clients = desk_router("/v1/clients", "prices")
tickets = desk_router("/v1/tickets", "prices")
simulations = desk_router("/v1/price-simulations", "prices")
On = Annotated[LocalDate | None, Query(description="Local date of the work; default: today.")]
MOST_POOLS = 1_000  # nobody buys more in two years; what is left is their sum


async def _own(work: Unit, client_id: UUID) -> UUID:
    client = await queries.client(await work.connection(), client_id) if work.sees_client(client_id) else None
    if client is None:
        raise not_found()
    return client_id


@clients.get("/{client_id}/prices", operation_id="read_client_prices", **allows("prices:read", 404, 409))
async def read_client_prices(client_id: UUID, work: Work, on: On = None) -> PricesOut:
    """Which price applied, applies or will apply to a client on a date (N1)."""
    await _own(work, client_id)
    today = local_date(work.now)
    day, connection = on or today, await work.connection()
    terms = await terms_on(connection, day)
    pools = await covering(connection, client_id, day)
    same = ("effective_on", "currency", "hourly_rate_cents", "contract_discount_bp", "billing_increment_minutes",
            "minimum_minutes", "quote_threshold_minutes")  # fmt: skip
    return PricesOut(
        client_id=client_id,
        on=day,
        terms_id=terms["id"],
        **{name: terms[name] for name in same},
        contract_hourly_rate_cents=discounted_cents(terms["hourly_rate_cents"], terms["contract_discount_bp"]),
        overflow_discount_bp=terms["overflow_discount_bp"] if pools else 0,
        urgency=Urgency(**{name: terms[f"urgency_{name}"] for name in Urgency.model_fields}),
        pools=[pool_out(row, today) for row in pools],
    )


@clients.get("/{client_id}/balance", operation_id="read_client_balance", **allows("balances:read", 404))
async def read_client_balance(client_id: UUID, work: Work) -> BalanceOut:
    """The client's pools, and its minutes and cents that are on no invoice yet."""
    await _own(work, client_id)
    today, connection = local_date(work.now), await work.connection()
    rows = await contracts(connection, {"client_id": client_id, "since_year": today.year - 1}, today, None, MOST_POOLS)
    pools = [pool_out(row, today) for row in rows]
    time = await queries.unbilled(connection, client_id)
    fees, quotes = (
        await queries.unbilled_fees(connection, client_id),
        await queries.unbilled_quotes(connection, client_id),
    )
    unbilled = UnbilledOut(
        minutes=time["minutes"],
        amount_cents=time["cents"],
        urgency_fees_cents=fees,
        quotes_cents=quotes,
        total_cents=time["cents"] + fees + quotes,
    )
    left = sum(pool.left_minutes for pool in pools if pool.status is ContractStatus.ACTIVE)
    return BalanceOut(client_id=client_id, currency="EUR", left_minutes=left, pools=pools, unbilled=unbilled)


@simulations.post("", operation_id="simulate_price", **allows("prices:read", 409))
async def simulate_price(body: SimulationIn, work: Work) -> SimulationOut:
    """What work would cost: pool, fee, VAT, whether a quote is needed and which invoice; writes nothing."""
    portal = work.caller.client_id
    if portal is not None and body.client_id not in {None, portal}:
        raise Refusal("reference-unknown", "There is no such client.", pointer="/client_id")
    client_id = portal or body.client_id
    found = await service.simulate(
        await work.connection(),
        minutes=body.minutes,
        lane=Lane(body.lane),
        worked_on=body.worked_on or local_date(work.now),
        client_id=client_id,
        with_fee=body.urgency_fee,
    )
    return _simulation(found, client_id)


def _simulation(found: service.Simulation, client_id: UUID | None) -> SimulationOut:
    price = found.price
    same = ("terms_id", "worked_minutes", "billed_minutes", "drawn_minutes", "non_billable_minutes", "billable_minutes",
            "hourly_rate_cents", "discount_bp", "amount_cents", "currency")  # fmt: skip
    return SimulationOut(
        client_id=client_id,
        worked_on=found.work.worked_on,
        lane=found.work.lane.value,
        **{name: getattr(price, name) for name in same},
        draws=[DrawOut(contract_id=one.pool_id, minutes=one.minutes) for one in price.draws],
        urgency_fee_cents=found.urgency_fee_cents,
        subtotal_cents=found.totals.subtotal_cents,
        vat_category=found.vat.category,
        vat_rate_bp=found.vat.rate_bp,
        vat_cents=found.totals.vat_cents,
        total_cents=found.totals.total_cents,
        quote_needed=found.quote_needed,
        quote_threshold_minutes=found.terms.quote_threshold_minutes,
        invoice_period=found.period.name,
        invoiced_from_on=found.period.end,
        explanation=[StepOut(because=step.because, text=step.text, facts=step.facts) for step in found.steps],
    )


@tickets.get("/{ticket_id}/cost", operation_id="read_ticket_cost", **allows("prices:read", 404))
async def read_ticket_cost(ticket_id: UUID, work: Work) -> CostOut:
    """What a ticket costs so far, what is covered by pools, and what the rest of its estimate would cost today."""
    connection = await work.connection()
    ticket = await queries.ticket(connection, ticket_id)
    if ticket is None or not work.sees_client(ticket["client_id"]):
        raise not_found()
    return _cost(await service.cost_of(connection, ticket, work.now))


def _cost(found: service.Cost) -> CostOut:
    rest = found.remaining
    kinds = ("worked", "billed", "drawn", "quoted", "non_billable", "written_off", "invoiced")
    return CostOut(
        ticket_id=found.ticket["id"],
        client_id=found.ticket["client_id"],
        currency="EUR",
        **{f"{kind}_minutes": found.total(kind) for kind in kinds},
        billable_minutes=found.total("open") + found.total("invoiced"),
        amount_cents=found.amount_cents,
        urgency_fee_cents=found.fee_cents,
        total_cents=found.amount_cents + found.fee_cents,
        pool_left_minutes=found.pool_left_minutes,
        chargeable_minutes=found.ticket["chargeable_minutes"],
        quote_threshold_minutes=found.terms.quote_threshold_minutes,
        quote_needed=found.quote_needed,
        estimated_minutes=found.ticket["estimated_minutes"],
        remaining=RemainingOut(
            minutes=rest.billed_minutes,
            drawn_minutes=rest.drawn_minutes,
            billable_minutes=rest.billable_minutes,
            amount_cents=rest.amount_cents,
        )
        if rest
        else None,
    )
