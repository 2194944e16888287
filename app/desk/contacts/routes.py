"""Contacts of a client over HTTP."""

from uuid import UUID

from app.core import paging
from app.core.db import Connection, Row
from app.core.http import allows, desk_router
from app.core.paging import NIL, Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Unit, Work
from app.desk.clients.queries import client_exists
from app.desk.contacts import queries, service
from app.desk.contacts.schemas import ContactIn, ContactOut, ContactPatch, contact_out

router = desk_router("/v1/clients/{client_id}/contacts", "clients")


@router.get("", operation_id="list_contacts", **allows("contacts:read", 404))
async def list_contacts(client_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[ContactOut]:
    """A client's contacts, the oldest first."""
    after = paging.decode(cursor, UUID)[0] if cursor else NIL
    connection = await work.connection()
    if not work.sees_client(client_id) or not await client_exists(connection, client_id):
        raise not_found()
    rows = await queries.contacts(connection, client_id, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[contact_out(row) for row in shown], next_cursor=next_cursor)


@router.post("", operation_id="create_contact", status_code=201, **allows("contacts:write", 404, 409))
async def create_contact(client_id: UUID, body: ContactIn, work: Work) -> ContactOut:
    """Add somebody at the client; an address that another of its contacts has is refused (409)."""
    connection = await work.begin()
    if not await client_exists(connection, client_id):
        raise not_found()
    row = await service.add_contact(connection, client_id, dict(body), actor=work.caller.actor(), now=work.now)
    work.created(f"/v1/clients/{client_id}/contacts", row["id"])
    work.etag(row["version"])
    return contact_out(row)


@router.get("/{contact_id}", operation_id="read_contact", **allows("contacts:read", 404))
async def read_contact(client_id: UUID, contact_id: UUID, work: Work) -> ContactOut:
    """One contact of the client."""
    row = None
    if work.sees_client(client_id):
        row = await queries.contact(await work.connection(), client_id, contact_id)
    if row is None:
        raise not_found()
    work.etag(row["version"])
    return contact_out(row)


@router.patch("/{contact_id}", operation_id="change_contact", **allows("contacts:write", 404, 409, 412))
async def change_contact(client_id: UUID, contact_id: UUID, body: ContactPatch, work: Work) -> ContactOut:
    """Change a contact."""
    connection = await work.begin()
    before = await _locked(work, connection, client_id, contact_id)
    row = await service.change_contact(connection, before, body.changes(), actor=work.caller.actor(), now=work.now)
    work.etag(row["version"])
    return contact_out(row)


@router.delete(
    "/{contact_id}", operation_id="delete_contact", status_code=204, **allows("contacts:write", 404, 409, 412)
)
async def delete_contact(client_id: UUID, contact_id: UUID, work: Work) -> None:
    """Remove a contact; refused (409) when a ticket names it."""
    connection = await work.begin()
    contact = await _locked(work, connection, client_id, contact_id)
    await service.remove_contact(connection, contact, actor=work.caller.actor(), now=work.now)


async def _locked(work: Unit, connection: Connection, client_id: UUID, contact_id: UUID) -> Row:
    row = await queries.lock_contact(connection, client_id, contact_id)
    if row is None:
        raise not_found()
    work.check_match(row["version"])
    return row
