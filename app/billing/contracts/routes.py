"""Contracts over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.billing.contracts import queries, service
from app.billing.contracts.schemas import (
    ContractIn,
    ContractOut,
    EffectiveIn,
    GrantIn,
    GrantOut,
    RefundIn,
    RefundOut,
    StatementLineOut,
    contract_out,
    expired_line,
)
from app.core import paging
from app.core.db import Row
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Unit, Work
from app.domain.calendar import local_date
from app.domain.contract import ContractStatus

PATH = "/v1/contracts"
LAST = 2**31 - 1
router = desk_router(PATH, "contracts")
OfYear = Annotated[int | None, Query(ge=2022, le=2099, description="Hours for this year.")]


async def _existing(work: Unit, contract_id: UUID) -> Row:
    row = await queries.contract(await work.connection(), contract_id)
    if row is None or not work.sees_client(row["client_id"]):
        raise not_found()
    return row


def _place(cursor: str | None, contract_id: UUID) -> int:
    """The line of this contract's statement that the page before ended with."""
    if cursor is None:
        return 0
    position, of = paging.decode_pair(cursor, paging.small_integer, UUID)
    if of != contract_id:
        raise paging.invalid_cursor()
    return min(position, LAST)


@router.get("", operation_id="list_contracts", **allows("contracts:read"))
async def list_contracts(
    work: Work,
    client_id: UUID | None = None,
    year: OfYear = None,
    status: ContractStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ContractOut]:
    """Contracts, the newest first."""
    if work.caller.client_id is not None:
        if client_id not in {None, work.caller.client_id}:
            return Page(items=[], next_cursor=None)
        client_id = work.caller.client_id
    filters: dict[str, Any] = {"client_id": client_id, "year": year, "status": status}
    after, today = paging.decode(cursor, UUID)[0] if cursor else None, local_date(work.now)
    rows = await queries.contracts(await work.connection(), filters, today, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[contract_out(row, today) for row in shown], next_cursor=next_cursor)


@router.post("", operation_id="create_contract", status_code=201, **allows("contracts:write", 409))
async def create_contract(body: ContractIn, work: Work) -> ContractOut:
    """Record hours bought for a year, at the rate of the purchase date less the discount, not pro-rated (C1)."""
    row = await service.buy_contract(await work.begin(), **dict(body), actor=work.caller.actor(), now=work.now)
    work.created(PATH, row["id"])
    return contract_out(row, local_date(work.now))


@router.get("/{contract_id}", operation_id="read_contract", **allows("contracts:read", 404))
async def read_contract(contract_id: UUID, work: Work) -> ContractOut:
    """One contract, with its balance."""
    return contract_out(await _existing(work, contract_id), local_date(work.now))


@router.post(
    "/{contract_id}/activation",
    operation_id="activate_contract",
    status_code=201,
    **allows("contracts:write", 404, 409),
)
async def activate_contract(contract_id: UUID, body: EffectiveIn, work: Work) -> ContractOut:
    """Let a contract be drawn from before its purchase invoice is issued, with the reason on record (C1)."""
    connection = await work.begin()
    contract = await _existing(work, contract_id)
    row = await service.make_effective(
        connection, contract["client_id"], contract_id, reason=body.reason, actor=work.caller.actor(), now=work.now
    )
    work.audited["id"] = str(contract_id)
    return contract_out(row, local_date(work.now))


@router.get("/{contract_id}/draws", operation_id="list_contract_draws", **allows("contracts:read", 404))
async def list_contract_draws(
    contract_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None
) -> Page[StatementLineOut]:
    """The statement: purchase, grants, draws, refunds, expiry, each with what it left (C2)."""
    contract = await _existing(work, contract_id)
    after = _place(cursor, contract_id)
    rows = await queries.statement(await work.connection(), contract_id, after, limit + 1)
    shown, next_cursor = paging.cut(rows, limit, lambda row: paging.encode(row["position"], contract_id))
    work.next_page(next_cursor)
    last = expired_line(contract, local_date(work.now)) if next_cursor is None else None
    return Page(items=[StatementLineOut(**row) for row in shown] + ([last] if last else []), next_cursor=next_cursor)


@router.get("/{contract_id}/grants", operation_id="list_contract_grants", **allows("contracts:read", 404))
async def list_contract_grants(
    contract_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None
) -> Page[GrantOut]:
    """Minutes that were granted, in order."""
    shown, next_cursor = await _movements(work, contract_id, "granted", limit, cursor)
    return Page(items=[_grant(row) for row in shown], next_cursor=next_cursor)


@router.post(
    "/{contract_id}/grants",
    operation_id="grant_contract_minutes",
    status_code=201,
    **allows("contracts:write", 404, 409),
)
async def grant_contract_minutes(contract_id: UUID, body: GrantIn, work: Work) -> GrantOut:
    """Add minutes for nothing, or carry over some that expired on another contract of the client (C1)."""
    connection = await work.begin()
    contract = await _existing(work, contract_id)
    row = await service.grant_minutes(connection, contract, **dict(body), actor=work.caller.actor(), now=work.now)
    work.audited["id"] = str(row["id"])
    return _grant(row)


@router.get("/{contract_id}/refunds", operation_id="list_contract_refunds", **allows("contracts:read", 404))
async def list_contract_refunds(
    contract_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None
) -> Page[RefundOut]:
    """Minutes that were refunded, in order."""
    shown, next_cursor = await _movements(work, contract_id, "refunded", limit, cursor)
    return Page(items=[_refund(row) for row in shown], next_cursor=next_cursor)


@router.post(
    "/{contract_id}/refunds",
    operation_id="refund_contract_minutes",
    status_code=201,
    **allows("contracts:write", 404, 409),
)
async def refund_contract_minutes(contract_id: UUID, body: RefundIn, work: Work) -> RefundOut:
    """Give unused minutes back at the price paid; a credit note follows (C6)."""
    connection = await work.begin()
    contract = await _existing(work, contract_id)
    row = await service.refund_minutes(connection, contract, **dict(body), actor=work.caller.actor(), now=work.now)
    work.audited["id"] = str(row["id"])
    return _refund(row)


async def _movements(
    work: Unit, contract_id: UUID, kind: str, limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    await _existing(work, contract_id)
    after = _place(cursor, contract_id)
    rows = await queries.movements(await work.connection(), contract_id, kind, after, limit + 1)
    shown, next_cursor = paging.cut(rows, limit, lambda row: paging.encode(row["position"], contract_id))
    work.next_page(next_cursor)
    return list(shown), next_cursor


def _grant(row: Row) -> GrantOut:
    values = {name: row[name] for name in GrantOut.model_fields if name != "carried_from_id"}
    return GrantOut(**values, carried_from_id=row["other_contract_id"])


def _refund(row: Row) -> RefundOut:
    return RefundOut(**{name: row[name] for name in RefundOut.model_fields if name != "currency"}, currency="EUR")
