"""An invoice, credit note or statement as a PDF for the archive (PDF/A-3), the same bytes for the same document."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from app.adapters import fonts
from app.adapters.invoice_check import check_document
from app.adapters.invoice_paper import paper
from app.adapters.invoice_qr import payment_code
from app.core.settings import Settings
from app.domain.invoice_document import Document

STANDARD = "a-3b"
LONG_PAPER = 150_000  # bytes
REMEMBERED_PAPERS = 10
_ENDLESS = re.compile(r"\S{41,}")
_PIECE = 24  # characters that fit into every column
BLANK = b"#set page(width: 1cm, height: 1cm)"


@dataclass(frozen=True, slots=True)
class Look:
    """How the house's papers look: colours as `#12324a`, the logo as SVG or PNG (none: e-connect's)."""

    primary: str = "#12324a"
    accent: str = "#0b6e8a"
    logo: Path | None = None

    def digest(self) -> str:
        """Changes when a paper would look different; the logo by what is in its file."""
        seen = json.dumps([self.primary, self.accent, _logo(self.logo)])
        return hashlib.sha256(seen.encode()).hexdigest()


def look_of(settings: Settings) -> Look:
    """The house's, as it is set."""
    return Look(settings.paper_primary_color, settings.paper_accent_color, settings.paper_logo)


def invoice_pdf(document: Document, look: Look, attached: bytes | None = None) -> bytes:
    """The PDF; with `attached` (CII) that file is embedded as `factur-x.xml`. Drafts carry a watermark.

    Takes some 40 ms for a page or two once the fonts are loaded.

    Raises:
        Mismatch: the document's sums do not hold.
    """
    check_document(document)
    data = paper(document) | {
        "look": {"primary": look.primary, "accent": look.accent},
        "logo": list(_logo(look.logo)),
        "code": payment_code(document),
        "attached": attached.decode() if attached else None,
    }
    inputs = {"data": json.dumps(_printable(data), ensure_ascii=False)}
    made = _typesetter(inputs).compile(format="pdf", pdf_standards=[STANDARD])
    assert isinstance(made, bytes)  # noqa: S101 (one document, not a list of pages)
    if len(made) > LONG_PAPER:
        _forget()
    return made


def _forget() -> None:
    """Have Typst forget a long paper: it remembers each for ten more, at 50 MB for two hundred lines."""
    import typst  # noqa: PLC0415 (see below)

    no_fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False)
    for _ in range(REMEMBERED_PAPERS):
        typst.Compiler(BLANK, font_paths=no_fonts).compile(format="svg")


def _printable(data: Any) -> Any:
    """The same with every text made of characters that our fonts can show, and a break within endless words."""
    if isinstance(data, str):
        return _ENDLESS.sub(_broken, fonts.shown(data))
    if isinstance(data, dict):
        return {key: value if key in _RAW else _printable(value) for key, value in data.items()}
    return [_printable(one) for one in data] if isinstance(data, list | tuple) else data


def _broken(word: re.Match[str]) -> str:
    """With places at which a line may end."""
    text = word.group()
    return "\u200b".join(text[place : place + _PIECE] for place in range(0, len(text), _PIECE))


_RAW = {"logo", "code", "attached", "look"}


def _logo(path: Path | None) -> tuple[str, str]:
    """Its format and content: an SVG's text, else bytes as text of one character each."""
    source = path or files("app.adapters").joinpath("templates/invoice", "logo.svg")
    content = source.read_bytes()
    if content.startswith(b"\x89PNG"):
        return "png", content.decode("latin-1")
    return "svg", content.decode()


def _typesetter(inputs: dict[str, str]) -> Any:
    """One of its own for each paper: a typesetter serves one thread. Loading fonts is what takes long."""
    import typst  # noqa: PLC0415 (only who makes a PDF pays for it)

    only_ours, template = _prepared()
    return typst.Compiler(template, font_paths=only_ours, sys_inputs=inputs)


@cache
def _prepared() -> tuple[Any, bytes]:
    """Fonts and template, read once. Only ours: a system's fonts would change what a paper looks like."""
    import typst  # noqa: PLC0415 (see above)

    only_ours = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts.folder()])
    return only_ours, files("app.adapters").joinpath("templates/invoice", "invoice.typ").read_bytes()
