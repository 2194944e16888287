"""Values that no field takes, by the JSON schema of the field; and whole bodies that nobody can read."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.contract.operations import resolved

MARKER = "Qmarkerq7"  # in every text we send; an answer or a log line that has it repeats what it was sent
SERVER_OWNED = ("id", "version", "created_at", "number_", "received_at", "queued_at", "secret_hash", "flags")

NOT_TEXT = [1, True, 1.5, [MARKER], {MARKER: MARKER}]
UNSTORABLE = [f"{MARKER}\x00", f"\ud800{MARKER}", f"{MARKER}\udfff\ud800"]
NOT_ONE_LINE = [f"{MARKER}\r\nBcc: x@y.lu", f"{MARKER}\na", f"a\u2028{MARKER}", f"\x1b[2J{MARKER}", f"{MARKER}\x85a"]
MANY_LINES = {"message", "body", "description", "fr", "en", "de", "remarks"}
INVISIBLE = [
    "",
    " ",
    "\t\r\n ",
    "\u202e\u2066",
    "\u200b\ufeff",
    "\u00ad\u00a0\u3000",
    "\u3164",
    "\u2800 \u115f",
    "\u0301\u0301",
]
NOT_AN_INTEGER = [2**31, 2**63, -(2**31), 1.0, 1.5, "1", MARKER, True, [], {}]
NOT_A_BOOLEAN = ["true", 1, 0, MARKER, [], {}]
NOT_AN_ID = ["1.0", "", "x" * 36, MARKER, "019ab000-0000-7000-8000-00000000000g", 1, [], {}, f"{MARKER}\x00"]
NOT_AN_INSTANT = [
    "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z",
    "2026-01-01", "2026-01-01T24:00:01Z", "2026-01-01T00:00:00+99:00", "2026-W01-1T00:00:00Z", 1767225600, MARKER, "",
    "２０２６-01-01T00:00:00Z", None, [], {},
]  # fmt: skip
NOT_A_DATE = [
    "2026-02-30",
    "0000-00-00",
    "2026-1-1",
    "20260101",
    "9999-12-31",
    "2026-01-01T00:00:00Z",
    20260101,
    MARKER,
    "",
]
NOT_AN_ADDRESS = [
    f"{MARKER}@b.lu\r\nBcc: victim@example.lu", f"{MARKER}@b.lu, c@d.lu", f"Name <{MARKER}@b.lu>", f"{MARKER}@localhost",
    f"{MARKER}@[127.0.0.1]", f"({MARKER})a@b.lu", f"@b.lu{MARKER}", MARKER, f"{MARKER}@b..lu", f"{MARKER}@-b.lu", "a@b@c.lu",
    f"{MARKER}\x00@b.lu", f"{'x' * 250}@b.lu", f".{MARKER}@b.lu", f'"{MARKER}\n"@b.lu', f"{MARKER}@",
    f"{MARKER}@xn--", f"=?utf-8?q?{MARKER}?=@b.lu,", f"{MARKER}%@b.lu;c@d.lu",
]  # fmt: skip


def bad_values(schema: dict[str, Any], name: str) -> Iterator[Any]:
    """What a field of this schema must refuse."""
    schema = resolved(schema)
    if "anyOf" in schema:
        options = [resolved(option) for option in schema["anyOf"]]
        nullable = {"type": "null"} in options
        (only,) = [option for option in options if option != {"type": "null"}]
        yield from (value for value in bad_values(only, name) if not (nullable and value is None))
        return
    yield None
    yield from BY_TYPE[schema["type"]](schema)
    if schema.get("minLength"):
        yield from [] if name in MANY_LINES else NOT_ONE_LINE


def _of_text(schema: dict[str, Any]) -> Iterator[Any]:
    yield from NOT_TEXT
    yield from UNSTORABLE
    if "enum" in schema or "pattern" in schema:
        yield from (MARKER, "", f"{MARKER}\n")
    by_format: dict[str, list[Any]] = {
        "uuid": NOT_AN_ID,
        "date-time": NOT_AN_INSTANT,
        "date": NOT_A_DATE,
        "email": NOT_AN_ADDRESS,
    }
    yield from by_format.get(schema.get("format", ""), [])
    if schema.get("minLength"):
        yield from INVISIBLE
    if "maxLength" in schema:
        # One character too many; and the widest characters there are.
        yield MARKER + "x" * (schema["maxLength"] + 1 - len(MARKER))
        yield MARKER + "\U0001f9ff" * (schema["maxLength"] + 1 - len(MARKER))


def _of_number(schema: dict[str, Any]) -> Iterator[Any]:
    yield from NOT_AN_INTEGER
    yield int(schema["minimum"]) - 1
    yield int(schema["maximum"]) + 1


def _of_boolean(_schema: dict[str, Any]) -> Iterator[Any]:
    return iter(NOT_A_BOOLEAN)


def _of_list(schema: dict[str, Any]) -> Iterator[Any]:
    yield from (MARKER, 1, True, {})
    yield [MARKER] * (schema["maxItems"] + 1)
    if schema["items"]:
        yield from ([value] for value in bad_values(schema["items"], "item"))


def _of_object(schema: dict[str, Any]) -> Iterator[Any]:
    yield from (MARKER, 1, True, [], {MARKER: 1})
    whole = dict.fromkeys(schema["properties"], "1")
    for name, field in schema["properties"].items():
        yield from (whole | {name: value} for value in bad_values(field, name))


BY_TYPE: dict[str, Callable[[dict[str, Any]], Iterator[Any]]] = {
    "string": _of_text,
    "integer": _of_number,
    "boolean": _of_boolean,
    "array": _of_list,
    "object": _of_object,
}


def bodies(good: dict[str, Any]) -> dict[str, tuple[int, bytes, dict[str, str]]]:
    """Name → the status it must get, the bytes, and headers that differ from plain JSON."""
    text = json.dumps(good | {MARKER: MARKER}).encode()
    plain = json.dumps(good).encode()
    name = next(iter(good), "reason")
    return {
        "empty": (400, b"", {}),
        "truncated": (400, text[:-1], {}),
        "trailing text": (400, plain + MARKER.encode(), {}),
        "not UTF-8": (400, b'{"' + MARKER.encode() + b'": "\xff\xfe"}', {}),
        "overlong UTF-8": (400, b'{"' + MARKER.encode() + b'": "\xc0\xaf"}', {}),
        "byte order mark": (400, b"\xef\xbb\xbf" + plain, {}),
        "UTF-16": (400, plain.decode().encode("utf-16"), {}),
        "deep nesting": (400, b'{"a":' * 9_000 + b"1" + b"}" * 9_000, {}),
        "deep lists": (400, b"[" * 30_000 + b"]" * 30_000, {}),
        "duplicate keys": (400, f'{{"{name}": "{MARKER}", "{name}": "{MARKER}"}}'.encode(), {}),
        "NaN": (400, f'{{"{name}": NaN}}'.encode(), {}),
        "Infinity": (400, f'{{"{name}": -Infinity}}'.encode(), {}),
        "single quotes": (400, f"{{'{name}': '{MARKER}'}}".encode(), {}),
        "comment": (400, plain + b" // " + MARKER.encode(), {}),
        "5,000 digits": (422, f'{{"{name}": {"9" * 5_000}}}'.encode(), {}),
        "huge exponent": (422, f'{{"{name}": 1e99999}}'.encode(), {}),
        "a list": (422, f'["{MARKER}"]'.encode(), {}),
        "a text": (422, f'"{MARKER}"'.encode(), {}),
        "a number": (422, b"17", {}),
        "null": (422, b"null", {}),
        "unknown key": (422, text, {}),
        "key with NUL": (422, json.dumps(good | {f"{MARKER}\x00": 1}).encode(), {}),
        "key with half a character": (422, json.dumps(good | {f"{MARKER}\ud800": 1}).encode(), {}),
        "prototype key": (422, json.dumps(good | {"__proto__": {"admin": True}}).encode(), {}),
        "10 MB field": (413, json.dumps(good | {name: MARKER + "x" * 10_000_000}).encode(), {}),
        "text/plain": (415, plain, {"Content-Type": "text/plain"}),
        "XML": (415, b"<x/>", {"Content-Type": "application/xml"}),
        "url encoded": (415, b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}),
        "no type": (415, plain, {"Content-Type": ""}),
        "other JSON": (415, plain, {"Content-Type": f"application/{MARKER}+json"}),
        "gzip": (415, gzip.compress(plain), {"Content-Encoding": "gzip"}),
        "unknown coding": (415, plain, {"Content-Encoding": MARKER}),
    }
