"""Which language a text is written in."""

import pytest

from app.domain.mail_language import language_of

FRENCH = "Bonjour,\ndepuis ce matin la page d'accueil ne s'affiche plus. Merci de votre aide."
ENGLISH = "Hello,\nsince this morning the page does not open. Could you help us, please?"
GERMAN = "Guten Tag,\nseit heute ist die Seite nicht erreichbar. Können Sie uns bitte helfen?"


@pytest.mark.parametrize(("text", "language"), [(FRENCH, "fr"), (ENGLISH, "en"), (GERMAN, "de")])
def test_a_few_lines_are_enough(text: str, language: str):
    assert language_of(text) == language
    assert language_of(text.upper()) == language


@pytest.mark.parametrize("text", ["", "Foobar 2000", "the", "!!! ??? 123", "le the", "le la the we"])
def test_too_little_and_a_draw_say_nothing(text: str):
    assert language_of(text) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [("the we", "en"), ("le la", "fr"), ("der die", "de"), ("le la les the we", "fr"), ("Freundliche Grüße, für", "de"),
     ("GRÜSSE für", "de"), ("été où au", "fr"), ("thanks regards", "en"), ("merci, cordialement", "fr")],
)  # fmt: skip
def test_two_words_decide_when_one_language_has_more(text: str, language: str):
    assert language_of(text) == language


def test_only_the_beginning_is_read():
    assert language_of("x " * 1_999 + "the we") is None
    assert language_of("x " * 1_990 + "the we") == "en"
    assert language_of("le la " + "y " * 2_000 + "the we you " * 100) == "fr"
