"""Agents of the desk and the credentials that call the API."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from app.tables.base import instant, one_of, version_column

ROLES = ("agent", "finance", "accounting", "client", "mail", "admin")
LANGUAGES = ("fr", "en", "de")


class Agent(SQLModel, table=True):
    __tablename__ = "agents"
    __table_args__ = (
        Index("uq_agents_email", text("lower(email)"), unique=True),
        one_of("language", *LANGUAGES),
    )
    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=120)
    email: str = Field(max_length=254)
    language: str = Field(max_length=2)
    active: bool = Field(sa_column_kwargs={"server_default": text("true")})
    created_at: datetime = instant()
    version: int = version_column()


class ApiKey(SQLModel, table=True):
    __tablename__ = "api_keys"
    __table_args__ = (
        one_of("role", *ROLES),
        CheckConstraint("(role = 'client') = (client_id IS NOT NULL)", name="client_role_has_client"),
        CheckConstraint("octet_length(secret_hash) = 32", name="secret_hash_is_sha256"),
    )
    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=120)
    role: str = Field(max_length=20)
    client_id: UUID | None = Field(sa_column=Column(ForeignKey("clients.id"), nullable=True, index=True))
    agent_id: UUID | None = Field(sa_column=Column(ForeignKey("agents.id"), nullable=True, index=True))
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = instant()
    expires_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)
