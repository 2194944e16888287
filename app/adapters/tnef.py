"""What lies in a winmail.dat (MS-OXTNEF): Outlook's own envelope for files and text. Runs where mails are read.

Our own reader, because the one library there is was last released in 2021 and copies the rest of the file for each
attribute. Every step goes forward in the bytes given, so the work is bounded by their number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.adapters.mail_headers import text_of
from app.adapters.rtf import text_of_rtf

SIGNATURE = b"\x78\x9f\x3e\x22"
DEEPEST = 5
MOST = 10_000  # attributes, and properties of each
_HEADER, _ATTRIBUTE, _CHECKSUM = 6, 9, 2
_TITLE, _DATA, _NEW_FILE, _FILE_PROPERTIES = 0x8010, 0x800F, 0x9002, 0x9005
_BODY, _CODEPAGE, _PROPERTIES = 0x800C, 0x9007, 0x9003
# Properties: of a message its text, of a file its names and content.
_TEXT, _TEXT_BESIDE, _HTML, _RTF, _INTERNET_CODEPAGE = 0x1000, 0x3FD9, 0x1013, 0x1009, 0x3FDE
_CONTENT, _SHORT_NAME, _LONG_NAME, _DISPLAY_NAME = 0x3701, 0x3704, 0x3707, 0x3001
_STRING, _UNICODE, _OBJECT, _BINARY, _MULTIPLE, _NAMED = 0x1E, 0x1F, 0x0D, 0x0102, 0x1000, 0x8000
_OF_ANY_LENGTH = {_STRING, _UNICODE, _OBJECT, _BINARY}
_SIZES = {0x02: 2, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 2, 0x14: 8, 0x40: 8, 0x48: 16}
_IID_BYTES = 16
_CHARSETS = {65001: "utf-8", 20127: "us-ascii", 28591: "iso-8859-1", 28605: "iso-8859-15", 20866: "koi8-r"}


class NotTnef(Exception):  # noqa: N818 (what the bytes are)
    """These bytes are no winmail.dat, or end in the middle of one."""


@dataclass(slots=True)
class Winmail:
    """What was found: the message's text or HTML, both possibly empty, and its files by name."""

    text: str = ""
    html: str = ""
    rtf: bytes = b""  # compressed; `text` is taken from it when there is nothing better
    files: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass(slots=True)
class _File:
    names: dict[int, str] = field(default_factory=dict)
    content: bytes = b""
    message: bool = False

    @property
    def name(self) -> str:
        best_first = (self.names.get(kind) for kind in (_LONG_NAME, _TITLE, _SHORT_NAME, _DISPLAY_NAME))
        return next((name for name in best_first if name), "")


@dataclass(frozen=True, slots=True)
class _Property:
    kind: int
    name: int
    value: bytes

    def text(self, codepage: int) -> str:
        charset = "utf-16-le" if self.kind == _UNICODE else charset_of(codepage)
        return text_of(self.value, charset).rstrip("\0")


def charset_of(codepage: int) -> str:
    """The name of a Windows code page."""
    return _CHARSETS.get(codepage, f"cp{codepage}")


def is_tnef(content: bytes) -> bool:
    """Whether it says it is one."""
    return content.startswith(SIGNATURE)


def opened(content: bytes, depth: int = 0) -> Winmail:
    """Everything inside, messages within messages included.

    Raises:
        NotTnef: it is broken, or nested too deep.
    """
    if not is_tnef(content) or depth > DEEPEST:
        raise NotTnef
    found, files = _parts(content)
    for file in files:
        found.files += _contents(file, depth)
    return found


def _parts(content: bytes) -> tuple[Winmail, list[_File]]:
    """What the message says, and its files."""
    found, files, codepage = Winmail(), list[_File](), 1252
    for name, value in _attributes(content):
        if name == _CODEPAGE:
            codepage = int.from_bytes(value[:4], "little")
        elif name == _BODY:
            found.text = text_of(value, charset_of(codepage)).rstrip("\0")
        elif name == _PROPERTIES:
            _read_message(found, value, codepage)
        elif name == _NEW_FILE:
            files.append(_File())
        elif files:
            _read_file(files[-1], name, value, codepage)
    if found.rtf and not (found.text.strip() or found.html.strip()):
        found.text = text_of_rtf(found.rtf)
    return found, files


def _contents(file: _File, depth: int) -> list[tuple[str, bytes]]:
    """The file, or the text and the files of the message that it is."""
    if not (file.message and is_tnef(file.content)):
        return [(file.name, file.content)] if file.content else []
    inner = opened(file.content, depth + 1)
    said = (inner.text, ".txt") if inner.text.strip() else (inner.html, ".html")
    own = [((file.name or "message") + said[1], said[0].encode("utf-8", "replace"))] if said[0].strip() else []
    return own + inner.files


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each attribute's name and value; what is cut off at the end is left out, as mail programs do."""
    at, left = _HEADER, MOST
    while at + _ATTRIBUTE <= len(content) and (left := left - 1):
        name = int.from_bytes(content[at + 1 : at + 3], "little")
        length = int.from_bytes(content[at + 5 : at + 9], "little")
        at += _ATTRIBUTE
        if content[at - _ATTRIBUTE] not in {1, 2} or at + length > len(content):
            return
        yield name, content[at : at + length]
        at += length + _CHECKSUM


def _read_message(found: Winmail, value: bytes, codepage: int) -> None:
    properties = {one.name: one for one in _properties(value)}
    internet = properties.get(_INTERNET_CODEPAGE)
    codepage = int.from_bytes(internet.value[:4], "little") if internet else codepage
    for name in (_TEXT_BESIDE, _TEXT):
        if name in properties:
            found.text = properties[name].text(codepage)
    if _HTML in properties:
        found.html = properties[_HTML].text(codepage)
    if _RTF in properties:
        found.rtf = properties[_RTF].value


def _read_file(file: _File, name: int, value: bytes, codepage: int) -> None:
    if name == _TITLE:
        file.names[_TITLE] = text_of(value, charset_of(codepage)).rstrip("\0")
    elif name == _DATA:
        file.content = value
    elif name == _FILE_PROPERTIES:
        for one in _properties(value):
            if one.name in {_SHORT_NAME, _LONG_NAME, _DISPLAY_NAME}:
                file.names[one.name] = one.text(codepage)
            elif one.name == _CONTENT:
                file.message = one.kind == _OBJECT
                file.content = one.value[_IID_BYTES:] if file.message else one.value


class _Reader:
    """Goes through bytes, never back and never beyond their end."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.content):
            raise NotTnef
        piece = self.content[self.at : end]
        self.at = end + -size % 4  # values are padded to four bytes
        return piece

    def number(self) -> int:
        return int.from_bytes(self.take(4), "little")


def _properties(value: bytes) -> Iterator[_Property]:
    reader, left = _Reader(value), MOST
    for _ in range(reader.number()):
        tag = reader.number()
        kind, name = tag & 0xFFFF, tag >> 16
        if name >= _NAMED:
            name = _skip_name(reader)
        plain = kind & ~_MULTIPLE
        several = kind & _MULTIPLE or plain in _OF_ANY_LENGTH
        for _ in range(reader.number() if several else 1):
            left = _one_less(left)
            yield _Property(plain, name, reader.take(_size_of(plain, reader)))


def _one_less(left: int) -> int:
    if left == 0:
        raise NotTnef
    return left - 1


def _size_of(kind: int, reader: _Reader) -> int:
    if kind in _OF_ANY_LENGTH:
        return reader.number()
    if kind not in _SIZES:
        raise NotTnef
    return _SIZES[kind]


def _skip_name(reader: _Reader) -> int:
    """A property that has a name of its own is none that we read."""
    reader.take(16)
    if reader.number():
        reader.take(reader.number())
    else:
        reader.number()
    return 0
