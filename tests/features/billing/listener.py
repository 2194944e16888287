"""Listens to a chapter of the demo inside the test's process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvloop
from fastapi import FastAPI

from app.core.db import Connection
from tests import invariants, money_invariants
from tests.builders import Keys, some_keys
from tests.postgres import Clone, connected, one_transaction
from tests.service import client_of


class Listener:
    """Writes down the figures that a chapter notes, the mails that it waits for, the files that it takes."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, connection: Connection, api: httpx.AsyncClient, keys: Keys
    ) -> None:
        self.loop, self.connection, self.api, self.keys = loop, connection, api, keys
        self.figures: list[str] = []
        self.files: dict[str, bytes] = {}

    def tell(self, text: str) -> None:
        assert text

    def note(self, text: str) -> None:
        self.figures.append(text)

    def mail(self, recipient: str, words: str) -> str:
        self.note(f"mail to {recipient}: {words}")
        return ""

    def file(self, path: str, name: str, *, key: str) -> None:
        answer = self._ask("GET", path, None, key)
        self.files[name] = answer.content

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self._ask(method, path, body, key).json()

    def _ask(self, method: str, path: str, body: Any, key: str | None) -> httpx.Response:
        headers = self.keys[key] if key is not None else {}
        answer = self.loop.run_until_complete(self.api.request(method, path, json=body, headers=headers))
        assert answer.status_code in (200, 201), answer.text
        return answer

    def check_invariants(self) -> None:
        """What must always hold of minutes and money holds."""
        for name in money_invariants.QUERIES:
            assert self.loop.run_until_complete(self.connection.fetch(invariants.QUERIES[name])) == [], name


@contextmanager
def listener(app: FastAPI, database: Clone) -> Iterator[Listener]:
    """A loop of its own, because stories are no coroutines; what is told is rolled back."""
    loop = uvloop.new_event_loop()
    context = connected(database.app_url)
    connection = loop.run_until_complete(context.__aenter__())
    transaction = connection.transaction()
    loop.run_until_complete(transaction.start())
    api = client_of(app, one_transaction(connection))
    try:
        yield Listener(loop, connection, api, loop.run_until_complete(some_keys(connection)))
    finally:
        loop.run_until_complete(transaction.rollback())
        loop.run_until_complete(api.aclose())
        loop.run_until_complete(context.__aexit__(None, None, None))
        loop.close()
