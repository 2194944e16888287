"""Shapes of timers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.billing.time_entries.schemas import Description, LoggedOut, NoPay
from app.core.shapes import Bool, In, Out


class TimerIn(In):
    """Start the clock on a ticket."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ticket_id": "01a20fd8-5f0c-744a-9ddb-76f0e030990a", "description": "Searching the cause"}]
        }
    )
    ticket_id: UUID
    agent_id: Annotated[UUID | None, Field(description="Default: the agent of the key.")] = None
    description: Description | None = None


class TimerStop(In):
    """Stop the clock. What is left out comes from its start."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"description": "Found and repaired it"}, {}, {"discard": True}]}
    )
    description: Description | None = None
    non_billable_reason: NoPay | None = None
    bill_in_project: Bool = False
    discard: Annotated[Bool, Field(description="Log nothing.")] = False


class TimerOut(Out):
    """A clock that runs for an agent, or did."""

    id: UUID
    agent_id: UUID
    ticket_id: UUID
    description: str | None
    started_at: datetime
    stopped_at: datetime | None
    entry_id: UUID | None = Field(description="The time entry that came of it.")


class StoppedOut(Out):
    """The stopped timer and the entry that came of it, if it was not discarded."""

    timer: TimerOut
    entry: LoggedOut | None
