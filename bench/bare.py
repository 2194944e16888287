"""The baseline: the smallest honest FastAPI + asyncpg app with the same three verbs.

No credential, no idempotency, no limits, no history: it inserts a ticket, its number and an outbox row
in one statement, reads one row, lists fifty by keyset. Written as a decent developer would on an ordinary
day: Pydantic shapes in and out, a pool of eight, plain SQL. It is neither crippled nor golfed, and it is no
part of the product.

Run it with `DATABASE_URL=… uvicorn bench.bare:app --loop uvloop --http httptools`.
"""

import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field

POOL_SIZE = 8
NEWEST = UUID(int=2**128 - 1)

INSERT_TICKET = """
WITH ticket AS (
    INSERT INTO bare.tickets (id, number, status, lane, channel, subject, message,
                              requester_name, requester_email)
    VALUES ($1, 'EC-2026-' || lpad(nextval('bare.ticket_number')::text, 7, '0'),
            'new', 'standard', 'form', $2, $3, $4, $5)
    RETURNING id, number, status, lane, received_at
), job AS (
    INSERT INTO bare.outbox (ticket_id, kind) SELECT id, 'acknowledgement' FROM ticket
)
SELECT id, number, status, lane, received_at FROM ticket
"""
SELECT_TICKET = """
SELECT id, number, status, lane, channel, subject, client_id, site_id, requester_name, requester_email,
       assignee_id, received_at, estimated_minutes, version
  FROM bare.tickets
 WHERE id = $1
"""
LIST_TICKETS = """
SELECT id, number, status, lane, channel, subject, client_id, site_id, requester_name, requester_email,
       assignee_id, received_at, estimated_minutes, version
  FROM bare.tickets
 WHERE id < $1
 ORDER BY id DESC
 LIMIT $2
"""


class TicketIn(BaseModel):
    """What the form sends."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    email: str = Field(min_length=3, max_length=254)
    subject: str = Field(min_length=1, max_length=200)
    message: str = Field(min_length=1, max_length=20_000)


class Receipt(BaseModel):
    """What the sender gets back."""

    id: UUID
    number: str
    status: str
    lane: str
    received_at: datetime


class Ticket(BaseModel):
    """One ticket, with about as many fields as the product's."""

    id: UUID
    number: str
    status: str
    lane: str
    channel: str
    subject: str
    client_id: UUID | None
    site_id: UUID | None
    requester_name: str
    requester_email: str
    assignee_id: UUID | None
    received_at: datetime
    estimated_minutes: int | None
    version: int


class TicketPage(BaseModel):
    """One page of tickets, newest first."""

    items: list[Ticket]
    next_cursor: UUID | None


def new_id() -> UUID:
    """Return a UUIDv7: milliseconds first, so that ids sort by time."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (7 << 76)
    return UUID(int=(value & ~(0b11 << 62)) | (0b10 << 62))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the pool while the app runs."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=POOL_SIZE, max_size=POOL_SIZE) as pool:
        app.state.pool = pool
        yield


async def pool_of(request: Request) -> asyncpg.Pool:
    """Return the app's pool."""
    pool: asyncpg.Pool = request.app.state.pool
    return pool


Pool = Annotated[asyncpg.Pool, Depends(pool_of)]
app = FastAPI(title="Bare tickets", lifespan=lifespan)


@app.post("/tickets", status_code=201)
async def create_ticket(body: TicketIn, pool: Pool) -> Receipt:
    """Take a ticket: ticket, number and outbox row in one statement."""
    [row] = await pool.fetch(INSERT_TICKET, new_id(), body.subject, body.message, body.name, body.email)
    return Receipt(**row)


@app.get("/tickets/{ticket_id}")
async def read_ticket(ticket_id: UUID, pool: Pool) -> Ticket:
    """Read one ticket; 404 when there is none."""
    row = await pool.fetchrow(SELECT_TICKET, ticket_id)
    if row is None:
        raise HTTPException(404, "no such ticket")
    return Ticket(**row)


@app.get("/tickets")
async def list_tickets(
    pool: Pool, limit: Annotated[int, Query(ge=1, le=100)] = 50, cursor: UUID = NEWEST
) -> TicketPage:
    """List tickets, newest first, from the cursor on."""
    rows = await pool.fetch(LIST_TICKETS, cursor, limit)
    items = [Ticket(**row) for row in rows]
    return TicketPage(items=items, next_cursor=items[-1].id if len(items) == limit else None)


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the app answers."""
    return {"status": "ok"}
