"""Write down what became of a mail, what is known of it, and that it is a copy of another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.adapters.mail_parsing import Parsed
from app.adapters.mail_parts import Attached
from app.core.db import Connection, Row
from app.core.settings import Settings
from app.desk.inbound_mail import queries
from app.desk.inbound_mail.service.judging import Judgement
from app.desk.urgencies.service import raise_once
from app.domain.inbound_mail import Person
from app.domain.mail import is_own_address
from app.domain.mail_outcome import Decision, Outcome

MOST_FILES = 50


@dataclass(frozen=True, slots=True)
class Landed:
    """Where a mail's content is now."""

    ticket_id: UUID
    message_id: UUID | None
    outcome: Outcome


async def settle(
    connection: Connection,
    row: Row,
    decision: Decision,
    landed: Landed | None = None,
    *,
    read: tuple[Parsed, Judgement | None] | None = None,
    copy_of: UUID | None = None,
    settled_by: Mapping[str, str] | None = None,
    now: datetime,
) -> Row:
    """Write the outcome down, with what was read of the mail if it could be.

    Raises:
        Raced: see queries.settle.
    """
    outcome = landed.outcome if landed else decision.outcome
    ticket_id, message_id = (landed.ticket_id, landed.message_id) if landed else (None, None)
    values = [row["id"], outcome, decision.reason, ticket_id, message_id, copy_of, settled_by, now]
    return await queries.settle(connection, values if read is None else [*values, *description(*read)])


def description(parsed: Parsed, judgement: Judgement | None) -> list[object]:
    """What lists show of a mail, and its whole text."""
    facts = parsed.facts
    sender = facts.sender or Person("", "")
    refused = [{"file_name": file.name, "size_bytes": len(file.content)} for file in _refused(parsed.attachments)]
    sent_at = datetime.fromisoformat(parsed.sent_at) if parsed.sent_at else None
    by = judgement.lead.by if judgement and judgement.lead else None
    return [
        parsed.identity, facts.message_id, sender.address.lower() or None, sender.name or None, facts.subject or None,
        judgement.kind if judgement else None, by, sent_at, refused, parsed.text, parsed.html,
    ]  # fmt: skip


async def settle_copy(
    connection: Connection,
    row: Row,
    parsed: Parsed,
    copy: Row,
    *,
    settings: Settings,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """The same mail again, by another way: nothing new, unless this way is the urgent one (U1)."""
    sender = parsed.facts.sender
    if copy["outcome"] == Outcome.TICKET and sender and is_own_address(row["mailbox"], settings.urgent_addresses):
        await raise_once(
            connection, copy["ticket_id"], reason="The same mail came to the urgent address", actor=actor,
            requested_by=accepted_by(sender), settings=settings, now=now,
        )  # fmt: skip
    landed = Landed(copy["ticket_id"], None, Outcome.IGNORED) if copy["ticket_id"] else None
    copied = Decision(Outcome.IGNORED, "copy")
    return await settle(connection, row, copied, landed, read=(parsed, None), copy_of=copy["id"], now=now)


def accepted_by(person: Person) -> str:
    """Who accepted an urgency's fee by writing (U1)."""
    return (f"{person.name} <{person.address}>" if person.name else person.address)[:120]


def accepted_files(files: Sequence[Attached]) -> list[Attached]:
    """What may be kept with a message, as from the form; the rest is only noted."""
    return [file for file in files if file.media_type is not None][:MOST_FILES]


def _refused(files: Sequence[Attached]) -> list[Attached]:
    accepted = {id(file) for file in accepted_files(files)}
    return [file for file in files if id(file) not in accepted]
