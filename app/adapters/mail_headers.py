"""The few headers of an incoming mail that the desk reads, decoded by hand.

The standard library's modern header classes cost eight times the parsing of a small mail and turn encoded words into
addresses; here structure is read first and words are decoded afterwards, so no encoded word ever becomes syntax.
"""

import base64
import binascii
import codecs
import quopri
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from email.message import Message
from email.utils import getaddresses
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from app.domain.inbound_mail import Person

LONGEST_HEADER = 16_000  # characters looked at; longer ones hold nothing a person wrote
MOST_VALUES = 20  # of one header
MOST_ADDRESSES = 100
MOST_IDS = 100
LONGEST_NAME = 120
_ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z-]{1,20})?\?([bBqQ])\?([^?]*)\?=")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_ALIASES = {
    "x-sjis": "shift_jis", "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "unicode-1-1-utf-7": "utf-7",
    "x-gbk": "gbk", "x-mac-roman": "mac_roman", "macintosh": "mac_roman", "ks_c_5601-1987": "cp949",
    "utf8mb4": "utf-8", "unicode": "utf-8", "x-unknown": "utf-8", "default": "utf-8", "ansi": "cp1252",
}  # fmt: skip
# Windows programs announce Latin-1 and mean its superset; there it differs only in characters nobody types.
_MEANT = {"iso8859-1": "cp1252", "ascii": "utf-8", "iso8859-9": "cp1254", "gb2312": "gb18030", "shift_jis": "cp932"}

_NO_CHARSETS = {"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"}


def text_of(content: bytes, charset: str | None) -> str:
    """Bytes as text, in the charset that was announced if it makes sense, and never failing."""
    for name in (_codec(charset), "utf-8"):
        try:
            return content.decode(name) if name else content.decode("utf-8")
        except (UnicodeError, LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _codec(charset: str | None) -> str | None:
    """A codec of Python for text, None for anything else: `zlib` and `punycode` are codecs, but no charsets."""
    if not charset or not charset.isascii():
        return None
    wanted = charset.strip().strip("'\"").lower()
    try:
        found = codecs.lookup(_ALIASES.get(wanted, wanted))
    except (LookupError, ValueError):
        return None
    if not getattr(found, "_is_text_encoding", False) or found.name in _NO_CHARSETS:
        return None
    return _MEANT.get(found.name, found.name)


# Controls but tab and newline, line and paragraph separators, lone surrogates, direction overrides.
_HARMFUL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def storable(text: str) -> str:
    """Text without what Postgres, JSON or a reader cannot bear; a space stands for each such character."""
    return _HARMFUL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, longest: int) -> str:
    """Text in one line without control characters, cut to `longest` characters."""
    return " ".join(storable(text).split())[:longest].strip()


def fields_of(message: "Message[str, str]") -> dict[str, list[str]]:
    """All headers by lower-case name, their values as they came, unfolded; bytes outside ASCII stand as surrogates."""
    fields: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        values = fields.setdefault(name.lower(), [])
        if len(values) < MOST_VALUES:
            values.append(str(value)[:LONGEST_HEADER].replace("\r", "").replace("\n", ""))
    return fields


def first(fields: Mapping[str, list[str]], name: str) -> str:
    """The first such header, or nothing."""
    return fields[name][0] if name in fields else ""


def decoded(raw: str) -> str:
    """A header's words: 8-bit text in whatever it is, encoded words decoded, neighbours joined (RFC 2047)."""
    try:
        text = raw if raw.isascii() else text_of(raw.encode("ascii", "surrogateescape"), None)
    except UnicodeEncodeError:  # decoded already, by RFC 2231
        text = raw
    if "=?" not in text:
        return text
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    at, charset, held = 0, "", b""
    for word in _ENCODED_WORD.finditer(text):
        between, at = text[at : word.start()], word.end()
        apart = not charset or bool(between.strip())
        # A multi-byte character may be split over two words of the same charset: the bytes are joined first.
        if charset and (apart or charset != word[1].lower()):
            yield text_of(held, charset)
            held = b""
        if apart:
            yield between
        charset = word[1].lower()
        held += _bytes_of(word[2], word[3])
    yield text_of(held, charset)
    yield text[at:]


def _bytes_of(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(raw, header=True)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    try:
        return base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return b""


def people(values: Sequence[str]) -> list[Person]:
    """Everybody an address header names whose address can be real; names decoded after the structure is read."""
    found = []
    if not values:
        return []
    try:
        named = getaddresses([value[:LONGEST_HEADER] for value in values])
    except (RecursionError, IndexError):  # comments inside comments inside comments
        return []
    for name, address in named[:MOST_ADDRESSES]:
        usable = usable_address(address)
        if usable is not None:
            found.append(Person(one_line(decoded(name), LONGEST_NAME), usable))
    return found


@lru_cache(maxsize=1_000)  # most mails are to the same few addresses
def usable_address(address: str) -> str | None:
    """The address as the desk writes it, None when it is none: two @, quoting, control characters, a lone name."""
    try:
        text = address if address.isascii() else text_of(address.encode("ascii", "surrogateescape"), None)
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=True)
    except (EmailNotValidError, UnicodeError):
        return None
    return str(found.normalized)


def message_ids(values: Iterable[str]) -> list[str]:
    """The message ids of In-Reply-To, References or Message-ID."""
    found = [one for value in values for one in _MESSAGE_ID.findall(value) if one.isascii() and one.isprintable()]
    return found if len(found) <= MOST_IDS else [found[0], *found[1 - MOST_IDS :]]
