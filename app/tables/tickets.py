"""Tickets, what is said on them, and the files that came along."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Sequence,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlmodel import Field, SQLModel

from app.tables.base import instant, long_text, metadata, one_of, version_column
from app.tables.people import LANGUAGES

STATUSES = (
    "new",
    "in_progress",
    "waiting_client",
    "waiting_quote",
    "resolved",
    "closed",
    "cancelled",
    "spam",
)
LANES = ("urgent", "standard")
CHANNELS = ("form", "email", "phone", "agent")

ticket_sequence = Sequence("ticket_sequence", metadata=metadata)


class Ticket(SQLModel, table=True):
    __tablename__ = "tickets"
    __table_args__ = (
        one_of("status", *STATUSES),
        one_of("lane", *LANES),
        one_of("channel", *CHANNELS),
        one_of("language", *LANGUAGES),
        CheckConstraint("estimated_minutes > 0", name="estimate_is_positive"),
        CheckConstraint("urgency_fee_cents >= 0", name="urgency_fee_not_negative"),
        CheckConstraint(
            "num_nulls(urgency_fee_cents, urgency_accepted_at, urgency_accepted_by) IN (0, 3)",
            name="accepted_fee_is_known",
        ),
        CheckConstraint("site_id IS NULL OR client_id IS NOT NULL", name="site_has_client"),
        CheckConstraint("contact_id IS NULL OR client_id IS NOT NULL", name="contact_has_client"),
        UniqueConstraint("client_id", "id"),
        ForeignKeyConstraint(["client_id", "site_id"], ["sites.client_id", "sites.id"]),
        ForeignKeyConstraint(["client_id", "contact_id"], ["contacts.client_id", "contacts.id"]),
        # Lists: newest first, whole, per client, per status, per channel, per assignee, the urgent ones.
        Index("ix_tickets_received_at_id", "received_at", "id"),
        Index("ix_tickets_client_id_received_at_id", "client_id", "received_at", "id"),
        Index("ix_tickets_status_received_at_id", "status", "received_at", "id"),
        Index("ix_tickets_channel_received_at_id", "channel", "received_at", "id"),
        Index("ix_tickets_urgent", "received_at", "id", postgresql_where=text("lane = 'urgent'")),
        Index(
            "ix_tickets_assignee_id_received_at_id",
            "assignee_id",
            "received_at",
            "id",
            postgresql_where=text("assignee_id IS NOT NULL"),
        ),
        # The queue: urgent before standard, then the server's receipt (T2).
        Index(
            "ix_tickets_queue",
            text("lane DESC"),  # as luck has it, urgent sorts after standard
            "queued_at",
            "sequence",
            postgresql_where=text("status = 'new'"),
        ),
    )
    id: UUID = Field(primary_key=True)
    sequence: int = Field(sa_column=Column(BigInteger, ticket_sequence, nullable=False))
    number: str = Field(max_length=24, unique=True)
    status: str = Field(max_length=20)
    lane: str = Field(max_length=10)
    channel: str = Field(max_length=10)
    language: str = Field(max_length=2)
    subject: str = Field(max_length=200)
    requester_name: str = Field(max_length=120)
    requester_email: str = Field(max_length=254)
    requester_phone: str | None = Field(max_length=20)
    requester_company: str | None = Field(max_length=200)
    site_url: str | None = Field(max_length=500)
    client_id: UUID | None = Field(sa_column=Column(ForeignKey("clients.id"), nullable=True))
    site_id: UUID | None
    contact_id: UUID | None
    assignee_id: UUID | None = Field(sa_column=Column(ForeignKey("agents.id"), nullable=True))
    follows_ticket_id: UUID | None = Field(sa_column=Column(ForeignKey("tickets.id"), nullable=True))
    received_at: datetime = instant()
    queued_at: datetime = instant()
    resolved_at: datetime | None = instant(nullable=True)
    closed_at: datetime | None = instant(nullable=True)
    estimated_minutes: int | None
    flags: list[str] = Field(
        sa_column=Column(ARRAY(String(40)), nullable=False, server_default=text("'{}'::varchar[]"))
    )
    urgency_fee_cents: int | None = Field(sa_column=Column(BigInteger, nullable=True))
    urgency_accepted_at: datetime | None = instant(nullable=True)
    urgency_accepted_by: str | None = Field(max_length=120)
    terms_id: UUID | None = Field(sa_column=Column(ForeignKey("terms.id"), nullable=True))
    updated_at: datetime = instant()
    version: int = version_column()


class Message(SQLModel, table=True):
    """One thing said on a ticket: by the client, by an agent in public, or as an internal note."""

    __tablename__ = "messages"
    __table_args__ = (
        one_of("author", "client", "agent", "system"),
        one_of("visibility", "public", "internal"),
        CheckConstraint("author <> 'client' OR visibility = 'public'", name="clients_write_in_public"),
        UniqueConstraint("ticket_id", "id"),
        Index("ix_messages_search", "search", postgresql_using="gin"),
    )
    id: UUID = Field(primary_key=True)
    ticket_id: UUID = Field(sa_column=Column(ForeignKey("tickets.id"), nullable=False))
    author: str = Field(max_length=10)
    author_name: str = Field(max_length=120)
    agent_id: UUID | None = Field(sa_column=Column(ForeignKey("agents.id"), nullable=True))
    visibility: str = Field(max_length=10)
    channel: str = Field(max_length=10)
    body: str = long_text()
    created_at: datetime = instant()
    search: str = Field(sa_column=Column(TSVECTOR, nullable=False))


class Attachment(SQLModel, table=True):
    __tablename__ = "attachments"
    __table_args__ = (
        ForeignKeyConstraint(["ticket_id", "message_id"], ["messages.ticket_id", "messages.id"]),
        Index("ix_attachments_ticket_id_id", "ticket_id", "id"),
        CheckConstraint("size_bytes >= 0", name="size_not_negative"),
    )
    id: UUID = Field(primary_key=True)
    ticket_id: UUID
    message_id: UUID
    file_name: str = Field(max_length=150)
    media_type: str = Field(max_length=100)
    size_bytes: int
    sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = instant()


class AttachmentContent(SQLModel, table=True):
    """The bytes, apart, so that no list ever drags them along."""

    __tablename__ = "attachment_contents"
    attachment_id: UUID = Field(sa_column=Column(ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
