"""Two indexes less to keep on the way in: a ticket's number is unique already, and keys are purged by age alone."""

from alembic import op

revision = "20261125_lighter_indexes"
down_revision = "20261125_who_did_what"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("uq_tickets_sequence", "tickets", type_="unique")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.create_unique_constraint("uq_tickets_sequence", "tickets", ["sequence"])
