"""API keys over HTTP."""

from uuid import UUID

from app.core import paging
from app.core.db import Row
from app.core.http import allows, desk_router
from app.core.paging import NIL, Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Unit, Work
from app.desk.api_keys import queries, service
from app.desk.api_keys.schemas import ApiKeyIn, ApiKeyOut, NewApiKeyOut

PATH = "/v1/api-keys"
router = desk_router(PATH, "api-keys")


@router.get("", operation_id="list_api_keys", **allows("api_keys:read"))
async def list_api_keys(work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[ApiKeyOut]:
    """Every key there is or was, the oldest first; never a secret."""
    after = paging.decode(cursor, UUID)[0] if cursor else NIL
    rows = await queries.api_keys(await work.connection(), after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[ApiKeyOut(**row) for row in shown], next_cursor=next_cursor)


@router.post("", operation_id="create_api_key", status_code=201, **allows("api_keys:write", 409))
async def create_api_key(body: ApiKeyIn, work: Work) -> NewApiKeyOut:
    """Make a key. `key` is in this answer and nowhere else; a replay by Idempotency-Key has null in its place."""
    row, text = await service.issue_key(await work.begin(), dict(body), actor=work.caller.actor(), now=work.now)
    work.created(PATH, row["id"])
    _tag(work, row)
    work.kept_body = NewApiKeyOut(**row, key=None).model_dump_json().encode()
    return NewApiKeyOut(**row, key=text)


@router.get("/{key_id}", operation_id="read_api_key", **allows("api_keys:read", 404))
async def read_api_key(key_id: UUID, work: Work) -> ApiKeyOut:
    """One key, without its secret."""
    row = await queries.api_key(await work.connection(), key_id)
    if row is None:
        raise not_found()
    _tag(work, row)
    return ApiKeyOut(**row)


@router.post("/{key_id}/revocation", operation_id="revoke_api_key", **allows("api_keys:write", 404))
async def revoke_api_key(key_id: UUID, work: Work) -> ApiKeyOut:
    """Revoke a key: its next call is refused, whichever process it reaches. Repeating it changes nothing."""
    row = await service.revoke_key(await work.begin(), key_id, actor=work.caller.actor(), now=work.now)
    if row is None:
        raise not_found()
    _tag(work, row)
    return ApiKeyOut(**row)


def _tag(work: Unit, row: Row) -> None:
    # A key changes once: when it is revoked.
    work.etag(1 if row["revoked_at"] is None else 2)
