"""Shapes of the proofs that a VAT number is valid."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.shapes import Bool, In, Instant, InstantOut, Line, Out


class VatProofIn(In):
    """What the register (VIES) said about the client's VAT number."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"valid": True, "checked_at": "2026-11-22T20:07:36Z", "reference": "VIES WAPIAAAAZLvb3e5e"}]
        }
    )
    valid: Bool
    checked_at: Instant
    reference: Annotated[Line, Field(max_length=140, description="The register's consultation number.")]


class VatProofOut(Out):
    """What the register said about a VAT number, and when."""

    id: UUID
    client_id: UUID
    vat_number: str
    valid: bool
    checked_at: InstantOut
    reference: str
