"""Write a quote, or the next version of one (Q2, O2): priced, taxed and put into words once, never changed after."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.adapters.quote_words import QuotePaper, quote_text
from app.billing.permanences.service import following
from app.billing.quotes import queries
from app.billing.quotes.service.subject import Subject, lock_subject
from app.billing.terms.service import terms_on
from app.core import events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain import quote as domain
from app.domain.calendar import local_date
from app.domain.errors import Refusal, about
from app.domain.permanence import CancellationBand
from app.domain.quote import Kind, Line, Status
from app.domain.ticket import OPEN
from app.domain.vat import Totals, Vat, totals, vat_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a version says. A line of minutes without a rate gets the standard one."""

    kind: Kind
    lines: Sequence[Mapping[str, Any]]
    valid_until_on: date | None = None
    language: str | None = None
    remarks: str | None = None
    cancellation: Sequence[CancellationBand] = ()
    urgency_fee_applies: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Which version of which chain."""

    chain_id: UUID
    version: int
    number: str


async def write_quote(
    connection: Connection,
    offer: Offer,
    *,
    ticket_id: UUID | None = None,
    permanence_id: UUID | None = None,
    house: str,
    actor: dict[str, str],
    now: datetime,
) -> UUID:
    """Write the first version about a ticket or a permanence; a permanence that has a quote gets its next version.

    Raises:
        Refusal: see `lock_subject`; `ticket-not-open`, `permanence-move`, `quote-line-invalid`,
            `estimate-needs-minutes`, `validity-over`, `window-past`.
    """
    subject = await lock_subject(connection, ticket_id, permanence_id)
    if subject.ticket is not None and subject.ticket["status"] not in OPEN:
        raise Refusal(
            "ticket-not-open", "The ticket is settled: reopen it first.", ticket_status=subject.ticket["status"]
        )
    if subject.permanence is not None:
        if offer.kind is Kind.ESTIMATE:
            raise Refusal("permanence-needs-quote", "On-call is always a fixed price (O2).", pointer="/kind")
        before = await queries.chain_of_permanence(connection, subject.permanence["id"])
        if before is not None:
            return await _follow(connection, subject, before, offer, house=house, actor=actor, now=now)
    year = local_date(now).year
    sequence = await queries.next_number(connection, year)
    place = _Place(new_id(), 1, domain.quote_number(year, sequence))
    return await _write(connection, subject, place, offer, house=house, actor=actor, now=now)


async def revise_quote(
    connection: Connection, quote: Row, offer: Offer, *, house: str, actor: dict[str, str], now: datetime
) -> UUID:
    """Write the version after `quote`, which must be the newest of its chain.

    Raises:
        Refusal: `quote-not-newest`, `quote-not-open`, and what `write_quote` refuses.
    """
    subject = await lock_subject(connection, quote["ticket_id"], quote["permanence_id"])
    newest = await queries.newest(connection, quote["chain_id"])
    if newest != quote["id"]:
        raise Refusal("quote-not-newest", "A newer version follows this one.", newest_id=newest)
    return await _follow(connection, subject, newest, offer, house=house, actor=actor, now=now)


async def _follow(
    connection: Connection, subject: Subject, before_id: UUID, offer: Offer, *, house: str, actor: dict[str, str],
    now: datetime,
) -> UUID:  # fmt: skip
    before = await queries.lock_quote(connection, before_id)
    status = domain.revise(Status(before["status"]), Kind(before["kind"]))
    if status != before["status"] or status is Status.EXPIRED:
        await queries.update_quote(connection, before_id, {"status": status})
    place = _Place(before["chain_id"], before["version"] + 1, before["number"])
    offer = replace(offer, kind=Kind(before["kind"]), language=offer.language or before["language"])
    return await _write(connection, subject, place, offer, house=house, actor=actor, now=now)


async def _write(
    connection: Connection, subject: Subject, place: _Place, offer: Offer, *, house: str, actor: dict[str, str],
    now: datetime,
) -> UUID:  # fmt: skip
    today = local_date(now)
    if subject.permanence is not None:
        following.check_quotable(subject.permanence, now)
    terms = await terms_on(connection, today)
    lines = [_line(line, terms["hourly_rate_cents"]) for line in offer.lines]
    with about("/lines"):
        domain.check_lines(offer.kind, lines)
    client = await queries.client(connection, subject.client_id)
    vat = vat_of(client["country"], client["vat_number"], today)
    paper = QuotePaper(
        house=house,
        number=place.number,
        version=place.version,
        kind=offer.kind.value,
        client=client["name"],
        about=subject.about,
        language=offer.language or client["language"],
        lines=lines,
        vat=vat,
        totals=totals((line.net_cents for line in lines), vat),
        currency=terms["currency"],
        quoted_on=today,
        valid_until_on=_valid_until(today, offer.valid_until_on, terms["quote_valid_days"], subject.begins_at),
        remarks=offer.remarks,
        windows=following.windows_of(subject.permanence) if subject.permanence is not None else (),
        cancellation=offer.cancellation,
        urgency_fee_applies=offer.urgency_fee_applies,
    )
    values = _values(subject, place, paper, terms["id"], now)
    await queries.insert_quote(connection, values)
    if subject.permanence is not None:
        await following.quoted(connection, subject.permanence, values["id"], actor=actor, now=now)
    await _tell(connection, values, actor, now)
    written: UUID = values["id"]
    return written


def _line(line: Mapping[str, Any], standard_rate_cents: int) -> Line:
    given = dict(line)
    if given.get("minutes") is not None and given.get("hourly_rate_cents") is None:
        given["hourly_rate_cents"] = standard_rate_cents
    try:
        return Line(**given)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.detail, pointer="/lines") from None


def _valid_until(today: date, wanted: date | None, valid_days: int, begins_at: datetime | None) -> date:
    try:
        return domain.valid_until(today, wanted, valid_days, begins_at)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.detail, **refusal.facts | {"pointer": "/valid_until_on"}) from None


def plain_line(line: Line) -> dict[str, Any]:
    """A line as it is stored and shown."""
    return {
        "description": line.description,
        "minutes": line.minutes,
        "hourly_rate_cents": line.hourly_rate_cents,
        "quantity": line.quantity,
        "unit_price_cents": line.unit_price_cents,
        "discount_bp": line.discount_bp,
        "net_cents": line.net_cents,
    }


def _values(subject: Subject, place: _Place, paper: QuotePaper, terms_id: UUID, now: datetime) -> dict[str, Any]:
    """Every column of a new version."""
    text = quote_text(paper)
    id_ = place.chain_id if place.version == 1 else new_id()
    return {
        "id": id_,
        "chain_id": place.chain_id,
        "version": place.version,
        "number": place.number,
        "client_id": subject.client_id,
        "ticket_id": subject.ticket["id"] if subject.ticket is not None else None,
        "permanence_id": subject.permanence["id"] if subject.permanence is not None else None,
        "kind": paper.kind,
        "status": Status.DRAFT,
        "language": paper.language,
        "lines": [plain_line(line) for line in paper.lines],
        "remarks": paper.remarks,
        "cancellation": [
            {"from_lead_hours": band.from_lead_hours, "charge_bp": band.charge_bp} for band in paper.cancellation
        ],
        "urgency_fee_applies": paper.urgency_fee_applies,
        "minutes": domain.minutes_of(paper.lines),
        "currency": paper.currency,
        **_sums(paper.totals, paper.vat),
        "terms_id": terms_id,
        "quoted_on": paper.quoted_on,
        "valid_until_on": paper.valid_until_on,
        "expires_at": domain.expires_at(paper.valid_until_on, subject.begins_at),
        "text": text,
        "text_sha256": hashlib.sha256(text.encode()).digest(),
        "created_at": now,
    }


def _sums(sums: Totals, vat: Vat) -> dict[str, Any]:
    return {
        "subtotal_cents": sums.subtotal_cents,
        "vat_category": vat.category,
        "vat_rate_bp": vat.rate_bp,
        "vat_cents": sums.vat_cents,
        "total_cents": sums.total_cents,
    }


async def _tell(connection: Connection, values: Mapping[str, Any], actor: dict[str, str], now: datetime) -> None:
    data = {name: values[name] for name in ("number", "version", "kind", "total_cents")}
    await events.record(
        connection,
        "quote.written",
        subject_id=values["id"],
        ticket_id=values["ticket_id"],
        client_id=values["client_id"],
        actor=actor,
        data=data,
        now=now,
    )
