"""The help form over a bad network: whatever is lost or pressed twice, one request makes one ticket."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import served_form
from tests.browser.form_page import (
    TICKETS,
    fill,
    keys_sent,
    let_time_pass,
    lose_answers,
    needs_chromium,
    number_shown,
)

pytestmark = needs_chromium


def test_a_double_click_makes_one_ticket(open_form, desk):
    page = open_form("en")
    fill(page, "Clicked twice")
    page.dblclick("#send")
    number_shown(page)
    assert len(desk.tickets("Clicked twice")) == 1


def test_a_lost_answer_is_asked_for_again_with_the_same_key(open_form, desk):
    page = open_form("en")
    keys = keys_sent(page)
    lose_answers(page, times=1)
    fill(page, "Answer lost once")
    page.click("#send")
    number = number_shown(page)
    assert [ticket["number"] for ticket in desk.tickets("Answer lost once")] == [number]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_changed_text_after_a_lost_answer_brings_the_first_ticket_back(open_form, desk):
    page = open_form("en")
    page.clock.install()
    lose_answers(page, times=4)
    fill(page, "Answer lost for good")
    page.click("#send")
    let_time_pass(page, page.locator("#news[data-tone=bad]"))
    expect(page.get_by_role("status")).to_contain_text("could not be reached")
    page.fill("#message", "Something else.")
    page.click("#send")
    number = number_shown(page)
    expect(page.locator("#receipt-facts")).to_contain_text("What you changed since is not in it")
    assert [ticket["number"] for ticket in desk.tickets("Answer lost for good")] == [number]


def test_a_reload_in_the_middle_and_a_second_press_make_one_ticket(open_form, desk):
    page = open_form("en")
    lose_answers(page, times=1)
    fill(page, "Reloaded in between")
    page.click("#send")
    expect(page.get_by_role("status")).to_contain_text("The connection was lost")
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("We kept what you typed")
    expect(page.locator("#subject")).to_have_value("Reloaded in between")
    page.click("#send")
    number = number_shown(page)
    assert [ticket["number"] for ticket in desk.tickets("Reloaded in between")] == [number]
    page.goto(page.url)
    expect(page.locator("#subject")).to_have_value("")


def test_a_busy_desk_is_asked_again_when_it_says(open_form, desk, place):
    page = open_form("en")
    page.clock.install()
    headers = {
        "Access-Control-Allow-Origin": place.form_url.rstrip("/"),
        "Access-Control-Expose-Headers": "Retry-After",
        "Retry-After": "20",
    }
    refused = json.dumps({"status": 429, "code": "rate-limited", "detail": "Too many requests"})
    page.route(
        TICKETS,
        lambda route: route.fulfill(status=429, headers=headers, content_type="application/problem+json", body=refused),
        times=1,
    )
    fill(page, "Sent when there was room")
    page.click("#send")
    expect(page.get_by_role("status")).to_contain_text("by itself in 20 seconds")
    assert desk.tickets("Sent when there was room") == []
    let_time_pass(page, page.locator("#receipt-number"))
    assert len(desk.tickets("Sent when there was room")) == 1


def test_files_travel_with_the_request_even_twice(open_form, desk):
    page = open_form("en")
    lose_answers(page, times=1)
    fill(page, "With two files")
    png = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c489".replace(" ", ""))
    page.set_input_files(
        "#attachments",
        [
            {"name": "écran.png", "mimeType": "image/png", "buffer": png},
            {"name": "log.txt", "mimeType": "text/plain", "buffer": b"timeout after 30 s\n"},
        ],
    )
    page.click("#send")
    number_shown(page)
    tickets = desk.tickets("With two files")
    assert len(tickets) == 1
    assert sorted(desk.file_names(tickets[0])) == ["log.txt", "écran.png"]


def test_a_proof_of_work_is_done_when_the_desk_asks_for_one(open_form, open_place):
    asking = open_place(ALTCHA_REQUIRED="true")
    page = open_form("en", url=asking.form_url)
    fill(page, "Proven")
    page.click("#send")
    number_shown(page, patience_ms=60_000)


def test_a_page_on_another_origin_is_told_politely_and_makes_no_ticket(open_form, desk, place):
    with served_form(0, place.api.url) as url:
        page = open_form("en", url=url)
        page.clock.install()
        fill(page, "From a strange origin")
        page.click("#send")
        let_time_pass(page, page.locator("#news[data-tone=bad]"))
        expect(page.get_by_role("status")).to_contain_text("write to support@e-connect.lu")
        expect(page.locator("#message")).to_have_value("It is slow since this morning.")
        assert desk.tickets("From a strange origin") == []
