"""Exceptions into problems: what a route raises, what the database refuses, what nobody foresaw."""

from collections.abc import Iterable
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.core.db import UNAVAILABLE
from app.core.problems import CONSTRAINTS, MEDIA_TYPE, POINTERS, FieldError, Problem, busy, error_at, not_found
from app.core.strict_json import escape
from app.core.telemetry import LOGGER
from app.domain.errors import Refusal

# FastAPI and pydantic speak in their own codes; ours are kebab-case and stable.
MESSAGES = {
    "missing": ("required", "This is required."),
    "extra_forbidden": ("field-unknown", "This field is not known here."),
    "string_type": ("text-expected", "This must be text."),
    "string_too_short": ("too-short", "This is too short."),
    "string_too_long": ("too-long", "This is too long."),
    "string_pattern_mismatch": ("pattern-mismatch", "This has not the documented form."),
    "int_type": ("integer-expected", "This must be an integer."),
    "int_parsing": ("integer-expected", "This must be an integer."),
    "bool_type": ("boolean-expected", "This must be true or false."),
    "bool_parsing": ("boolean-expected", "This must be true or false."),
    "literal_error": ("value-unknown", "This is not one of the documented values."),
    "enum": ("value-unknown", "This is not one of the documented values."),
    "uuid_parsing": ("id-invalid", "This is not an id."),
    "uuid_type": ("id-invalid", "This is not an id."),
    "greater_than_equal": ("too-small", "This is too small."),
    "greater_than": ("too-small", "This is too small."),
    "less_than_equal": ("too-large", "This is too large."),
    "less_than": ("too-large", "This is too large."),
    "list_type": ("list-expected", "This must be a list."),
    "too_long": ("too-many", "There are too many of these."),
    "too_short": ("too-few", "There are too few of these."),
    "model_attributes_type": ("object-expected", "This must be an object."),
    "model_type": ("object-expected", "This must be an object."),
    "dict_type": ("object-expected", "This must be an object."),
}
MOST_ERRORS = 20
MOST_DEPTH = 20


def install(app: FastAPI) -> None:
    """Answer every exception with a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(asyncpg.IntegrityConstraintViolationError, _constraint)
    for unavailable in UNAVAILABLE:
        app.add_exception_handler(unavailable, _unavailable)


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The problem as an RFC 9457 answer."""
    request_id = request.scope.get("state", {}).get("request_id", "")
    return JSONResponse(
        problem.body(request.app.state.settings.base_url, request_id),
        problem.kind.status,
        problem.headers,
        media_type=MEDIA_TYPE,
    )


async def _problem(request: Request, exc: Any) -> JSONResponse:
    return answer(request, exc)


async def _refusal(request: Request, exc: Any) -> JSONResponse:
    return answer(request, Problem.of_refusal(exc))


async def _validation(request: Request, exc: Any) -> JSONResponse:
    errors = [field_error(error) for error in exc.errors()[:MOST_ERRORS]]
    summary = "One field is not acceptable." if len(errors) == 1 else f"{len(errors)} fields are not acceptable."
    return answer(request, Problem("invalid-request", summary, errors=errors))


def field_error(error: dict[str, Any]) -> FieldError:
    """Pydantic's error in our words; never its `input`."""
    place, *path = error["loc"]
    kind = str(error["type"])
    if kind in {"too_long", "too_short"} and isinstance(error["input"], str):
        # Lengths looked at after one of our own checks are counted without knowing of what.
        kind = f"string_{kind}"
    if kind in MESSAGES:
        code, message = MESSAGES[kind]
    elif "_" in kind and kind.partition("_")[0] in OURS:
        code, message = kind.replace("_", "-"), str(error["msg"])
    else:
        code, message = "invalid", "This is not acceptable."
    return error_at(_pointer(path, unknown=kind == "extra_forbidden"), code, message, str(place))


# The first words of the codes that app/core/shapes.py and the features' schemas raise.
OURS = {
    "text",
    "email",
    "phone",
    "instant",
    "date",
    "url",
    "country",
    "domain",
    "vat",
    "peppol",
    "key",
    "period",
    "field",
}


def _pointer(path: Iterable[Any], *, unknown: bool) -> str:
    parts = list(path)[:MOST_DEPTH]
    # The name of an unknown field is the client's own text: point to its parent instead.
    shown = parts[:-1] if unknown else parts
    return "".join(f"/{escape(str(part))}" for part in shown)


async def _http(request: Request, exc: Any) -> Response:
    """What Starlette and FastAPI raise by themselves."""
    if exc.status_code == 404:  # noqa: PLR2004
        return answer(request, not_found())
    if exc.status_code == 405:  # noqa: PLR2004
        allow = {"Allow": ", ".join(allowed(request))}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allow)
        return answer(request, Problem("method-not-allowed", headers=allow))
    return answer(request, Problem("malformed-request"))


def allowed(request: Request) -> list[str]:
    """Every method of every route with this path, because Starlette only tells of the first one."""
    methods: set[str] = set()
    for route in request.app.state.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            methods |= route.methods or set()
    methods = methods or {"GET"}  # the folder of the documentation's files is no route
    methods |= {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
    return sorted(methods)


async def _constraint(request: Request, exc: Any) -> JSONResponse:
    code = CONSTRAINTS.get(exc.constraint_name or "")
    if code is None:
        LOGGER.error("constraint without a name for clients", constraint=exc.constraint_name, sqlstate=exc.sqlstate)
    problem = Problem(code or "conflict")
    pointer = POINTERS.get(exc.constraint_name or "")
    if pointer is not None:
        problem.errors = [error_at(pointer, problem.code, problem.kind.title + ".")]
    return answer(request, problem)


async def _unavailable(request: Request, exc: Any) -> JSONResponse:
    LOGGER.warning("unavailable", reason=type(exc).__name__, request_id=request.scope["state"]["request_id"])
    return answer(request, busy())


def unforeseen(request: Request, exc: Exception) -> JSONResponse:
    """The answer to what nobody foresaw; the log tells us what it was, the client only that it was us."""
    LOGGER.error("internal error", exc_info=exc, request_id=request.scope["state"]["request_id"])
    return answer(request, Problem("internal-error"))


def no_leave(request: Request) -> JSONResponse:
    """The answer to a browser that asks for leave on behalf of a page that gets none."""
    return answer(request, Problem("origin-not-allowed"))
