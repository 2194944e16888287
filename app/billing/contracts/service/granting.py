"""Grant minutes for nothing, or once more after they expired elsewhere (C1, C2)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.billing.contracts import queries
from app.billing.contracts.service.buying import found
from app.billing.pools.queries import lock_client
from app.billing.pools.service import hold, pool_of, take_over
from app.core import events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.balance import carry_over, check_grant
from app.domain.calendar import local_date
from app.domain.errors import Refusal


async def grant_minutes(
    connection: Connection,
    contract: Row,
    minutes: int,
    *,
    reason: str,
    carried_from_id: UUID | None,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """Add minutes to a contract; with `carried_from_id` they are those that expired on another of the client's.

    Raises:
        Refusal: `reason-required`, `reference-unknown` for another client's contract or the same one,
            `carry-over-exceeds-expired`.
    """
    await lock_client(connection, contract["client_id"])
    check_grant(minutes, reason)
    if carried_from_id is not None:
        await _carry(connection, contract, carried_from_id, minutes, reason, now)
    line = _line(contract, "granted", minutes, reason, carried_from_id, now)
    row = await queries.insert_movement(connection, line)
    held = await hold(connection, [contract["client_id"]], contract["starts_on"], contract["expires_on"])
    await take_over(connection, contract["client_id"], held, now)
    data = {"minutes": minutes, "reason": reason, "carried_from_id": str(carried_from_id) if carried_from_id else None}
    await events.record(
        connection, "contract.granted", subject_id=contract["id"], client_id=contract["client_id"], actor=actor,
        data=data, now=now,
    )  # fmt: skip
    return row


async def _carry(
    connection: Connection, contract: Row, carried_from_id: UUID, minutes: int, reason: str, now: datetime
) -> None:
    """Take the minutes off the expired contract, once the client is held."""
    expired = await queries.contract(connection, carried_from_id)
    if expired is None or expired["client_id"] != contract["client_id"] or expired["id"] == contract["id"]:
        detail = "Name another contract of the same client."
        raise Refusal("reference-unknown", detail, pointer="/carried_from_id")
    carry_over(pool_of(await found(connection, carried_from_id)), minutes, reason, local_date(now))
    await queries.insert_movement(connection, _line(expired, "carried", minutes, reason, contract["id"], now))


def _line(
    contract: Row, kind: str, minutes: int, reason: str, other_contract_id: UUID | None, now: datetime
) -> dict[str, Any]:
    return {
        "id": new_id(), "client_id": contract["client_id"], "contract_id": contract["id"], "kind": kind,
        "minutes": minutes, "reason": reason, "other_contract_id": other_contract_id, "created_at": now,
    }  # fmt: skip
