"""Days on which the desk is closed (rule H1)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date
from sqlmodel import Field, SQLModel

from app.tables.base import document, instant, version_column


class Holiday(SQLModel, table=True):
    """A legal public holiday of Luxembourg; `name` holds fr, en, de and lb."""

    __tablename__ = "holidays"
    on: date = Field(sa_column=Column("on", Date, primary_key=True))
    name: dict[str, Any] = document()


class Closure(SQLModel, table=True):
    """A stretch [starts_at, ends_at) in which the desk is closed although its hours say open."""

    __tablename__ = "closures"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"),)
    id: UUID = Field(primary_key=True)
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    reason: str = Field(max_length=200)
    created_at: datetime = instant()
    version: int = version_column()
