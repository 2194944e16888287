"""The terms: which version holds on a date, and how a new one is published (rule N)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.billing.terms import queries
from app.core import events
from app.core.db import Connection, Row, Values
from app.core.ids import new_id
from app.domain.calendar import local_date
from app.domain.errors import Refusal, about
from app.domain.mail import bare_address
from app.domain.permanence import Band
from app.domain.terms import Terms, UrgencyTerms, check_publication

# The columns that a version has beside its policy.
ASIDE = {"id", "reason", "text", "published_at"}


def policy(row: Values) -> Terms:
    """A row of `terms` as the rules know it."""
    urgency = UrgencyTerms(**{field.name: row[f"urgency_{field.name}"] for field in fields(UrgencyTerms)})
    names = {field.name for field in fields(Terms)} - {"terms_id", "urgency", "permanence_grid"}
    grid = tuple(Band(**band) for band in row["permanence_grid"])
    values: dict[str, Any] = {name: tuple(row[name]) if isinstance(row[name], list) else row[name] for name in names}
    return Terms(terms_id=row["id"], urgency=urgency, permanence_grid=grid, **values)


# A published version never changes, so a process reads each once.
_KNOWN: dict[UUID, Terms] = {}


async def policies(connection: Connection, terms_ids: Collection[UUID]) -> dict[UUID, Terms]:
    """The policy of each of those versions."""
    missing = [terms_id for terms_id in set(terms_ids) if terms_id not in _KNOWN]
    if missing:
        _KNOWN.update({row["id"]: policy(row) for row in await queries.terms_of(connection, missing)})
    return {terms_id: _KNOWN[terms_id] for terms_id in terms_ids}


async def terms_on(connection: Connection, day: date) -> Row:
    """The version in force on a local date (P3).

    Raises:
        Refusal: `no-terms` before the first version.
    """
    row = await queries.terms_on(connection, day)
    if row is None:
        raise Refusal("no-terms", f"No terms were in force on {day}.", on=day.isoformat())
    return row


async def publish_terms(
    connection: Connection,
    wanted: Mapping[str, Any],
    *,
    reason: str | None,
    actor: dict[str, str],
    now: datetime,
) -> Row:
    """Publish a version and mail every contact of every client, with the proof of it (N1).

    `wanted` holds columns of `terms`; what it leaves out stays as the version before has it.

    Raises:
        Refusal: `terms-retroactive`, `notice-too-short`, `terms-invalid`, or `terms-exist` for that date.
    """
    people = await queries.everybody(connection)  # before the lock: whoever logs time holds its client already
    await queries.lock_versions(connection)
    effective_on, today = wanted["effective_on"], local_date(now)
    in_force = await terms_on(connection, today)
    last_priced_on = await _last_priced_on(connection)
    with about("/effective_on"):
        check_publication(
            effective_on, today, last_priced_on=last_priced_on, notice_days=in_force["notice_days"], reason=reason
        )
    before = await terms_on(connection, effective_on)
    if before["effective_on"] == effective_on:
        raise Refusal("terms-exist", f"Terms for {effective_on} were published already.", pointer="/effective_on")
    values = {**before, **wanted, "id": new_id(), "reason": reason, "published_at": now}
    policy(values)
    row = await queries.insert_terms(connection, values)
    told = await _tell(connection, people, row["id"], now)
    data = {"effective_on": effective_on.isoformat(), "told": told, "reason": reason}
    await events.record(connection, "terms.published", subject_id=row["id"], actor=actor, data=data, now=now)
    return row


async def _last_priced_on(connection: Connection) -> date | None:
    """The latest local date for which anything was priced, once nobody else prices."""
    row = await queries.priced(connection)
    opened_on = local_date(row["opened_at"]) if row["opened_at"] else None
    return max((day for day in (row["worked_on"], row["purchased_on"], opened_on) if day), default=None)


async def _tell(connection: Connection, people: Sequence[Row], terms_id: UUID, now: datetime) -> int:
    """Queue the notices; how many mails that makes."""
    notices = [
        (
            new_id(), new_id(), new_id(), one["client_id"], one["name"], one["email"],
            bare_address(one["email"]) if one["email"] else None, one["language"],
        )
        for one in people
    ]  # fmt: skip
    await queries.tell(connection, notices, terms_id, now)
    return sum(one["email"] is not None for one in people)
