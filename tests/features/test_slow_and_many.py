"""Bodies that trickle, and more of them at a time than memory can hold."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Connection
from app.core.intake import Intake
from app.core.settings import Settings
from tests.builders import Keys
from tests.contract.test_bad_forms import END, FILE, TYPE, field, part

FORM = {"name": "Rita", "email": "rita@elsewhere.example", "subject": "The menu", "message": "It does not open."}
FIELDS = b"".join(field(name, value.encode()) for name, value in FORM.items())
PUBLIC = "/v1/public/tickets"


async def pieces(*content: bytes, pause: asyncio.Event | None = None) -> AsyncIterator[bytes]:
    """A body in pieces; before the last one it waits for `pause`."""
    for piece in content[:-1]:
        yield piece
    if pause is not None:
        await pause.wait()
    yield content[-1]


@pytest.mark.parametrize(
    ("path", "media_type", "start"),
    [
        (PUBLIC, "application/json", b'{"name": '),
        (PUBLIC, TYPE, FIELDS),
        ("/v1/tickets", "application/json", b"{"),
        ("/v1/inbound-messages?mailbox=support@e-connect.lu", "message/rfc822", b"Subject: x\r\n"),
    ],
)
async def test_a_body_that_trickles_is_cut(
    api: httpx.AsyncClient, app: FastAPI, settings: Settings, keys: Keys, path: str, media_type: str, start: bytes
):
    app.state.settings = settings.model_copy(update={"body_seconds": 0})
    key = keys["admin"] | {"Content-Type": media_type}
    async with asyncio.timeout(5):
        answer = await api.post(path, headers=key, content=pieces(start, b"", pause=asyncio.Event()))
    assert (answer.status_code, answer.json()["code"]) == (408, "request-timeout")
    assert answer.headers["connection"] == "close"


async def test_a_large_body_gets_time_by_what_has_come(api: httpx.AsyncClient, app: FastAPI, settings: Settings):
    app.state.settings = settings.model_copy(update={"body_seconds": 0})
    head = part(FILE)[:-3]
    body = FIELDS + head + b"text\n" * 20_000 + b"\r\n"

    async def slowly() -> AsyncIterator[bytes]:
        yield body
        await asyncio.sleep(0.5)  # too long for a small body, not for one of which 100 kB have come
        yield END

    answer = await api.post(PUBLIC, headers={"Content-Type": TYPE}, content=slowly())
    assert answer.status_code == 201, answer.text


class Uploads:
    """Forms with a file that stop before their end until they may go on."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self.api = api
        self.go_on = asyncio.Event()
        self.tasks: list[asyncio.Task[httpx.Response]] = []

    async def start(self, number: int, size: int) -> None:
        for _ in range(number):
            content = pieces(FIELDS, part(FILE, b"x" * size), END, pause=self.go_on)
            request = self.api.post(PUBLIC, headers={"Content-Type": TYPE}, content=content)
            self.tasks.append(asyncio.create_task(request))
        await asyncio.sleep(0.2)

    async def end(self) -> list[int]:
        self.go_on.set()
        return [answer.status_code for answer in await asyncio.gather(*self.tasks)]


async def test_one_address_sends_so_many_files_at_a_time(
    committing_api: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.state._state, "intake", Intake(2**30, 2))
    uploads = Uploads(committing_api)
    await uploads.start(2, 1000)
    third = await committing_api.post(PUBLIC, headers={"Content-Type": TYPE}, content=FIELDS + END)
    assert (third.status_code, third.json()["code"]) == (429, "too-many-uploads")
    assert third.headers["retry-after"] == "5"
    assert await uploads.end() == [201, 201]
    assert (await committing_api.post(PUBLIC, headers={"Content-Type": TYPE}, content=FIELDS + END)).status_code == 201


async def test_all_together_hold_no_more_than_there_is_room_for(
    committing_api: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
):
    intake = Intake(250_000, 10)
    monkeypatch.setitem(app.state._state, "intake", intake)
    uploads = Uploads(committing_api)
    await uploads.start(2, 100_000)
    third = await committing_api.post(
        PUBLIC, headers={"Content-Type": TYPE}, content=FIELDS + part(FILE, b"x" * 100_000) + END
    )
    assert (third.status_code, third.json()["code"]) == (503, "unavailable")
    assert await uploads.end() == [201, 201]
    assert intake.held_bytes == 0


async def test_forms_are_counted_before_their_files_are_taken_in(
    api: httpx.AsyncClient, app: FastAPI, settings: Settings
):
    """One too many is refused at its head; and one form counts once."""
    app.state.settings = settings.model_copy(update={"form_per_minute_per_ip": 3})
    headers = {"Content-Type": TYPE}
    left = []
    for number in range(3):
        fields = FIELDS.replace(b"rita@", f"rita{number}@".encode())
        answer = await api.post(PUBLIC, headers=headers, content=fields + END)
        assert answer.status_code == 201, answer.text
        left.append(answer.headers["ratelimit-remaining"])
    assert left == ["2", "1", "0"]

    async def never_read() -> AsyncIterator[bytes]:
        raise AssertionError("the body is read")
        yield b""

    assert (await api.post(PUBLIC, headers=headers, content=never_read())).status_code == 429


async def test_a_repeat_of_an_answered_form_counts_for_nothing(
    api: httpx.AsyncClient, app: FastAPI, settings: Settings, conn: Connection
):
    app.state.settings = settings.model_copy(update={"form_per_minute_per_ip": 1})
    headers = {"Content-Type": TYPE, "Idempotency-Key": "once"}
    body = FIELDS + part(FILE, b"timeout\n") + END
    answers: list[Any] = [await api.post(PUBLIC, headers=headers, content=body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[2].headers["idempotency-replayed"] == "true"


async def test_another_form_with_a_key_that_is_taken_is_refused(api: httpx.AsyncClient):
    headers = {"Content-Type": TYPE, "Idempotency-Key": "once"}
    for file, status in ((b"one", 201), (b"two", 422), (b"one", 201)):
        answer = await api.post(PUBLIC, headers=headers, content=FIELDS + part(FILE, file) + END)
        assert answer.status_code == status
