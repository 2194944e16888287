"""The fonts that we ship, and which characters they can show: a PDF for the archive may not lack one."""

import struct
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

REPLACEMENT = "□"
LAST_OF_FORMAT_FOUR = 0xFFFE  # the one after it only ends the table
_HIDDEN = {0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0xFE00, 0xFE10)}
"""Soft hyphens, joiners and variation selectors: they say how to show others and are nothing to see themselves."""
_UNICODE_TABLES = {(0, 3): 1, (3, 1): 1, (0, 4): 2, (3, 10): 2}
"""Platform and encoding of the maps from Unicode in a font, the larger the better."""


@cache
def folder() -> Path:
    """Where the font files are."""
    with as_file(files("app.adapters").joinpath("templates/fonts")) as path:
        return path


@cache
def coverage() -> frozenset[int]:
    """Every code point that one of our fonts can show."""
    found: set[int] = set()
    for path in sorted([*folder().glob("*.otf"), *folder().glob("*.ttf")]):
        found.update(code_points(path.read_bytes()))
    return frozenset(found)


def shown(text: str) -> str:
    """The text with what no font of ours can show replaced by something visible: `□`, or a plainer spelling.

    Line breaks and tabs become spaces: what is printed in a table has one line, broken where it fits.
    """
    composed = unicodedata.normalize("NFC", text)
    return composed if _harmless().issuperset(composed) else "".join(map(_shown, composed))


@cache
def _harmless() -> frozenset[str]:
    """Characters that are shown as they are: nearly all that there are in practice."""
    known = frozenset(map(chr, coverage()))
    return frozenset(character for character in known if _shown(character) == character)


def _shown(character: str) -> str:
    point = ord(character)
    if point in _HIDDEN:
        return ""
    if unicodedata.category(character) == "Cc" or (character.isspace() and point not in coverage()):
        return " " if character.isspace() else REPLACEMENT
    if point in coverage():
        return character
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain != character and coverage().issuperset(map(ord, plain)) else REPLACEMENT


def code_points(font: bytes) -> Iterable[int]:
    """The code points of an OpenType font, from its `cmap` table."""
    (count,) = struct.unpack_from(">H", font, 4)
    entries = (struct.unpack_from(">4s4xII", font, 12 + 16 * place) for place in range(count))
    start = next(offset for tag, offset, _ in entries if tag == b"cmap")
    (maps,) = struct.unpack_from(">H", font, start + 2)
    listed = (struct.unpack_from(">HHI", font, start + 4 + 8 * place) for place in range(maps))
    known = [(_UNICODE_TABLES.get((kind, code), 0), offset) for kind, code, offset in listed]
    _, offset = max(known)
    return (
        _twelve(font, start + offset)
        if struct.unpack_from(">H", font, start + offset) == (12,)
        else _four(font, start + offset)
    )


def _twelve(font: bytes, table: int) -> Iterator[int]:
    """Format 12: groups of first, last and first glyph."""
    (groups,) = struct.unpack_from(">I", font, table + 12)
    for place in range(groups):
        first, last = struct.unpack_from(">II", font, table + 16 + 12 * place)
        yield from range(first, last + 1)


def _four(font: bytes, table: int) -> Iterator[int]:
    """Format 4: four parallel arrays of segments; a code point without glyph has glyph 0."""
    (double,) = struct.unpack_from(">H", font, table + 6)
    count = double // 2
    ends = struct.unpack_from(f">{count}H", font, table + 14)
    starts = struct.unpack_from(f">{count}H", font, table + 16 + double)
    deltas = struct.unpack_from(f">{count}H", font, table + 16 + 2 * double)
    ranges_at = table + 16 + 3 * double
    ranges = struct.unpack_from(f">{count}H", font, ranges_at)
    for place in range(count):
        for point in range(starts[place], min(ends[place], LAST_OF_FORMAT_FOUR) + 1):
            glyph = point
            if ranges[place]:
                at = ranges_at + 2 * place + ranges[place] + 2 * (point - starts[place])
                (glyph,) = struct.unpack_from(">H", font, at)
            is_missing = ranges[place] and glyph == 0
            if not is_missing and (glyph + deltas[place]) & 0xFFFF:
                yield point
