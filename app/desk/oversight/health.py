"""Is it alive, is it ready, how is it doing."""

from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.core.http import DeskRoute, allows
from app.core.migrations import newest_revision
from app.core.permissions import PUBLIC
from app.core.shapes import Out
from app.core.unit import Work

router = APIRouter(tags=["health"], route_class=DeskRoute)

READINESS = """
SELECT (SELECT version_num FROM alembic_version) AS revision,
       current_setting('fsync') AS fsync,
       current_setting('synchronous_commit') AS synchronous_commit,
       (SELECT extract(epoch FROM now() - min(run_at))::int FROM jobs WHERE status = 'queued') AS job_age_seconds
"""
OLDEST_JOB_SECONDS = 300
SERVICE_UNAVAILABLE = 503


class Alive(Out):
    """The process answers."""

    status: str


class Readiness(Out):
    """Each check and what it found; `ready` is all of them together."""

    ready: bool
    checks: dict[str, bool]
    job_age_seconds: int


@router.get("/healthz", operation_id="read_health", **allows(PUBLIC))
async def read_health() -> Alive:
    """Whether the process answers; touches nothing else."""
    return Alive(status="ok")


NOT_READY = {SERVICE_UNAVAILABLE: {"model": Readiness, "description": "Not ready: `checks` says why."}}
READINESS_RULES = allows(PUBLIC)
READINESS_RULES["responses"][SERVICE_UNAVAILABLE] |= NOT_READY[SERVICE_UNAVAILABLE]


@router.get("/readyz", operation_id="read_readiness", **READINESS_RULES)
async def read_readiness(work: Work, response: Response) -> Readiness:
    """Whether requests can be served: database, migrations, durability, and jobs that are worked off."""
    row = await (await work.connection()).fetchrow(READINESS)
    readiness = judge(dict(row or {}))
    if not readiness.ready:
        response.status_code = SERVICE_UNAVAILABLE
    return readiness


def judge(found: dict[str, Any]) -> Readiness:
    """Each check by itself."""
    age = max(0, found["job_age_seconds"] or 0)
    checks = {
        "database": True,
        "migrations": found["revision"] == newest_revision(),
        "fsync": found["fsync"] == "on",
        "synchronous_commit": found["synchronous_commit"] not in {"off", "local"},
        "jobs": age <= OLDEST_JOB_SECONDS,
    }
    return Readiness(ready=all(checks.values()), checks=checks, job_age_seconds=age)


@router.get("/metrics", operation_id="read_metrics", response_class=Response, **allows(PUBLIC, produces="text/plain"))
async def read_metrics(_request: Request) -> Response:
    """Prometheus metrics of this process; keep the path inside your network."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
