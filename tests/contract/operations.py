"""Every operation of the service, as its routes and its OpenAPI document describe it."""

from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts

from app.main import create_app
from tests.service import SETTINGS

APP = create_app(SETTINGS)
DOCUMENT = APP.openapi()


@dataclass(frozen=True)
class Operation:
    """A method on a path."""

    id: str
    method: str
    path: str
    permission: str
    document: dict[str, Any]

    @property
    def path_names(self) -> list[str]:
        return [item["name"] for item in self.document.get("parameters", []) if item["in"] == "path"]

    @property
    def query_names(self) -> list[str]:
        return [item["name"] for item in self.document.get("parameters", []) if item["in"] == "query"]

    @property
    def body_schema(self) -> dict[str, Any] | None:
        """The schema of the JSON body, with its reference followed; None when it takes none."""
        content = self.document.get("requestBody", {}).get("content", {})
        return resolved(content["application/json"]["schema"]) if "application/json" in content else None

    @property
    def media_type(self) -> str:
        """Of the body that it takes, JSON when it takes none."""
        return next(iter(self.document.get("requestBody", {}).get("content", {})), "application/json")

    @property
    def request(self) -> dict[str, Any]:
        """What a client sends along, at least."""
        if self.media_type != "application/json":
            return {"content": b"Subject: Menu\r\n\r\nIt does not open.\r\n"}
        return {"json": self.example} if self.body_schema is not None else {}

    @property
    def takes_files(self) -> bool:
        return "multipart/form-data" in self.document.get("requestBody", {}).get("content", {})

    @property
    def example(self) -> Any:
        """The first documented example of its body."""
        schema = self.body_schema
        return schema["examples"][0] if schema else None


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema, or the one that its `$ref` names."""
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def permissions() -> dict[tuple[str, str], str]:
    """Method and path of every route, documented or not, and the permission it declares."""
    return {
        (method, str(context.path_format)): (context.route.openapi_extra or {}).get("x-permission", "")
        for context in iter_route_contexts(APP.router.routes)
        if isinstance(context.route, APIRoute)
        for method in context.route.methods or ()
    }


def _all() -> list[Operation]:
    declared = permissions()
    return [
        Operation(document["operationId"], method.upper(), path, declared[method.upper(), path], document)
        for path, item in DOCUMENT["paths"].items()
        for method, document in item.items()
    ]


OPERATIONS = sorted(_all(), key=lambda operation: operation.id)
GUARDED = [operation for operation in OPERATIONS if operation.permission != "public"]
WITH_BODY = [operation for operation in OPERATIONS if operation.body_schema is not None]
