"""Outlook's compressed RTF, read without trusting a byte of it."""

import time

import pytest
from compressed_rtf import compress

from app.adapters import rtf
from app.adapters.rtf import LARGEST, text_of_rtf
from tests.winmail import rtf as a_text

# The example of MS-OXRTFCP, 3.1.
HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
# HTML inside RTF (MS-OXRTFEX): what a reader of RTF would not show is the HTML.
HTML_INSIDE = rb"""{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl
{\f0\fswiss\fcharset0 Arial;}}
{\*\htmltag19 <html>}{\*\htmltag34 <head>}{\*\htmltag241 <style>}{\*\htmltag241 p {margin:0}}{\*\htmltag249 </style>}
{\*\htmltag41 </head>}{\*\htmltag50 <body>}\htmlrtf \lang1033\htmlrtf0
{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Guten Tag,
{\*\htmltag116 <br>}\htmlrtf \line
\htmlrtf0 die Seite \'f6ffnet nicht.
{\*\htmltag72 </p>}\htmlrtf\par}\htmlrtf0
{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Danke{\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 sehr
{\*\htmltag72 </p>}\htmlrtf\par}\htmlrtf0
{\*\htmltag58 </body>}{\*\htmltag27 </html>}}"""


@pytest.mark.parametrize(
    ("compressed", "text"),
    [
        (HELLO, "hello world"),
        (a_text(rb"Bonjour,\par\par Le caf\'e9"), "Bonjour,\n\nLe café"),
        (a_text(rb"{\f1 P\'f8\'edli\'9a} \'f8"), "Příliš ø"),
        (a_text(rb"\u8364? \u-10179?\u-8704? \u-10179?"), "€ 😀 \ufffd"),
        (a_text(rb"a{\pict\wmetafile8 0123456789abcdef}{\*\unknown b}c"), "ac"),
        (compress(HTML_INSIDE), "Guten Tag,\ndie Seite öffnet nicht.\nDanke\xa0sehr"),
        (compress(rb"{\rtf1 plain}", compressed=False), "plain"),
    ],
)
def test_its_words_are_read(compressed: bytes, text: str):
    assert text_of_rtf(compressed) == text


@pytest.mark.parametrize(
    "compressed",
    [
        b"", b"short", HELLO[:20], HELLO[:-4] + b"oops", compress(b"no RTF at all"), compress(rb"{\rtf1 \uc x}"),
        b"\xff" * 100, compress(rb"{\rtf1 " + b"a" * LARGEST + b"}", compressed=False),
    ],
)  # fmt: skip
def test_what_is_none_is_nothing(compressed: bytes):
    assert text_of_rtf(compressed) == ""


def test_its_time_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rtf, "SECONDS", 0.05)
    started = time.monotonic()
    assert text_of_rtf(compress(rb"{\rtf1 " + b"{\\b a}" * 40_000 + b"}", compressed=False)) == ""
    assert time.monotonic() - started < 1
