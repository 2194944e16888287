"""What the documentation says of answers beside their shape: in words, and which headers they have."""

from typing import Any

TEXT = {"type": "string"}
SECONDS = {"type": "integer"}
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {"description": "Names this request in our logs.", "schema": TEXT},
    "Link": {"description": '`rel="next"`: the next page, where there is one.', "schema": TEXT},
    "ETag": {
        "description": "What you read; send it as If-None-Match, or, where it is taken, as If-Match.",
        "schema": TEXT,
    },
    "Idempotency-Replayed": {"description": "`true`: the reply of an earlier request with this key.", "schema": TEXT},
    "Retry-After": {"description": "After how many seconds to repeat the request.", "schema": SECONDS},
    "WWW-Authenticate": {"description": "`Bearer`, and whether the key sent is not valid.", "schema": TEXT},
    "RateLimit-Limit": {"description": "How many requests are let through in a while.", "schema": SECONDS},
    "RateLimit-Remaining": {"description": "How many of them are left.", "schema": SECONDS},
    "RateLimit-Reset": {"description": "After how many seconds they all are again.", "schema": SECONDS},
}
OF_STATUS = {
    "401": ["WWW-Authenticate"],
    "429": ["Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"],
    "503": ["Retry-After"],
}
UNSAID = "Successful Response"  # FastAPI's word for it


def describe(responses: dict[str, dict[str, Any]], schemas: dict[str, Any], *, replays: bool, versioned: bool) -> None:
    """Add to an operation's answers; `versioned`: they carry ETags, `replays`: it takes an Idempotency-Key."""
    limited = "429" in responses
    for status, response in responses.items():
        names = ["X-Request-ID", *OF_STATUS.get(status, ())]
        if status.startswith("2"):
            shape = _shape(response)
            names += ["Idempotency-Replayed"] if replays else []
            names += ["ETag"] if versioned and status != "204" else []
            names += ["Link"] if shape.startswith("Page_") else []
            names += OF_STATUS["429"][1:] if limited else []
            if response["description"] == UNSAID:
                response["description"] = _words(shape, schemas)
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _shape(response: dict[str, Any]) -> str:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _words(shape: str, schemas: dict[str, Any]) -> str:
    if not shape:
        return "Done."
    if shape.startswith("Page_"):
        return "A page of the list."
    return str(schemas[shape].get("description", "Done.")).partition("\n\n")[0]
