"""uvicorn's HTTP, with what it leaves open closed: heads that never end, and errors in plain text.

A request's line, headers, chunk sizes and trailers together are bounded in size, and its head in time; so is what
follows an answer that was given early. How long a body may take is the routes' to say (`app/core/bodies.py`).
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.core.edge import CLOSED_POLICY, NO_STORE, SECURITY_HEADERS
from app.core.ids import new_id
from app.core.problems import MEDIA_TYPE, Problem
from app.core.settings import Settings
from app.core.telemetry import LOGGER

LARGEST_HEAD = 64 * 1024


class HeadTooLargeError(Exception):
    """A head that came whole, and is larger than any may be."""


class Wire(HttpToolsProtocol):
    """One connection."""

    base_url: str
    head_seconds: int

    _started = False  # a message has begun and not ended
    _overhead_bytes = 0  # of that message: what is not its body
    _body_bytes = 0
    _in_head = True
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there: it has so long to say what it wants."""
        super().connection_made(transport)
        self._expect_a_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request, or of several."""
        self._unset_keepalive_if_required()
        body_before = self._body_bytes
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # nothing else is spoken here; the request itself is answered
        except httptools.HttpParserError as error:
            is_large = isinstance(error.__context__, HeadTooLargeError)
            self._refuse("head-too-large" if is_large else "malformed-request")
            return
        if self._started:
            self._overhead_bytes += len(data) - max(0, self._body_bytes - body_before)
            if self._overhead_bytes > LARGEST_HEAD + self._body_bytes:
                self._refuse("head-too-large")

    def on_message_begin(self) -> None:
        """A request's first byte."""
        super().on_message_begin()
        self._started = self._in_head = True
        self._overhead_bytes = self._body_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; what comes after the body (trailers) is no header of the request."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole: from here on the application has the time in its hands."""
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > LARGEST_HEAD:
            raise HeadTooLargeError
        self._in_head = False
        self._expect_nothing()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request's last byte."""
        self._started = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Answered; the next head, and what is left of this request, have so long to come."""
        super().on_response_complete()
        if not self.transport.is_closing() and not self.pipeline and self.cycle.response_complete:
            self._expect_a_head()

    def _expect_a_head(self) -> None:
        self._expect_nothing()
        self._patience = self.loop.call_later(self.head_seconds, self._lose_patience)

    def _expect_nothing(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        if self._started and self._in_head:
            self._refuse("request-timeout")
        elif not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, code: str) -> None:
        """Answer what is no request, unless an answer is on its way already; then hang up."""
        if self.transport.is_closing():
            return
        problem, request_id = Problem(code), new_id().hex
        LOGGER.info("request", request_id=request_id, method=None, route="none", status=problem.kind.status, code=code)
        if self._is_about_what_is_unanswered():
            self.transport.write(_bytes_of(problem, problem.body(self.base_url, request_id), request_id))
        self.transport.close()

    def _is_about_what_is_unanswered(self) -> bool:
        """Whether no other answer is on its way; a request whose body is at fault is told to be gone first."""
        if self.cycle is None or self.cycle.response_complete:
            return True
        if not self._started or self._in_head or self.cycle.response_started:
            return False
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        return True


def _bytes_of(problem: Problem, document: Mapping[str, Any], request_id: str) -> bytes:
    body = json.dumps(document).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-request-id", request_id.encode()),
        *SECURITY_HEADERS,
        CLOSED_POLICY,
        NO_STORE,
    ]
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return STATUS_LINE[problem.kind.status] + lines + b"\r\n" + body


def wire_of(settings: Settings) -> type[Wire]:
    """The protocol for uvicorn, with the settings it needs."""

    class Own(Wire):
        base_url = settings.base_url
        head_seconds = settings.head_seconds

    return Own
