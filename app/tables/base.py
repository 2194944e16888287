"""What every table shares: constraint names, column shapes, the one metadata Alembic compares with the database.

A table class validates nothing (ADR 0002): shapes validate input, the domain validates meaning, constraints
validate truth. No query is built from these classes either; SQL stands in each feature's `queries.py`.
"""

from typing import Any

from sqlalchemy import CheckConstraint, Column, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
metadata = SQLModel.metadata


def instant(*, nullable: bool = False) -> Any:
    """A moment, kept with its zone; columns are named `*_at`."""
    return Field(sa_column=Column(TIMESTAMP(timezone=True), nullable=nullable))


def long_text(*, nullable: bool = False) -> Any:
    """Text whose length the shapes bound in characters and bytes."""
    return Field(sa_column=Column(Text, nullable=nullable))


def document(*, default: str = "{}", nullable: bool = False) -> Any:
    """A small JSON document, never queried by its inside."""
    return Field(sa_column=Column(JSONB, nullable=nullable, server_default=text(f"'{default}'::jsonb")))


def version_column() -> Any:
    """Counts the changes of a row: the ETag."""
    return Field(default=1, sa_column_kwargs={"server_default": text("1")})


def one_of(column: str, *values: str) -> CheckConstraint:
    """An enumeration as text with a CHECK, so that adding a value is one cheap migration."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
