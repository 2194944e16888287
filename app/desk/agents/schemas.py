"""Shapes of agents."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.shapes import Bool, Email, In, InstantOut, Language, Line, Out, Patch, unsent

AGENT: dict[str, Any] = {"name": "Laurent Weis", "email": "laurent.weis@e-connect.lu", "language": "fr", "active": True}
AGENT_ID = "019ab3c0-7a8b-7c9d-8e0f-1a2b3c4d5e6f"

Name = Annotated[Line, Field(max_length=120)]
ACTIVE = (
    "Whether tickets and keys can be given to them; who leaves becomes inactive and stays in the history, and what "
    "they worked can still be logged."
)


class AgentIn(In):
    """A new agent."""

    model_config = ConfigDict(json_schema_extra={"examples": [AGENT]})
    name: Name
    email: Email
    language: Language
    active: Bool = Field(default=True, description=ACTIVE)


class AgentPatch(Patch):
    """What changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"active": False}]})
    name: Name = unsent()
    email: Email = unsent()
    language: Language = unsent()
    active: Bool = unsent()


class AgentOut(Out):
    """Somebody who works at the desk."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": AGENT_ID, **AGENT, "created_at": "2026-11-02T08:30:00Z", "version": 1}]}
    )
    id: UUID
    name: str
    email: str
    language: Language
    active: bool = Field(description=ACTIVE)
    created_at: InstantOut
    version: int
