"""Promise a mail in the transaction that makes it necessary."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.core.db import Connection
from app.core.ids import new_id
from app.desk.mail import queries
from app.domain.mail import bare_address

Kind = Literal[
    "acknowledgement", "public_reply", "urgency_alert", "quote_sent", "quote_reminder",
    "terms_notice", "contract_alert", "invoice_sent",
]  # fmt: skip


async def queue_mail(
    connection: Connection,
    kind: Kind,
    ticket_id: UUID | None,
    recipient: str,
    language: str,
    facts: Mapping[str, UUID] | None = None,
    *,
    now: datetime,
) -> UUID:
    """Have one mail sent to one recipient soon after this transaction commits; its id.

    `facts` are ids only (`message_id` of a public reply): the rest is read when the mail is sent.
    """
    mail_id = new_id()
    ids = {name: str(id_) for name, id_ in (facts or {}).items()}
    mailbox = bare_address(recipient)
    await queries.queue(connection, [mail_id, kind, ticket_id, recipient, mailbox, language, ids, now, new_id()])
    return mail_id
