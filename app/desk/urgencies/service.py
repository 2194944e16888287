"""Urgencies: the fee on opening, once per ticket, and moving a ticket between the lanes (U1, U3, U4)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.core.settings import Settings
from app.desk.mail.service import queue_mail
from app.desk.tickets import queries as tickets
from app.desk.urgencies import queries
from app.domain.calendar import local_date
from app.domain.errors import Refusal
from app.domain.ticket import OPEN, Lane, Status
from app.domain.urgency import FeeEffect, FeeStatus, requalify

FEE = {
    "charge": FeeStatus.DUE,
    "reinstatement": FeeStatus.DUE,
    "waiver": FeeStatus.WAIVED,
    "reversal": FeeStatus.REVERSED,
    "invoiced": FeeStatus.INVOICED,
}
"""What each kind of booking makes of the fee, while none reverses it."""


def fee_status(kind: str | None) -> FeeStatus | None:
    """How a fee stands by its last booking; None where none was ever due."""
    return FEE[kind] if kind is not None else None


async def open_urgency(
    connection: Connection,
    ticket_id: UUID,
    requested_by: str,
    *,
    fee_is_due: bool = True,
    actor: dict[str, str],
    settings: Settings,
    now: datetime,
) -> UUID | None:
    """Record an urgent ticket, charge its fee, tell who is on duty; the urgency's id.

    None, and nothing done, when the ticket has one already.
    """
    opened = await queries.open_urgency(
        connection, (new_id(), new_id(), new_id()), ticket_id, requested_by, fee_is_due=fee_is_due, actor=actor,
        today=local_date(now), now=now,
    )  # fmt: skip
    if opened is not None:
        await alert_on_duty(connection, ticket_id, settings, now)
    return opened


async def alert_on_duty(connection: Connection, ticket_id: UUID, settings: Settings, now: datetime) -> None:
    """Tell whoever is on duty of an urgency at once (U3)."""
    if settings.on_duty_address is not None:
        await queue_mail(
            connection, "urgency_alert", ticket_id, settings.on_duty_address, settings.on_duty_language, now=now
        )


async def requalify_ticket(
    connection: Connection,
    ticket: Row,
    wanted: Lane,
    *,
    reason: str,
    requested_by: str | None,
    actor: dict[str, str],
    settings: Settings,
    now: datetime,
) -> Row:
    """Move a locked ticket to the other lane; its receipt stays, its fee is charged, reversed or brought back (U4).

    Raises:
        Refusal: `ticket-is-spam`, `lane-unchanged`, `reason-required`.
    """
    if wanted is Lane.URGENT and ticket["status"] == Status.SPAM:
        raise Refusal("ticket-is-spam", "Nobody asked for what is spam, so it costs nobody a fee.")
    urgency = await queries.standing(connection, ticket["id"])
    step = requalify(Lane(ticket["lane"]), wanted, fee_status(urgency["fee"] if urgency else None), reason)
    who = requested_by or ticket["urgency_accepted_by"] or ticket["requester_name"]
    changes: dict[str, Any] = {"lane": step.lane.value}
    if urgency is None and wanted is Lane.URGENT:
        await open_urgency(connection, ticket["id"], who, actor=actor, settings=settings, now=now)
    elif urgency is not None:
        await _book(connection, urgency, step.effect, reason, now)
        if wanted is Lane.URGENT:
            await alert_on_duty(connection, ticket["id"], settings, now)
    if wanted is Lane.URGENT and ticket["urgency_fee_cents"] is None:
        fee = urgency or await queries.standing(connection, ticket["id"])
        fee_cents = fee["opening_fee_cents"] if fee else 0
        changes |= {"urgency_fee_cents": fee_cents, "urgency_accepted_at": now, "urgency_accepted_by": who}
    row = await tickets.update_ticket(connection, ticket["id"], changes, now)
    data = {"from": ticket["lane"], "to": step.lane.value, "reason": reason, "fee_status": step.fee_status}
    await events.record(
        connection, "ticket.requalified", subject_id=ticket["id"], ticket_id=ticket["id"],
        client_id=ticket["client_id"], actor=actor, data=data, now=now,
    )  # fmt: skip
    return row


async def raise_once(
    connection: Connection,
    ticket_id: UUID,
    *,
    reason: str,
    requested_by: str,
    actor: dict[str, str],
    settings: Settings,
    now: datetime,
) -> None:
    """Make an open ticket urgent that never was: what an agent has moved down since stays where it is."""
    ticket = await tickets.lock_ticket(connection, ticket_id)
    if ticket is None or ticket["lane"] == Lane.URGENT or Status(ticket["status"]) not in OPEN:
        return
    if await queries.standing(connection, ticket_id) is None:
        await requalify_ticket(
            connection, ticket, Lane.URGENT, reason=reason, requested_by=requested_by, actor=actor, settings=settings,
            now=now,
        )  # fmt: skip


async def take_back_fee(connection: Connection, ticket_id: UUID, reason: str, now: datetime) -> None:
    """Reverse the fee of a locked ticket that nobody asked for (U4); nothing where none is charged."""
    urgency = await queries.standing(connection, ticket_id)
    if urgency is not None and fee_status(urgency["fee"]) in (FeeStatus.DUE, FeeStatus.INVOICED):
        await _book(connection, urgency, FeeEffect.REVERSE, reason, now)


async def _book(connection: Connection, urgency: Row, effect: FeeEffect, reason: str, now: datetime) -> None:
    """The row that a move adds to an urgency; the one before is reversed by it, never deleted."""
    cents = urgency["opening_fee_cents"]
    if effect is FeeEffect.REVERSE:
        await book(connection, urgency, "reversal", -cents, reason, now)
    elif effect is FeeEffect.CHARGE and urgency["fee_id"] is not None:
        await book(connection, urgency, "reinstatement", cents, reason, now)
    elif effect is FeeEffect.CHARGE:
        await book(connection, urgency, "charge", cents, None, now)


async def book(connection: Connection, urgency: Row, kind: str, cents: int, reason: str | None, now: datetime) -> None:
    """Book a fee row after the last one; what a credit note gave back already is not given back again."""
    await queries.book(connection, [new_id(), urgency["id"], kind, cents, urgency["fee_id"], reason, now])
    if cents < 0:
        await queries.settle_fee(connection, urgency["id"])
