"""The outermost layer: request id, security headers, one log line and one measurement for each request."""

import re
import time
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.ids import new_id
from app.core.telemetry import LOGGER, REQUESTS

REQUEST_ID = re.compile(rb"[A-Za-z0-9._\-]{8,64}")
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
]
# Documentation pages bring their own policy, because they need their scripts.
CLOSED_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
# The caller hung up within its body: nobody is there to answer. Seen in logs and metrics only, as nginx calls it.
GONE = 499
NO_STORE = (b"cache-control", b"no-store")


class Edge:
    """Pure ASGI, because this runs for every request."""

    def __init__(self, app: ASGIApp, last_resort: Callable[[Request, Exception], Response]) -> None:
        self.app = app
        self.last_resort = last_resort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HTTP; pass the lifespan on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, request_id)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = status or GONE
        except Exception as exc:
            # After the first byte there is nothing to say any more but to break off.
            if status:
                raise
            await self.last_resort(Request(scope), exc)(scope, receive, send_with_headers)
        finally:
            _tell(scope, status, time.perf_counter() - started, request_id)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return new_id().hex


def _add_headers(message: Message, request_id: str) -> None:
    present = {name for name, _ in message["headers"]}
    extra = [(b"x-request-id", request_id.encode()), *SECURITY_HEADERS]
    extra.extend(header for header in (CLOSED_POLICY, NO_STORE) if header[0] not in present)
    message["headers"] = [*message["headers"], *extra]


def _tell(scope: Scope, status: int, seconds: float, request_id: str) -> None:
    # The route's template, never the path: paths carry receipt tokens.
    route = getattr(scope.get("route"), "path_format", None) or "none"
    REQUESTS.labels(scope["method"], route, status).observe(seconds)
    LOGGER.info(
        "request",
        request_id=request_id,
        method=scope["method"],
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
    )
