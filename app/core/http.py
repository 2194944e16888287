"""What every route does the same way, once: body and query checked, caller known, one transaction, one reply.

`DeskRoute` wraps FastAPI's own handler. In order: credential and permission, unknown query parameters, the body
(`app/core/bodies.py`), Idempotency-Key, the handler itself, commit, headers.
"""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, FastAPI, Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute, iter_route_contexts

from app.core import clock, credentials, etags, idempotency, limits, strict_json
from app.core.bodies import JSON_LIMIT, Reading
from app.core.permissions import PUBLIC, ROLES, known_permissions, permits
from app.core.problems import Problem, busy, documented, error_at
from app.core.sql import Raced
from app.core.unit import Unit, current_unit

NOT_MODIFIED = 304
# How often a request that loses races is done again: in each turn somebody wins.
MOST_TURNS = 10

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"description": REFUSALS[status], "content": documented()} for status in statuses}


REFUSALS = {
    400: "The request or its body cannot be read.",
    401: "No valid API key.",
    403: "The key's role may not do this.",
    404: "It does not exist, or it is not yours.",
    408: "The body came too slowly.",
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
    produces: str | None = None,
    writes: bool = True,
) -> dict[str, Any]:
    """What a route declares beside its path: its permission, its refusals, how much it reads.

    Use as `@router.get("/tickets", **allows("tickets:read"))`. `files` also takes the body as multipart/form-data
    with `attachments`; `raw` names the one media type of a body that is kept as its bytes, in `work.raw`;
    `produces` the media type of an answer that is a file;
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
    responses = _problems(*sorted(statuses))
    if produces is not None:
        file: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
        responses[200] = {"description": "The file.", "content": {produces: file}}
    return {"openapi_extra": extra, "responses": responses}


class DeskRoute(APIRoute):
    """A route of the desk: see the top of this file."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler; what can be known of the route is worked out once, here."""
        _give_work(self.dependant)
        handler = super().get_route_handler()
        extra = self.openapi_extra or {}
        rule = Rule(
            operation=self.operation_id or self.name,
            route=f"{'/'.join(sorted(self.methods or ()))} {self.path_format}",
            permission=extra.get("x-permission", ""),
            reading=Reading(
                limit=extra.get("x-body-limit", JSON_LIMIT),
                json=self.body_field is not None,
                files=extra.get("x-files", False),
                raw=extra.get("x-raw"),
                booleans=_booleans(self.body_field),
                strangers=extra.get("x-permission") == PUBLIC,
            ),
            idempotent="POST" in (self.methods or ()) and extra.get("x-writes", True),
            single="GET" in (self.methods or ()) and self.path_format.endswith("}"),
            query_names=frozenset(
                field.alias for field in get_flat_params(self.dependant) if isinstance(field.field_info, params.Query)
            ),
        )

        async def handle(request: Request) -> Response:
            return await rule.handle(request, handler)

        return handle


def _give_work(dependant: Dependant) -> None:
    """Hand `work` over as it is: FastAPI would solve it anew for each request, as a tree of dependencies."""
    function, rest = dependant.call, [one for one in dependant.dependencies if one.call is not current_unit]
    names = {one.name for one in dependant.dependencies if one.call is current_unit and one.name is not None}
    if function is None or not names or dependant.request_param_name is not None:
        return

    @wraps(function)
    async def call(request: Request, **values: Any) -> Any:
        return await function(**values, **dict.fromkeys(names, request.state.unit))

    dependant.call, dependant.dependencies, dependant.request_param_name = call, rest, "request"


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
    reading: Reading
    idempotent: bool
    single: bool
    """Reads one thing, named at the end of the path."""
    query_names: frozenset[str]

    async def handle(self, request: Request, handler: Handler) -> Response:
        """One request, from its headers to its committed reply."""
        state = request.app.state
        unit = Unit(request, state.database, state.settings, clock.now())
        request.state.unit = unit
        try:
            await self._authorise(unit)
            self._check_query(request)
            request = await self._read_body(request, unit)
            for _ in range(MOST_TURNS):
                with suppress(Raced):
                    return await self._answer(request, unit, handler)
                await unit.start_over()
            raise busy()
        except idempotency.Replay as replay:
            return _replayed(replay.reply)
        finally:
            await unit.close()

    async def _answer(self, request: Request, unit: Unit, handler: Handler) -> Response:
        response = await handler(request)
        response.headers.update(unit.headers)
        unit.tag(response, single=self.single)
        await unit.finish(response, operation=self.operation)
        return self._unless_known(request, response)

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
        query = request.scope["query_string"].decode("latin-1")
        if not query:
            return
        seen: set[str] = set()
        errors = []
        for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
            if name not in self.query_names:
                errors.append(error_at("", "query-unknown", "A query parameter is not known here.", "query"))
            elif name in seen:
                errors.append(error_at(f"/{name}", "query-repeated", "It was given more than once.", "query"))
            elif strict_json.unstorable(value):
                errors.append(error_at(f"/{name}", "text-unstorable", "It must be UTF-8 without NUL.", "query"))
            seen.add(name)
        if errors:
            raise Problem("invalid-request", errors[0].message, errors=errors[:10])

    async def _read_body(self, request: Request, unit: Unit) -> Request:
        key = idempotency.read_key(request.headers.getlist("idempotency-key")) if self.idempotent else None
        if key is not None:
            unit.claim = idempotency.Claim(unit.caller.scope, self.route, key, b"")
        request, parsed = await self.reading.read(request, unit)
        # A request is received with its last byte: nobody gets ahead in the queue by sending slowly (T2).
        unit.now = clock.now()
        if unit.claim is not None:
            print_ = idempotency.fingerprint(request.scope["path"], [parsed, *[file.sha256 for file in unit.files]])
            unit.claim = replace(unit.claim, fingerprint=print_)
        return request

    @staticmethod
    def _unless_known(request: Request, response: Response) -> Response:
        etag = response.headers.get("etag")
        if request.method != "GET" or etag is None:
            return response
        known = etags.tags_known(request.headers.get("if-none-match", ""))
        return Response(status_code=NOT_MODIFIED, headers={"ETag": etag}) if {etag, "*"} & known else response


def _replayed(reply: idempotency.Reply) -> Response:
    headers = reply.headers | {"Idempotency-Replayed": "true"}
    return Response(reply.body, reply.status_code, headers, media_type="application/json")


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
