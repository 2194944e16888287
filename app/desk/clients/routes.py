"""Clients over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.core import paging
from app.core.domain_names import ascii_form
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Work
from app.desk.clients import queries, service
from app.desk.clients.schemas import ClientIn, ClientOut, ClientPatch

PATH = "/v1/clients"
router = desk_router(PATH, "clients")
Search = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=200,
        description="How the name begins (capitals don't matter), or one of the client's e-mail domains.",
        examples=["thill", "menuiserie-thill.lu"],
    ),
]


@router.get("", operation_id="list_clients", **allows("clients:read"))
async def list_clients(work: Work, q: Search = None, limit: Limit = 50, cursor: Cursor = None) -> Page[ClientOut]:
    """Clients by name. A client's own key sees that client only."""
    after = paging.decode_pair(cursor, paging.text, UUID) if cursor else None
    rows = await queries.clients(
        await work.connection(),
        only=work.caller.client_id,
        prefix=q,
        domain=ascii_form(q.rpartition("@")[2]) if q else None,
        after=after,
        limit=limit + 1,
    )
    shown, next_cursor = work.cut(rows, limit, "sort_name", "id")
    return Page(items=[ClientOut(**row) for row in shown], next_cursor=next_cursor)


@router.post("", operation_id="create_client", status_code=201, **allows("clients:write", 409))
async def create_client(body: ClientIn, work: Work) -> ClientOut:
    """Register a client; a domain that another client has is refused (409)."""
    row = await service.register_client(await work.begin(), body.model_dump(), actor=work.caller.actor(), now=work.now)
    work.created(PATH, row["id"])
    work.etag(row["version"])
    return ClientOut(**row)


@router.get("/{client_id}", operation_id="read_client", **allows("clients:read", 404))
async def read_client(client_id: UUID, work: Work) -> ClientOut:
    """One client, with its e-mail domains."""
    row = await queries.client(await work.connection(), client_id) if work.sees_client(client_id) else None
    if row is None:
        raise not_found()
    work.etag(row["version"])
    return ClientOut(**row)


@router.patch("/{client_id}", operation_id="change_client", **allows("clients:write", 404, 409, 412))
async def change_client(client_id: UUID, body: ClientPatch, work: Work) -> ClientOut:
    """Change a client. A new billing cycle takes effect at the next boundary of the old one (I1)."""
    connection = await work.begin()
    before = await queries.lock_client(connection, client_id)
    if before is None:
        raise not_found()
    work.check_match(before["version"])
    row = await service.change_client(connection, before, body.changes(), actor=work.caller.actor(), now=work.now)
    work.etag(row["version"])
    return ClientOut(**row)
