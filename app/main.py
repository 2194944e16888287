"""The application: layers, exceptions into problems, routers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.middleware.cors import CORSMiddleware

from app import api
from app.adapters.mail_parser import MailParser
from app.core import documentation, handlers, http
from app.core.db import Database, open_pool
from app.core.edge import Edge
from app.core.settings import Settings
from app.core.telemetry import configure_logs, configure_traces

EXPOSED = [
    "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining",
    "RateLimit-Reset", "Retry-After", "X-Request-ID",
]  # fmt: skip
ALLOWED = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-ID"]


def create_app(settings: Settings | None = None, database: Database | None = None) -> FastAPI:
    """The service. Tests hand in a database; otherwise the process opens its own pool."""
    settings = settings or Settings()
    configure_logs(settings.log_level)
    configure_traces(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with closing(app.state.mail_parser):
            if database is not None:
                app.state.database = database
                yield
                return
            if settings.database_url is None:
                raise RuntimeError("DATABASE_URL is not set; `make serve` brings a Postgres of its own")
            async with open_pool(settings, settings.database_url) as opened:
                app.state.database = opened
                yield

    app = FastAPI(**api.DESCRIPTION, lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.settings = settings
    app.state.mail_parser = MailParser(seconds=settings.mail_parse_seconds)
    api.include_all(app)
    documentation.install(app)
    handlers.install(app)
    http.check_permissions(app)
    app.state.routes = list(iter_route_contexts(app.router.routes))
    app.add_middleware(Edge, last_resort=handlers.unforeseen)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
        allow_headers=ALLOWED,
        expose_headers=EXPOSED,
        max_age=600,
    )
    return app
