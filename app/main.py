"""The application: layers, exceptions into problems, routers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app import api
from app.adapters.mail_parser import MailParser
from app.core import documentation, handlers, http
from app.core.db import Database, open_pool
from app.core.edge import Edge
from app.core.intake import Intake
from app.core.origins import Origins
from app.core.settings import Settings
from app.core.telemetry import configure_logs, configure_traces


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
    app.state.intake = Intake(settings.upload_mebibytes * 2**20, settings.uploads_at_once_per_ip)
    app.state.mail_parser = MailParser(seconds=settings.mail_parse_seconds)
    api.include_all(app)
    documentation.install(app)
    handlers.install(app)
    http.check_permissions(app)
    app.state.routes = list(iter_route_contexts(app.router.routes))
    app.add_middleware(
        Edge,
        origins=Origins(settings.allowed_origins),
        last_resort=handlers.unforeseen,
        no_leave=handlers.no_leave,
    )
    return app
