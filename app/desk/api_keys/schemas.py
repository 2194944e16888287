"""Shapes of API keys."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.core.shapes import In, Instant, InstantOut, Line, Out

Role = Literal["agent", "finance", "accounting", "client", "mail", "admin"]
Name = Annotated[Line, Field(max_length=120)]
KEY_ID = "019ab3c1-8b9c-7d0e-9f1a-2b3c4d5e6f70"
CLIENT_ID = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6a7b"
AGENT_ID = "019ab3c0-7a8b-7c9d-8e0f-1a2b3c4d5e6f"
PORTAL: dict[str, Any] = {
    "name": "Portal of Menuiserie Thill",
    "role": "client",
    "client_id": CLIENT_ID,
    "expires_at": "2027-12-31T23:00:00Z",
}
SHOWN: dict[str, Any] = {
    "id": KEY_ID,
    **PORTAL,
    "agent_id": None,
    "created_at": "2026-11-24T10:00:00Z",
    "revoked_at": None,
}
SECRET = f"ec_{KEY_ID.replace('-', '')}_shown-in-this-answer-only-then-never-again-x"


class ApiKeyIn(In):
    """A new key: one role, and with the role `client` the client it belongs to."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [PORTAL, {"name": "Laurent's desk", "role": "agent", "agent_id": AGENT_ID}]}
    )
    name: Name
    role: Role
    client_id: UUID | None = Field(
        default=None, validate_default=True, description="With the role `client`, and only then."
    )
    agent_id: UUID | None = Field(default=None, description="Whose key it is; with the role `agent` only.")
    expires_at: Instant | None = Field(default=None, description="From then on it is refused; null: never.")

    @field_validator("client_id")
    @classmethod
    def _client_goes_with_role(cls, client_id: UUID | None, info: ValidationInfo) -> UUID | None:
        role = info.data.get("role")
        if role is not None and (role == "client") != (client_id is not None):
            raise PydanticCustomError("key_client", "The role client needs a client; no other role has one.")
        return client_id

    @field_validator("agent_id")
    @classmethod
    def _agent_goes_with_role(cls, agent_id: UUID | None, info: ValidationInfo) -> UUID | None:
        if agent_id is not None and info.data.get("role", "agent") != "agent":
            raise PydanticCustomError("key_agent", "Only a key with the role agent belongs to an agent.")
        return agent_id


class ApiKeyOut(Out):
    """A key, never its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [SHOWN]})
    id: UUID
    name: str
    role: Role
    client_id: UUID | None
    agent_id: UUID | None
    created_at: InstantOut
    expires_at: InstantOut | None
    revoked_at: InstantOut | None


class NewApiKeyOut(ApiKeyOut):
    """A key as its creation answers it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**SHOWN, "key": SECRET}]})
    key: str | None = Field(
        description="What to send as `Authorization: Bearer …`. Shown in this answer only: it is stored nowhere, "
        "so a replay by Idempotency-Key has null here. Lost it? Revoke the key and make another."
    )
