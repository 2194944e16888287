"""What uploads are, told from their bytes: every common encoding of text, and no programs."""

import gzip
import random
import zipfile
from io import BytesIO

import pytest

from app.adapters.file_type import sniff

LETTER = "Grüße aus Esch-sur-Alzette – l’été coûte 12 €\r\nDeuxième ligne\t.\r\n" * 30


@pytest.mark.parametrize(
    ("encoding", "media_type"),
    [
        ("utf-8", "text/plain; charset=utf-8"),
        ("utf-8-sig", "text/plain; charset=utf-8"),
        ("utf-16", "text/plain; charset=utf-16"),
        ("utf-32", "text/plain; charset=utf-32"),
        ("utf-16-le", "text/plain; charset=utf-16-le"),
        ("utf-16-be", "text/plain; charset=utf-16-be"),
        ("cp1252", "application/octet-stream"),
    ],
)
def test_text_of_western_europe_is_taken_in(encoding: str, media_type: str):
    assert sniff(LETTER.encode(encoding)) == media_type


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("iso-8859-1", "Déjà vu\n"), ("iso-8859-15", "12 €\n"), ("mac_roman", "été\n"), ("cp850", "été ü\n"),
        ("cp437", "naïve\n"), ("iso-8859-2", "žluťoučký kůň\n"), ("cp1251", "Привет\n"), ("koi8_r", "Привет\n"),
        ("shift_jis", "こんにちは\n"), ("euc_jp", "こんにちは\n"), ("iso2022_jp", "こんにちは\n"), ("gb18030", "你好\n"),
        ("big5", "你好\n"), ("euc_kr", "안녕하세요\n"), ("cp1253", "Γειά\n"), ("cp1255", "שלום\n"),
    ],
)  # fmt: skip
def test_text_of_elsewhere_too(encoding: str, text: str):
    assert sniff((text * 20).encode(encoding)) in {"application/octet-stream", "text/plain; charset=utf-8"}


def a_zip(*names: str, mimetype: str | None = None) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype is not None:
            archive.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        for name in names:
            archive.writestr(name, "a" * 100)
    return buffer.getvalue()


OFFICE = "application/vnd.openxmlformats-officedocument"
ODT = "application/vnd.oasis.opendocument.text"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89",
            "image/png",
        ),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "application/pdf"),
        (a_zip("a.txt"), "application/zip"),
        (a_zip("[Content_Types].xml", "word/document.xml"), f"{OFFICE}.wordprocessingml.document"),
        (a_zip("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}.spreadsheetml.sheet"),
        (a_zip("[Content_Types].xml", "ppt/presentation.xml"), f"{OFFICE}.presentationml.presentation"),
        (a_zip("content.xml", mimetype=ODT), ODT),
        (b"<html><script>alert(1)</script></html>", "text/plain; charset=utf-8"),
        (b"<svg onload='alert(1)'>\xe9</svg>", "application/octet-stream"),
    ],
)
def test_what_it_is_counts_not_what_it_says(content: bytes, media_type: str):
    assert sniff(content) == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200),
        b"\x7fELF\x02\x01\x01\x00" + bytes(200),
        b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(50),
        b"\xff\xfeM\x00Z\x00\x00\x00",
        b"\xff\xfe\x00\xd8a\x00",
        b'x\x9f>"' + b"\x01\x00" * 50,
        "text with a \x00".encode("utf-16"),
        b"text with a \x00",
        gzip.compress(b"anything", mtime=0),
        random.Random(2026).randbytes(5000),  # noqa: S311 (always the same)
    ],
)
def test_programs_and_the_unknown_are_refused(content: bytes):
    assert sniff(content) is None
