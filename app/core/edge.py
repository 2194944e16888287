"""The outermost layer: request id, security and CORS headers, HEAD, one log line and one measurement per request."""

import re
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from prometheus_client import Histogram
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.ids import new_id
from app.core.origins import Origins, Pairs, is_preflight
from app.core.telemetry import REQUEST_LOG, REQUESTS

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
NO_CONTENT = 204
NO_STORE = (b"cache-control", b"no-store")


class Edge:
    """Pure ASGI, because this runs for every request."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: Origins,
        last_resort: Callable[[Request, Exception], Response],
        no_leave: Callable[[Request], Response],
    ) -> None:
        self.app = app
        self.origins = origins
        self.last_resort = last_resort
        self.no_leave = no_leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HTTP; pass the lifespan on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        if head:
            # Whatever answers GET answers HEAD, without its body; the server keeps its own scope.
            scope = {**scope, "method": "GET"}
        answer = Answer(self._prepare(scope), send, head=head)
        started = time.perf_counter()
        try:
            await self._inner(scope)(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = answer.status or GONE
        except Exception as exc:
            # After the first byte there is nothing to say any more but to break off.
            if answer.status:
                raise
            await self.last_resort(Request(scope), exc)(scope, receive, answer.send)
        finally:
            _tell(scope, "HEAD" if head else scope["method"], answer.status, time.perf_counter() - started)

    def _prepare(self, scope: Scope) -> Pairs:
        """Name the request; the headers that its answer gets, whatever it is."""
        request_id, origin = None, None
        for name, value in scope["headers"]:
            if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
                request_id = value
            elif name == b"origin":
                origin = value
        request_id = request_id or new_id().hex.encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        return [(b"x-request-id", request_id), *SECURITY_HEADERS, *self.origins.headers(origin)]

    def _inner(self, scope: Scope) -> ASGIApp:
        if not is_preflight(scope):
            return self.app
        leave = self.origins.preflight(scope)
        return self.no_leave(Request(scope)) if leave is None else Response(status_code=NO_CONTENT, headers=leave)


class Answer:
    """Passes an answer on, with its headers and, to HEAD, without its body."""

    __slots__ = ("_extra", "_head", "_send", "status")

    def __init__(self, extra: Pairs, send: Send, *, head: bool) -> None:
        self.status = 0
        self._extra = extra
        self._send = send
        self._head = head

    async def send(self, message: Any) -> None:
        """One ASGI message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._add_headers(message)
        elif self._head:
            message = message | {"body": b""}
        await self._send(message)

    def _add_headers(self, message: Message) -> None:
        present = {name for name, _ in message["headers"]}
        closed = [header for header in (CLOSED_POLICY, NO_STORE) if header[0] not in present]
        message["headers"] = [*message["headers"], *self._extra, *closed]


@cache
def _timer(method: str, route: str, status: int) -> Histogram:
    return REQUESTS.labels(method, route, status)


def _tell(scope: Scope, method: str, status: int, seconds: float) -> None:
    # The route's template, never the path: paths carry receipt tokens.
    route = getattr(scope.get("route"), "path_format", None) or "none"
    _timer(method, route, status).observe(seconds)
    request_id, ms = scope["state"]["request_id"], round(seconds * 1000, 1)
    REQUEST_LOG.tell({"request_id": request_id, "method": method, "route": route, "status": status, "ms": ms})
