"""The service inside the test's process."""

from contextlib import redirect_stderr
from typing import Any

import httpx
import structlog
from fastapi import FastAPI

from app.core.db import Database
from app.core.settings import Settings
from app.core.telemetry import LOGGER, REQUEST_LOG
from app.main import create_app

ORIGIN = "https://www.example.lu"
PLENTY = 1_000_000
SETTINGS = Settings(
    _env_file=None,  # a developer's .env must not change what tests find
    cors_origins=[ORIGIN],
    database_pool_wait_seconds=20,  # a busy machine is no fault of a race under test
    form_per_minute_per_ip=PLENTY,
    form_per_hour_per_address=PLENTY,
    failed_credentials_per_minute_per_ip=PLENTY,
    invoice_run_clients_at_once=1,  # most tests have one connection
)
WITHOUT_MAIL_LIMITS = SETTINGS.model_copy(
    update={
        "mails_per_hour_per_address": PLENTY,
        "acknowledgements_per_hour": PLENTY,
        "acknowledgements_per_day": PLENTY,
    }
)


def log_to(stream: Any) -> None:
    """Send the service's log to a stream, whatever another test set up before."""
    REQUEST_LOG.stream = stream
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=stream))
    LOGGER.__dict__.pop("bind", None)  # structlog's memory of where it wrote the first time


def build(settings: Settings, logs: Any) -> FastAPI:
    """The application; its log goes to `logs`."""
    with redirect_stderr(logs):
        return create_app(settings)


def client_of(app: FastAPI, database: Database) -> httpx.AsyncClient:
    """A client that speaks to the application without sockets; what the service raises, the test sees."""
    app.state.database = database
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk.test")
