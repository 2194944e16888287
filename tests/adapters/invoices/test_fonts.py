"""What the shipped fonts can show, and what stands for the rest."""

import unicodedata

import pytest

from app.adapters import fonts
from app.adapters.invoice_pdf import Look, invoice_pdf
from tests.adapters.invoices.papers import a_document, a_line

EUROPE = {
    "Latin": (0x41, 0x24F),
    "Latin, more": (0x1E00, 0x1EFF),
    "Greek": (0x386, 0x3CE),
    "Greek, polytonic": (0x1F00, 0x1FFC),
    "Cyrillic": (0x400, 0x4FF),
    "Armenian": (0x531, 0x587),
    "Georgian": (0x10D0, 0x10FF),
}
RARE = set("Ҟҟ")  # Abkhaz, of the old alphabet


@pytest.mark.parametrize("script", EUROPE)
def test_every_letter_of_europe_is_shown(script: str):
    first, last = EUROPE[script]
    letters = [chr(point) for point in range(first, last + 1) if chr(point).isalpha()]
    assert {letter for letter in letters if fonts.REPLACEMENT in fonts.shown(letter)} <= RARE
    assert len(letters) > 30


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Café 12 € — « ça »", "Café 12 € — « ça »"),
        ("Cafe\u0301", "Café"),  # two code points that make one letter
        ("🎉 🚀 👍 ☎", "🎉 🚀 👍 ☎"),
        ("👩\u200d💻 ☎\ufe0f", "👩💻 ☎"),
        ("漢字 שלום", "□□ □□□□"),
        ("one\ntwo\tthree\r\n", "one two three  "),
        ("bell\x07 nul\x00", "bell□ nul□"),
        ("soft\u00adhyphen", "softhyphen"),
        ("ŉ", "ʼn"),  # a spelling that we can show
        ("𓀀", "□"),
    ],
)
def test_what_no_font_can_show_is_visibly_replaced(text: str, shown: str):
    assert fonts.shown(text) == shown


def test_the_archive_takes_every_character_that_we_let_through():
    """Typst refuses to write a PDF/A whose fonts lack a glyph: nothing of the coverage may be missing."""
    points = sorted(fonts.coverage())
    everything = [
        " ".join(fonts.shown(chr(point)) for point in points[place : place + 200])
        for place in range(0, len(points), 200)
    ]
    lines = [a_line(place, description=text or "-") for place, text in enumerate(everything, 1)]
    assert invoice_pdf(a_document(lines), Look()).startswith(b"%PDF-1.7")
    assert len(points) > 3000


@pytest.mark.parametrize("sign", ["□", "-", "€", "−", "\u202f", "\u00a0", "·", "–"])
def test_what_our_own_words_need_is_there(sign: str):
    assert ord(sign) in fonts.coverage()


def test_hidden_signs_are_not_replaced():
    assert all(unicodedata.category(chr(point)) in {"Cf", "Mn"} for point in fonts._HIDDEN)
