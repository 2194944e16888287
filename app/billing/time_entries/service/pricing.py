"""Price new entries one after the other, against what this transaction holds (P, C2, U2, Q1)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.billing.pools.service import Held
from app.billing.quotes.service.consent import AcceptedQuote, watch_estimate
from app.billing.terms.service import policies
from app.billing.time_entries import queries
from app.billing.time_entries.service.planning import Part
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.desk.urgencies.service import FEE
from app.domain.allocation import Allocation, allocate
from app.domain.entry import Flag
from app.domain.errors import Refusal
from app.domain.pricing import INCLUDED_IN_FEE, Price, Work, price
from app.domain.quote import Consent, Kind, check_time
from app.domain.ticket import Lane
from app.domain.urgency import included_minutes_left


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry as it was written: its columns, its price, where its minutes went."""

    values: dict[str, Any]
    price: Price
    allocations: tuple[Allocation, ...]


async def included(connection: Connection, parts: Iterable[Part]) -> dict[UUID, int]:
    """For each ticket whose urgency fee includes minutes: how many are left (U2)."""
    urgent = {part.subject["subject_id"]: part.subject for part in parts if part.lane is Lane.URGENT}
    opened_under = {id_: row["urgency_terms_id"] for id_, row in urgent.items() if row["urgency_terms_id"]}
    terms = await policies(connection, set(opened_under.values()))
    generous = {
        ticket_id: terms[terms_id].urgency.included_minutes
        for ticket_id, terms_id in opened_under.items()
        if terms[terms_id].urgency.included_minutes
    }
    if not generous:
        return {}
    return {
        row["ticket_id"]: included_minutes_left(FEE[row["fee"]], generous[row["ticket_id"]], row["used_minutes"])
        for row in await queries.included(connection, generous)
    }


@dataclass(slots=True)
class Tally:
    """What pricing one entry changes for the next: pools, minutes that fees include, chargeable minutes of tickets."""

    held: Held
    included: dict[UUID, int]
    chargeable: dict[UUID, int]
    before: dict[UUID, int]

    def price(self, parts: Sequence[Part], now: datetime) -> list[Logged]:
        """Price the parts of one entry, all of them or none.

        Raises:
            Refusal: `quote-required`, `estimate-exceeded` (Q1, Q2).
        """
        kept = dict(self.held.clients), dict(self.included), dict(self.chargeable)
        try:
            logged = [self._price(part, now) for part in parts]
        except Refusal:
            self.held.clients, self.included, self.chargeable = kept
            raise
        for later in logged[1:]:
            later.values["part_of_id"] = logged[0].values["id"]
        return logged

    def _price(self, part: Part, now: datetime) -> Logged:
        subject_id, client_id = part.subject["subject_id"], part.subject["client_id"]
        priced = price(_work(part, self.included.get(subject_id, 0)), part.terms, self.held.of(client_id))
        if chargeable := priced.drawn_minutes + priced.billable_minutes:
            self.chargeable[subject_id] += chargeable
            check_time(part.terms, consent_of(part.subject), chargeable_minutes=self.chargeable[subject_id])
        self.held.book(client_id, priced.draws)
        if priced.non_billable_reason == INCLUDED_IN_FEE:
            self.included[subject_id] -= priced.non_billable_minutes
        return Logged(_values(part, priced, now), priced, allocate(priced))

    def give_back(self, back: Logged) -> None:
        """What a counter-entry takes back is there again: in pools, of fees, below the limit of a quote."""
        ticket_id, counter = back.values["ticket_id"], back.price
        self.held.book(back.values["client_id"], counter.draws)
        if ticket_id in self.chargeable:
            self.chargeable[ticket_id] += counter.drawn_minutes + counter.billable_minutes
        if ticket_id in self.included and counter.non_billable_reason == INCLUDED_IN_FEE:
            self.included[ticket_id] -= counter.non_billable_minutes


async def open_tally(connection: Connection, parts: Sequence[Part], held: Held) -> Tally:
    """The sums before the first part is priced."""
    chargeable = {part.subject["subject_id"]: int(part.subject["chargeable_minutes"]) for part in parts}
    return Tally(held, await included(connection, parts), dict(chargeable), chargeable)


def consent_of(subject: Row) -> Consent | None:
    """What the client has agreed to (Q1)."""
    if subject["quote_id"] is None:
        return None
    return Consent(Kind(subject["quote_kind"]), subject["quote_number"], subject["quote_minutes"])


async def watch_estimates(
    connection: Connection, parts: Sequence[Part], tally: Tally, *, actor: dict[str, str], now: datetime
) -> None:
    """Tell of the shares of accepted estimates that the tickets' time has reached (Q2)."""
    for ticket in {part.subject["subject_id"]: part.subject for part in parts}.values():
        consent, id_ = consent_of(ticket), ticket["subject_id"]
        if consent is not None:
            await watch_estimate(
                connection,
                AcceptedQuote(ticket["quote_id"], consent),
                ticket_id=id_,
                client_id=ticket["client_id"],
                before_minutes=tally.before[id_],
                after_minutes=tally.chargeable[id_],
                actor=actor,
                now=now,
            )


def _work(part: Part, included_minutes: int) -> Work:
    return Work(
        worked_on=part.worked_on,
        worked_minutes=part.minutes,
        lane=part.lane,
        non_billable_reason=part.entry.non_billable_reason,
        in_project=part.in_project,
        quoted=part.subject["quote_kind"] == Kind.QUOTE,
        out_of_hours=Flag.OUT_OF_HOURS in part.flags,
        included_minutes=included_minutes,
    )


def _values(part: Part, priced: Price, now: datetime) -> dict[str, Any]:
    """The columns of `time_entries`."""
    replacing = part.entry.replacing
    return {
        "id": new_id(),
        "kind": "work",
        "client_id": part.subject["client_id"],
        "ticket_id": part.entry.ticket_id,
        "permanence_id": part.entry.permanence_id,
        "agent_id": part.entry.agent_id,
        "worked_on": part.worked_on,
        "started_at": part.span.start if part.span else None,
        "ended_at": part.span.end if part.span else None,
        "worked_minutes": priced.worked_minutes,
        "billed_minutes": priced.billed_minutes,
        "lane": part.lane.value,
        "description": part.entry.description,
        "non_billable_reason": priced.non_billable_reason,
        "flags": list(part.flags),
        "terms_id": priced.terms_id,
        "hourly_rate_cents": priced.hourly_rate_cents,
        "discount_bp": priced.discount_bp,
        "currency": priced.currency,
        "corrects_id": None,
        "replaces_id": replacing.entry_id if replacing else None,
        "correction_reason": replacing.reason if replacing else None,
        "part_of_id": None,
        "logged_at": now,
    }


def clients_of(parts: Iterable[Part]) -> Collection[UUID]:
    """The clients whose pools can be asked."""
    return {part.subject["client_id"] for part in parts if part.subject["client_id"] is not None}
