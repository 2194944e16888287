"""The public door over HTTP: no credential, so everything is limited."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Path

from app.adapters import proof_of_work
from app.core import limits
from app.core.forms import FORM_LIMIT
from app.core.http import allows, desk_router
from app.core.permissions import PUBLIC
from app.core.problems import not_found
from app.core.unit import Unit, Work
from app.desk.calendar import queries as calendar
from app.desk.public import service
from app.desk.public.schemas import (
    ChallengeOut,
    DeskOut,
    DeskState,
    HoursOut,
    PublicHolidayOut,
    PublicMessageIn,
    PublicMessageOut,
    PublicTermsOut,
    PublicTicketIn,
    PublicTicketOut,
    PublicWrittenOut,
    ReceiptOut,
    UrgencyTermsOut,
)
from app.desk.tickets import queries as ticket_queries
from app.desk.tickets import service as tickets
from app.domain.calendar import HORIZON_DAYS, is_open, local_date, next_opening
from app.domain.mail import bare_address
from app.domain.ticket import Channel

router = desk_router("/v1/public", "public")
Token = Annotated[str, Path(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_\-]{43}$")]
HOUR = 3600
HOLIDAYS_SHOWN = 5


@router.post(
    "/tickets",
    operation_id="create_public_ticket",
    status_code=201,
    **allows(PUBLIC, 429, body_limit=FORM_LIMIT, files=True),
)
async def create_public_ticket(body: PublicTicketIn, work: Work) -> ReceiptOut:
    """Take in the help form, at any hour (H2); answer with the number and mail the acknowledgement (T1)."""
    actor, settings, now = work.caller.actor(), work.settings, work.now
    opening = tickets.Opening(
        channel=Channel.FORM,
        **body.model_dump(exclude={"urgency_fee_accepted", "website", "altcha"}),
        accepted_by=body.name if body.urgency_fee_accepted else None,
        honeypot=bool(body.website),
        files=work.files,
    )
    facts = await work.limited(
        tickets.facts_asked(opening, settings, now),
        limits.of_the_form(settings, limits.network_of(work.client_address)),
        limits.Limit(f"form {bare_address(body.email)}", settings.form_per_hour_per_address, HOUR),
    )
    if settings.altcha_required:
        await service.spend_proof(await work.begin(), body.altcha, settings, now)
    plan = tickets.plan_ticket(facts, opening, actor=actor, settings=settings, now=now)
    work.last(plan.write)
    if plan.has_more:
        await tickets.complete_ticket(await work.begin(), plan, actor=actor, settings=settings, now=now)
    return _receipt(plan.opened, work)


def _receipt(opened: tickets.Opened, work: Unit) -> ReceiptOut:
    token = service.receipt_token(work.settings, opened.ticket_id)
    assert opened.queue_position is not None  # noqa: S101 (who fills the form in is told)
    return ReceiptOut(
        number=opened.number,
        receipt_token=token,
        receipt_url=work.settings.receipt_link(token),
        lane=opened.lane.value,
        # What fell into the honeypot is not told so.
        status="new",
        received_at=opened.received_at,
        queue_position=opened.queue_position,
        desk=DeskState(open=is_open(opened.hours, work.now), next_opening_at=next_opening(opened.hours, work.now)),
        acknowledgement=opened.acknowledgement.outcome,
        acknowledgement_reason=opened.acknowledgement.reason,
        urgency_fee_cents=opened.urgency_fee_cents,
        currency="EUR",
        terms_id=opened.terms_id,
    )


def _ticket_of(work: Unit, token: str) -> UUID:
    ticket_id = service.ticket_of(work.settings, token)
    if ticket_id is None:
        raise not_found()
    return ticket_id


@router.get("/tickets/{receipt_token}", operation_id="read_public_ticket", **allows(PUBLIC, 404))
async def read_public_ticket(receipt_token: Token, work: Work) -> PublicTicketOut:
    """The ticket as its requester sees it: status, place in the queue, public messages."""
    found = await service.read_receipt(await work.connection(), _ticket_of(work, receipt_token))
    if found is None:
        raise not_found()
    ticket, place, messages = found
    _, desk = await service.desk_state(await work.connection(), work.now)
    return PublicTicketOut(
        **{name: ticket[name] for name in ("number", "subject", "status", "lane", "received_at")},
        queue_position=place,
        desk=DeskState(open=desk.open, next_opening_at=desk.next_opening_at),
        messages=[
            PublicMessageOut(
                **{name: message[name] for name in ("author", "author_name", "body", "created_at")},
                attachments=[file["file_name"] for file in message["attachments"]],
            )
            for message in messages
        ],
    )


@router.post(
    "/tickets/{receipt_token}/messages",
    operation_id="create_public_message",
    status_code=201,
    **allows(PUBLIC, 404, 429, body_limit=FORM_LIMIT, files=True),
)
async def create_public_message(receipt_token: Token, body: PublicMessageIn, work: Work) -> PublicWrittenOut:
    """Reply on the ticket; reopens it within 14 days of its end, later opens a new one that follows it (T2)."""
    ticket_id = _ticket_of(work, receipt_token)
    network = limits.network_of(work.client_address)
    await work.limit(limits.of_the_form(work.settings, network))
    connection = await work.begin()
    ticket = await ticket_queries.lock_ticket(connection, ticket_id)
    if ticket is None:
        raise not_found()
    written = await tickets.write_as_client(
        connection,
        ticket,
        body.message,
        channel=Channel.FORM,
        files=work.files,
        actor=work.caller.actor(),
        settings=work.settings,
        now=work.now,
    )
    token = service.receipt_token(work.settings, written.ticket_id)
    return PublicWrittenOut(
        outcome=written.outcome,
        number=written.number,
        receipt_token=token,
        receipt_url=work.settings.receipt_link(token),
        status=written.status.value,
    )


@router.get("/desk", operation_id="read_desk", **allows(PUBLIC))
async def read_desk(work: Work) -> DeskOut:
    """Whether the desk is open, its hours, and when that changes next (H1)."""
    connection = await work.connection()
    hours, desk = await service.desk_state(connection, work.now)
    today = local_date(work.now)
    holidays = await calendar.holidays(
        connection, today, today + timedelta(days=2 * HORIZON_DAYS), None, HOLIDAYS_SHOWN
    )
    return DeskOut(
        open=desk.open,
        now=work.now,
        hours=HoursOut(
            weekdays=sorted(hours.weekdays),
            opens=f"{hours.opens:%H:%M}",
            closes=f"{hours.closes:%H:%M}",
            timezone=hours.zone.key,
        ),
        next_opening_at=desk.next_opening_at,
        next_closing_at=desk.next_closing_at,
        next_holidays=[PublicHolidayOut(**row) for row in holidays],
    )


@router.get("/terms", operation_id="read_public_terms", **allows(PUBLIC))
async def read_public_terms(work: Work) -> PublicTermsOut:
    """The terms in force today, in three languages, with the prices that follow from them (N1)."""
    row = dict(await service.terms_in_force(await work.connection(), work.now))
    urgency = UrgencyTermsOut(
        opening_fee_cents=row.pop("urgency_opening_fee_cents"),
        hourly_rate_cents=row.pop("urgency_hourly_rate_cents"),
        included_minutes=row.pop("urgency_included_minutes"),
    )
    return PublicTermsOut(**row, urgency=urgency)


@router.get("/challenge", operation_id="read_challenge", **allows(PUBLIC))
async def read_challenge(work: Work) -> ChallengeOut:
    """A proof of work for the form, when the service asks for one."""
    if not work.settings.altcha_required:
        return ChallengeOut(required=False, challenge=None)
    made = proof_of_work.challenge(work.settings.secret_key.get_secret_value(), work.now)
    return ChallengeOut(required=True, challenge=made)
