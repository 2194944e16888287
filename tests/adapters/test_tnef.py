"""Outlook's winmail.dat, read without trusting a byte of it."""

import random
import struct

import pytest

from app.adapters.tnef import MOST, NotTnef, opened
from tests.winmail import (
    CODEPAGE,
    HTML,
    RTF,
    SIGNATURE,
    STRING,
    TEXT,
    a_file,
    attribute,
    properties,
    rtf,
    unicode,
    winmail,
)


def test_files_have_their_long_names_and_bytes():
    found = opened(winmail([a_file("Entwürfe 2026.pdf", b"%PDF-1.7 a"), a_file("b.txt", b"b")]))
    assert found.files == [("Entwürfe 2026.pdf", b"%PDF-1.7 a"), ("b.txt", b"b")]


def test_an_old_file_has_a_title_and_data():
    old = attribute(2, 0x9002, b"") + attribute(2, 0x8010, b"caf\xe9.txt\0") + attribute(2, 0x800F, b"data")
    assert opened(winmail([old])).files == [("café.txt", b"data")]


def test_an_empty_file_is_none():
    assert opened(winmail([attribute(2, 0x9002, b"")])).files == []


@pytest.mark.parametrize(
    ("said", "text", "html"),
    [
        ({TEXT: unicode("Grüße")}, "Grüße", ""),
        ({(STRING, 0x1000): b"Gr\xfc\xdfe\0"}, "Grüße", ""),
        ({(STRING, 0x3FD9): b"beside\0"}, "beside", ""),
        ({HTML: "<p>Grüße</p>".encode(), CODEPAGE: struct.pack("<I", 65001)}, "", "<p>Grüße</p>"),
        ({HTML: b"<p>\xa4</p>", CODEPAGE: struct.pack("<I", 28605)}, "", "<p>€</p>"),
        ({HTML: b"<p>\xfc</p>"}, "", "<p>ü</p>"),
        ({RTF: rtf(rb"Gr\'fc\'dfe")}, "Grüße", ""),
        ({RTF: rtf(b"rich"), TEXT: unicode("plain")}, "plain", ""),
        ({RTF: rtf(b"rich"), HTML: b"<p>page</p>"}, "", "<p>page</p>"),
        ({RTF: b"broken"}, "", ""),
    ],
)
def test_text_is_read_in_its_code_page(said: dict[tuple[int, int], bytes], text: str, html: str):
    found = opened(winmail(said=said))
    assert (found.text, found.html) == (text, html)


def test_an_old_message_has_a_body():
    assert opened(winmail([attribute(1, 0x800C, b"caf\xe9\0")])).text == "café"


def test_a_message_inside_brings_its_text_and_its_files():
    inner = winmail([a_file("deep.txt", b"deep")], {TEXT: unicode("hello")})
    page = winmail(said={HTML: b"<p>hi</p>"})
    found = opened(winmail([a_file("Fwd", inner, message=True), a_file("", page, message=True)]))
    assert found.files == [("Fwd.txt", b"hello"), ("deep.txt", b"deep"), ("SHORT~1.TXT.html", b"<p>hi</p>")]


def test_another_object_is_a_file():
    assert opened(winmail([a_file("drawing.ole", b"\xd0\xcf", message=True)])).files == [("drawing.ole", b"\xd0\xcf")]


def test_what_is_cut_off_at_the_end_is_left_out():
    whole = winmail([a_file("a.txt", b"a"), a_file("b.txt", b"b" * 100)])
    assert opened(whole[:-60]).files == [("a.txt", b"a")]
    assert opened(whole + b"garbage at the end").files == [("a.txt", b"a"), ("b.txt", b"b" * 100)]


def nested(levels: int) -> bytes:
    content = winmail([a_file("x.txt", b"x")])
    for _ in range(levels):
        content = winmail([a_file("", content, message=True)])
    return content


def test_depth_is_bounded():
    assert opened(nested(5)).files == [("x.txt", b"x")]
    with pytest.raises(NotTnef):
        opened(nested(6))


def many(count: int) -> bytes:
    block = struct.pack("<III", 1, 0x3001_1000 | STRING, count) + struct.pack("<I", 0) * count
    return winmail([attribute(2, 0x9002, b""), attribute(2, 0x9005, block)])


def test_the_number_of_values_is_bounded():
    assert opened(many(MOST)).files == []
    with pytest.raises(NotTnef):
        opened(many(MOST + 1))


@pytest.mark.parametrize(
    "block",
    [
        b"", b"\x01\x00\x00\x00", struct.pack("<II", 1, 0x1000_0099), struct.pack("<IIII", 1, 0x1000_001E, 1, 2**31),
        struct.pack("<II", 2**32 - 1, 0x1000_0003),
    ],
)  # fmt: skip
def test_broken_properties_are_refused(block: bytes):
    with pytest.raises(NotTnef):
        opened(winmail([attribute(1, 0x9003, block)]))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", SIGNATURE[:3]])
def test_other_bytes_are_refused(content: bytes):
    with pytest.raises(NotTnef):
        opened(content)


def test_a_signature_alone_is_empty():
    found = opened(SIGNATURE)
    assert (found.text, found.html, found.files) == ("", "", [])


def test_named_numbers_are_passed_over():
    numbered = struct.pack("<I", 2) + struct.pack("<HH", 3, 0x8002) + bytes(16) + struct.pack("<III", 0, 7, 42)
    rest = properties({TEXT: unicode("here")})[4:]
    assert opened(winmail([attribute(1, 0x9003, numbered + rest)])).text == "here"


def test_flipped_bytes_never_break_the_reader():
    whole = winmail([a_file("a.pdf", b"%PDF" * 20), a_file("m", nested(2), message=True)], {TEXT: unicode("hi")})
    chance = random.Random(3)  # noqa: S311 (the same each time)
    for _ in range(3000):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            raw[chance.randrange(6, len(raw))] = chance.choice((0, 1, 255, chance.randrange(256)))
        try:
            opened(bytes(raw[: chance.randint(6, len(raw))]))
        except NotTnef:
            continue
