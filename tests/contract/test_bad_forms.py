"""Multipart bodies that no browser sends, on every operation that takes files."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.db import Connection
from tests.builders import Keys
from tests.contract.attacker import Attacker
from tests.contract.hostile import MARKER
from tests.contract.operations import OPERATIONS, Operation
from tests.contract.world import a_world
from tests.logs import Logs

TAKES_FILES = pytest.mark.parametrize(
    "operation", [operation for operation in OPERATIONS if operation.takes_files], ids=lambda operation: operation.id
)
BOUNDARY = "xxBOUNDARYxx"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def part(disposition: str, content: bytes = b"x", *headers: str) -> bytes:
    """One part of a form, as written on the wire."""
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
FILE = 'form-data; name="attachments"; filename="a.txt"'


def field(name: str, content: bytes) -> bytes:
    return part(f'form-data; name="{name}"', content)


def text_fields(operation: Operation) -> bytes:
    """The example's plain fields."""
    return b"".join(field(name, value.encode()) for name, value in operation.example.items() if isinstance(value, str))


def forms(operation: Operation) -> dict[str, tuple[set[int], str, bytes]]:
    """Name → the statuses it may get, the media type and the body."""
    good = text_fields(operation)
    name = next(iter(operation.example))
    mark = MARKER.encode()
    return {
        "no boundary": ({400}, "multipart/form-data", good + END),
        "empty": ({400, 422}, TYPE, b""),
        "only its end": ({400, 422}, TYPE, END),
        "another boundary": ({400, 422}, f"multipart/form-data; boundary={MARKER}", good + END),
        "cut off": ({400}, TYPE, good[:-20]),
        "cut off in a file": ({400}, TYPE, good + part(FILE, mark)[:-10]),
        "no disposition": ({400}, TYPE, f"--{BOUNDARY}\r\n\r\n{MARKER}\r\n".encode() + END),
        "no name": ({400}, TYPE, part("form-data", mark) + good + END),
        "a field twice": ({400}, TYPE, good + field(name, mark) + field(name, mark) + END),
        "unknown field": ({422}, TYPE, good + field(MARKER, mark) + END),
        "field with NUL": ({422}, TYPE, field(name, mark + b"\0") + END),
        "field not UTF-8": ({400}, TYPE, field(name, mark + b"\xff\xfe") + END),
        "60 fields": ({400, 422}, TYPE, b"".join(field(f"f{number}", mark) for number in range(60)) + END),
        "11 files": ({422}, TYPE, good + part(FILE, b"text") * 11 + END),
        "a field of 100 KiB": ({400, 413}, TYPE, good + field(name + "2", b"x" * 100_000) + END),
        "another charset": ({400}, f"{TYPE}; charset=utf-16", good + field(name + "3", "ä".encode("utf-16")) + END),
        "64 KiB in 5 fields": ({413}, TYPE, b"".join(field(f"f{n}", b"x" * 15_000) for n in range(5)) + END),
        "a part's header of 1 MiB": ({400}, TYPE, good + part(FILE, mark, f"X: {'x' * 2**20}") + END),
        "a part of 10,000 headers": ({400}, TYPE, good + part(FILE, mark, *["X: y"] * 10_000) + END),
        "21 MiB": ({413}, TYPE, good + part(FILE, b"x" * 22_020_096) + END),
        "an empty file": ({422}, TYPE, good + part(FILE, b"") + END),
        "a program": ({422}, TYPE, good + part(FILE, b"MZ\x90\x00" + b"\0" * 200) + END),
        "a file elsewhere": ({422}, TYPE, good + part(f'form-data; name="{MARKER}"; filename="a"', b"x") + END),
        "attachments as a field": ({422}, TYPE, good + field("attachments", mark) + END),
        "a header of 100 KiB": ({400, 422}, TYPE, part(FILE, b"x", f"X-{'y' * 100_000}: {MARKER}") + good + END),
    }


@TAKES_FILES
async def test_forms_that_no_browser_sends(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, logs: Logs, operation: Operation
):
    attacker = Attacker(api, conn, keys, await a_world(conn, keys), logs)
    before = await attacker.contents()
    for what, (statuses, media_type, body) in forms(operation).items():
        await attacker.send(operation, what, statuses, content=body, headers={"Content-Type": media_type})
    attacker.check()
    assert await attacker.contents() == before


NAMES = {
    "../../etc/passwd": "passwd",
    "C:\\Windows\\system.ini": "system.ini",
    "a\u202etxt.exe": None,
    "x" * 400 + ".txt": None,
    "a\nb.txt": None,
    ".htaccess": None,
    "%2e%2e%2fx.txt": None,
}


@pytest.mark.parametrize("sent", NAMES)
async def test_file_names_do_no_harm(api: httpx.AsyncClient, keys: Keys, conn: Connection, sent: str):
    world = await a_world(conn, keys)
    body: dict[str, Any] = {"body": "See the file"}
    url = f"/v1/tickets/{world.own['ticket_id']}"
    answer = await api.post(f"{url}/messages", data=body, files={"attachments": (sent, b"Text")}, headers=keys["agent"])
    assert answer.status_code == 201, answer.text
    message_id = answer.json()["message_id"]
    listed = (await api.get(f"{url}/attachments", headers=keys["agent"])).json()["items"]
    (file,) = [item for item in listed if item["message_id"] == message_id]
    name = file["file_name"]
    assert name == (NAMES[sent] or name)
    assert 0 < len(name) <= 150
    assert name.isprintable()
    assert not {"/", "\\", "\u202e"} & set(name)
    loaded = await api.get(f"{url}/attachments/{file['id']}", headers=keys["agent"])
    assert loaded.content == b"Text"
    assert loaded.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert loaded.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in loaded.headers["content-security-policy"]


async def test_a_page_is_kept_as_plain_text(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    world = await a_world(conn, keys)
    url = f"/v1/tickets/{world.own['ticket_id']}"
    page = ("page.html", b"<!doctype html><script>alert(1)</script>", "text/html")
    answer = await api.post(f"{url}/messages", data={"body": "See"}, files={"attachments": page}, headers=keys["agent"])
    kept = await conn.fetchrow(
        "SELECT id, media_type FROM attachments WHERE message_id = $1", UUID(answer.json()["message_id"])
    )
    assert kept is not None
    assert kept["media_type"].startswith("text/plain")
    loaded = await api.get(f"{url}/attachments/{kept['id']}", headers=keys["agent"])
    assert loaded.headers["content-type"].startswith("text/plain")
