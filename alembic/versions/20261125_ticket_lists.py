"""Lists of tickets by channel, and of the urgent ones, are read off an index, too."""

import sqlalchemy as sa

from alembic import op

revision = "20261125_ticket_lists"
down_revision = "20261125_numbered_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_tickets_channel_received_at_id", "tickets", ["channel", "received_at", "id"])
    op.create_index("ix_tickets_urgent", "tickets", ["received_at", "id"], postgresql_where=sa.text("lane = 'urgent'"))


def downgrade() -> None:
    op.drop_index("ix_tickets_urgent", table_name="tickets")
    op.drop_index("ix_tickets_channel_received_at_id", table_name="tickets")
