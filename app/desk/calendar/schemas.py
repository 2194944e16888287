"""Shapes of the calendar."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.shapes import In, Instant, Line, Out, Patch, unsent


class Names(Out):
    """A name in the desk's three languages and in Luxembourgish."""

    fr: str
    en: str
    de: str
    lb: str


class HolidayOut(Out):
    """A legal public holiday of Luxembourg."""

    on: date = Field(examples=["2026-12-25"])
    name: Names


class ClosureIn(In):
    """The desk is closed from `starts_at` until just before `ends_at`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "starts_at": "2026-12-24T12:00:00+01:00",
                    "ends_at": "2026-12-24T17:30:00+01:00",
                    "reason": "Christmas Eve",
                }
            ]
        }
    )
    starts_at: Instant
    ends_at: Instant
    reason: Annotated[Line, Field(max_length=200)]


class ClosurePatch(Patch):
    """What changes about a closure; once it has begun, only its reason and its end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_at": "2026-12-24T16:00:00+01:00"}]})
    starts_at: Instant = unsent()
    ends_at: Instant = unsent()
    reason: Annotated[Line, Field(max_length=200)] = unsent()


class ClosureOut(Out):
    """A stretch of time in which the desk is closed."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_at: datetime
    version: int
