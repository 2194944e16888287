"""Read a request's body, whatever its kind, no further than the route allows."""

import hashlib
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Message, Receive

from app.core import strict_json
from app.core.forms import FILES_LIMIT, KIBIBYTE, read_form
from app.core.problems import Problem
from app.core.unit import Unit

JSON_LIMIT = 256 * KIBIBYTE
MAIL_LIMIT = 25 * KIBIBYTE * KIBIBYTE
JSON = "application/json"
FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Reading:
    """What body a route takes: JSON, with `files` also a form, or the bytes of one media type (`raw`)."""

    limit: int
    json: bool
    files: bool
    raw: str | None
    booleans: frozenset[str]

    async def read(self, request: Request, unit: Unit) -> tuple[Request, Any]:
        """The request for FastAPI to go on with, and what stands for the body in its fingerprint.

        Raises:
            Problem: 400, 413, 415 or 422, before anything was done.
        """
        if not self.json and self.raw is None:
            return request, None
        # A slow sender must not keep a connection that others could use.
        await unit.rest()
        if self.raw is not None:
            return request, await self._read_raw(request, unit)
        request = Request(request.scope, limited(request, self._limit_of(request)))
        return request, await self._parse(request, unit)

    async def _read_raw(self, request: Request, unit: Unit) -> str:
        """Keep the body's bytes; its digest stands for them in the request's fingerprint."""
        if _media_type(request) != self.raw or _is_encoded(request):
            raise Problem("unsupported-media-type", f"Send {self.raw}, uncompressed.")
        unit.raw = await Request(request.scope, limited(request, self.limit)).body()
        return hashlib.sha256(unit.raw).hexdigest()

    def _limit_of(self, request: Request) -> int:
        return FILES_LIMIT if self.files and _media_type(request) == FORM else self.limit

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


def limited(request: Request, limit: int) -> Receive:
    """The request's body, cut off with 413 as soon as it is larger than `limit` bytes."""
    too_large = Problem("request-too-large", limit_bytes=limit)
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise too_large
    read = 0

    async def receive() -> Message:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise too_large
        return message

    return receive


def _call_it_json(request: Request) -> None:
    headers = Headers(raw=[*[h for h in request.scope["headers"] if h[0] != b"content-type"]]).raw
    request.scope["headers"] = [*headers, (b"content-type", b"application/json")]
    request._headers = Headers(scope=request.scope)  # noqa: SLF001
    request._body = b"{}"  # noqa: SLF001 (FastAPI only looks whether there is one)
