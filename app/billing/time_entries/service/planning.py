"""What an entry is before it is priced: whose, on which dates, under which terms, with which flags (P3, P4, P5, T5)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.billing.terms.service import policies
from app.billing.time_entries import queries
from app.core.db import Connection, Row
from app.desk.calendar.service import hours_of
from app.domain.calendar import OpeningHours, Span, day_start, local_date
from app.domain.entry import Flag, check_not_future, flags
from app.domain.errors import Refusal, about
from app.domain.minutes import check_day, check_minutes, worked_minutes
from app.domain.period import Cycle, split_at_days, split_at_periods
from app.domain.pricing import IN_PROJECT, INCLUDED_IN_FEE
from app.domain.terms import Terms, terms_on
from app.domain.ticket import Lane, Status

LONGEST_MINUTES = 10_000
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """Work of which only the local date and the minutes are known."""

    worked_on: date
    minutes: int


@dataclass(frozen=True, slots=True)
class Replacing:
    """The entry that a new one stands for, and why (P6)."""

    entry_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """Work on a ticket or on-call; `bill_in_project`: to be billed although the site's project still runs (T5)."""

    ticket_id: UUID | None
    permanence_id: UUID | None = None
    agent_id: UUID
    work: Span | Day
    description: str
    non_billable_reason: str | None = None
    bill_in_project: bool = False
    replacing: Replacing | None = None

    @property
    def subject_id(self) -> UUID | None:
        """The ticket or the permanence."""
        return self.ticket_id or self.permanence_id

    @property
    def days(self) -> tuple[date, date]:
        """First and last local date."""
        if isinstance(self.work, Day):
            return self.work.worked_on, self.work.worked_on
        return local_date(self.work.start), local_date(self.work.end)


@dataclass(frozen=True, slots=True)
class Known:
    """What is on record about the tickets and permanences, agents and dates of some new entries."""

    subjects: dict[UUID | None, Row]
    agents: frozenset[UUID]
    terms: dict[UUID, Terms]
    hours: OpeningHours
    pools: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One entry to be: a date-only entry, or a stretch of work within one period and one version of the terms."""

    entry: NewEntry
    subject: Row
    worked_on: date
    span: Span | None
    minutes: int
    terms: Terms
    flags: tuple[str, ...]

    @property
    def lane(self) -> Lane:
        """The lane that the ticket is in."""
        return Lane(self.subject["lane"])

    @property
    def in_project(self) -> bool:
        """Whether the desk gives the time away because the project pays it (T5)."""
        return IN_PROJECT in self.subject["flags"] and not self.entry.bill_in_project


async def look_up(connection: Connection, entries: Collection[NewEntry], *, with_pools: bool = False) -> Known:
    """Read what the entries need, and share their clients until the transaction ends; of one entry also its pools."""
    first = min(entry.days[0] for entry in entries)
    last = max(entry.days[1] for entry in entries)
    rows = await queries.facts(
        connection,
        {entry.ticket_id for entry in entries if entry.ticket_id},
        {entry.permanence_id for entry in entries if entry.permanence_id},
        {entry.agent_id for entry in entries},
        (first, last),
        (day_start(first), day_start(last + DAY)),
        with_pools=with_pools,
    )
    if not rows:
        return Known({}, frozenset(), {}, OpeningHours())
    terms = await policies(connection, rows[0]["terms"])
    return Known(
        {row["subject_id"]: row for row in rows},
        frozenset(rows[0]["agents"]),
        terms,
        hours_of(rows[0]),
        rows[0]["pools"] or (),
    )


def plan(known: Known, entry: NewEntry, now: datetime) -> list[Part]:
    """The parts of an entry: more than one when it crosses midnight of a period's edge or of new terms (P3, P4).

    Raises:
        Refusal: `reference-unknown`, `client-unidentified` (T4), `ticket-is-spam`, `permanence-unquoted` (O2),
            `future-work`, `entry-too-long`, `longer-than-day`, `no-terms`, `minutes-not-positive`, `reason-reserved`.
    """
    subject = _subject(known, entry)
    if isinstance(entry.work, Day):
        with about("/worked_minutes"):
            check_minutes(entry.work.minutes)
            check_day(entry.work.worked_on, entry.work.minutes)
        pieces: Sequence[Span | Day] = [entry.work]
    else:
        pieces = _pieces(known, entry.work, Cycle(subject["billing_cycle"] or Cycle.QUARTERLY))
    parts = [_part(known, entry, subject, piece, now) for piece in pieces]
    if sum(part.minutes for part in parts) > LONGEST_MINUTES:
        detail = f"One entry holds at most {LONGEST_MINUTES} minutes."
        raise Refusal("entry-too-long", detail, pointer="/ended_at", minutes=LONGEST_MINUTES)
    return parts


def _subject(known: Known, entry: NewEntry) -> Row:
    subject = known.subjects.get(entry.subject_id)
    if subject is None or subject["ticket_id"] != entry.ticket_id:
        name = "ticket" if entry.ticket_id else "permanence_request"
        raise Refusal("reference-unknown", f"There is no such {name.replace('_', ' ')}.", pointer=f"/{name}_id")
    if entry.agent_id not in known.agents:
        raise Refusal("reference-unknown", "There is no such agent.", pointer="/agent_id")
    if entry.non_billable_reason == INCLUDED_IN_FEE:
        detail = "The desk itself finds out what an urgency's fee includes."
        raise Refusal("reason-reserved", detail, pointer="/non_billable_reason")
    if entry.non_billable_reason is None:
        _check_payer(subject)
    return subject


def _check_payer(subject: Row) -> None:
    """Refuses time that nobody would pay: of nobody known, for spam, or on-call that nobody agreed to (T4, U4, O2)."""
    if subject["client_id"] is None:
        raise Refusal("client-unidentified", "Link the ticket to a client first, or say why nobody pays.")
    if subject["ticket_status"] == Status.SPAM:
        raise Refusal("ticket-is-spam", "Nobody asked for what is spam: say why nobody pays, or name another ticket.")
    if subject["ticket_id"] is None and subject["quote_id"] is None:
        raise Refusal("permanence-unquoted", "On-call is always by quote: it must be accepted first.")


def _pieces(known: Known, work: Span, cycle: Cycle) -> list[Span]:
    new_terms = [terms.effective_on for terms in known.terms.values()]
    return [piece for span in split_at_periods(work, cycle) for piece in split_at_days(span, new_terms)]


def _part(known: Known, entry: NewEntry, subject: Row, piece: Span | Day, now: datetime) -> Part:
    span = piece if isinstance(piece, Span) else None
    worked_on = local_date(piece.start) if isinstance(piece, Span) else piece.worked_on
    terms = terms_on(known.terms.values(), worked_on)
    when = span or worked_on
    with about("/ended_at" if span else "/worked_on"):
        check_not_future(when, now, terms.future_tolerance_minutes)
    cycle = Cycle(subject["billing_cycle"] or Cycle.QUARTERLY)
    found: Iterable[Flag] = flags(when, now, cycle, known.hours, _windows(subject))
    return Part(
        entry=entry,
        subject=subject,
        worked_on=worked_on,
        span=span,
        minutes=worked_minutes(piece) if isinstance(piece, Span) else piece.minutes,
        terms=terms,
        flags=tuple(flag.value for flag in found),
    )


def _windows(subject: Row) -> list[Span]:
    """The client's on-call: what is not out of hours there (P5)."""
    return [
        Span(*window) for window in zip(subject["on_call_starts"] or (), subject["on_call_ends"] or (), strict=True)
    ]
