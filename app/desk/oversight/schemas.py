"""Shapes of what is overseen: the audit log, jobs, the feed of events."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from app.core.shapes import InstantOut, Out

JobStatus = Literal["queued", "running", "dead"]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,80}$")]

KEY_ID = "019ab3c1-8b9c-7d0e-9f1a-2b3c4d5e6f70"
CLIENT_ID = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6a7b"
AFTER = "WzkxNzQsIjAxOWFiM2Q4LTNkNGUtN2Y1MC1iYTdiLThjOWRhZWJmY2FkYiJd"
AUDITED: dict[str, Any] = {
    "id": "019ab3d8-3d4e-7f50-ba7b-8c9daebfcadb",
    "occurred_at": "2026-11-24T10:12:45Z",
    "api_key_id": KEY_ID,
    "role": "finance",
    "operation": "change_client",
    "path": f"/v1/clients/{CLIENT_ID}",
    "status_code": 200,
    "request_id": "019ab3d83d4e7f50ba7b8c9daebfcadc",
    "client_address": "192.0.2.17",
    "data": {},
}
JOB: dict[str, Any] = {
    "id": "019ab3da-4e5f-7a61-8b8c-9daebfcadbec",
    "kind": "send_mail",
    "payload": {"mail_id": "019ab3da-4e5f-7a61-8b8c-9daebfcadbed"},
    "status": "dead",
    "run_at": "2026-11-24T10:14:00Z",
    "attempts": 12,
    "lease_until": None,
    "last_error": "The mail server refused the recipient.",
    "created_at": "2026-11-22T20:07:36Z",
}
TICKET_ID = "019ab3d8-3d4e-7f50-ba7b-8c9daebfcadd"
EVENT: dict[str, Any] = {
    "id": "019ab3d8-3d4e-7f50-ba7b-8c9daebfcadb",
    "type": "ticket.claimed",
    "subject_id": TICKET_ID,
    "client_id": CLIENT_ID,
    "ticket_id": TICKET_ID,
    "actor": {"role": "agent", "api_key_id": KEY_ID},
    "data": {"agent_id": "019ab3d8-3d4e-7f50-ba7b-8c9daebfcadc", "out_of_order": True, "reason": "Same cause as mine"},
    "occurred_at": "2026-11-24T10:12:45Z",
}


class AuditEntryOut(Out):
    """One call of a key that changed something."""

    model_config = ConfigDict(json_schema_extra={"examples": [AUDITED]})
    id: UUID
    occurred_at: InstantOut
    api_key_id: UUID | None
    role: str
    operation: str = Field(description="The operation's name in this documentation.")
    path: str
    status_code: int
    request_id: str = Field(description="The answer's X-Request-ID; also in the logs.")
    client_address: str
    data: dict[str, Any] = Field(description="What the call made, as far as the path does not say.")


class JobOut(Out):
    """Work that is still to do; a job that is done is gone."""

    model_config = ConfigDict(json_schema_extra={"examples": [JOB]})
    id: UUID
    kind: str
    payload: dict[str, Any]
    status: JobStatus = Field(description="`dead`: given up after its last attempt, until somebody retries it.")
    run_at: InstantOut = Field(description="Not before then.")
    attempts: int
    lease_until: InstantOut | None = Field(description="Until then the worker that runs it is trusted to be alive.")
    last_error: str | None
    created_at: InstantOut


class FeedEventOut(Out):
    """Something that happened."""

    model_config = ConfigDict(json_schema_extra={"examples": [EVENT]})
    id: UUID
    type: str
    subject_id: UUID = Field(description="What it happened to.")
    client_id: UUID | None
    ticket_id: UUID | None
    actor: dict[str, Any] = Field(description="Who did it: a role, with its key and agent where there is one.")
    data: dict[str, Any]
    occurred_at: InstantOut


class FeedOut(Out):
    """A stretch of the feed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EVENT], "next_cursor": None, "after": AFTER}]})
    items: list[FeedEventOut]
    next_cursor: str | None = Field(description="More is there already: ask with `after` set to it. Null: not yet.")
    after: str | None = Field(description="Keep it: asked with it later, the feed goes on from here.")
