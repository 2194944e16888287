"""Fill an empty development desk, and hand out one key of each role."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.core import credentials
from app.core.clock import now as clock_now
from app.core.db import Connection, Database
from app.core.ids import new_id
from app.core.settings import Settings
from app.demo import queries
from app.demo.data import AGENTS, CLIENTS, STRANGER, TICKETS, DemoTicket
from app.desk.public.service import receipt_token
from app.desk.tickets import queries as ticket_queries
from app.desk.tickets import service as tickets
from app.domain.ticket import Channel

ACTOR = {"role": "demo"}
KEY_ROLES = ("admin", "agent", "finance", "accounting", "client", "mail")


async def load_demo(database: Database, settings: Settings, keys: dict[str, str] | None) -> dict[str, str]:
    """Load the demo desk if there is none, and return working keys: `keys`, or fresh ones where they do not work.

    Returns:
        role → API key, for admin, agent, finance, accounting, client and mail.
    """
    now = clock_now()
    async with database.transaction() as connection:
        await queries.lock(connection)
        if not await queries.any_client(connection):
            await _load_desk(connection, settings, now)
        working = {role: key for role, key in (keys or {}).items() if await _works(connection, role, key, now)}
        return {role: working.get(role) or await _issue(connection, role, now) for role in KEY_ROLES}


async def shown_ids(database: Database, settings: Settings) -> dict[str, str]:
    """What the documentation of a development desk names in its examples, so that they can be tried out."""
    async with database.connection() as connection:
        row = await queries.shown(connection)
    if row is None:
        return {}
    ids = {name: str(value) for name, value in row.items() if value is not None}
    return ids | {"receipt_token": receipt_token(settings, row["ticket_id"])}


async def _works(connection: Connection, role: str, key: str, now: datetime) -> bool:
    caller = await credentials.find_caller(connection, key, now)
    return caller is not None and caller.role == role


async def _issue(connection: Connection, role: str, now: datetime) -> str:
    key_id = new_id()
    issued = credentials.issue(key_id)
    await queries.insert_key(connection, key_id, f"Demo: {role}", role, issued.secret_hash, now)
    return issued.text


async def _load_desk(connection: Connection, settings: Settings, now: datetime) -> None:
    agents = [new_id() for _ in AGENTS]
    for agent_id, (name, email, language) in zip(agents, AGENTS, strict=True):
        await queries.insert_agent(connection, agent_id, name, email, language, now)
    for client in CLIENTS:
        await queries.insert_client(connection, new_id(), client, now)
    for number, demo in enumerate(TICKETS):
        await _load_ticket(connection, settings, demo, agents[number % len(agents)], now - demo.ago)
    await queries.settle_mail(connection)


async def _load_ticket(
    connection: Connection, settings: Settings, demo: DemoTicket, agent_id: UUID, received_at: datetime
) -> None:
    if demo.client is None:
        name, email, company = STRANGER
        language: Literal["fr", "en", "de"] = "fr"
    else:
        client = CLIENTS[demo.client]
        name, local, _ = client.people[demo.person]
        email, company, language = f"{local}@{client.domain}", client.name, client.language
    opening = tickets.Opening(
        channel=Channel.FORM, name=name, email=email, company=company, subject=demo.subject, message=demo.message,
        language=language, urgent=demo.urgent, accepted_by=name if demo.urgent else None,
    )  # fmt: skip
    opened = await tickets.open_ticket(connection, opening, actor=ACTOR, settings=settings, now=received_at)
    for step in demo.steps:
        row = await ticket_queries.lock_ticket(connection, opened.ticket_id)
        assert row is not None  # noqa: S101 (opened above)
        changes = {"status": step} | ({"assignee_id": agent_id} if step == "in_progress" else {})
        await tickets.change_ticket(
            connection, row, changes, reason="Demo", agent_id=agent_id, actor=ACTOR, now=received_at
        )
        if demo.reply and step == "in_progress":
            await tickets.write_as_agent(
                connection, row, demo.reply, visibility="public", agent_id=agent_id, actor=ACTOR, now=received_at
            )
