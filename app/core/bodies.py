"""Read a request's body, whatever its kind, no further than the route allows."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Message

from app.core import limits, strict_json
from app.core.forms import FILES_LIMIT, KIBIBYTE, read_form
from app.core.problems import Problem
from app.core.unit import Unit

JSON_LIMIT = 256 * KIBIBYTE
MAIL_LIMIT = 25 * KIBIBYTE * KIBIBYTE
# Slower than this nobody's line is; a body may take `body_seconds`, and a second more for each such stretch of it.
SLOWEST_BYTES_PER_SECOND = 16 * KIBIBYTE
JSON = "application/json"
FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Reading:
    """What body a route takes: JSON, with `files` also a form, or the bytes of one media type (`raw`).

    `strangers`: anybody may send it, without a key.
    """

    limit: int
    json: bool
    files: bool
    raw: str | None
    booleans: frozenset[str]
    strangers: bool

    async def read(self, request: Request, unit: Unit) -> tuple[Request, Any]:
        """The request for FastAPI to go on with, and what stands for the body in its fingerprint.

        Raises:
            Problem: 400, 408, 413, 415, 422, 429 or 503, before anything was done.
        """
        if not self.json and self.raw is None:
            return request, None
        is_form = self.files and _media_type(request) == FORM
        network = limits.network_of(unit.client_address) if self.strangers else None
        if is_form and network is not None:
            # Counted before its files are taken in, so that those who send too many cost no memory.
            await unit.limit(limits.of_the_form(unit.settings, network))
        # A slow sender must not keep a connection that others could use.
        await unit.rest()
        if is_form or self.raw is not None:
            unit.place = unit.intake.enter(network)
        try:
            async with asyncio.timeout(unit.settings.body_seconds) as patience:
                incoming = Incoming(request, unit, FILES_LIMIT if is_form else self.limit, patience)
                return await self._read(Request(request.scope, incoming.receive), unit)
        except TimeoutError:
            raise Problem("request-timeout", headers={"Connection": "close"}) from None

    async def _read(self, request: Request, unit: Unit) -> tuple[Request, Any]:
        if self.raw is None:
            return request, await self._parse(request, unit)
        # The body's bytes are kept; its digest stands for them in the request's fingerprint.
        if _media_type(request) != self.raw or _is_encoded(request):
            raise Problem("unsupported-media-type", f"Send {self.raw}, uncompressed.")
        unit.raw = await request.body()
        return request, hashlib.sha256(unit.raw).hexdigest()

    async def _parse(self, request: Request, unit: Unit) -> Any:
        media_type = _media_type(request)
        if _is_encoded(request):
            raise Problem("unsupported-media-type", "Send the body uncompressed.")
        if media_type == JSON:
            parsed = strict_json.parse(await request.body())
        elif media_type == FORM and self.files:
            parsed, unit.files = await read_form(request, self.booleans)
            # From here on the form is the JSON document of the same shape: one validation for both.
            _call_it_json(request)
        elif not media_type and not await request.body():
            raise Problem("malformed-json", "A JSON body is needed.")
        else:
            wanted = f"{JSON} or {FORM}" if self.files else JSON
            raise Problem("unsupported-media-type", f"Send {wanted}.")
        request._json = parsed  # noqa: SLF001 (Starlette's cache: FastAPI reads the value parsed here)
        return parsed


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_encoded(request: Request) -> bool:
    return request.headers.get("content-encoding", "identity").lower() != "identity"


class Incoming:
    """A request's body on its way: cut off with 413 when it is too large, given more time as it comes."""

    def __init__(self, request: Request, unit: Unit, limit: int, patience: asyncio.Timeout) -> None:
        announced = request.headers.get("content-length", "0")
        self.too_large = Problem("request-too-large", limit_bytes=limit)
        if announced.isdecimal() and int(announced[:20]) > limit:
            raise self.too_large
        self._receive = request.receive
        self._unit = unit
        self._limit = limit
        self._patience = patience
        self._deadline = patience.when() or 0
        self._read_bytes = 0

    async def receive(self) -> Message:
        """The next piece."""
        message = await self._receive()
        size = len(message.get("body", b""))
        self._read_bytes += size
        if self._read_bytes > self._limit:
            raise self.too_large
        if self._unit.place is not None:
            self._unit.place.take(size)
            self._patience.reschedule(self._deadline + self._read_bytes // SLOWEST_BYTES_PER_SECOND)
        return message


def _call_it_json(request: Request) -> None:
    headers = Headers(raw=[*[h for h in request.scope["headers"] if h[0] != b"content-type"]]).raw
    request.scope["headers"] = [*headers, (b"content-type", b"application/json")]
    request._headers = Headers(scope=request.scope)  # noqa: SLF001
    request._body = b"{}"  # noqa: SLF001 (FastAPI only looks whether there is one)
