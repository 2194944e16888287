"""Mail that came in: kept raw once, with what became of it, and the people it brought to tickets."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.tables.base import instant, long_text, one_of

OUTCOMES = ("ticket", "message", "quarantined", "ignored")


class InboundMessage(SQLModel, table=True):
    """One mail in one mailbox. `outcome` is empty only between storing and processing (invariant 11)."""

    __tablename__ = "inbound_messages"
    __table_args__ = (
        UniqueConstraint("mailbox", "sha256"),
        one_of("outcome", *OUTCOMES),
        CheckConstraint("octet_length(sha256) = 32", name="sha256_is_sha256"),
        CheckConstraint("(outcome IS NULL) = (processed_at IS NULL)", name="outcome_has_time"),
        CheckConstraint("outcome NOT IN ('quarantined', 'ignored') OR reason IS NOT NULL", name="refusal_has_reason"),
        CheckConstraint("outcome NOT IN ('ticket', 'message') OR ticket_id IS NOT NULL", name="success_has_ticket"),
        ForeignKeyConstraint(["ticket_id", "message_id"], ["messages.ticket_id", "messages.id"]),
        # Lists, newest first: whole, by outcome, of a ticket.
        Index("ix_inbound_messages_received_at_id", "received_at", "id"),
        Index("ix_inbound_messages_outcome_received_at_id", "outcome", "received_at", "id"),
        Index("ix_inbound_messages_ticket_id_received_at_id", "ticket_id", "received_at", "id"),
        # What a worker has to finish after a crash.
        Index("ix_inbound_messages_unprocessed", "received_at", postgresql_where=text("outcome IS NULL")),
        # Of the deliveries of one mail one is no copy.
        Index(
            "uq_inbound_messages_identity",
            "identity",
            unique=True,
            postgresql_where=text("identity IS NOT NULL AND copy_of_id IS NULL"),
        ),
        # Answers to a client's own mail, how much an address sends.
        Index(
            "ix_inbound_messages_header_message_id",
            "header_message_id",
            postgresql_where=text("header_message_id IS NOT NULL AND ticket_id IS NOT NULL"),
        ),
        Index("ix_inbound_messages_sender_processed_at", "sender", "processed_at"),
    )
    id: UUID = Field(primary_key=True)
    mailbox: str = Field(max_length=254)
    recipient: str = Field(max_length=254)  # as the envelope had it, with its sub-address
    sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    size_bytes: int
    received_at: datetime = instant()
    attempts: int = Field(sa_column_kwargs={"server_default": text("0")})
    processed_at: datetime | None = instant(nullable=True)
    outcome: str | None = Field(max_length=12)
    reason: str | None = Field(max_length=60)
    ticket_id: UUID | None = Field(sa_column=Column(ForeignKey("tickets.id"), nullable=True))
    message_id: UUID | None
    copy_of_id: UUID | None = Field(sa_column=Column(ForeignKey("inbound_messages.id"), nullable=True))
    identity: bytes | None = Field(sa_column=Column(LargeBinary, nullable=True))
    header_message_id: str | None = Field(sa_column=Column(Text, nullable=True))
    sender: str | None = Field(max_length=254)
    sender_name: str | None = Field(max_length=120)
    subject: str | None = Field(max_length=200)
    kind: str | None = Field(max_length=20)
    threaded_by: str | None = Field(max_length=20)
    sent_at: datetime | None = instant(nullable=True)
    refused_files: list[Any] = Field(sa_column=Column(JSONB, nullable=False, server_default=text("'[]'::jsonb")))
    settled_by: dict[str, Any] | None = Field(sa_column=Column(JSONB, nullable=True))


class InboundRaw(SQLModel, table=True):
    """The mail as it came, byte for byte, apart from what lists read."""

    __tablename__ = "inbound_raws"
    inbound_message_id: UUID = Field(
        sa_column=Column(ForeignKey("inbound_messages.id", ondelete="CASCADE"), primary_key=True)
    )
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class InboundText(SQLModel, table=True):
    """The whole text with what it quotes, and the cleaned HTML, of mails that differ from the message made of them."""

    __tablename__ = "inbound_texts"
    inbound_message_id: UUID = Field(
        sa_column=Column(ForeignKey("inbound_messages.id", ondelete="CASCADE"), primary_key=True)
    )
    text: str = long_text()
    html: str = long_text()


class TicketParticipant(SQLModel, table=True):
    """Somebody beside the requester who gets the agents' replies and may answer them."""

    __tablename__ = "ticket_participants"
    ticket_id: UUID = Field(sa_column=Column(ForeignKey("tickets.id"), primary_key=True))
    mailbox: str = Field(primary_key=True, max_length=254)  # lower case, without sub-address, for comparing
    address: str = Field(max_length=254)
    name: str = Field(max_length=120)
    added_at: datetime = instant()


class BouncedAddress(SQLModel, table=True):
    """An address that refused a mail of ours for good; forgotten when it writes to us."""

    __tablename__ = "bounced_addresses"
    __table_args__ = (Index("ix_bounced_addresses_bounced_at_mail_id", "bounced_at", "mail_id"),)
    mailbox: str = Field(primary_key=True, max_length=254)
    mail_id: UUID = Field(sa_column=Column(ForeignKey("outgoing_mails.id"), nullable=False, index=True))
    status: str = Field(max_length=20)
    bounced_at: datetime = instant()
