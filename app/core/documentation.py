"""OpenAPI, Swagger UI without internet, and the page behind each problem's `type`."""

import html
import re
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from app.core.described import HEADERS, describe
from app.core.examples import add_examples, name_of, problem_examples, show_real_ids
from app.core.forms import FILES_LIMIT, MOST_FILES
from app.core.http import roles_of
from app.core.permissions import PUBLIC
from app.core.problems import KINDS, MEDIA_TYPE, ProblemOut, documented, not_found

ASSETS = Path(fastapi_offline.__file__).parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui;max-width:42rem;margin:3rem auto;padding:0 1rem}}code{{background:#eee}}</style>
<body>{body}</body></html>"""


def install(app: FastAPI) -> None:
    """Add /docs, /problems and the finished OpenAPI document."""
    app.mount("/docs/assets", StaticFiles(directory=ASSETS), name="assets")
    for path, page in (("/", _start), ("/docs", _swagger), ("/problems", _index), ("/problems/{code}", _problem)):
        app.add_api_route(path, page, include_in_schema=False, openapi_extra={"x-permission": PUBLIC})
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]


async def _start() -> RedirectResponse:
    return RedirectResponse("/docs")


async def _swagger() -> HTMLResponse:
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="e-connect support desk",
        swagger_js_url="/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/docs/assets/swagger-ui.css",
        swagger_favicon_url="/docs/assets/favicon.png",
        swagger_ui_parameters={
            "docExpansion": "list",
            "filter": True,
            "persistAuthorization": True,
            "tryItOutEnabled": True,
            "displayRequestDuration": True,
            "defaultModelsExpandDepth": 0,
        },
    )
    page.headers["content-security-policy"] = POLICY
    return page


async def _index() -> HTMLResponse:
    items = "".join(
        f'<li><a href="/problems/{code}"><code>{code}</code></a> ({kind.status}) {html.escape(kind.title)}'
        for code, kind in sorted(KINDS.items())
    )
    return _page("Problems", f"<h1>Problems</h1><ul>{items}</ul>")


async def _problem(code: str) -> HTMLResponse:
    kind = KINDS.get(code)
    if kind is None:
        raise not_found()
    body = (
        f"<h1>{html.escape(kind.title)}</h1><p><code>{code}</code>, status {kind.status}</p>"
        f'<p>{html.escape(kind.advice)}</p><p><a href="/problems">All problems</a></p>'
    )
    return _page(kind.title, body)


def _page(title: str, body: str) -> HTMLResponse:
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return HTMLResponse(PAGE.format(title=html.escape(title), body=body), headers={"content-security-policy": policy})


def openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document with what it cannot know: problems, credentials, idempotency, forms, who may call."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            contact=app.contact,
            license_info=app.license_info,
            servers=[{"url": "/", "description": "This service"}],
        )
        _add_components(document)
        schemas = document["components"]["schemas"]
        for address, path in document["paths"].items():
            changing = any("412" in operation["responses"] for operation in path.values())
            for method, operation in path.items():
                _finish(method, operation, schemas)
                replays = IDEMPOTENCY_KEY in operation.get("parameters", ())
                versioned = changing or (method == "get" and address.endswith("}"))
                describe(operation["responses"], schemas, replays=replays, versioned=versioned)
        document["components"]["examples"] = problem_examples(_statuses(document))
        show_real_ids(document, getattr(app.state, "shown_ids", {}))
        app.openapi_schema = document
    return app.openapi_schema


def _statuses(document: dict[str, Any]) -> set[str]:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    return {status for operation in operations for status in operation["responses"]}


def _add_components(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = ProblemOut.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    schemas["FieldError"] = problem.pop("$defs")["FieldError"]
    schemas["Problem"] = problem
    add_examples(schemas)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["headers"] = HEADERS
    components["securitySchemes"] = {
        "api_key": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "ec_<key id>_<secret>",
            "description": "An API key: `Authorization: Bearer ec_…`. `make serve` prints where its keys are.",
        }
    }


def _summary(description: str) -> str:
    """What the operation does, from the first words of its docstring: up to the first pause."""
    return re.split(r"[;:(]|\.(?=\s|$)|, at ", description, maxsplit=1)[0].strip()


def _describe(operation: dict[str, Any], permission: str) -> None:
    description = operation.get("description", "")
    operation["summary"] = _summary(description) or operation["summary"]
    if permission != PUBLIC:
        operation["description"] = f"{description}\n\nRoles: {', '.join(roles_of(permission))}.".strip()


def _finish(method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    permission = operation.pop("x-permission", PUBLIC)
    files, limit = operation.pop("x-files", False), operation.pop("x-body-limit", 0)
    writes = operation.pop("x-writes", True)
    operation.pop("x-raw", None)
    responses = operation["responses"]
    _describe(operation, permission)
    if method == "post" and writes:
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    if method == "patch" or "412" in responses:
        operation.setdefault("parameters", []).append(IF_MATCH)
    if "requestBody" in operation:
        _add_body_refusals(operation, limit, files=files)
        if files:
            _add_form(operation["requestBody"]["content"], schemas)
    for status, response in responses.items():
        refused = response.get("content", {}).get(MEDIA_TYPE)
        if refused is not None:
            refused["examples"] = {"typical": {"$ref": f"#/components/examples/{name_of(status)}"}}


def _add_body_refusals(operation: dict[str, Any], limit: int, *, files: bool) -> None:
    with_files = f", or with files than {FILES_LIMIT}" if files else ""
    for status, description in (
        ("400", "The body cannot be read."),
        ("408", "The body came too slowly."),
        ("409", "A rule of the desk or a race refuses it."),
        ("413", f"The body is larger than {limit} bytes{with_files}."),
        ("415", "The body has the wrong media type."),
    ):
        operation["responses"].setdefault(status, {"description": description, "content": documented()})


def _add_form(content: dict[str, Any], schemas: dict[str, Any]) -> None:
    """The same fields as a form: without null, which a form cannot send, and with files."""
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    shape = schemas[name]
    shown = shape["examples"][0]
    fields = {field: _of_a_form(described, shown.get(field)) for field, described in shape["properties"].items()}
    for field in fields.keys() - shape["required"]:
        fields[field].pop("minLength", None)  # an empty field counts as left out
    fields["attachments"] = {"type": "array", "maxItems": MOST_FILES, "items": {"type": "string", "format": "binary"}}
    form = {"type": "object", "title": f"{name}Form", "required": shape["required"], "properties": fields}
    content["multipart/form-data"] = {"schema": form | {"additionalProperties": False}}


def _of_a_form(described: dict[str, Any], example: Any) -> dict[str, Any]:
    options = [option for option in described.get("anyOf", ()) if option != {"type": "null"}]
    field = {key: value for key, value in described.items() if key != "anyOf"} | (options[0] if options else {})
    if example is None and field["type"] == "string" and "enum" not in field:
        # Without an example it would be filled with the word string, the trap too.
        return {key: value for key, value in field.items() if key != "format"} | {"examples": [""]}
    return field if example is None else field | {"examples": [example]}


IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeat a request safely: the same key and body get the first reply again, for 30 days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag you read: when it has changed since, nothing is changed and you get 412.",
    "schema": {"type": "string", "examples": ['"1-9f86d081884c7d659a2feaa0c55ad015"']},
}
