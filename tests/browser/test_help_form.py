"""The website's help form in a real browser, on its own origin, against the real API: what people see."""

import pytest
from playwright.sync_api import expect

from tests.browser.form_page import expect_error, fill, keys_sent, needs_chromium, number_shown

pytestmark = needs_chromium

TEXTS = {
    "fr": (
        "Comment pouvons-nous vous aider ?",
        "Nous avons bien reçu votre demande",
        "dans la file d\u2019attente",
    ),
    "en": ("How can we help?", "We have received your request", "waiting in the queue"),
    "de": ("Wie können wir helfen?", "Wir haben Ihre Anfrage erhalten", "in der Warteschlange"),
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_request_goes_from_the_form_to_the_queue_in_each_language(language, open_form, desk):
    title, thanks, waiting = TEXTS[language]
    page = open_form(language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator("#desk-state")).to_be_visible()
    fill(page, f"Slow site, {language}")
    page.click("#send")
    number = number_shown(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(thanks)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    ticket = desk.tickets(f"Slow site, {language}")[0]
    assert (ticket["number"], ticket["channel"], ticket["lane"]) == (number, "form", "standard")
    page.click("#receipt-link")
    expect(page.locator("#ticket-facts")).to_contain_text(waiting)
    expect(page.locator("#ticket-messages li")).to_have_count(1)
    assert ticket["language"] == language


def test_the_language_can_be_switched_with_what_is_typed_and_shown(open_form):
    page = open_form("fr")
    page.fill("#name", "Marie Weber")
    page.click("#send")
    expect_error(page, "email", "Veuillez remplir ce champ.")
    page.click("[data-language=de]")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page).to_have_title("Wie können wir helfen? · e-connect")
    expect_error(page, "email", "Bitte ausfüllen.")
    expect(page.locator("#name")).to_have_value("Marie Weber")


def test_every_field_has_a_label_and_works_from_the_keyboard(open_form):
    page = open_form("en")
    for label in (
        "Your name",
        "E-mail address",
        "Telephone",
        "Company",
        "Website concerned",
        "Subject",
        "Message",
    ):
        page.get_by_label(label, exact=False).first.fill("x")
    page.get_by_label("My request is urgent").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("I accept the urgency fee")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_label("I accept the urgency fee")).to_be_focused()
    expect(page.locator("#website")).not_to_be_in_viewport()


def test_empty_fields_are_named_and_nothing_is_sent(open_form):
    page = open_form("en")
    keys = keys_sent(page)
    page.click("#send")
    for name in ("name", "email", "subject", "message"):
        expect_error(page, name, "Please fill this in.")
    expect(page.locator("#name")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("Nothing was sent yet")
    page.fill("#name", "Marie")
    expect(page.locator("#name-error")).to_be_hidden()
    assert page.locator("#name").get_attribute("aria-invalid") is None
    assert keys == []


def test_what_the_desk_refuses_is_shown_at_its_field_and_can_be_corrected_with_the_same_key(open_form, desk):
    page = open_form("de")
    keys = keys_sent(page)
    fill(page, "Refused first", email="marie@example")
    page.fill("#phone", "call me")
    page.fill("#site_url", "ftp://example.lu")
    page.click("#send")
    expect_error(page, "email", "Das sieht nicht nach einer E-Mail-Adresse aus.")
    expect_error(page, "phone", "Bitte die Nummer mit Landesvorwahl angeben")
    expect_error(page, "site_url", "Das ist keine Adresse einer Website.")
    expect(page.locator("#email")).to_be_focused()
    page.fill("#email", "marie.refused@example.lu")
    page.fill("#phone", "+352 26 12 34 56")
    page.fill("#site_url", "www.example.lu")
    page.click("#send")
    number_shown(page)
    assert len(desk.tickets("Refused first")) == 1
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_an_urgency_without_acceptance_is_refused_at_the_box(open_form, desk):
    page = open_form("fr")
    fill(page, "Urgent, not accepted")
    page.check("#urgent")
    page.click("#send")
    expect_error(page, "urgency_fee_accepted", "Une demande urgente suppose que vous acceptiez les frais")
    expect(page.locator("#urgency_fee_accepted")).to_be_focused()
    assert desk.tickets("Urgent, not accepted") == []


def test_an_urgency_shows_its_fee_before_and_after(open_form, desk):
    page = open_form("en")
    expect(page.locator("#fee")).to_be_hidden()
    fill(page, "Urgent, accepted")
    page.check("#urgent")
    expect(page.locator("#fee-text")).to_contain_text("€150.00")
    expect(page.locator("#fee-text")).to_contain_text("€120.00")
    page.check("#urgency_fee_accepted")
    page.click("#send")
    number_shown(page)
    expect(page.locator("#receipt-facts")).to_contain_text("€150.00")
    assert desk.tickets("Urgent, accepted")[0]["lane"] == "urgent"


def test_a_fee_that_cannot_be_read_cannot_be_accepted(open_form):
    page = open_form("en")
    page.route("**/v1/public/terms", lambda route: route.abort())
    page.reload()
    page.check("#urgent")
    expect(page.locator("#fee-text")).to_contain_text("could not be read")
    expect(page.locator("#urgency_fee_accepted")).to_be_disabled()
    page.unroute("**/v1/public/terms")
    page.click("#fee-again")
    expect(page.locator("#fee-text")).to_contain_text("€150.00")
    expect(page.locator("#urgency_fee_accepted")).to_be_enabled()


def test_a_program_among_the_files_is_refused_at_the_files(open_form, desk):
    page = open_form("en")
    fill(page, "With a program")
    page.set_input_files(
        "#attachments", [{"name": "a.png", "mimeType": "image/png", "buffer": b"MZ\x90\0" + bytes(200)}]
    )
    page.click("#send")
    expect_error(page, "attachments", "This kind of file is not accepted.")
    assert desk.tickets("With a program") == []


def test_markup_in_a_request_is_shown_as_text(open_form):
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    page = open_form("en")
    fill(page, f"Attack {attack}", email="attack@example.lu", message=f"{attack}\n<b>bold</b> {{name}}")
    page.click("#send")
    number_shown(page)
    page.click("#receipt-link")
    expect(page.locator("#ticket-messages .body")).to_have_text(f"{attack}\n<b>bold</b> {{name}}")
    expect(page.locator("#page-lead")).to_have_text(f"Attack {attack}")
    assert page.locator("main b, main script, main img").count() == 0


def test_a_ticket_can_be_followed_and_answered_once(open_form, desk):
    page = open_form("en")
    fill(page, "To be followed")
    page.click("#send")
    number = number_shown(page)
    page.click("#receipt-link")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Ticket {number}")
    desk.answer(desk.tickets("To be followed")[0], "We are looking into it.")
    page.click("#ticket-again")
    expect(page.locator("#ticket-messages .from-desk")).to_contain_text("We are looking into it.")
    page.fill("#reply-message", "Thank you!")
    page.dblclick("#reply button.main")
    expect(page.get_by_role("status")).to_contain_text("Your reply has been added.")
    expect(page.locator("#ticket-messages .from-you")).to_have_count(2)
    expect(page.locator("#reply-message")).to_have_value("")


def test_a_link_that_is_not_ours_shows_no_ticket(open_form):
    page = open_form("en", query="?receipt=nonsense")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link leads to no ticket")
    expect(page.locator("#ticket")).to_be_hidden()


def test_the_page_fits_a_small_screen(open_form):
    page = open_form("de", viewport={"width": 320, "height": 600})
    page.check("#urgent")
    page.click("#send")
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_example_serves_its_own_files_and_nothing_else(browser, place):
    context = browser.new_context()
    answer = context.request.get(place.form_url)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path in ("serve.py", "README.md", "..%2f..%2fpyproject.toml", "texts", "nothing.js"):
        assert context.request.get(place.form_url + path).status == 404
    context.close()
