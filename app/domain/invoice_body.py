"""A document as its canonical JSON, and back (rule I3): the same document has the same bytes and the same digest.

Number, dates of issue and ids are not part of it: they are given on issue and follow from the document's id.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from app.domain.invoice_assembly import line_id
from app.domain.invoice_document import (
    Address,
    Buyer,
    Credited,
    Document,
    DocumentKind,
    DocumentLine,
    LineKind,
    PoolDraw,
    PoolStatement,
    Seller,
    Unit,
    VatLine,
    WorkDetail,
)
from app.domain.money import decimal_text
from app.domain.vat import Category

GIVEN_ON_ISSUE = ("id", "number", "issued_on", "due_on")


def body_of(document: Document) -> str:
    """The canonical JSON of all it says."""
    content = {name: getattr(document, name) for name in Document.__slots__ if name not in GIVEN_ON_ISSUE}
    return json.dumps(content, default=_plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def digest_of(body: str) -> bytes:
    """SHA-256 of a body."""
    return hashlib.sha256(body.encode()).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return {name: getattr(value, name) for name in type(value).__slots__ if (type(value), name) != (DocumentLine, "id")}


def document_of(
    body: str,
    document_id: UUID,
    *,
    number: str | None = None,
    issued_on: date | None = None,
    due_on: date | None = None,
) -> Document:
    """The document of a body, with what its issue gave it."""
    found: dict[str, Any] = json.loads(body)
    lines = tuple(_line(line, line_id(document_id, position)) for position, line in enumerate(found["lines"], 1))
    whole = found | {
        "kind": DocumentKind(found["kind"]),
        "supplied_on": date.fromisoformat(found["supplied_on"]),
        "period_start": _date(found["period_start"]),
        "period_end": _date(found["period_end"]),
        "seller": Seller(**found["seller"] | {"address": Address(**found["seller"]["address"])}),
        "buyer": _buyer(found["buyer"]),
        "lines": lines,
        "vat": tuple(VatLine(**one | {"category": Category(one["category"])}) for one in found["vat"]),
        "prepaid_annex": tuple(_pool(one) for one in found["prepaid_annex"]),
        "credits": _credited(found["credits"]),
        "mentions": tuple(found["mentions"]),
    }
    return Document(id=document_id, number=number, issued_on=issued_on, due_on=due_on, **whole)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _buyer(found: Mapping[str, Any]) -> Buyer:
    return Buyer(**{**found, "client_id": UUID(found["client_id"]), "address": Address(**found["address"])})


def _line(found: Mapping[str, Any], id_: UUID) -> DocumentLine:
    ids = {name: _uuid(found[name]) for name in ("ticket_id", "terms_id", "source_id")}
    details = tuple(WorkDetail(date.fromisoformat(day), *rest) for day, *rest in found["details"])
    kinds = {
        "kind": LineKind(found["kind"]),
        "unit": Unit(found["unit"]),
        "vat_category": Category(found["vat_category"]),
    }
    return DocumentLine(**{**found, **ids, **kinds, "details": details, "id": id_})


def _pool(found: Mapping[str, Any]) -> PoolStatement:
    draws = tuple(PoolDraw(date.fromisoformat(day), *rest) for day, *rest in found["draws"])
    changed = {"contract_id": UUID(found["contract_id"]), "expires_on": date.fromisoformat(found["expires_on"])}
    return PoolStatement(**{**found, **changed, "draws": draws})


def _credited(found: Mapping[str, Any] | None) -> Credited | None:
    if found is None:
        return None
    ids = {"invoice_id": UUID(found["invoice_id"]), "issued_on": date.fromisoformat(found["issued_on"])}
    return Credited(**{**found, **ids})


def differences(before: Document, now: Document) -> tuple[str, ...]:
    """In words, what the facts have changed between two makings of a client's document."""
    return tuple(_line_differences(before.lines, now.lines)) + tuple(_other_differences(before, now))


def _line_differences(before: Sequence[DocumentLine], now: Sequence[DocumentLine]) -> Iterator[str]:
    old, new = ({_key(line): line for line in lines} for lines in (before, now))
    for key in old.keys() - new.keys():
        yield f"Gone: {old[key].description} ({_amount(old[key].net_cents)})."
    for key in new.keys() - old.keys():
        yield f"New: {new[key].description} ({_amount(new[key].net_cents)})."
    for key in [key for key in new if key in old and _without_id(new[key]) != _without_id(old[key])]:
        was, is_ = (f"{_count(line)}, {_amount(line.net_cents)}" for line in (old[key], new[key]))
        yield f"Changed: {new[key].description}: {was} before, {is_} now."


def _count(line: DocumentLine) -> str:
    return f"{line.quantity} {line.unit}" if abs(line.quantity) == 1 else f"{line.quantity} {line.unit}s"


def _without_id(line: DocumentLine) -> DocumentLine:
    return replace(line, id=UUID(int=0))


def _key(line: DocumentLine) -> tuple[object, ...]:
    """What makes it the same line, whatever its quantity."""
    return (
        line.kind, line.ticket_id, line.source_id, line.unit_price_cents, line.discount_bp, line.terms_id,
        line.vat_category, line.vat_rate_bp, line.description,
    )  # fmt: skip


def _amount(cents: int) -> str:
    return f"{decimal_text(cents)} EUR"


NAMES = {
    "seller": "the seller's data",
    "buyer": "the client's data",
    "language": "the client's language",
    "vat": "the tax",
    "prepaid_annex": "the prepaid minutes",
    "supplied_on": "the last day of what is invoiced",
    "kind": "what kind of document it is",
    "mentions": "the mentions",
}


def _other_differences(before: Document, now: Document) -> Iterator[str]:
    for name, words in NAMES.items():
        if getattr(before, name) != getattr(now, name):
            yield f"Changed: {words}."
    if before.total_cents != now.total_cents:
        yield f"The total was {_amount(before.total_cents)}, and is {_amount(now.total_cents)} now."
