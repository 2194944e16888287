"""What a client does with a quote's link, in a real browser against the real desk."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from app.adapters.embedded_postgres import Cluster
from tests.browser.conftest import SERVE
from tests.browser.form_page import LOCALES, needs_chromium
from tests.live import LiveServer, LiveServers, free_port

pytestmark = needs_chromium
REMARKS = "Without translations.\n<i>Two weeks.</i>"
LINES = [
    {"description": "<b>Page</b> with a map", "minutes": 840},
    {"description": "Licence", "quantity": 1, "unit_price_cents": 9_000, "discount_bp": 1_000},
]


@contextmanager
def served_page(port: int, api: str) -> Iterator[str]:
    """The address of the quote page, served as its README says."""
    folder = SERVE.parents[1] / "quote-page"
    command = [sys.executable, str(SERVE), "--folder", str(folder), "--port", str(port), "--api", api]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Quote page: ")
            yield line.split()[2]
        finally:
            process.terminate()


class Place:
    """The desk, its page, and an agent who sends quotes."""

    def __init__(self, api: LiveServer, url: str) -> None:
        self.url = url
        self.agent = httpx.Client(base_url=api.url, headers=api.keys["agent"])
        self.client_id = str(api.keys.client_id)

    def post(self, path: str, body: Any) -> Any:
        return self.agent.post(path, json=body).raise_for_status().json()

    def sent(self, kind: str = "quote", lines: Any = None) -> Any:
        ticket = self.post(
            "/v1/tickets",
            {
                "requester": {"name": "Rita", "email": "rita@elsewhere.example"},
                "subject": "A page", "message": "With a map.", "client_id": self.client_id,
            },
        )  # fmt: skip
        body = {"ticket_id": ticket["id"], "kind": kind, "lines": lines or LINES, "remarks": REMARKS}
        return self.post(f"/v1/quotes/{self.post('/v1/quotes', body)['id']}/sending", {})

    def read(self, quote: Any) -> Any:
        return self.agent.get(f"/v1/quotes/{quote['id']}").raise_for_status().json()

    def link(self, quote: Any) -> str:
        return f"{self.url}#{quote['url'].rpartition('#')[2]}"


# Longer than the browser lives, whose event loop runs in this thread.
@pytest.fixture(scope="session")
def place(cluster: Cluster) -> Iterator[Place]:
    port = free_port()
    origins = json.dumps([f"http://127.0.0.1:{port}"])
    with LiveServers(cluster) as servers:
        # In a thread, because the browser's event loop may be running in this one.
        with ThreadPoolExecutor(1) as thread:
            api = thread.submit(partial(servers.start, CORS_ORIGINS=origins)).result()
        with served_page(port, api.url) as url:
            made = Place(api, url)
            yield made
            made.agent.close()


@pytest.fixture
def open_quote(browser: Browser, place: Place) -> Iterator[Any]:
    """Open a quote's link in a fresh profile; a script's error fails the test."""
    contexts, broken = [], []

    def open_(url: str, language: str = "en") -> Page:
        context = browser.new_context(locale=LOCALES[language])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert broken == []


def test_the_page_shows_all_of_the_quote_in_three_languages(open_quote: Any, place: Place):
    quote = place.sent()
    page = open_quote(place.link(quote), "fr")
    expect(page.locator("#title")).to_have_text(f"Devis {quote['number']}, version 1")
    for language, title, total in (
        ("en", "Quote", "€2,060.37"),
        ("de", "Angebot", "2.060,37"),
        ("fr", "Devis", "060,37"),
    ):
        page.click(f"[data-language={language}]")
        expect(page.locator("#title")).to_contain_text(title)
        expect(page.locator("#sums tr:last-child")).to_contain_text(total)
    expect(page.locator("#lines tr").first).to_contain_text("<b>Page</b> with a map")
    expect(page.locator("#remarks")).to_have_text(REMARKS)
    expect(page.locator("#text")).to_be_visible()
    expect(page.locator("#text")).to_contain_text(f"Devis {quote['number']}, version 1")
    expect(page.locator("#digest")).to_have_text(quote["text_sha256"])
    with page.expect_download() as download:
        page.click("#pdf")
    assert download.value.suggested_filename == f"{quote['number']}-v1.pdf"
    assert place.read(quote)["status"] == "sent"


def test_accepting_takes_a_name_and_one_press(open_quote: Any, place: Place):
    quote = place.sent()
    page = open_quote(place.link(quote))
    page.click("#accept")
    expect(page.locator("#name-error")).to_have_text("Tell us who answers.")
    expect(page.locator("#name")).to_be_focused()
    page.fill("#name", "Rita Requester")
    page.fill("#role", "Manager")
    page.dblclick("#accept")
    expect(page.get_by_role("status")).to_contain_text("Accepted by Rita Requester")
    expect(page.locator("#decide")).to_be_hidden()
    decided = place.read(quote)["decision"]
    assert (decided["decision"], decided["name"], decided["role"]) == ("accepted", "Rita Requester", "Manager")
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("Accepted by Rita Requester")


def test_refusing_tells_why(open_quote: Any, place: Place):
    quote = place.sent("estimate", LINES[:1])
    page = open_quote(place.link(quote), "de")
    page.fill("#name", "Tom")
    page.fill("#reason", "Zu teuer")
    page.click("#refuse")
    expect(page.get_by_role("status")).to_contain_text("Abgelehnt von Tom")
    assert place.read(quote)["decision"]["reason"] == "Zu teuer"


def test_a_lost_answer_is_no_second_acceptance(open_quote: Any, place: Place):
    quote = place.sent()
    page = open_quote(place.link(quote))
    lost: list[Any] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    page.route("**/acceptance", lose)
    page.fill("#name", "Rita")
    page.click("#accept")
    expect(page.get_by_role("status")).to_contain_text("could not be reached")
    page.click("#accept")
    expect(page.get_by_role("status")).to_contain_text("Accepted by Rita")


def test_somebody_else_was_quicker(open_quote: Any, place: Place):
    quote = place.sent()
    page = open_quote(place.link(quote))
    page.fill("#name", "Rita")
    place.post(f"/v1/quotes/{quote['id']}/acceptance", {"name": "Boss", "reference": "letter"})
    page.click("#refuse")
    expect(page.get_by_role("status")).to_contain_text("Accepted by Boss")


def test_old_and_wrong_links_say_so(open_quote: Any, place: Place):
    quote = place.sent()
    place.post(f"/v1/quotes/{quote['id']}/versions", {"lines": LINES})
    page = open_quote(place.link(quote))
    expect(page.get_by_role("status")).to_contain_text("newer version")
    expect(page.locator("#decide")).to_be_hidden()
    for wrong in ("", "#nonsense", "#" + "A" * 43):
        page = open_quote(place.url + wrong)
        expect(page.get_by_role("status")).to_contain_text("leads to no quote")
