"""Give unused minutes back at the price paid (C6)."""

from datetime import datetime

from app.billing.contracts import queries
from app.billing.contracts.service.buying import INVOICE, found
from app.billing.pools.queries import lock_client
from app.billing.pools.service import pool_of
from app.core import events, jobs
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.balance import refund_cents
from app.domain.calendar import local_date


async def refund_minutes(
    connection: Connection, contract: Row, minutes: int, *, reason: str, actor: dict[str, str], now: datetime
) -> Row:
    """Refund minutes of a contract; its row holds the cents that a credit note is to give back.

    Raises:
        Refusal: `refund-exceeds-unused` names how many can be.
    """
    await lock_client(connection, contract["client_id"])
    pool = pool_of(await found(connection, contract["id"]))
    cents = refund_cents(pool, contract["price_cents"], minutes, local_date(now))
    line = {
        "id": new_id(), "client_id": contract["client_id"], "contract_id": contract["id"], "kind": "refunded",
        "minutes": minutes, "amount_cents": cents, "reason": reason, "created_at": now,
    }  # fmt: skip
    row = await queries.insert_movement(connection, line)
    await jobs.enqueue(connection, INVOICE, {"contract_id": str(contract["id"])}, now=now)
    await events.record(
        connection, "contract.refunded", subject_id=contract["id"], client_id=contract["client_id"], actor=actor,
        data={"minutes": minutes, "amount_cents": cents, "reason": reason}, now=now,
    )  # fmt: skip
    return row
