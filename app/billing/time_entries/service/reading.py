"""Entries as rows, whether just written or read: their columns, their sums, their price."""

from typing import Any
from uuid import UUID

from app.billing.time_entries.service.pricing import Logged
from app.core.db import Values
from app.domain.allocation import Allocation, Place
from app.domain.contract import Draw
from app.domain.pricing import Price

SUMS = (Place.OPEN, Place.INVOICED, Place.QUOTED, Place.NON_BILLABLE, Place.WRITTEN_OFF)


def shown(one: Logged) -> dict[str, Any]:
    """What was just written, as `queries.ENTRY` would read it."""
    sums = {f"{place}_minutes": sum(a.minutes for a in one.allocations if a.place is place) for place in SUMS}
    draws = {str(a.contract_id): a.minutes for a in one.allocations if a.place is Place.DRAWN}
    return {**one.values, **sums, "draws": draws, "corrected_by_id": None}


def price_of(row: Values) -> Price:
    """The price of an entry as it stands now, pools that took minutes over later included."""
    return Price(
        terms_id=row["terms_id"],
        currency=row["currency"],
        hourly_rate_cents=row["hourly_rate_cents"],
        discount_bp=row["discount_bp"],
        worked_minutes=row["worked_minutes"],
        billed_minutes=row["billed_minutes"],
        draws=tuple(Draw(UUID(contract_id), minutes) for contract_id, minutes in row["draws"].items()),
        quoted_minutes=row["quoted_minutes"],
        non_billable_minutes=row["non_billable_minutes"],
        non_billable_reason=row["non_billable_reason"],
    )


def sums_of(row: Values) -> list[Allocation]:
    """Where an entry's minutes are."""
    drawn = [Allocation(Place.DRAWN, minutes, UUID(contract_id)) for contract_id, minutes in row["draws"].items()]
    return drawn + [Allocation(place, row[f"{place}_minutes"]) for place in SUMS if row[f"{place}_minutes"]]
