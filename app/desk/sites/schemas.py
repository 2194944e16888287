"""Shapes of sites."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.core.shapes import In, InstantOut, Line, LocalDate, Out, Patch, WebAddress, unsent

SITE: dict[str, Any] = {
    "name": "Online shop",
    "url": "https://shop.menuiserie-thill.lu/",
    "project_closed_on": "2025-06-30",
}
SITE_ID = "019ab3c6-1b2c-7d3e-8f4a-5b6c7d8e9fa0"
CLIENT_ID = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6a7b"

Name = Annotated[Line, Field(max_length=120)]
CLOSED = "The last day of its project; null while the project runs: tickets are then flagged `in_project` (T5)."


class SiteIn(In):
    """A new site."""

    model_config = ConfigDict(json_schema_extra={"examples": [SITE]})
    name: Name
    url: WebAddress
    project_closed_on: LocalDate | None = Field(default=None, description=CLOSED)


class SitePatch(Patch):
    """What changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"project_closed_on": "2026-11-30"}]})
    name: Name = unsent()
    url: WebAddress = unsent()
    project_closed_on: LocalDate | None = unsent()


class SiteOut(Out):
    """A website of a client."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": SITE_ID, "client_id": CLIENT_ID, **SITE, "created_at": "2026-11-24T09:15:30Z", "version": 1}
            ]
        }
    )
    id: UUID
    client_id: UUID
    name: str
    url: str = Field(description="As browsers write it.")
    project_closed_on: date | None = Field(description=CLOSED)
    created_at: InstantOut
    version: int
