"""Record what the register says about a client's VAT number: reverse charge needs it (I5)."""

from datetime import datetime
from uuid import UUID

from app.billing.vat_proofs import queries
from app.core import events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.errors import Refusal


async def record_proof(
    connection: Connection,
    client_id: UUID,
    *,
    valid: bool,
    checked_at: datetime,
    reference: str,
    actor: dict[str, str],
    now: datetime,
) -> Row | None:
    """Keep the result of a check; the latest one of a number counts. None for a client that is not there.

    Raises:
        Refusal: `vat-number-missing`, `check-in-future`.
    """
    client = await queries.vat_number(connection, client_id)
    if client is None:
        return None
    number = client["vat_number"]
    if number is None:
        raise Refusal("vat-number-missing", "The client has no VAT number that could be checked.")
    if checked_at > now:
        raise Refusal("check-in-future", "A check is recorded once it was made.", pointer="/checked_at")
    values = [new_id(), client_id, number, valid, checked_at, reference, actor, now]
    row = await queries.insert(connection, values)
    data = {"vat_number": number, "valid": valid, "reference": reference}
    await events.record(
        connection, "client.vat_number_checked", subject_id=client_id, client_id=client_id, actor=actor, data=data,
        now=now,
    )  # fmt: skip
    return row
