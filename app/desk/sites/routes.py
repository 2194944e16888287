"""Sites of a client over HTTP."""

from uuid import UUID

from app.core import paging
from app.core.db import Connection, Row
from app.core.http import allows, desk_router
from app.core.paging import NIL, Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Unit, Work
from app.desk.clients.queries import client_exists
from app.desk.sites import queries, service
from app.desk.sites.schemas import SiteIn, SiteOut, SitePatch

router = desk_router("/v1/clients/{client_id}/sites", "clients")


@router.get("", operation_id="list_sites", **allows("sites:read", 404))
async def list_sites(client_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[SiteOut]:
    """A client's sites, the oldest first."""
    after = paging.decode(cursor, UUID)[0] if cursor else NIL
    connection = await work.connection()
    if not work.sees_client(client_id) or not await client_exists(connection, client_id):
        raise not_found()
    rows = await queries.sites(connection, client_id, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[SiteOut(**row) for row in shown], next_cursor=next_cursor)


@router.post("", operation_id="create_site", status_code=201, **allows("sites:write", 404, 409))
async def create_site(client_id: UUID, body: SiteIn, work: Work) -> SiteOut:
    """Add a site of the client; an address that another of its sites has is refused (409)."""
    connection = await work.begin()
    if not await client_exists(connection, client_id):
        raise not_found()
    row = await service.add_site(connection, client_id, dict(body), actor=work.caller.actor(), now=work.now)
    work.created(f"/v1/clients/{client_id}/sites", row["id"])
    work.etag(row["version"])
    return SiteOut(**row)


@router.get("/{site_id}", operation_id="read_site", **allows("sites:read", 404))
async def read_site(client_id: UUID, site_id: UUID, work: Work) -> SiteOut:
    """One site of the client."""
    row = None
    if work.sees_client(client_id):
        row = await queries.site(await work.connection(), client_id, site_id)
    if row is None:
        raise not_found()
    work.etag(row["version"])
    return SiteOut(**row)


@router.patch("/{site_id}", operation_id="change_site", **allows("sites:write", 404, 409, 412))
async def change_site(client_id: UUID, site_id: UUID, body: SitePatch, work: Work) -> SiteOut:
    """Change a site."""
    connection = await work.begin()
    before = await _locked(work, connection, client_id, site_id)
    row = await service.change_site(connection, before, body.changes(), actor=work.caller.actor(), now=work.now)
    work.etag(row["version"])
    return SiteOut(**row)


async def _locked(work: Unit, connection: Connection, client_id: UUID, site_id: UUID) -> Row:
    row = await queries.lock_site(connection, client_id, site_id)
    if row is None:
        raise not_found()
    work.check_match(row["version"])
    return row
