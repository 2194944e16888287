"""Price the parts of new entries one after the other, against pools this transaction holds (P, C2, U2)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.billing.pools.service import Held
from app.billing.terms.service import policies
from app.billing.time_entries import queries
from app.billing.time_entries.service.planning import Part
from app.core.db import Connection
from app.core.ids import new_id
from app.domain.allocation import Allocation, allocate
from app.domain.entry import Flag
from app.domain.pricing import INCLUDED_IN_FEE, Price, Work, price
from app.domain.ticket import Lane
from app.domain.urgency import FeeStatus, included_minutes_left

FEES = {
    "charge": FeeStatus.DUE,
    "reinstatement": FeeStatus.DUE,
    "waiver": FeeStatus.WAIVED,
    "reversal": FeeStatus.REVERSED,
}


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry as it was written: its columns, its price, where its minutes went."""

    values: dict[str, Any]
    price: Price
    allocations: tuple[Allocation, ...]


async def included(connection: Connection, parts: Iterable[Part]) -> dict[UUID, int]:
    """For each ticket whose urgency fee includes minutes: how many are left (U2)."""
    urgent = {part.ticket["ticket_id"]: part.ticket for part in parts if part.lane is Lane.URGENT}
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
        row["ticket_id"]: included_minutes_left(FEES[row["fee"]], generous[row["ticket_id"]], row["used_minutes"])
        for row in await queries.included(connection, generous)
    }


def price_parts(parts: Sequence[Part], held: Held, left: dict[UUID, int], now: datetime) -> list[Logged]:
    """Price each part as the pools and included minutes are after the one before it."""
    logged = []
    for part in parts:
        ticket_id, client_id = part.ticket["ticket_id"], part.ticket["client_id"]
        priced = price(_work(part, left.get(ticket_id, 0)), part.terms, held.of(client_id))
        held.book(client_id, priced.draws)
        if priced.non_billable_reason == INCLUDED_IN_FEE:
            left[ticket_id] -= priced.non_billable_minutes
        logged.append(Logged(_values(part, priced, now), priced, allocate(priced)))
    _link_parts(parts, logged)
    return logged


def _work(part: Part, included_minutes: int) -> Work:
    return Work(
        worked_on=part.worked_on,
        worked_minutes=part.minutes,
        lane=part.lane,
        non_billable_reason=part.entry.non_billable_reason,
        in_project=part.in_project,
        out_of_hours=Flag.OUT_OF_HOURS in part.flags,
        included_minutes=included_minutes,
    )


def _values(part: Part, priced: Price, now: datetime) -> dict[str, Any]:
    """The columns of `time_entries`."""
    replacing = part.entry.replacing
    return {
        "id": new_id(),
        "kind": "work",
        "client_id": part.ticket["client_id"],
        "ticket_id": part.entry.ticket_id,
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


def _link_parts(parts: Sequence[Part], logged: Sequence[Logged]) -> None:
    """Later parts of one entry name the first."""
    firsts: dict[int, UUID] = {}
    for part, one in zip(parts, logged, strict=True):
        first = firsts.setdefault(id(part.entry), one.values["id"])
        if first != one.values["id"]:
            one.values["part_of_id"] = first


def clients_of(parts: Iterable[Part]) -> Collection[UUID]:
    """The clients whose pools can be asked."""
    return {part.ticket["client_id"] for part in parts if part.ticket["client_id"] is not None}
