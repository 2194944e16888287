"""What comes of a caller who hangs up, and of a database that is away."""

import json
from pathlib import Path

import asyncpg
import pytest
from fastapi import FastAPI
from starlette.types import Message

from app.core.db import UNAVAILABLE, Database
from tests.logs import Logs


@pytest.mark.parametrize("media_type", [b"application/json", b"multipart/form-data; boundary=edge"])
async def test_a_caller_who_hangs_up_within_the_body_is_no_error_of_ours(
    app: FastAPI, database: Database, logs: Logs, media_type: bytes
):
    coming: list[Message] = [
        {"type": "http.request", "body": b"--edge\r\n", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/public/tickets",
        "query_string": b"",
        "headers": [(b"content-type", media_type)],
        "client": ("192.0.2.1", 1),
    }
    app.state.database = database
    await app(scope, receive, send)
    assert sent == []
    (line,) = [json.loads(line) for line in logs.text().splitlines()]
    assert (line["event"], line["level"], line["status"]) == ("request", "info", 499)


@pytest.mark.parametrize("url", ["postgresql://desk@/desk?host={folder}", "postgresql://desk@nowhere.invalid/desk"])
async def test_a_database_that_cannot_be_found_is_unavailable(tmp_path: Path, url: str):
    """503 and Retry-After, not 500: its socket and its name come back when it does."""
    with pytest.raises(UNAVAILABLE):
        await asyncpg.connect(url.format(folder=tmp_path), timeout=5)
