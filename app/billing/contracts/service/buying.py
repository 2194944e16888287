"""Buy hours for a year, and make them usable (C1)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.billing.contracts import queries
from app.billing.pools.queries import lock_client
from app.billing.pools.service import hold, take_over, watch
from app.billing.terms.service import policy, terms_on
from app.core import events, jobs
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.calendar import local_date
from app.domain.contract import purchase
from app.domain.errors import Refusal, about

INVOICE = "contract_invoice"  # the job that invoices a purchase at once, and credits what is refunded of it


async def buy_contract(
    connection: Connection,
    *,
    client_id: UUID,
    year: int,
    bought_minutes: int,
    purchased_on: date | None,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """Record a purchase at the rate of its date less the discount; usable once it is made effective.

    Raises:
        Refusal: `reference-unknown`, `purchase-in-future`, `contract-year`, `minutes-not-positive`, `no-terms`.
    """
    if not await queries.client_exists(connection, client_id):
        raise Refusal("reference-unknown", "There is no such client.", pointer="/client_id")
    today = local_date(now)
    day = purchased_on or today
    if day > today:
        raise Refusal("purchase-in-future", "A purchase is recorded once it was made.", pointer="/purchased_on")
    terms = policy(await terms_on(connection, day))
    with about("/year"):
        bought = purchase(terms, day, year, bought_minutes)
    values: dict[str, Any] = {
        "id": new_id(), "client_id": client_id, "year": year, "purchased_on": day, "starts_on": bought.starts_on,
        "expires_on": bought.expires_on, "terms_id": bought.terms_id, "hourly_rate_cents": bought.hourly_rate_cents,
        "discount_bp": bought.discount_bp, "bought_minutes": bought_minutes, "price_cents": bought.price_cents,
        "currency": bought.currency, "effective_at": None, "effective_reason": None, "created_at": now,
    }  # fmt: skip
    await queries.insert_contract(connection, values)
    await _book_purchase(connection, values, actor, now)
    await jobs.enqueue(connection, INVOICE, {"contract_id": str(values["id"])}, now=now)
    if terms.contract_usable_before_issue:
        return await make_effective(connection, client_id, values["id"], reason=None, actor=actor, now=now)
    return await found(connection, values["id"])


async def _book_purchase(connection: Connection, values: dict[str, Any], actor: dict[str, str], now: datetime) -> None:
    """The statement's first line, and the client's history."""
    line = {
        "id": new_id(), "client_id": values["client_id"], "contract_id": values["id"], "kind": "bought",
        "minutes": values["bought_minutes"], "amount_cents": values["price_cents"], "created_at": now,
    }  # fmt: skip
    await queries.insert_movement(connection, line)
    data = {"year": values["year"], "bought_minutes": values["bought_minutes"], "price_cents": values["price_cents"]}
    await events.record(
        connection, "contract.purchased", subject_id=values["id"], client_id=values["client_id"], actor=actor,
        data=data, now=now,
    )  # fmt: skip


async def make_effective(
    connection: Connection,
    client_id: UUID,
    contract_id: UUID,
    *,
    reason: str | None,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """From now on work of the contract's dates draws from it, and what is open takes what there is (C1, C3).

    Raises:
        Refusal: `contract-effective` when it was done before.
    """
    await lock_client(connection, client_id)
    contract = await found(connection, contract_id)
    if contract["usable"]:
        raise Refusal("contract-effective", "The contract is effective already.", effective_at=contract["effective_at"])
    await queries.mark_effective(connection, contract_id, reason, now)
    held = await hold(connection, [client_id], contract["starts_on"], contract["expires_on"])
    await take_over(connection, client_id, held, now)
    await watch(connection, held, now)
    await events.record(
        connection, "contract.effective", subject_id=contract_id, client_id=client_id, actor=actor,
        data={"reason": reason}, now=now,
    )  # fmt: skip
    return await found(connection, contract_id)


async def found(connection: Connection, contract_id: UUID) -> Row:
    """A contract that is known to be there: none is ever removed."""
    contract = await queries.contract(connection, contract_id)
    assert contract is not None  # noqa: S101 (see above)
    return contract
