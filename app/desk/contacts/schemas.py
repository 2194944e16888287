"""Shapes of contacts."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.db import Row
from app.core.shapes import Bool, Email, In, InstantOut, Language, Line, Out, Patch, Phone, unsent
from app.desk.bounces.schemas import Bounced, bounced

CONTACT: dict[str, Any] = {
    "name": "Sophie Thill",
    "email": "sophie@menuiserie-thill.lu",
    "phone": "+352621123456",
    "language": "fr",
    "billing": True,
}
CONTACT_ID = "019ab3c5-0a1b-7c2d-8e3f-4a5b6c7d8e9f"
CLIENT_ID = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6a7b"

Name = Annotated[Line, Field(max_length=120)]
NULL_LANGUAGE = "null: the client's."
BILLING = "Gets invoices, and what concerns contracts and prices."


class ContactIn(In):
    """A new contact."""

    model_config = ConfigDict(json_schema_extra={"examples": [CONTACT]})
    name: Name
    email: Email
    phone: Phone | None = None
    language: Language | None = Field(default=None, description=NULL_LANGUAGE)
    billing: Bool = Field(default=False, description=BILLING)


class ContactPatch(Patch):
    """What changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "+352621654321", "billing": False}]})
    name: Name = unsent()
    email: Email = unsent()
    phone: Phone | None = unsent()
    language: Language | None = unsent()
    billing: Bool = unsent()


class ContactOut(Out):
    """Somebody at a client."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": CONTACT_ID,
                    "client_id": CLIENT_ID,
                    **CONTACT,
                    "bounce": None,
                    "created_at": "2026-11-24T09:14:02Z",
                    "version": 1,
                }
            ]
        }
    )
    id: UUID
    client_id: UUID
    name: str
    email: str
    phone: str | None
    language: Language | None = Field(description=NULL_LANGUAGE)
    billing: bool = Field(description=BILLING)
    bounce: Bounced | None = Field(
        description="Set once the address refused a mail of ours, until it can be written to."
    )
    created_at: InstantOut
    version: int


def contact_out(row: Row) -> ContactOut:
    """A row of queries.CONTACT as its shape."""
    return ContactOut(**dict(row) | {"bounce": bounced(row["bounce"])})
