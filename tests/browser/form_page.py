"""What a person does with the help form, and what the network does to it."""

import re
import shutil
import time

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

TICKETS = "**/v1/public/tickets"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LOCALES = {"fr": "fr-LU", "en": "en-GB", "de": "de-LU"}
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None,
    reason="no Chromium here (apt-get install chromium): the help form is not tested in a browser",
)


def fill(
    page: Page, subject: str, *, message: str = "It is slow since this morning.", email: str | None = None
) -> None:
    page.fill("#name", "Marie Weber")
    page.fill("#email", email or re.sub(r"[^a-z]+", "-", subject.lower()).strip("-") + "@example.lu")
    page.fill("#subject", subject)
    page.fill("#message", message)


def number_shown(page: Page, patience_ms: int = 20_000) -> str:
    shown = page.locator("#receipt-number")
    expect(shown).to_be_visible(timeout=patience_ms)
    found = re.search(r"EC-\d{4}-\d{6}", shown.inner_text())
    assert found, shown.inner_text()
    return found[0]


def keys_sent(page: Page) -> list[str]:
    """Filled with the Idempotency-Key of every post as it leaves."""
    keys: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            keys.append(request.headers["idempotency-key"])

    page.on("request", note)
    return keys


def let_time_pass(page: Page, until: Locator) -> None:
    """Run the page's clock, not ours, through the pauses between its attempts."""
    for _ in range(100):
        if until.is_visible():
            return
        page.clock.fast_forward(1_000)
        time.sleep(0.05)
    expect(until).to_be_visible()


def lose_answers(page: Page, times: int) -> None:
    """The desk receives the request and answers; the answer never arrives."""
    left = times

    def lose(route: Route) -> None:
        nonlocal left
        if left == 0 or route.request.method != "POST":
            route.continue_()
            return
        left -= 1
        route.fetch()
        route.abort()

    page.route(TICKETS, lose)


def expect_error(page: Page, name: str, text: str) -> None:
    field = page.locator(f"#{name}")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(f"#{name}-error")).to_contain_text(text)
    assert f"{name}-error" in (field.get_attribute("aria-describedby") or "").split()
