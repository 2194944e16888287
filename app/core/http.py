"""What every route does the same way, once: body and query checked, caller known, one transaction, one reply.

`DeskRoute` wraps FastAPI's own handler. In order: media type, unknown query parameters, size, strict JSON,
credential and permission, Idempotency-Key, the handler itself, commit, headers.
"""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers
from starlette.types import Message, Receive

from app.core import clock, credentials, idempotency, limits, strict_json
from app.core.forms import FILES_LIMIT, read_form
from app.core.permissions import PUBLIC, ROLES, known_permissions, permits
from app.core.problems import Problem, error_at
from app.core.unit import Unit

KIBIBYTE = 1024
JSON_LIMIT = 256 * KIBIBYTE
MAIL_LIMIT = 25 * KIBIBYTE * KIBIBYTE
NOT_MODIFIED = 304

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": REFUSALS[status], "content": content} for status in statuses}


REFUSALS = {
    400: "The request or its body cannot be read.",
    401: "No valid API key.",
    403: "The key's role may not do this.",
    404: "It does not exist, or it is not yours.",
    409: "A rule of the desk or a race refuses it.",
    412: "It has changed since you read it.",
    413: "The body is too large.",
    415: "The body has the wrong media type.",
    422: "Well-formed, but some of the input is not acceptable.",
    428: "If-Match is needed.",
    429: "Too many requests.",
    503: "Busy or not ready; Retry-After says when to repeat.",
}


def allows(
    permission: str,
    *refusals: int,
    body_limit: int = JSON_LIMIT,
    files: bool = False,
    raw: str | None = None,
    writes: bool = True,
) -> dict[str, Any]:
    """What a route declares beside its path: its permission, its refusals, how much it reads.

    Use as `@router.get("/tickets", **allows("tickets:read"))`. `files` also takes the body as multipart/form-data
    with `attachments`; `raw` names the one media type of a body that is kept as its bytes, in `work.raw`;
    `writes=False` marks a POST that changes nothing and so takes no Idempotency-Key.
    """
    statuses = {422, 503, *refusals} | ({401, 403} if permission != PUBLIC else set())
    security: list[dict[str, list[str]]] = [] if permission == PUBLIC else [{"api_key": []}]
    extra: dict[str, Any] = {
        "security": security,
        "x-permission": permission,
        "x-body-limit": body_limit,
        "x-files": files,
        "x-writes": writes,
    }
    if raw is not None:
        content = {raw: {"schema": {"type": "string", "format": "binary"}}}
        extra |= {"x-raw": raw, "requestBody": {"required": True, "content": content}}
    return {"openapi_extra": extra, "responses": _problems(*sorted(statuses))}


class DeskRoute(APIRoute):
    """A route of the desk: see the top of this file."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler; what can be known of the route is worked out once, here."""
        handler = super().get_route_handler()
        extra = self.openapi_extra or {}
        rule = Rule(
            operation=self.operation_id or self.name,
            route=f"{'/'.join(sorted(self.methods or ()))} {self.path_format}",
            permission=extra.get("x-permission", ""),
            body_limit=extra.get("x-body-limit", JSON_LIMIT),
            takes_body=self.body_field is not None,
            takes_files=extra.get("x-files", False),
            takes_raw=extra.get("x-raw"),
            idempotent="POST" in (self.methods or ()) and extra.get("x-writes", True),
            query_names=frozenset(
                field.alias for field in get_flat_params(self.dependant) if isinstance(field.field_info, params.Query)
            ),
            booleans=_booleans(self.body_field),
        )

        async def handle(request: Request) -> Response:
            return await rule.handle(request, handler)

        return handle


def _booleans(body: Any) -> frozenset[str]:
    """The fields of the body's shape that are true or false."""
    shape = body.field_info.annotation if body is not None else None
    fields = getattr(shape, "model_fields", {})
    return frozenset(name for name, field in fields.items() if field.annotation is bool)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one route treats its requests."""

    operation: str
    route: str
    permission: str
    body_limit: int
    takes_body: bool
    takes_files: bool
    takes_raw: str | None
    idempotent: bool
    query_names: frozenset[str]
    booleans: frozenset[str]

    async def handle(self, request: Request, handler: Handler) -> Response:
        """One request, from its headers to its committed reply."""
        state = request.app.state
        unit = Unit(request, state.database, state.settings, clock.now())
        request.state.unit = unit
        try:
            await self._authorise(unit)
            self._check_query(request)
            request = await self._read_body(request, unit)
            response = await handler(request)
            response.headers.update(unit.headers)
            await unit.finish(response, operation=self.operation)
            return self._unless_known(request, response)
        except idempotency.Replay as replay:
            return _replayed(replay.reply)
        finally:
            await unit.close()

    async def _authorise(self, unit: Unit) -> None:
        if self.permission == PUBLIC:
            return
        scheme, _, key = unit.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Problem("credentials-missing", headers={"WWW-Authenticate": "Bearer"})
        caller = await credentials.find_caller(await unit.connection(), key.strip(), unit.now)
        if caller is None:
            await self._count_failure(unit)
            raise Problem("credentials-invalid", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        unit.caller = caller
        if not permits(caller.role, self.permission):
            raise Problem("forbidden", f"The role of this key lacks the permission {self.permission}.")

    async def _count_failure(self, unit: Unit) -> None:
        most = unit.settings.failed_credentials_per_minute_per_ip
        network = limits.network_of(unit.client_address)
        await unit.limit(limits.Limit(f"credentials {network}", most, 60))

    def _check_query(self, request: Request) -> None:
        if not request.scope["query_string"]:
            return
        seen: set[str] = set()
        errors = []
        for name, value in request.query_params.multi_items():
            if name not in self.query_names:
                errors.append(error_at("", "query-unknown", "A query parameter is not known here.", "query"))
            elif name in seen:
                errors.append(error_at(f"/{name}", "query-repeated", "It was given more than once.", "query"))
            elif strict_json.unstorable(value):
                errors.append(error_at(f"/{name}", "text-unstorable", "NUL is not text.", "query"))
            seen.add(name)
        if errors:
            raise Problem("invalid-request", errors[0].message, errors=errors[:10])

    async def _read_body(self, request: Request, unit: Unit) -> Request:
        parsed: Any = None
        if self.takes_raw is not None:
            await unit.rest()
            parsed = await self._read_raw(request, unit)
        elif self.takes_body:
            # A slow sender must not keep a connection that others could use.
            await unit.rest()
            request = Request(request.scope, limited(request, self._limit_of(request)))
            parsed = await self._parse_body(request, unit)
        if self.idempotent:
            key = idempotency.read_key(request.headers.get("idempotency-key"))
            if key is not None:
                print_ = idempotency.fingerprint(request.url.path, [parsed, *[file.sha256 for file in unit.files]])
                unit.claim = idempotency.Claim(unit.caller.scope, self.route, key, print_)
        return request

    async def _read_raw(self, request: Request, unit: Unit) -> str:
        """Keep the body's bytes; its digest stands for them in the request's fingerprint."""
        if _media_type(request) != self.takes_raw or _is_encoded(request):
            raise Problem("unsupported-media-type", f"Send {self.takes_raw}, uncompressed.")
        unit.raw = await Request(request.scope, limited(request, self.body_limit)).body()
        return hashlib.sha256(unit.raw).hexdigest()

    def _limit_of(self, request: Request) -> int:
        return FILES_LIMIT if self.takes_files and _media_type(request) == "multipart/form-data" else self.body_limit

    async def _parse_body(self, request: Request, unit: Unit) -> Any:
        media_type = _media_type(request)
        if _is_encoded(request):
            raise Problem("unsupported-media-type", "Send the body uncompressed.")
        if media_type == "application/json":
            parsed = strict_json.parse(await request.body())
        elif media_type == "multipart/form-data" and self.takes_files:
            parsed, unit.files = await read_form(request, self.booleans)
            # From here on the form is the JSON document of the same shape: one validation for both.
            _call_it_json(request)
        elif not media_type and not await request.body():
            raise Problem("malformed-json", "A JSON body is needed.")
        else:
            wanted = "application/json" + (" or multipart/form-data" if self.takes_files else "")
            raise Problem("unsupported-media-type", f"Send {wanted}.")
        request._json = parsed  # noqa: SLF001 (Starlette's cache: FastAPI reads the value parsed here)
        return parsed

    @staticmethod
    def _unless_known(request: Request, response: Response) -> Response:
        etag = response.headers.get("etag")
        if request.method != "GET" or etag is None:
            return response
        known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
        return Response(status_code=NOT_MODIFIED, headers={"ETag": etag}) if etag in known else response


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_encoded(request: Request) -> bool:
    return request.headers.get("content-encoding", "identity").lower() != "identity"


def _replayed(reply: idempotency.Reply) -> Response:
    headers = reply.headers | {"Idempotency-Replayed": "true"}
    return Response(reply.body, reply.status_code, headers, media_type="application/json")


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


def desk_router(prefix: str, tag: str) -> APIRouter:
    """A router whose routes are routes of the desk."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=DeskRoute)


def check_permissions(app: FastAPI) -> None:
    """Refuse to start when a route does not say who may call it, or says it in words no role knows."""
    known = known_permissions() | {PUBLIC}
    for context in iter_route_contexts(app.router.routes):
        route = context.route
        if isinstance(route, APIRoute):
            extra = route.openapi_extra or {}
            if extra.get("x-permission") not in known:
                raise RuntimeError(f"{route.name}: the route declares no known permission")


def roles_of(permission: str) -> list[str]:
    """The roles that hold a permission, for the documentation."""
    return sorted(role for role in ROLES if permits(role, permission))
