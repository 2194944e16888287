"""A real browser, the help form on an origin of its own, and the desk behind the API."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect, sync_playwright

from app.adapters.embedded_postgres import Cluster
from tests.browser.form_page import CHROMIUM, LOCALES
from tests.live import LiveServer, LiveServers, free_port

SERVE = Path(__file__).parents[2] / "examples" / "help-form" / "serve.py"
# Nothing of the browser's own may go out to the network, and root needs --no-sandbox.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # a busy machine is no failure


class Desk:
    """The desk's side, seen by an agent."""

    def __init__(self, server: LiveServer) -> None:
        self.client = httpx.Client(base_url=server.url, headers=server.keys["agent"])

    def _read(self, path: str, **query: str) -> list[dict[str, Any]]:
        answer = self.client.get(path, params=query).raise_for_status().json()
        items: list[dict[str, Any]] = answer["items"]
        return items

    def tickets(self, subject: str) -> list[dict[str, Any]]:
        """All tickets with that subject."""
        return [ticket for ticket in self._read("/v1/tickets", q=subject) if ticket["subject"] == subject]

    def file_names(self, ticket: dict[str, Any]) -> list[str]:
        """Of the files on a ticket."""
        return [file["file_name"] for file in self._read(f"/v1/tickets/{ticket['id']}/attachments")]

    def answer(self, ticket: dict[str, Any], text: str) -> None:
        """Write to the client."""
        message = {"body": text, "visibility": "public"}
        self.client.post(f"/v1/tickets/{ticket['id']}/messages", json=message).raise_for_status()


@dataclass(frozen=True)
class Place:
    """An API and a form on the one origin that it lets in."""

    api: LiveServer
    form_url: str


@pytest.fixture(scope="session")
def open_place(cluster: Cluster) -> Iterator[Callable[..., Place]]:
    """Start an API with its form: `open_place(ALTCHA_REQUIRED="true")`; all of them end with the run."""
    with ExitStack() as stack:
        servers = stack.enter_context(LiveServers(cluster))

        def open_(**environment: str) -> Place:
            port = free_port()
            environment["CORS_ORIGINS"] = json.dumps([f"http://127.0.0.1:{port}"])
            # In a thread, because the browser's event loop may be running in this one.
            with ThreadPoolExecutor(1) as thread:
                api = thread.submit(partial(servers.start, **environment)).result()
            return Place(api, stack.enter_context(served_form(port, api.url)))

        yield open_


@pytest.fixture(scope="session")
def place(open_place: Callable[..., Place]) -> Place:
    """The API and the form of most tests."""
    return open_place()


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    """The desk behind that API."""
    seen = Desk(place.api)
    yield seen
    seen.client.close()


# Only while a module's tests run: the browser's event loop must not meet those of the asynchronous tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@contextmanager
def served_form(port: int, api: str) -> Iterator[str]:
    """The address of the form, served by the example's own server; port 0 takes any."""
    command = [sys.executable, str(SERVE), "--port", str(port), "--api", api]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield line.split()[2]
        finally:
            process.terminate()


@pytest.fixture
def open_form(browser: Browser, place: Place) -> Iterator[Callable[..., Page]]:
    """Open the form in a fresh browser profile; an error or a dialog of a script fails the test."""
    contexts: list[BrowserContext] = []
    broken: list[str] = []

    def refuse(dialog: Dialog) -> None:
        broken.append(dialog.message)
        dialog.dismiss()

    def open_(language: str = "en", query: str = "", url: str = place.form_url, **options: Any) -> Page:
        context = browser.new_context(locale=LOCALES[language], **options)
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("dialog", refuse)
        page.goto(url + query)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert broken == []
