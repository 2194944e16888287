"""Open a ticket: number, client, lane, acknowledgement, history, in one transaction (T1, T2, T4, T5, U1)."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from app.core.db import Connection, Row, savepoint
from app.core.domain_names import host_of
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.sql import Raced, Statement
from app.desk.calendar.service import hours_of
from app.desk.tickets import queries
from app.desk.tickets.service.files import Kept, Upload, examine, keep
from app.desk.urgencies.service import open_urgency
from app.domain.calendar import HORIZON_DAYS, OpeningHours, local_date
from app.domain.errors import Refusal
from app.domain.mail import Acknowledgement, AcknowledgementCaps, Requester, bare_address, decide_acknowledgement
from app.domain.ticket import Channel, Lane, Status, in_project, ticket_number

ON_CALL = "permanence"  # the flag of a ticket that came in while its client had a permanence


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """What is known of a request when it comes in. `accepted_by` names who accepted an urgency's fee."""

    channel: Channel
    name: str
    email: str
    subject: str
    message: str
    language: Literal["fr", "en", "de"]
    phone: str | None = None
    company: str | None = None
    site_url: str | None = None
    urgent: bool = False
    accepted_by: str | None = None
    client_id: UUID | None = None
    site_id: UUID | None = None
    follows_ticket_id: UUID | None = None
    honeypot: bool = False
    auto_generated: bool = False
    flags: Sequence[str] = ()
    author: Literal["client", "agent"] = "client"
    agent_id: UUID | None = None
    files: Sequence[Upload] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """What the requester is told; the place in the queue only in the answer to a form.

    `acknowledgement` is what anybody else would be told: who fell into the honeypot does not read so.
    """

    ticket_id: UUID
    message_id: UUID
    number: str
    lane: Lane
    status: Status
    received_at: datetime
    queue_position: int | None
    hours: OpeningHours
    acknowledgement: Acknowledgement
    urgency_fee_cents: int | None
    currency: str
    terms_id: UUID


@dataclass(frozen=True, slots=True)
class Plan:
    """A ticket about to be opened: what to write first, what to do after that, and what its requester is told."""

    write: Statement
    opened: Opened
    files: Sequence[Kept]
    urgency_requested_by: str | None

    @property
    def has_more(self) -> bool:
        """Whether `write` alone does not do it."""
        return bool(self.files) or self.urgency_requested_by is not None


async def open_ticket(
    connection: Connection, opening: Opening, *, actor: dict[str, str], settings: Settings, now: datetime
) -> Opened:
    """Take a request in, at any hour (H2), whoever sends it (T4), in the caller's transaction.

    Raises:
        Refusal: `urgency-fee-not-accepted` (U1), `attachment-refused`, `client-mismatch`, `terms-missing`.
    """
    asked = facts_asked(opening, settings, now)
    while True:
        facts = await asked.row(connection)
        plan = plan_ticket(facts, opening, actor=actor, settings=settings, now=now)
        with suppress(Raced):
            async with savepoint(connection):
                await plan.write.run(connection)
            break
    await complete_ticket(connection, plan, actor=actor, settings=settings, now=now)
    return plan.opened


def facts_asked(opening: Opening, settings: Settings, now: datetime) -> Statement:
    """The statement whose row `plan_ticket` decides by."""
    today = local_date(now)
    return queries.facts_for_opening(
        first=today,
        last=today + timedelta(days=HORIZON_DAYS),
        now=now,
        email=opening.email.lower(),
        mailbox=bare_address(opening.email),
        host=host_of(opening.site_url) if opening.site_url else None,
        client_id=opening.client_id,
        site_id=opening.site_id,
        most_acknowledgements=max(settings.acknowledgements_per_hour, settings.acknowledgements_per_day),
        tells_position=opening.channel is Channel.FORM,
    )


def plan_ticket(facts: Row, opening: Opening, *, actor: dict[str, str], settings: Settings, now: datetime) -> Plan:
    """Decide everything about a ticket from the facts as they are, and write nothing yet.

    Raises:
        Refusal: as `open_ticket`.
    """
    if opening.urgent and opening.accepted_by is None:
        raise Refusal(
            "urgency-fee-not-accepted",
            "An urgency is opened only when its fee is accepted.",
            pointer="/urgency_fee_accepted",
        )
    files = examine(opening.files)
    _check(facts, opening)
    opening = _on_call(opening, facts)
    decision = _decide(opening, facts, settings)
    told = _decide(replace(opening, honeypot=False), facts, settings) if opening.honeypot else decision
    opened = _opened(opening, facts, told, now)
    urgent = opening.urgent and not opening.honeypot
    return Plan(
        write=Statement(queries.OPEN, _values(opened, opening, facts, decision, actor), queries.OPEN_RACES),
        opened=opened,
        files=files,
        urgency_requested_by=(opening.accepted_by or opening.name) if urgent else None,
    )


async def complete_ticket(
    connection: Connection, plan: Plan, *, actor: dict[str, str], settings: Settings, now: datetime
) -> None:
    """What comes after a plan's `write`, in the same transaction: its files, its urgency (U2)."""
    opened = plan.opened
    await keep(connection, opened.ticket_id, opened.message_id, plan.files, now)
    if plan.urgency_requested_by is not None:
        await open_urgency(
            connection, opened.ticket_id, plan.urgency_requested_by, fee_is_due=opened.urgency_fee_cents is not None,
            actor=actor, settings=settings, now=now,
        )  # fmt: skip


def _decide(opening: Opening, facts: Row, settings: Settings) -> Acknowledgement:
    return decide_acknowledgement(
        Requester(
            opening.email,
            sent_last_hour=facts["acknowledged_last_hour"],
            sent_last_day=facts["acknowledged_last_day"],
            own_addresses=settings.own_addresses,
            honeypot=opening.honeypot,
            auto_generated=opening.auto_generated,
            bounced=facts["bounced"],
        ),
        AcknowledgementCaps(settings.acknowledgements_per_hour, settings.acknowledgements_per_day),
    )


def _check(facts: Row, opening: Opening) -> None:
    if facts["terms_id"] is None:
        raise Refusal("terms-missing", "No terms are in force today.")
    if opening.site_id is not None and facts["site_id"] is None:
        raise Refusal("client-mismatch", "The site is not one of the ticket's client.", pointer="/site_id")


def _on_call(opening: Opening, facts: Row) -> Opening:
    """While the client has a permanence its tickets are urgent; the fee is due only where its quote says so (O3)."""
    if facts["standby_fee_applies"] is None or opening.honeypot:
        return opening
    accepted_by = (opening.accepted_by or facts["standby_requested_by"]) if facts["standby_fee_applies"] else None
    return replace(opening, urgent=True, accepted_by=accepted_by, flags=[*opening.flags, ON_CALL])


def _fee_is_due(opening: Opening) -> bool:
    return opening.urgent and opening.accepted_by is not None


def _opened(opening: Opening, facts: Row, told: Acknowledgement, now: datetime) -> Opened:
    ahead = facts["waiting_urgent"] + (0 if opening.urgent else facts["waiting_standard"])
    return Opened(
        ticket_id=new_id(),
        message_id=new_id(),
        number=ticket_number(now, facts["sequence"]),
        lane=Lane.URGENT if opening.urgent else Lane.STANDARD,
        status=Status.SPAM if opening.honeypot else Status.NEW,
        received_at=now,
        queue_position=ahead + 1 if opening.channel is Channel.FORM else None,
        hours=hours_of(facts),
        acknowledgement=told,
        urgency_fee_cents=facts["urgency_opening_fee_cents"] if _fee_is_due(opening) else None,
        currency=facts["currency"],
        terms_id=facts["terms_id"],
    )


def _flags(opening: Opening, facts: Row, now: datetime) -> list[str]:
    flags = {
        "unidentified": facts["client_id"] is None,
        "in_project": facts["site_id"] is not None and in_project(facts["project_closed_on"], local_date(now)),
        "honeypot": opening.honeypot,
    }
    return [*(flag for flag, raised in flags.items() if raised), *opening.flags]


def _values(
    opened: Opened, opening: Opening, facts: Row, decision: Acknowledgement, actor: dict[str, str]
) -> list[object]:
    """The parameters of queries.OPEN, in its order."""
    history = {"channel": opening.channel, "lane": opened.lane, "acknowledgement": decision.outcome}
    return [
        opened.ticket_id, facts["sequence"], opened.number, opened.status, opened.lane, opening.channel,
        opening.language, opening.subject, opening.name, opening.email, opening.phone, opening.company,
        opening.site_url, facts["client_id"], facts["site_id"], facts["contact_id"], opening.follows_ticket_id,
        opened.received_at, _flags(opening, facts, opened.received_at), opened.urgency_fee_cents,
        opened.received_at if _fee_is_due(opening) else None, opening.accepted_by if _fee_is_due(opening) else None,
        opened.terms_id, opened.message_id, opening.author, opening.agent_id, opening.message, new_id(), actor, history,
        new_id(), bare_address(opening.email), decision.outcome, decision.reason, new_id(),
        facts["acknowledged_ever"] + 1 if decision.outcome == "queued" else None,
    ]  # fmt: skip
