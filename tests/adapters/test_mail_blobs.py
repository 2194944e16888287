"""Large base64 is cut out before a mail is parsed and put back afterwards: nothing is read differently."""

import base64
import os

import pytest

from app.adapters import mail_blobs, mail_parsing
from app.adapters.mail_blobs import SMALLEST, without_blobs
from app.adapters.mail_child import encode
from app.adapters.mail_parts import Unreadable
from tests.corpus import FAMILIES
from tests.mails import a_mail, a_multipart, a_part

BLOB = base64.encodebytes(b"\x89PNG\r\n\x1a\n" + os.urandom(100_000))


def a_file(content: bytes, name: str = "a.png", encoding: str = "base64") -> bytes:
    disposition = f'attachment; filename="{name}"'
    return a_part(
        content, Content_Type="image/png", Content_Disposition=disposition, Content_Transfer_Encoding=encoding
    )


def read(raw: bytes) -> bytes | str:
    try:
        return encode(mail_parsing.parse(raw))
    except Unreadable as error:
        return error.reason


def read_whole(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> bytes | str:
    """The same without cutting anything out."""
    with monkeypatch.context() as patched:
        patched.setattr(mail_parsing, "without_blobs", lambda given: (given, {}))
        return read(raw)


@pytest.mark.parametrize(
    "parts",
    [
        [a_part("see"), a_file(BLOB)],
        [a_file(BLOB), a_file(BLOB, "b.png"), a_part("below")],
        [a_file(BLOB.rstrip() + b"\n \n")],
        [a_file(BLOB[:-1000] + b"!" + BLOB[-1000:])],
        [a_file(BLOB, encoding="7bit")],
        [a_part(b"text\n\nContent-Transfer-Encoding: base64\n\n" + BLOB + b"\nmore text")],
        [a_part(a_mail(BLOB, Content_Transfer_Encoding="base64"), Content_Type="message/rfc822")],
        [a_part(a_multipart(a_file(BLOB), boundary="inner"), Content_Type="message/rfc822")],
    ],
)
def test_mails_with_large_files_are_read_as_ever(parts: list[bytes], monkeypatch: pytest.MonkeyPatch):
    raw = a_multipart(*parts)
    assert read(raw) == read_whole(raw, monkeypatch)


def test_a_large_file_never_reaches_the_parser():
    short, blobs = without_blobs(a_multipart(a_part("see"), a_file(BLOB)))
    assert len(short) < 2000
    assert len(blobs) == 1


def test_small_mails_and_other_text_are_left_alone():
    for raw in (a_mail(), a_mail("word " * SMALLEST), a_multipart(a_file(BLOB[:1000]), a_part("word " * SMALLEST))):
        assert without_blobs(raw) == (raw, {})


def test_a_mail_may_end_in_its_header():
    raw = b"X: y\n" * SMALLEST + b"Content-Transfer-Encoding: base64\n"
    assert without_blobs(raw) == (raw, {})


@pytest.mark.parametrize("family", FAMILIES)
def test_the_corpus_is_read_as_ever_however_little_is_large(family: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mail_blobs, "SMALLEST", 1)
    cases = [case for case in FAMILIES[family] if len(case.raw) < 200_000]
    assert [case.name for case in cases if read(case.raw) != read_whole(case.raw, monkeypatch)] == []
