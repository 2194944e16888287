"""The website's door: take tickets in from strangers, show receipts to whoever holds their token."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.adapters import proof_of_work
from app.core import tokens
from app.core.db import Connection, Row
from app.core.settings import Settings
from app.desk.calendar.service import opening_hours
from app.desk.public import queries
from app.desk.tickets import queries as tickets
from app.domain.calendar import OpeningHours, is_open, local_date, next_closing, next_opening
from app.domain.errors import Refusal

RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class DeskNow:
    """The desk at this instant."""

    open: bool
    next_opening_at: datetime | None
    next_closing_at: datetime | None


def desk_now(hours: OpeningHours, now: datetime) -> DeskNow:
    """Whether it is open, and when that changes (H1, H2)."""
    return DeskNow(is_open(hours, now), next_opening(hours, now), next_closing(hours, now))


async def desk_state(connection: Connection, now: datetime) -> tuple[OpeningHours, DeskNow]:
    """The hours on record and what they mean now."""
    hours = await opening_hours(connection, now)
    return hours, desk_now(hours, now)


def receipt_token(settings: Settings, ticket_id: UUID) -> str:
    """The secret that stands for the ticket in links."""
    return tokens.sign(RECEIPT, settings.secret_key.get_secret_value(), ticket_id)


def ticket_of(settings: Settings, token: str) -> UUID | None:
    """The ticket behind a receipt token, None when the token is not ours."""
    secrets = [settings.secret_key, *settings.previous_secret_keys]
    return tokens.read(RECEIPT, [secret.get_secret_value() for secret in secrets], token)


async def read_receipt(connection: Connection, ticket_id: UUID) -> tuple[Row, int | None, list[Row]] | None:
    """The ticket, its place in the queue and its public messages."""
    ticket = await tickets.ticket(connection, ticket_id)
    if ticket is None:
        return None
    place = await tickets.position(connection, ticket_id)
    return ticket, place, await tickets.last_public_messages(connection, ticket_id)


async def terms_in_force(connection: Connection, now: datetime) -> Row:
    """The terms of today (N1)."""
    row = await queries.terms_on(connection, local_date(now))
    if row is None:
        raise Refusal("terms-missing", "No terms are in force today.")
    return row


async def spend_proof(connection: Connection, payload: str | None, settings: Settings, now: datetime) -> None:
    """Ask for a proof of work, and take each one once."""
    digest = proof_of_work.solved(payload, settings.secret_key.get_secret_value()) if payload else None
    if digest is None or not await queries.spend_proof(connection, digest, now):
        raise Refusal("proof-of-work-required", "Solve a fresh challenge and send it.", pointer="/altcha")
