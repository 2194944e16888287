"""The words of a mail's body: flowed text unwrapped, HTML made readable, quoted mails folded away."""

import re
from html.parser import HTMLParser

import nh3
from mailparser_reply.parser import EmailMessage

LONGEST_HTML = 2_000_000  # characters
LONGEST_FOLDED = 100_000
_QUOTE_MARK = re.compile(r"^(>[ >]*)")
_BLOCK_NAMES = """
address article aside blockquote dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p
pre section table tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_TAGS = nh3.ALLOWED_TAGS | {"center", "font"}
# Pictures would be loaded from their sender's server and so tell when an agent reads.
_NO_PICTURES = _TAGS - {"img"}
_UNSEEN = {"script", "style", "title"}


def unflowed(text: str, *, delsp: bool) -> str:
    """format=flowed (RFC 3676): lines that end with a space go on in the next one of the same quote depth."""
    done: list[str] = []
    open_depth: str | None = None
    for line in text.split("\n"):
        mark = _QUOTE_MARK.match(line)
        depth = mark.group(1).replace(" ", "") if mark else ""
        rest = line[len(depth) :] if depth and line.startswith(depth) else line.lstrip(">") if depth else line
        rest = rest.removeprefix(" ")
        flows = rest.endswith(" ") and rest != "-- "
        piece = rest[:-1] if flows and delsp else rest
        if open_depth == depth and rest != "-- ":
            done[-1] += piece
        else:
            done.append(f"{depth} {piece}" if depth else piece)
        open_depth = depth if flows else None
    return "\n".join(done)


_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_EMPTY_TAGS = frozenset("area base br col embed hr img input link meta p li td tr th wbr option".split())  # noqa: SIM905
DEEPEST_HTML = 300


def clean_html(html: str) -> str:
    """HTML that can be shown: no scripts, styles, forms, pictures from elsewhere; links open apart.

    HTML that is nested deeper than any program writes it would cost the square of its depth: only its words stay.
    """
    html = html[:LONGEST_HTML]
    if _depth(html) > DEEPEST_HTML:
        html = " ".join(piece.rpartition(">")[2] for piece in html.split("<"))
    return nh3.clean(html, tags=_NO_PICTURES, clean_content_tags=_UNSEEN, link_rel="noopener noreferrer nofollow")


def _depth(html: str) -> int:
    """How deep tags are nested, roughly: those that usually stay unclosed do not count."""
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in _EMPTY_TAGS:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest


def text_of_html(cleaned: str) -> str:
    """The text of HTML that `clean_html` made: lines where blocks end, quotes marked with >."""
    reader = _Reader()
    reader.feed(cleaned)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Collects lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line = ""
        self.depth = 0
        self.pre = 0
        self.link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS or tag == "br":
            self._end_line(keep_empty=tag == "br")
        if tag == "blockquote":
            self.depth += 1
        elif tag == "pre":
            self.pre += 1
        elif tag == "li":
            self.line = "- "
        elif tag in {"td", "th"} and self.line:
            self.line += " "
        elif tag == "a":
            self.link = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._end_line()
        if tag == "blockquote":
            self.depth = max(0, self.depth - 1)
        elif tag == "pre":
            self.pre = max(0, self.pre - 1)
        elif tag == "p":
            self.lines.append(self._mark())
        elif tag == "a":
            self._end_link()

    def _end_link(self) -> None:
        bare = self.link.removeprefix("mailto:")
        if self.link.startswith(("http://", "https://")) and bare.rstrip("/") not in self.line:
            self.line += f" <{self.link}>"
        self.link = ""

    def handle_data(self, data: str) -> None:
        if self.pre:
            first, *more = data.split("\n")
            self.line += first
            for line in more:
                self._end_line(keep_empty=True)
                self.line = line
            return
        words = " ".join(data.replace("\u00a0", " ").split())
        if not words:
            self.line += " " if self.line and not self.line.endswith(" ") else ""
            return
        before = " " if data[0].isspace() and self.line and not self.line.endswith(" ") else ""
        self.line += before + words + (" " if data[-1].isspace() else "")

    def _mark(self) -> str:
        return ">" * self.depth + (" " if self.depth else "")

    def _end_line(self, *, keep_empty: bool = False) -> None:
        if self.line.strip() or keep_empty:
            self.lines.append(self._mark() + self.line.rstrip())
        self.line = ""

    def text(self) -> str:
        self._end_line()
        return tidy("\n".join(self.lines))


def tidy(text: str) -> str:
    """No spaces at line ends, at most one empty line in a row, none around."""
    lines = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n ")


# The library knows how mail programs introduce what they quote; its own splitting would drop indentation and
# signatures, so only its pattern is used.
_INTRODUCTION = EmailMessage(text="", languages=["fr", "en", "de"]).HEADER_REGEX
_MORE = re.compile(
    r"^(-{2,} ?(Original Message|Message d'origine|Message transféré|Ursprüngliche Nachricht|Forwarded message)"
    r" ?-{2,}|_{20,}|(Le|El) .{6,120}(a écrit|escribió) ?:|Am .{6,120} schrieb.{0,80}:)\s*$",
    re.IGNORECASE | re.MULTILINE,
)


def may_quote(text: str) -> bool:
    """Whether there is anything to fold away: most mails quote nothing, and are spared a close look."""
    return ">" in text or _introduces(text)


def folded(text: str) -> str:
    """What is new in a mail: without the mails it quotes. Answers written between quotes are kept with them."""
    if len(text) > LONGEST_FOLDED:
        return text
    if _interleaved(text):
        return text
    found = (
        [match.start() for match in (_INTRODUCTION.search(text), _MORE.search(text)) if match]
        if _introduces(text)
        else []
    )
    start = min(found, default=len(text))
    above = _without_quotes_below(text[:start])
    if above.strip():
        return above
    below = "\n".join(line for line in text[start:].split("\n")[1:] if not line.startswith(">")).strip()
    # Nothing above: the answer stands below its quote, or the mail was passed on as it is.
    quotes = any(line.startswith(">") for line in text.split("\n"))
    return below if below and quotes else text


_SIGNS = ("écrit", "wrote", "schrieb", "escribió", "--", "____")
_LONGEST_LABEL = len("Organization:") + 1


def _introduces(text: str) -> bool:
    """Whether something of what the two patterns look for is there at all."""
    lowered = text.lower()
    if any(sign in lowered for sign in _SIGNS):
        return True
    return sum(":" in line.lstrip("> *")[:_LONGEST_LABEL] for line in text.split("\n")) > 1


def _interleaved(text: str) -> bool:
    """Whether something stands between two quotes."""
    runs = re.sub(r"(?m)^>.*$", ">", text)
    return re.search(r"(?ms)^>$.*?^[^>\s].*?^>$", runs) is not None


def _without_quotes_below(text: str) -> str:
    lines = text.rstrip().split("\n")
    end = len(lines)
    while end and (lines[end - 1].startswith(">") or not lines[end - 1].strip()):
        end -= 1
    return "\n".join(lines[:end]) if end else text.strip()
