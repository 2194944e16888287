"""Tell the client's billing contact, and the events, of thresholds a contract has reached, each once (C5)."""

from datetime import datetime, timedelta
from uuid import UUID

from app.billing.contracts import queries
from app.billing.pools.service import LOOK, pool_of
from app.billing.terms.service import policies
from app.core import events
from app.core.db import Connection, Database, Row
from app.core.ids import new_id
from app.core.jobs import Effect, Handler, Job
from app.core.paging import NIL
from app.desk.mail.service import queue_mail
from app.domain.balance import balance, expiry_alert, usage_alerts
from app.domain.calendar import local_date

ACTOR = {"role": "worker"}
STEP = 100


async def tell_thresholds(connection: Connection, contract: Row, now: datetime) -> None:
    """Record each threshold that is new, and mail the highest use and the nearest expiry among them."""
    terms = (await policies(connection, {contract["terms_id"]}))[contract["terms_id"]]
    pool, today = pool_of(contract), local_date(now)
    used = list(usage_alerts(pool, terms.usage_alert_percents))
    days = expiry_alert(pool, today, terms.expiry_alert_days)
    for kind, thresholds in (("usage", used), ("expiry", [] if days is None else [days])):
        new = [(id_, one) for one in thresholds if (id_ := await _tell(connection, contract, kind, one, now))]
        if new:
            await _mail(connection, contract, new[-1][0], now)


async def _tell(connection: Connection, contract: Row, kind: str, threshold: int, now: datetime) -> UUID | None:
    id_ = new_id()
    if not await queries.insert_alert(connection, id_, contract, kind, threshold, now):
        return None
    left = balance(pool_of(contract), local_date(now)).left_minutes
    data = {
        "threshold": threshold, "drawn_minutes": contract["drawn_minutes"], "left_minutes": left,
        "expires_on": contract["expires_on"].isoformat(),
    }  # fmt: skip
    type_ = "contract.usage_reached" if kind == "usage" else "contract.expiring"
    await events.record(
        connection, type_, subject_id=contract["id"], client_id=contract["client_id"], actor=ACTOR, data=data, now=now
    )
    return id_


async def _mail(connection: Connection, contract: Row, alert_id: UUID, now: datetime) -> None:
    for contact in await queries.billing_contacts(connection, contract["client_id"]):
        facts = {"contract_alert_id": alert_id}
        await queue_mail(connection, "contract_alert", None, contact["email"], contact["language"], facts, now=now)


async def look(job: Job, database: Database, now: datetime) -> Effect | None:
    """The job that a draw promises when it reaches a threshold."""
    async with database.transaction() as connection:
        contract = await queries.contract(connection, UUID(job.payload["contract_id"]))
        if contract is not None:
            await tell_thresholds(connection, contract, now)
    return None


async def look_at_all(_job: Job, database: Database, now: datetime) -> Effect | None:
    """Each night: what expires soon, and what a lost job has not told."""
    after = NIL
    while True:
        async with database.transaction() as connection:
            found = await queries.to_watch(connection, local_date(now), after, STEP)
            for contract in found:
                await tell_thresholds(connection, contract, now)
        if len(found) < STEP:
            return None
        after = found[-1]["id"]


HANDLERS = {
    LOOK: Handler(look),
    "contract_watch": Handler(look_at_all, seconds=600, every=timedelta(days=1)),
}
