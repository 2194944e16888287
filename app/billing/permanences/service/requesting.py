"""Ask for on-call, and change what was asked while nothing is agreed (O1, O2)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.billing.permanences import queries
from app.billing.permanences.service.following import tell
from app.billing.terms.service import policy, terms_on
from app.core.clock import instant_text
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.desk.calendar import queries as calendar
from app.desk.calendar.service import hours_of
from app.domain import permanence as domain
from app.domain.calendar import DAY, Span, local_date
from app.domain.errors import Refusal, about
from app.domain.permanence import Status, Suggestion
from app.domain.terms import Terms

OPEN = (Status.REQUESTED, Status.QUOTED)
NO_CLIENT = "There is no such client."
WINDOW = {"starts_at", "ends_at", "when_open"}


async def request_permanence(
    connection: Connection, wanted: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> UUID:
    """Take a formal request (O1): its window outside opening hours, its lead time, what the grid suggests.

    Raises:
        Refusal: `reference-unknown`; `window-past`, `window-in-hours`, `window-too-long`, `empty-span`.
    """
    if not await queries.client_exists(connection, wanted["client_id"]):
        raise Refusal("reference-unknown", NO_CLIENT, pointer="/client_id")
    values = {name: value for name, value in wanted.items() if name not in {"site_ids", "when_open"}}
    values |= await _window(connection, wanted, now)
    values |= {"id": new_id(), "status": Status.REQUESTED, "requested_at": now}
    await queries.insert_request(connection, values, set(wanted["site_ids"]))
    row = await queries.request(connection, values["id"])
    assert row is not None  # noqa: S101 (inserted above)
    data = {"starts_at": instant_text(row["starts_at"]), "ends_at": instant_text(row["ends_at"])}
    await tell(connection, row, "permanence.requested", actor=actor, now=now, **data)
    permanence_id: UUID = values["id"]
    return permanence_id


async def change_permanence(
    connection: Connection, permanence: Row, changes: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> None:
    """Change a locked request: people and sites until it is over, the window only while nothing is quoted.

    Raises:
        Refusal: `permanence-move`, and what `request_permanence` refuses.
    """
    status = Status(permanence["status"])
    if not domain.MOVES[status] or (WINDOW & set(changes) and status is not Status.REQUESTED):
        raise Refusal(
            "permanence-move",
            f"A permanence that is {status} cannot be changed so: ask anew, or write another quote.",
            current=status.value,
            legal=[move.value for move in domain.MOVES[status]],
        )
    columns = {name: value for name, value in changes.items() if name not in {"site_ids", "when_open"}}
    if WINDOW & set(changes):
        columns |= await _window(connection, dict(permanence) | dict(changes), now)
        columns["requested_at"] = now  # the lead time counts from what is asked for now
    if columns:
        await queries.update_request(connection, permanence["id"], columns)
    if "site_ids" in changes:
        await _sites(connection, permanence, changes["site_ids"])
    await tell(connection, permanence, "permanence.changed", actor=actor, now=now, fields=sorted(changes))


async def _sites(connection: Connection, permanence: Row, sites: Collection[UUID]) -> None:
    await queries.insert_sites(connection, permanence["id"], permanence["client_id"], set(sites))


async def _window(connection: Connection, wanted: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The columns that follow from the window: its parts, lead time, suggestion."""
    with about("/ends_at"):
        window = Span(wanted["starts_at"], wanted["ends_at"])
    lead = domain.lead_minutes(now, window.start)
    first, last = local_date(window.start) - DAY, local_date(window.end) + DAY
    hours = hours_of(await calendar.closed_around(connection, first, last, window.start))
    parts = domain.standby(hours, window, cut=wanted.get("when_open") == "cut")
    minutes = domain.minutes_of(parts)
    terms = policy(dict(await terms_on(connection, local_date(now))))
    suggestion = domain.suggest(terms.permanence_grid, lead, minutes)
    return {
        "starts_at": window.start,
        "ends_at": window.end,
        "windows": _plain(parts),
        "standby_minutes": minutes,
        "cut_minutes": domain.minutes_of([window]) - minutes,
        "lead_time_minutes": lead,
        "suggestion": _suggested(suggestion, terms) if suggestion else None,
        "terms_id": terms.terms_id,
    }


def _plain(parts: Sequence[Span]) -> list[dict[str, str]]:
    return [{"starts_at": part.start.isoformat(), "ends_at": part.end.isoformat()} for part in parts]


def _suggested(suggestion: Suggestion, terms: Terms) -> dict[str, Any]:
    return {
        "amount_cents": suggestion.amount_cents,
        "currency": terms.currency,
        "hourly_rate_cents": suggestion.band.hourly_rate_cents,
        "from_lead_hours": suggestion.band.from_lead_hours,
        "until_lead_hours": suggestion.until_lead_hours,
        "standby_minutes": suggestion.standby_minutes,
        "reason": suggestion.reason,
    }


def suggested_line(permanence: Row) -> dict[str, Any]:
    """The suggestion as a line of a quote.

    Raises:
        Refusal: `no-suggestion` where the terms have no grid, or no band reaches so short a lead time (O2).
    """
    suggestion = permanence["suggestion"]
    if suggestion is None:
        raise Refusal("no-suggestion", "The terms suggest no price for this lead time.", pointer="/lines")
    return {
        "description": permanence["event"],
        "minutes": suggestion["standby_minutes"],
        "hourly_rate_cents": suggestion["hourly_rate_cents"],
    }
