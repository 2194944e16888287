"""Shapes of addresses that refused a mail."""

from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.db import Row
from app.core.shapes import InstantOut, Out
from app.domain.bounce import meaning

EXAMPLE: dict[str, Any] = {
    "id": "019ab3c5-1111-7c2d-8e3f-4a5b6c7d8e9f",
    "status": "5.1.1",
    "meaning": "There is no such address.",
    "bounced_at": "2026-11-24T09:14:02Z",
}


class Bounced(Out):
    """Since when and why an address refuses our mail. `DELETE /v1/bounces/{id}` takes it away."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    id: UUID
    status: str = Field(description="What its mail server said (RFC 3463), or `unknown`.")
    meaning: str = Field(description="The same in words.")
    bounced_at: InstantOut


class ContactAt(Out):
    """A contact who has the address."""

    client_id: UUID
    contact_id: UUID
    name: str


class BounceOut(Bounced):
    """An address that refused a mail of ours."""

    address: str
    mail_kind: str = Field(description="What it refused.", examples=["acknowledgement"])
    ticket_id: UUID | None
    ticket_number: str | None
    contacts: list[ContactAt]


def bounced(found: dict[str, Any] | None) -> Bounced | None:
    """What queries.OF_CONTACT found."""
    return None if found is None else Bounced(**found, meaning=meaning(found["status"]))


def bounce_out(row: Row) -> BounceOut:
    """A row of queries.BOUNCE as its shape."""
    values = {name: value for name, value in row.items() if name != "mailbox"}
    return BounceOut(**values, meaning=meaning(row["status"]))
