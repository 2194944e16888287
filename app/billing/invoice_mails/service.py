"""Send an issued document by mail once more: the same bytes, for it never changes (I4)."""

from datetime import datetime
from uuid import UUID

from app.core import events
from app.core.db import Connection, Row
from app.desk.mail.service.invoices import promise_mails
from app.domain.errors import Refusal


async def send_again(
    connection: Connection, document: Row, recipient: str | None, *, actor: dict[str, str], now: datetime
) -> list[UUID]:
    """Promise a mail to `recipient`, else to everybody who got the first one; the mails' ids.

    Raises:
        Refusal: `recipient-missing` where nobody's address is known.
    """
    sent = await promise_mails(connection, document["id"], [recipient] if recipient else None, now)
    if not sent:
        raise Refusal("recipient-missing", "Nobody's address is known: name one.", pointer="/recipient")
    data = {"number": document["number"], "recipient": recipient, "mails": len(sent)}
    await events.record(
        connection, "invoice.sent_again", subject_id=document["id"], client_id=document["client_id"], actor=actor,
        data=data, now=now,
    )  # fmt: skip
    return sent
