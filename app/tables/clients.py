"""Clients of the agency, their people and their sites."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.tables.base import instant, one_of, version_column
from app.tables.people import LANGUAGES


class Client(SQLModel, table=True):
    __tablename__ = "clients"
    __table_args__ = (
        one_of("billing_cycle", "quarterly", "monthly"),
        one_of("language", *LANGUAGES),
        CheckConstraint(
            "num_nulls(billing_street, billing_postal_code, billing_city) IN (0, 3)", name="billing_address_is_whole"
        ),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country_is_iso_code"),
        Index("ix_clients_name_id", text("lower(name)"), "id"),
    )
    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=200)
    language: str = Field(max_length=2)
    billing_cycle: str = Field(max_length=10)
    billing_street: str | None = Field(max_length=300)
    billing_postal_code: str | None = Field(max_length=20)
    billing_city: str | None = Field(max_length=120)
    country: str = Field(max_length=2)
    vat_number: str | None = Field(max_length=20)
    peppol_id: str | None = Field(max_length=60)
    created_at: datetime = instant()
    version: int = version_column()


class ClientDomain(SQLModel, table=True):
    """An e-mail domain whose senders belong to the client. A domain names one client, or matching could not."""

    __tablename__ = "client_domains"
    __table_args__ = (CheckConstraint("domain = lower(domain)", name="domain_is_lower_case"),)
    domain: str = Field(primary_key=True, max_length=253)
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), nullable=False, index=True))


class Contact(SQLModel, table=True):
    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        Index("uq_contacts_client_id_email", "client_id", text("lower(email)"), unique=True),
        Index("ix_contacts_email", text("lower(email)")),
        # The mailbox it leads to, for what bounced: see `app/desk/bounces/queries.py`.
        Index("ix_contacts_mailbox", text(r"regexp_replace(lower(email), '\+[^@]*@', '@')")),
        one_of("language", *LANGUAGES),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), nullable=False))
    name: str = Field(max_length=120)
    email: str = Field(max_length=254)
    phone: str | None = Field(max_length=20)
    language: str | None = Field(max_length=2)
    billing: bool = Field(sa_column_kwargs={"server_default": text("false")})
    created_at: datetime = instant()
    version: int = version_column()


class Site(SQLModel, table=True):
    __tablename__ = "sites"
    __table_args__ = (
        UniqueConstraint("client_id", "id"),
        UniqueConstraint("client_id", "url"),
        Index("ix_sites_client_id_host", "client_id", "host"),
    )
    id: UUID = Field(primary_key=True)
    client_id: UUID = Field(sa_column=Column(ForeignKey("clients.id"), nullable=False))
    name: str = Field(max_length=120)
    url: str = Field(max_length=500)
    host: str = Field(max_length=253)
    project_closed_on: date | None
    created_at: datetime = instant()
    version: int = version_column()
