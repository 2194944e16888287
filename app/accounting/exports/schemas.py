"""Shapes of the accounting system's write-back."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.shapes import In, InstantOut, Line, Out


class ExportIn(In):
    """Under which reference the accounting system has the document."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"external_reference": "VT/2026/000123"}]})
    external_reference: Annotated[Line, Field(max_length=140)]


class ExportedOut(Out):
    """Who has the document, since when, under which reference."""

    document_id: UUID
    external_reference: str
    exported_at: InstantOut
    actor: dict[str, Any]
