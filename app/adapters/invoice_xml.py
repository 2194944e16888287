"""Small XML writer for e-invoices: contents as plain data, the order of elements as data, too.

A document is nested mappings from element name to content; a table tells in which order the children of an element
stand in its schema. What is absent or blank is left out: no e-invoice may hold an empty element.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from lxml import etree

from app.domain.invoice_document import DocumentKind, DocumentLine, Unit
from app.domain.money import decimal_text

Order = Mapping[str, Sequence[str]]
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
UNITS = {Unit.MINUTE: "MIN", Unit.PIECE: "C62"}
EXEMPTIONS = {"AE": "VATEX-EU-AE", "O": "VATEX-EU-O"}
REASONS = {"AE": "Autoliquidation", "O": "TVA non applicable"}
TYPE_CODES = {DocumentKind.INVOICE: "380", DocumentKind.CREDIT_NOTE: "381"}
DISCOUNT_CODE = "95"
SEPA_TRANSFER = "58"


class NotAnInvoice(ValueError):  # noqa: N818 (what it is)
    """Only issued invoices and credit notes are e-invoices: no drafts, no statements."""


class Leaf(NamedTuple):
    """A text with attributes."""

    text: str | None
    attributes: Mapping[str, str]


Content = str | Leaf | Mapping[str, Any] | Sequence[Any] | None
Node = dict[str, Content]


def written(root: str, content: Mapping[str, Content], order: Order, spaces: Mapping[str | None, str]) -> bytes:
    """The document as UTF-8; the same content is always the same bytes.

    Raises:
        KeyError: an element is not in the table of orders, or not where it may stand.
    """
    # The prefixes are given once, at the root; `spaces` maps each to its namespace.
    made = etree.Element(_named(root, spaces), nsmap=dict(spaces))
    _fill(made, root, content, order, spaces)
    xml: bytes = etree.tostring(made, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return xml


def _fill(
    parent: etree._Element, name: str, content: Mapping[str, Content], order: Order, spaces: Mapping[str | None, str]
) -> None:
    children = order[name]
    strangers = content.keys() - set(children)
    if strangers:
        raise KeyError(f"{name} has no {', '.join(sorted(strangers))}")
    for child in children:
        for one in _each(content.get(child)):
            _add(parent, child, one, order, spaces)


def _each(content: Content) -> Iterator[Any]:
    """What is there to write: once, or as often as a list says."""
    alone = content is None or isinstance(content, str | Leaf | Mapping)
    return (one for one in ([content] if alone else content or ()) if not _blank(one))


def _blank(content: Content) -> bool:
    if isinstance(content, Leaf):
        content = content.text
    if isinstance(content, Mapping):
        return all(_blank(one) for one in content.values())
    if content is None or isinstance(content, str):
        return not (content or "").strip()
    return all(_blank(one) for one in content)


def _add(
    parent: etree._Element,
    name: str,
    content: str | Leaf | Mapping[str, Content],
    order: Order,
    spaces: Mapping[str | None, str],
) -> None:
    made = etree.SubElement(parent, _named(name, spaces))
    if isinstance(content, Mapping):
        _fill(made, name, content, order, spaces)
        return
    text, attributes = content if isinstance(content, Leaf) else (content, {})
    made.text = _IMPOSSIBLE.sub("\ufffd", text or "").strip()
    for key, value in attributes.items():
        made.set(key, value)


def _named(name: str, spaces: Mapping[str | None, str]) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{spaces[prefix or None]}}}{local}"


def percent(rate_bp: int) -> str:
    """Basis points as per cent: 1700 is `17.00`."""
    return decimal_text(rate_bp)


def work_text(line: DocumentLine) -> str:
    """Minutes per day and agent of a time line (I2), in one paragraph."""
    return "; ".join(f"{one.worked_on.isoformat()} {one.agent}: {one.minutes} min" for one in line.details)


def span_of(line: DocumentLine, start: date | None, last: date | None) -> tuple[date, date] | None:
    """First and last day of a line's work, where both lie inside the invoice's own period (BR-29, BR-30)."""
    days = [one.worked_on for one in line.details]
    if not days or start is None or last is None or min(days) < start or max(days) > last:
        return None
    return min(days), max(days)
