"""Logs (JSON lines with the request id), metrics, and traces when an OTLP endpoint is set."""

import json
import logging
import sys
from typing import Any

import structlog
from prometheus_client import Counter, Histogram

from app.core import clock
from app.core.settings import Settings

REQUESTS = Histogram(
    "http_request_seconds",
    "Time from the request's headers to the answer's last byte.",
    ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
JOBS = Counter("jobs_total", "Jobs worked off, by kind and outcome.", ["kind", "outcome"])
LOGGER = structlog.get_logger("desk")


class RequestLog:
    """The line that each request gets, as LOGGER would write it: by hand, which saves a tenth of a read."""

    def __init__(self) -> None:
        self.stream: Any = sys.stderr
        self.enabled = True

    def tell(self, facts: dict[str, Any]) -> None:
        """Write one line."""
        if self.enabled:
            at = clock.instant_text(clock.now())
            self.stream.write(json.dumps({**facts, "event": "request", "level": "info", "at": at}) + "\n")


REQUEST_LOG = RequestLog()


def configure_logs(level: str) -> None:
    """One JSON object a line on stderr, also for what libraries log."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    REQUEST_LOG.stream, REQUEST_LOG.enabled = sys.stderr, level in {"debug", "info"}
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # It warns of every form that cannot be read: the sender is told so, and nobody else needs to be.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def configure_traces(settings: Settings) -> None:
    """Send spans to `OTLP_ENDPOINT`; FastAPI makes them itself once a provider is set."""
    if settings.otlp_endpoint is None:
        return
    from opentelemetry import trace  # noqa: PLC0415 (start-up without traces must not pay for them)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": "e-connect-desk"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.otlp_endpoint)))
    trace.set_tracer_provider(provider)
