"""Agents over HTTP."""

from uuid import UUID

from app.core import paging
from app.core.http import allows, desk_router
from app.core.paging import NIL, Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Work
from app.desk.agents import queries, service
from app.desk.agents.schemas import AgentIn, AgentOut, AgentPatch

PATH = "/v1/agents"
router = desk_router(PATH, "agents")


@router.get("", operation_id="list_agents", **allows("agents:read"))
async def list_agents(work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[AgentOut]:
    """Everybody who works or worked at the desk, in the order in which they came."""
    after = paging.decode(cursor, UUID)[0] if cursor else NIL
    rows = await queries.agents(await work.connection(), after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[AgentOut(**row) for row in shown], next_cursor=next_cursor)


@router.post("", operation_id="create_agent", status_code=201, **allows("agents:write", 409))
async def create_agent(body: AgentIn, work: Work) -> AgentOut:
    """Add somebody to the desk; an address that another agent has is refused (409). A key is made at `/v1/api-keys`."""
    row = await service.add_agent(await work.begin(), dict(body), actor=work.caller.actor(), now=work.now)
    work.created(PATH, row["id"])
    work.etag(row["version"])
    return AgentOut(**row)


@router.get("/{agent_id}", operation_id="read_agent", **allows("agents:read", 404))
async def read_agent(agent_id: UUID, work: Work) -> AgentOut:
    """One agent, active or not."""
    row = await queries.agent(await work.connection(), agent_id)
    if row is None:
        raise not_found()
    work.etag(row["version"])
    return AgentOut(**row)


@router.patch("/{agent_id}", operation_id="change_agent", **allows("agents:write", 404, 409, 412))
async def change_agent(agent_id: UUID, body: AgentPatch, work: Work) -> AgentOut:
    """Change an agent. Becoming inactive revokes their keys, and tickets that waited for them are anybody's again."""
    connection = await work.begin()
    before = await queries.lock_agent(connection, agent_id)
    if before is None:
        raise not_found()
    work.check_match(before["version"])
    row = await service.change_agent(connection, before, body.changes(), actor=work.caller.actor(), now=work.now)
    work.etag(row["version"])
    return AgentOut(**row)
