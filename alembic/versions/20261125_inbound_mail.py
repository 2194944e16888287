"""Mail comes in: kept raw once, what became of it, who takes part in tickets, which addresses refuse mail."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261125_inbound_mail"
down_revision = "20261125_lighter_indexes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticket_participants",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("mailbox", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("added_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_participants_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "mailbox", name=op.f("pk_ticket_participants")),
    )
    op.create_table(
        "bounced_addresses",
        sa.Column("mailbox", sa.String(length=254), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("bounced_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["outgoing_mails.id"], name=op.f("fk_bounced_addresses_mail_id")),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_bounced_addresses")),
    )
    op.create_index(op.f("ix_bounced_addresses_mail_id"), "bounced_addresses", ["mail_id"], unique=False)
    op.create_table(
        "inbound_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mailbox", sa.String(length=254), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("processed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("copy_of_id", sa.Uuid(), nullable=True),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        sa.Column("header_message_id", sa.Text(), nullable=True),
        sa.Column("sender", sa.String(length=254), nullable=True),
        sa.Column("sender_name", sa.String(length=120), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("threaded_by", sa.String(length=20), nullable=True),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "refused_files",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("settled_by", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('ticket', 'message', 'quarantined', 'ignored')", name=op.f("ck_inbound_messages_outcome_known")
        ),
        sa.CheckConstraint(
            "outcome NOT IN ('quarantined', 'ignored') OR reason IS NOT NULL",
            name=op.f("ck_inbound_messages_refusal_has_reason"),
        ),
        sa.CheckConstraint(
            "outcome NOT IN ('ticket', 'message') OR ticket_id IS NOT NULL",
            name=op.f("ck_inbound_messages_success_has_ticket"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (processed_at IS NULL)", name=op.f("ck_inbound_messages_outcome_has_time")
        ),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_inbound_messages_sha256_is_sha256")),
        sa.ForeignKeyConstraint(["copy_of_id"], ["inbound_messages.id"], name=op.f("fk_inbound_messages_copy_of_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "message_id"],
            ["messages.ticket_id", "messages.id"],
            name=op.f("fk_inbound_messages_ticket_id_message_id"),
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_inbound_messages_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_messages")),
        sa.UniqueConstraint("mailbox", "sha256", name=op.f("uq_inbound_messages_mailbox_sha256")),
    )
    op.create_index(
        "ix_inbound_messages_header_message_id",
        "inbound_messages",
        ["header_message_id"],
        unique=False,
        postgresql_where=sa.text("header_message_id IS NOT NULL AND ticket_id IS NOT NULL"),
    )
    op.create_index(
        "ix_inbound_messages_identity",
        "inbound_messages",
        ["identity"],
        unique=False,
        postgresql_where=sa.text("identity IS NOT NULL"),
    )
    op.create_index(
        "ix_inbound_messages_outcome_received_at_id", "inbound_messages", ["outcome", "received_at", "id"], unique=False
    )
    op.create_index("ix_inbound_messages_received_at_id", "inbound_messages", ["received_at", "id"], unique=False)
    op.create_index(
        "ix_inbound_messages_sender_processed_at", "inbound_messages", ["sender", "processed_at"], unique=False
    )
    op.create_index(
        "ix_inbound_messages_ticket_id_received_at_id",
        "inbound_messages",
        ["ticket_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_inbound_messages_unprocessed",
        "inbound_messages",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "inbound_raws",
        sa.Column("inbound_message_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbound_message_id"],
            ["inbound_messages.id"],
            name=op.f("fk_inbound_raws_inbound_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("inbound_message_id", name=op.f("pk_inbound_raws")),
    )
    op.create_table(
        "inbound_texts",
        sa.Column("inbound_message_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbound_message_id"],
            ["inbound_messages.id"],
            name=op.f("fk_inbound_texts_inbound_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("inbound_message_id", name=op.f("pk_inbound_texts")),
    )
    # Mails are base64 for the most part: squeezing them costs much and wins little.
    op.execute("ALTER TABLE inbound_raws ALTER COLUMN content SET STORAGE EXTERNAL")
    _replace_checks(
        "status IN ('queued', 'sent', 'suppressed', 'failed', 'bounced')",
        "(status IN ('sent', 'bounced')) = (sent_at IS NOT NULL)",
    )


def _replace_checks(status_known: str, sent_has_time: str) -> None:
    for name, condition in (("status_known", status_known), ("sent_has_time", sent_has_time)):
        op.drop_constraint(op.f(f"ck_outgoing_mails_{name}"), "outgoing_mails", type_="check")
        op.create_check_constraint(op.f(f"ck_outgoing_mails_{name}"), "outgoing_mails", condition)


def downgrade() -> None:
    op.execute("UPDATE outgoing_mails SET status = 'sent' WHERE status = 'bounced'")
    _replace_checks("status IN ('queued', 'sent', 'suppressed', 'failed')", "(status = 'sent') = (sent_at IS NOT NULL)")
    for table in ("inbound_texts", "inbound_raws", "inbound_messages", "bounced_addresses", "ticket_participants"):
        op.drop_table(table)
