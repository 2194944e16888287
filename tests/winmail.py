"""winmail.dat files as Outlook writes them (MS-OXTNEF)."""

import struct
from collections.abc import Iterable, Mapping

from compressed_rtf import compress

SIGNATURE = b"\x78\x9f\x3e\x22\x01\x00"
STRING, UNICODE, BINARY, OBJECT, NUMBER = 0x1E, 0x1F, 0x0102, 0x0D, 0x03
TEXT, HTML, RTF, CODEPAGE = (UNICODE, 0x1000), (BINARY, 0x1013), (BINARY, 0x1009), (NUMBER, 0x3FDE)
LONG_NAME, CONTENT, MESSAGE = (UNICODE, 0x3707), (BINARY, 0x3701), (OBJECT, 0x3701)
IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")


def attribute(level: int, name: int, value: bytes) -> bytes:
    """One attribute with its checksum."""
    return struct.pack("<BHHI", level, name, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(values: Mapping[tuple[int, int], bytes]) -> bytes:
    """A block of properties, each by its kind and name."""
    parts = [struct.pack("<I", len(values))]
    for (kind, name), value in values.items():
        parts.append(struct.pack("<HH", kind, name))
        if kind == NUMBER:
            parts.append(value)
            continue
        if name >= 0x8000:
            parts.append(bytes(16) + struct.pack("<II", 1, 4) + "ab".encode("utf-16-le"))
        parts.append(struct.pack("<II", 1, len(value)) + value + bytes(-len(value) % 4))
    return b"".join(parts)


def unicode(text: str) -> bytes:
    """Text as properties hold it."""
    return (text + "\0").encode("utf-16-le")


def a_file(name: str, content: bytes, *, message: bool = False) -> bytes:
    """A file; its old short name stands in a title of its own."""
    inner = {MESSAGE: IID_MESSAGE + content} if message else {CONTENT: content}
    return (
        attribute(2, 0x9002, bytes(14))
        + attribute(2, 0x8010, b"SHORT~1.TXT\0")
        + attribute(2, 0x9005, properties({LONG_NAME: unicode(name), (STRING, 0x8001): b"odd\0"} | inner))
    )


def rtf(words: bytes, *, packed: bool = True) -> bytes:
    """Compressed, unless not `packed`, as it stands in a property; `words` as RTF, within a document of code page 1252."""
    head = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fcharset238 Arial CE;}}"
    found: bytes = compress(head + rb"{\colortbl;\red0;}\pard\f0\fs20 " + words + b"}", packed)
    return found


def winmail(files: Iterable[bytes] = (), said: Mapping[tuple[int, int], bytes] | None = None) -> bytes:
    """The whole, in code page 1252."""
    codepage = attribute(1, 0x9007, struct.pack("<II", 1252, 0))
    text = attribute(1, 0x9003, properties(said)) if said else b""
    return SIGNATURE + codepage + text + b"".join(files)
