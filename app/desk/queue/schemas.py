"""Shapes of the queue."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.shapes import In, Line, Out


class QueueItemOut(Out):
    """A ticket that waits, its place (1 is next) and why it stands there."""

    position: int
    ticket_id: UUID
    number: str
    lane: Literal["urgent", "standard"]
    received_at: datetime
    subject: str
    client_id: UUID | None
    assignee_id: UUID | None
    why: str = Field(examples=["Standard: first come, first served, waiting since its receipt."])


class ClaimIn(In):
    """Take the next ticket (nothing needed), or another one (`ticket_id` and `reason`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{}, {"ticket_id": "01a20fd8-5f0c-744a-9ddb-76f0e030990a", "reason": "Same cause as my ticket"}]
        }
    )
    agent_id: Annotated[UUID | None, Field(description="Default: the agent of the key.")] = None
    ticket_id: UUID | None = None
    reason: Annotated[Line | None, Field(max_length=500, description="Why this one before the others; recorded.")] = (
        None
    )
