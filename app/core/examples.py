"""Examples of what the service answers, put together from the names of fields: each value stands here once.

One story runs through them: a baker's basket is empty, an agent works on it for an hour and a half, an hour of which
the baker's prepaid hours cover. A shape with examples of its own (`json_schema_extra`) keeps those, and so does a
field. `SHAPES` says what a shape's fields look like where their names alone would mislead.
"""

import hashlib
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from app.core.example_shapes import SHAPES, TRUE, USUALLY_NULL
from app.core.example_words import DAYS, MOMENTS, NUMBERS, OBJECTS, TEXTS
from app.core.problems import KINDS, Problem, error_at

Schema = dict[str, Any]
NULL: Schema = {"type": "null"}


class NoExample(LookupError):  # noqa: N818 (what is missing)
    """Nobody has said yet what a field with this name looks like."""


def add_examples(schemas: dict[str, Schema]) -> None:
    """Give every object that answers consist of an example; none to those with a field that nobody described."""
    composer = Composer(schemas)
    # Shapes that speak for themselves first: others are put together from them.
    for name, schema in sorted(schemas.items(), key=lambda item: "examples" not in item[1]):
        if "properties" not in schema:
            continue
        with suppress(NoExample):
            schema["examples"] = [composer.of_object(schema, name, said) for said in schema.get("examples", [None])]


class Composer:
    """Puts examples together for one document."""

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self._schemas = schemas

    def of_schema(self, schema: Schema, name: str) -> Any:
        """An example of a schema; `name` is its component's name, or the name of its field.

        Raises:
            NoExample: naming the field.
        """
        if schema.get("examples"):
            return schema["examples"][0]
        if "$ref" in schema:
            component = schema["$ref"].rpartition("/")[2]
            return self.of_schema(self._schemas[component], component)
        for word in ("const", "default"):
            if schema.get(word) is not None:
                return schema[word]
        if "enum" in schema:
            return TEXTS[name] if TEXTS.get(name) in schema["enum"] else schema["enum"][0]
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return self._of_choice(schema[several], name)
        return self._of_type(schema, name)

    def _of_choice(self, options: list[Schema], name: str) -> Any:
        return self.of_schema(next(option for option in options if option != NULL), name)

    def _of_type(self, schema: Schema, name: str) -> Any:
        kinds: dict[str, Callable[[Schema, str], Any]] = {
            "object": self.of_object,
            "array": self._of_list,
            "string": _of_text,
            "integer": _of_number,
            "boolean": lambda _schema, field: field in TRUE,
        }
        return kinds[schema["type"]](schema, name)

    def of_object(self, schema: Schema, name: str, said: dict[str, Any] | None = None) -> dict[str, Any]:
        """An example of an object: what it says of itself, and what that lacks.

        Nulls, which FastAPI drops from examples; and what a shape that extends another one adds to it.
        """
        if not schema.get("properties"):
            found: dict[str, Any] = OBJECTS[_known(name, OBJECTS)]
            return found
        known = SHAPES.get(_shape(name), {}) | (said or {})
        example = {}
        for field, described in schema["properties"].items():
            if field in known:
                example[field] = known[field]
            elif said is None:
                example[field] = self._of_field(name, field, described)
            elif field in schema.get("required", ()):
                example[field] = None if _nullable(described) else self._of_field(name, field, described)
        return example

    def _of_field(self, name: str, field: str, described: Schema) -> Any:
        if field == "id":
            return id_of(_entity(name))
        if field in USUALLY_NULL and _nullable(described):
            return None
        return self.of_schema(described, field)

    def _of_list(self, schema: Schema, name: str) -> list[Any]:
        if name in OBJECTS:
            return list(OBJECTS[name])
        return [self.of_schema(schema["items"], name.removesuffix("s") if name.endswith("_ids") else name)]


def _nullable(schema: Schema) -> bool:
    return NULL in schema.get("anyOf", ())


def _of_text(schema: Schema, name: str) -> Any:
    kind = schema.get("format")
    if kind == "uuid":
        return id_of(name.removesuffix("_id"))
    if kind == "date-time":
        return MOMENTS.get(name, MOMENTS["occurred_at"])
    if kind == "date":
        return DAYS.get(name, DAYS["on"])
    return TEXTS[_known(name, TEXTS)]


def _of_number(_schema: Schema, name: str) -> int:
    return NUMBERS[_known(name, NUMBERS)]


def _known(name: str, words: dict[str, Any]) -> str:
    if name not in words:
        raise NoExample(name)
    return name


def id_of(entity: str) -> str:
    """An id that looks like ours, always the same for the same kind of thing."""
    digest = hashlib.sha256(entity.encode()).hexdigest()
    return f"019ab3d8-{digest[:4]}-7{digest[4:7]}-8{digest[7:10]}-{digest[10:22]}"


def _shape(component: str) -> str:
    """A shape's own name, where FastAPI put its module before it."""
    return component.rpartition("__")[2]


def _entity(component: str) -> str:
    """The word for a thing, from its shape's name: TicketOut → ticket."""
    word = _shape(component).removesuffix("Out").removesuffix("Whole")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in word).strip("_")


def show_real_ids(document: Schema, ids: dict[str, str]) -> None:
    """Name things that are there in what Swagger UI fills in, so that trying an operation out succeeds.

    `ids` holds ids and tokens by the names of path parameters and of fields of bodies.
    """
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in ids:
                    parameter["example"] = ids[parameter["name"]]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if "$ref" in body:
                shape = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
                shape["examples"] = _with_ids(shape["examples"], ids)


def _with_ids(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_with_ids(item, ids) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _id_for(name, item, ids) for name, item in value.items()}


def _id_for(name: str, value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str) and name in ids:
        return ids[name]
    if name.endswith("_ids") and name.removesuffix("s") in ids:
        return [ids[name.removesuffix("s")]]
    return _with_ids(value, ids)


def problem_examples(statuses: Collection[str]) -> dict[str, Schema]:
    """For each status that operations declare, a refusal with it; operations refer to these by name."""
    return {
        name_of(status): {"summary": KINDS[code].title, "value": _problem(code)}
        for status, code in TYPICAL.items()
        if str(status) in statuses
    }


def name_of(status: int | str) -> str:
    """The component that shows a refusal with that status."""
    return f"Refused{status}"


def _problem(code: str) -> dict[str, Any]:
    errors = (
        [error_at("/email", "email-invalid", "This is not an e-mail address.")] if code == "invalid-request" else []
    )
    return Problem(code, errors=errors).body("https://desk.e-connect.lu", "019ab3d83d4e7f50ba7b8c9daebfcadc")


TYPICAL = {
    400: "malformed-json",
    401: "credentials-missing",
    403: "forbidden",
    404: "not-found",
    406: "not-acceptable",
    408: "request-timeout",
    409: "idempotency-key-in-flight",
    412: "version-mismatch",
    413: "request-too-large",
    415: "unsupported-media-type",
    422: "invalid-request",
    428: "version-required",
    429: "rate-limited",
    503: "unavailable",
}
