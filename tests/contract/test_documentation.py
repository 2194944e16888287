"""Every operation is guarded and documented, and the committed document is the service's own."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from app.core.permissions import PUBLIC, known_permissions
from app.core.problems import MEDIA_TYPE
from tests.contract.operations import DOCUMENT, OPERATIONS, WITH_BODY, Operation, permissions, resolved

SNAKE = re.compile(r"[a-z]+(_[a-z]+)+")
COMMITTED = Path(__file__).parents[2] / "openapi.json"
EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.id for operation in OPERATIONS])
EVERY_BODY = pytest.mark.parametrize("operation", WITH_BODY, ids=[operation.id for operation in WITH_BODY])


def test_the_committed_document_is_current():
    from app.main import create_app

    current = json.dumps(create_app().openapi(), indent=1, ensure_ascii=False) + "\n"
    assert COMMITTED.read_text() == current, "run `make openapi`"


def test_every_route_declares_a_permission():
    unknown = {route: named for route, named in permissions().items() if named not in {PUBLIC, *known_permissions()}}
    assert unknown == {}


def test_public_routes_are_few():
    open_doors = {path for (_, path), permission in permissions().items() if permission == PUBLIC}
    assert {path for path in open_doors if not path.startswith("/v1/public/")} == {
        "/", "/docs", "/problems", "/problems/{code}", "/healthz", "/readyz", "/metrics",
    }  # fmt: skip


def test_names_of_operations_are_unique():
    names = [operation.id for operation in OPERATIONS]
    assert len(names) == len(set(names))


@EVERY
def test_an_operation_says_what_it_does(operation: Operation):
    document = operation.document
    assert SNAKE.fullmatch(operation.id)
    assert document["summary"]
    assert len(document["description"].split("Roles:")[0].strip()) >= len("One site.")
    assert document["tags"]
    assert set(document["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}


@EVERY
def test_an_operation_says_how_it_refuses(operation: Operation):
    declared = set(operation.document["responses"])
    expected = {"422", "503"}
    if operation.permission != PUBLIC:
        expected |= {"401", "403"}
    if operation.path_names:
        expected |= {"404"}
    if operation.body_schema is not None:
        expected |= {"400", "413", "415"}
    assert expected <= declared
    for status, answer in operation.document["responses"].items():
        assert "X-Request-ID" in answer["headers"]
        if status >= "400" and status != "default":
            assert set(answer["content"]) >= {"application/problem+json"}


@EVERY
def test_an_operation_asks_for_its_credential(operation: Operation):
    assert operation.document["security"] == ([] if operation.permission == PUBLIC else [{"api_key": []}])


@EVERY
def test_posts_take_an_idempotency_key(operation: Operation):
    headers = {item["name"] for item in operation.document.get("parameters", []) if item["in"] == "header"}
    assert ("Idempotency-Key" in headers) == (operation.method == "POST")


@EVERY_BODY
def test_a_body_has_examples_that_fit(operation: Operation):
    schema = operation.body_schema
    assert schema is not None
    assert schema["examples"]
    for example in schema["examples"]:
        jsonschema.validate(example, schema | {"components": DOCUMENT["components"]})


@EVERY
def test_an_answer_has_an_example_that_fits(operation: Operation):
    """A new field needs a word in `app/core/example_words.py`, or an example of its own."""
    for status, answer in operation.document["responses"].items():
        for media_type, content in answer.get("content", {}).items():
            schema = resolved(content["schema"])
            examples = examples_of(media_type, content, schema)
            assert examples, f"{status} {media_type}"
            for example in examples:
                jsonschema.validate(example, schema | {"components": DOCUMENT["components"]})
                assert placeholders_in(example) == []
                assert media_type != MEDIA_TYPE or str(example["status"]) == status


@EVERY
def test_an_answer_says_what_it_consists_of(operation: Operation):
    for status, answer in operation.document["responses"].items():
        assert status in {"204", "304"} or answer.get("content"), status


def examples_of(media_type: str, content: dict[str, Any], schema: dict[str, Any]) -> list[Any]:
    """What Swagger UI shows for it."""
    if media_type == MEDIA_TYPE:
        return [component(example["$ref"])["value"] for example in content["examples"].values()]
    if media_type == "application/json":
        return list(schema["examples"])
    return ["bytes"] if schema.get("format") == "binary" else [content["example"]]


def component(reference: str) -> Any:
    _, _, kind, name = reference.split("/")
    return DOCUMENT["components"][kind][name]


def placeholders_in(example: Any) -> list[Any]:
    """What a generator puts where nobody said anything."""
    if isinstance(example, dict):
        return [found for value in example.values() for found in placeholders_in(value)]
    if isinstance(example, list):
        return [found for value in example for found in placeholders_in(value)]
    return [example] if example in ("string", "", "3fa85f64-5717-4562-b3fc-2c963f66afa6") else []


def test_numbers_of_examples_add_up():
    (entry,) = DOCUMENT["components"]["schemas"]["TimeEntryOut"]["examples"]
    parts = ("drawn", "billable", "quoted", "non_billable", "written_off")
    assert entry["billed_minutes"] == sum(entry[f"{part}_minutes"] for part in parts)
    assert entry["amount_cents"] == entry["billable_minutes"] * entry["hourly_rate_cents"] // 60
    (contract,) = DOCUMENT["components"]["schemas"]["ContractOut"]["examples"]
    assert contract["left_minutes"] == contract["bought_minutes"] - contract["drawn_minutes"]
    assert contract["price_cents"] == contract["bought_minutes"] * contract["discounted_hourly_rate_cents"] // 60


@EVERY_BODY
def test_a_body_takes_no_unknown_fields(operation: Operation):
    assert operation.body_schema is not None
    assert operation.body_schema["additionalProperties"] is False


def test_names_of_shapes_are_unique():
    # FastAPI puts the module before names that are there twice: `app__desk__contacts__schemas__ContactIn`.
    assert not [name for name in DOCUMENT["components"]["schemas"] if "__" in name]


def test_no_shape_speaks_of_floats():
    assert "number" not in types_in(DOCUMENT)


def types_in(value: object) -> set[str]:
    """Every JSON type a schema names."""
    if isinstance(value, list):
        return set().union(*(types_in(item) for item in value))
    if not isinstance(value, dict):
        return set()
    own = {value["type"]} if isinstance(value.get("type"), str) else set()
    return own.union(*(types_in(item) for item in value.values()))


def test_a_form_as_shown_is_one_that_is_taken():
    """Swagger UI fills it with its examples: none that a person would not send, and the trap stays empty."""
    content = DOCUMENT["paths"]["/v1/public/tickets"]["post"]["requestBody"]["content"]["multipart/form-data"]
    fields = content["schema"]["properties"]
    shown = {
        name: field["examples"][0]
        for name, field in fields.items()
        if field["type"] == "string" and "enum" not in field
    }
    assert shown["website"] == shown["altcha"] == ""
    assert not placeholders_in({name: value for name, value in shown.items() if value})
    assert fields["attachments"]["items"]["format"] == "binary"


def test_headers_are_told_where_they_are_sent():
    def headers(path: str, method: str, status: str) -> set[str]:
        return set(DOCUMENT["paths"][path][method]["responses"][status]["headers"])

    assert headers("/v1/public/tickets", "post", "201") >= {"Idempotency-Replayed", "RateLimit-Remaining"}
    assert headers("/v1/public/tickets", "post", "429") >= {"Retry-After", "RateLimit-Reset"}
    assert headers("/v1/tickets", "get", "200") >= {"Link"}
    assert headers("/v1/tickets/{ticket_id}", "get", "200") >= {"ETag"}
    assert headers("/v1/tickets", "get", "401") >= {"WWW-Authenticate"}
