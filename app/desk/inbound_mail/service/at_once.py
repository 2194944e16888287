"""The most common mail opens a ticket and does nothing else: then one statement does it, a transaction of its own.

Nothing is locked before. What was read is verified by constraints: that the mail has no outcome yet, that it is no copy
of another, that its acknowledgement is the next one of its mailbox (ADR 9). If one of them refuses, nothing was done.
"""

from dataclasses import dataclass
from datetime import datetime

from app.adapters.mail_parsing import Parsed
from app.core.db import Connection, Values
from app.core.settings import Settings
from app.core.sql import Statement
from app.desk.inbound_mail import queries
from app.desk.inbound_mail.service.acting import opening_of
from app.desk.inbound_mail.service.judging import Judgement, judge, pointers
from app.desk.inbound_mail.service.settling import accepted_files, description
from app.desk.tickets import service as tickets
from app.domain.errors import Refusal
from app.domain.inbound_mail import is_urgent
from app.domain.mail_outcome import Outcome, people_to_add


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write, and the mail as it then is."""

    write: Statement
    row: Values


async def at_once(
    connection: Connection, kept: Values, parsed: Parsed | None, *, settings: Settings, actor: dict[str, str],
    now: datetime,
) -> Plan | None:  # fmt: skip
    """How to open the ticket of a kept mail, None when more is to be done than that; nothing is written."""
    if kept["kept_before"] or parsed is None or not _looks_plain(kept, parsed, settings):
        return None  # kept before without an outcome: something went wrong, and may do so again
    judgement = await judge(connection, kept, parsed, settings, now)
    if judgement.decision.outcome is not Outcome.TICKET or judgement.copied or judgement.sender_bounced:
        return None
    opening = opening_of(kept, parsed, judgement, settings)
    facts = await tickets.facts_asked(opening, settings, now).row(connection)
    try:
        plan = tickets.plan_ticket(facts, opening, actor=actor, settings=settings, now=now)
    except Refusal:
        return None
    return None if plan.has_more else _plan(plan, kept, parsed, judgement, now)


def _looks_plain(kept: Values, parsed: Parsed, settings: Settings) -> bool:
    """No answer, no file, nobody copied in, no urgency."""
    facts = parsed.facts
    return (
        facts.sender is not None
        and not accepted_files(parsed.attachments)
        and not pointers(kept["recipient"], facts, settings)
        and not is_urgent(facts, kept["mailbox"], settings.urgent_addresses)
        and not people_to_add(facts, settings.own_addresses)
    )


def _plan(plan: tickets.Plan, kept: Values, parsed: Parsed, judgement: Judgement, now: datetime) -> Plan:
    opened, reason = plan.opened, judgement.decision.reason
    values = [kept["id"], Outcome.TICKET, reason, opened.ticket_id, opened.message_id, None, None, now]
    row = {
        **kept, "outcome": Outcome.TICKET, "reason": reason, "ticket_id": opened.ticket_id,
        "ticket_number": opened.number, "message_id": opened.message_id, "copy_of_id": None,
    }  # fmt: skip
    return Plan(queries.settling(plan.write, [*values, *description(parsed, judgement)]), row)
