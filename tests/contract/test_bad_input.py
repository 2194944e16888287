"""Whatever is sent: a 4xx that says what is wrong, nothing repeated, nothing half done."""

import json

import httpx
import pytest

from app.core import paging
from app.core.db import Connection
from tests.builders import Keys
from tests.contract.attacker import Attacker
from tests.contract.hostile import MARKER, SERVER_OWNED, bad_values, bodies
from tests.contract.operations import OPERATIONS, WITH_BODY, Operation
from tests.contract.world import ABSENT, a_world
from tests.logs import Logs

EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
EVERY_BODY = pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)


@pytest.fixture
async def attacker(api: httpx.AsyncClient, conn: Connection, keys: Keys, logs: Logs) -> Attacker:
    return Attacker(api, conn, keys, await a_world(conn, keys), logs)


@EVERY_BODY
async def test_bodies_that_cannot_be_read(attacker: Attacker, operation: Operation):
    before = await attacker.contents()
    for what, (status, body, headers) in bodies(operation.example).items():
        await attacker.send(operation, what, {status}, content=body, headers=headers)
    attacker.check()
    assert await attacker.contents() == before


@EVERY_BODY
async def test_fields_that_are_not_acceptable(attacker: Attacker, operation: Operation):
    before = await attacker.contents()
    schema = operation.body_schema
    assert schema is not None
    for name, field in schema["properties"].items():
        for value in bad_values(field, name):
            body = json.dumps(operation.example | {name: value}).encode()
            what = f"{name} = {str(value)[:60]!r}"
            answer = await attacker.send(operation, what, {422, 413}, content=body)
            if answer.status_code == 422 and not points_to(answer, name):
                attacker.offences.append(f"{operation.id}, {what}: points elsewhere: {answer.text[:300]}")
    attacker.check()
    assert await attacker.contents() == before


def points_to(answer: httpx.Response, name: str) -> bool:
    """Whether an error names the field, something inside it, or (when its value has no place) the body."""
    pointers = {error["pointer"] for error in answer.json().get("errors", [])}
    return any(f"{pointer}/".startswith(f"/{name}/") or not pointer for pointer in pointers)


@EVERY_BODY
async def test_fields_that_are_missing_or_not_the_clients_to_set(attacker: Attacker, operation: Operation):
    before = await attacker.contents()
    schema = operation.body_schema
    assert schema is not None
    for name in schema.get("required", []):
        body = {key: value for key, value in operation.example.items() if key != name}
        await attacker.send(operation, f"without {name}", {422}, json=body)
    for name in SERVER_OWNED:
        await attacker.send(operation, f"with {name}", {422}, json=operation.example | {name: MARKER})
    attacker.check()
    assert await attacker.contents() == before


NUMBERS = ["0", "-1", "101", "1000000000", "1.0", "1e1", "", "x", "0x1", "1_0", "%201", "%D9%A3", "9" * 5000, "%00"]
ODD = ["", "%00", "%00" + MARKER, MARKER, "%FF" + MARKER, "%ED%A0%80", "1.0", "'", "x" * 5000, "%0A" + MARKER]
CURSORS = [
    "x", "====", MARKER, "W10", "bnVsbA", "e30", "WzFd", "WzEsMiwzLDRd", "WyIyMDI2LTAxLTAxIiwieCJd", "eyJhIjoxfQ",
    "WzEsInVyZ2VudCIsIjIwMjYtMDEtMDFUMDA6MDA6MDArMDA6MDAiLDk5OTk5OTk5OTk5OTk5OTk5OTk5XQ", "WzFlOTk5XQ", "WyJcdTAwMDAiXQ",
    "WyJcdWQ4MDAiXQ", "W1tbW11dXV1d", "x" * 501, "é", "%00", "W3RydWVd",
]  # fmt: skip

FORGED = [  # well-formed, as of another list: an empty or a refused page, never more
    paging.encode("9999-12-31T23:59:59-14:00", ABSENT), paging.encode("0001-01-01T00:00:00+14:00", ABSENT),
    paging.encode("9999-12-31"), paging.encode("0001-01-01"), paging.encode(ABSENT), paging.encode("x", ABSENT),
    paging.encode(2**53 - 1, "urgent", "9999-12-31T23:59:59-14:00", 2**53 - 1), paging.encode(1, "x" * 300),
    paging.encode(1, "standard", "0001-01-01T00:00:00+14:00", 0), paging.encode("\udfff"), paging.encode("1" * 400),
]  # fmt: skip
FREE_TEXT = {"q", "number"}


@EVERY
async def test_queries_that_are_not_acceptable(attacker: Attacker, operation: Operation):
    before = await attacker.contents()
    path = operation.path.format(**attacker.world.own)
    request = operation.request
    for query in (f"{MARKER}=1", f"limit_=1&{MARKER}", "%00=1", "q[]=1", "__proto__=1"):
        await attacker.send(operation, query, {422}, url=f"{path}?{query}", **request)
    for name in operation.query_names:
        await attacker.send(operation, f"{name} twice", {422}, url=f"{path}?{name}=1&{name}=1", **request)
        for value in {"limit": NUMBERS, "year": NUMBERS, "cursor": CURSORS}.get(name, ODD):
            fine = {422, 200} if name in FREE_TEXT else {422}
            await attacker.send(operation, f"{name}={value[:40]}", fine, url=f"{path}?{name}={value}", **request)
    for value in FORGED if "cursor" in operation.query_names else []:
        await attacker.send(operation, f"cursor={value[:40]}", {200, 422}, url=f"{path}?cursor={value}", **request)
    attacker.check()
    assert await attacker.contents() == before


@EVERY
async def test_paths_that_lead_nowhere(attacker: Attacker, operation: Operation):
    before = await attacker.contents()
    request = operation.request
    for name in operation.path_names:
        good = attacker.world.own
        for value in ("%00", "1.0", "-1", MARKER, f"%FF{MARKER}", "%0A", "x" * 5000, f"{good[name]}%0A", f"{good[name]}%00",
                      "%2e%2e", "%E2%80%AE", "'", f"{good[name]}x", "9" * 400):  # fmt: skip
            url = operation.path.format(**good | {name: value})
            await attacker.send(operation, f"{name}={value[:40]}", {404, 422}, url=url, **request)
    url = operation.path.format(**attacker.world.own)
    for wrong in (f"{url}/", f"{url}/{MARKER}/x/y/z", f"http://desk.test/{url}", f"{url};{MARKER}=1", url.upper()):
        await attacker.send(operation, wrong, {404, 405, 422}, url=wrong, **request)
    attacker.check()
    assert await attacker.contents() == before


@EVERY
async def test_methods_that_are_not_offered(attacker: Attacker, operation: Operation):
    offered = {other.method for other in OPERATIONS if other.path == operation.path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - offered:
        answer = await attacker.send(operation, method, {405}, method=method)
        assert {name.strip() for name in answer.headers["allow"].split(",")} - {"HEAD", "OPTIONS"} == offered
    attacker.check()


@EVERY
async def test_headers_that_are_not_acceptable(attacker: Attacker, operation: Operation):
    before = await attacker.contents()
    request = operation.request
    if operation.method == "POST":
        for key in (b"", b"x" * 256, MARKER.encode() + b"\xff", b"a\x01b", b"\xe2\x82\xac"):
            await attacker.send(operation, f"key {key!r}", {422}, headers={"Idempotency-Key": key}, **request)
    if operation.method in {"PATCH", "DELETE"} and "412" in operation.document["responses"]:
        for tag in (MARKER, f'"{MARKER}"', "", 'W/"1"', '"999"', b"\xff", ", ,"):
            await attacker.send(operation, f"If-Match {tag!r}", {412}, headers={"If-Match": tag}, **request)
    attacker.check()
    assert await attacker.contents() == before


@pytest.mark.parametrize("sent", [MARKER + " <script>", "short", "x" * 65, "", "a\tbcdefgh"])
async def test_request_ids_of_others_are_replaced_when_odd(api: httpx.AsyncClient, sent: str):
    answer = await api.get("/healthz", headers={"X-Request-ID": sent})
    assert answer.headers["x-request-id"] != sent
    assert answer.headers["x-request-id"].isalnum()
