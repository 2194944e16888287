"""Let Postgres see to it that of the deliveries of one mail one is no copy."""

import sqlalchemy as sa

from alembic import op

revision = "20261125_one_original"
down_revision = "20261125_unstaffed_on_call"
branch_labels = None
depends_on = None

# Held back, and released beside a copy that had its outcome already: told apart from then on.
TOLD_APART = """
UPDATE inbound_messages i SET identity = NULL WHERE copy_of_id IS NULL AND EXISTS (
    SELECT FROM inbound_messages o WHERE o.identity = i.identity AND o.copy_of_id IS NULL
    AND (o.processed_at, o.id) < (i.processed_at, i.id))
"""


def upgrade() -> None:
    op.execute(TOLD_APART)
    op.create_index(
        "uq_inbound_messages_identity",
        "inbound_messages",
        ["identity"],
        unique=True,
        postgresql_where=sa.text("identity IS NOT NULL AND copy_of_id IS NULL"),
    )
    op.drop_index("ix_inbound_messages_identity", table_name="inbound_messages")


def downgrade() -> None:
    op.create_index(
        "ix_inbound_messages_identity",
        "inbound_messages",
        ["identity"],
        postgresql_where=sa.text("identity IS NOT NULL"),
    )
    op.drop_index("uq_inbound_messages_identity", table_name="inbound_messages")
