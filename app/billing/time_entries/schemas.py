"""Shapes of time entries."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, Strict, model_validator
from pydantic_core import PydanticCustomError

from app.core.db import Values
from app.core.shapes import Bool, In, Instant, Line, LocalDate, Out, Paragraphs
from app.domain.allocation import EntryStatus, entry_status
from app.domain.explanation import Because, explain, takes_back
from app.domain.money import amount_cents
from app.domain.pricing import Price, Work
from app.domain.terms import Terms
from app.domain.ticket import Lane

Worked = Annotated[int, Strict(), Field(ge=1, le=10_000)]
Description = Annotated[Paragraphs, Field(max_length=2000)]
NoPay = Annotated[Line, Field(max_length=200)]
Reason = Annotated[Line, Field(max_length=500)]
Flag = Literal["late", "future", "out_of_hours"]
MOST_IMPORTED = 1_000
EXAMPLE: dict[str, Any] = {
    "ticket_id": "01a20fd8-5f0c-744a-9ddb-76f0e030990a",
    "started_at": "2026-11-24T09:00:00+01:00",
    "ended_at": "2026-11-24T09:35:00+01:00",
    "description": "Found why the basket empties; repaired the session's lifetime.",
}
BY_DAY: dict[str, Any] = {
    "ticket_id": "01a20fd8-5f0c-744a-9ddb-76f0e030990a",
    "worked_on": "2026-11-23",
    "worked_minutes": 20,
    "description": "Explained the statistics.",
    "non_billable_reason": "goodwill",
}


class TimeEntryIn(In):
    """Work on a ticket or on-call: `started_at` and `ended_at`, or `worked_on` and `worked_minutes`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE, BY_DAY]})
    ticket_id: UUID | None = None
    permanence_request_id: Annotated[UUID | None, Field(description="On-call, whose price covers the time.")] = None
    agent_id: Annotated[UUID | None, Field(description="Default: the agent of the key.")] = None
    started_at: Instant | None = None
    ended_at: Annotated[Instant | None, Field(description="Not more than 5 minutes ahead (P4).")] = None
    worked_on: Annotated[LocalDate | None, Field(description="Local date (Europe/Luxembourg).")] = None
    worked_minutes: Worked | None = None
    description: Description
    non_billable_reason: Annotated[NoPay | None, Field(description="Why nobody pays; left out, somebody does.")] = None
    bill_in_project: Annotated[
        Bool, Field(description="Bill it although the site's project is not closed yet (T5).")
    ] = False

    @model_validator(mode="after")
    def _one_subject(self) -> "TimeEntryIn":
        if (self.ticket_id is None) == (self.permanence_request_id is None):
            raise PydanticCustomError("field_combination", "Give ticket_id or permanence_request_id.")
        return self

    @model_validator(mode="after")
    def _one_way_to_say_when(self) -> "TimeEntryIn":
        given = [self.started_at is not None, self.ended_at is not None, self.worked_on is not None,
                 self.worked_minutes is not None]  # fmt: skip
        if given not in ([True, True, False, False], [False, False, True, True]):
            message = "Give started_at and ended_at, or worked_on and worked_minutes."
            raise PydanticCustomError("field_combination", message)
        return self


class CorrectionIn(In):
    """Why an entry is wrong, and what is right instead; without `replacement` it is taken back and that is all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"reason": "Typed 50 instead of 15 minutes", "replacement": BY_DAY},
                {"reason": "Logged twice"},
            ]
        }
    )
    reason: Reason
    replacement: TimeEntryIn | None = None


class ImportIn(In):
    """Up to 1,000 entries; a wrong one is refused by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"entries": [EXAMPLE, BY_DAY]}]})
    entries: Annotated[
        list[Any],
        Field(
            min_length=1,
            max_length=MOST_IMPORTED,
            description="Each as the body of `POST /v1/time-entries`; each is checked, and refused, by itself.",
        ),
    ]


class DrawOut(Out):
    """Minutes that a contract gave."""

    contract_id: UUID
    minutes: int


class StepOut(Out):
    """One step of an explanation: a word, a sentence, and the numbers of the sentence."""

    because: Because
    text: str
    facts: dict[str, Any]


class TimeEntryOut(Out):
    """An entry, where its minutes are, what they cost and why.

    Worked minutes become billed minutes by the increment; billed = drawn + quoted + non-billable + written off +
    billable, and of the billable ones some are `invoiced`. A counter-entry has everything below zero; what a
    credit note gave back of its entry before is written off, since it is not given back again.
    """

    id: UUID
    kind: Literal["work", "counter"]
    ticket_id: UUID | None
    permanence_request_id: UUID | None
    client_id: UUID | None
    agent_id: UUID
    worked_on: date
    started_at: datetime | None
    ended_at: datetime | None
    description: str
    lane: Literal["urgent", "standard"]
    worked_minutes: int
    billed_minutes: int
    drawn_minutes: int
    quoted_minutes: int
    non_billable_minutes: int
    written_off_minutes: int
    billable_minutes: int
    invoiced_minutes: int
    non_billable_reason: str | None
    draws: list[DrawOut]
    hourly_rate_cents: int
    discount_bp: int
    amount_cents: int = Field(description="Of the billable minutes, excl. VAT.")
    currency: Literal["EUR"]
    terms_id: UUID
    status: EntryStatus
    flags: list[Flag]
    explanation: list[StepOut]
    corrects_id: UUID | None = Field(description="The entry that this counter-entry takes back.")
    corrected_by_id: UUID | None = Field(description="The counter-entry that takes this entry back.")
    replaces_id: UUID | None = Field(description="The corrected entry that this one stands for.")
    correction_reason: str | None
    part_of_id: UUID | None = Field(description="The first part of the work, cut at the edge of a period (P4).")
    logged_at: datetime


class LoggedOut(TimeEntryOut):
    """The entry; where it was cut at the edge of a period or of new terms, its first part and the others."""

    further_parts: list[TimeEntryOut]


class CorrectedOut(Out):
    """The counter-entry and, if one was sent, the new entry."""

    counter_entry: TimeEntryOut
    replacement: LoggedOut | None


class ImportResult(Out):
    """What became of one entry of an import."""

    index: int = Field(description="Place in `entries`, from 0.")
    outcome: Literal["logged", "refused"]
    entry_ids: list[UUID] = Field(description="More than one where the work was cut at the edge of a period.")
    problem: dict[str, Any] | None = Field(description="As `application/problem+json`.")


class ImportOut(Out):
    """A result for each entry, in order."""

    logged: int
    refused: int
    results: list[ImportResult]


WORKED_OUT = {
    "permanence_request_id",
    "drawn_minutes",
    "billable_minutes",
    "draws",
    "amount_cents",
    "status",
    "explanation",
}
PASSED = set(TimeEntryOut.model_fields) - WORKED_OUT


def entry_out(row: Values, price: Price, terms: Terms) -> TimeEntryOut:
    """An entry as its shape; the explanation is worked out from what was stored."""
    billable = row["open_minutes"] + row["invoiced_minutes"]
    status = entry_status(
        corrected=row["corrected_by_id"] is not None,
        open_minutes=row["open_minutes"],
        invoiced_minutes=row["invoiced_minutes"],
    )
    return TimeEntryOut(
        **{name: row[name] for name in PASSED},
        permanence_request_id=row["permanence_id"],
        drawn_minutes=price.drawn_minutes,
        billable_minutes=billable,
        draws=[DrawOut(contract_id=one.pool_id, minutes=one.minutes) for one in price.draws],
        amount_cents=amount_cents(billable, row["hourly_rate_cents"], row["discount_bp"]),
        status=status,
        explanation=_explained(row, price, terms),
    )


def _explained(row: Values, price: Price, terms: Terms) -> list[StepOut]:
    work = Work(worked_on=row["worked_on"], worked_minutes=row["worked_minutes"], lane=Lane(row["lane"]))
    steps = explain(work, price, terms)
    if row["corrects_id"] is not None:
        steps = takes_back(steps, row["corrects_id"], row["correction_reason"], -row["written_off_minutes"])
    return [StepOut(because=step.because, text=step.text, facts=step.facts) for step in steps]
