"""The mails that brought an invoice are found without reading all mails."""

import sqlalchemy as sa

from alembic import op

revision = "20261125_mails_of_invoices"
down_revision = "20261125_clients_together"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_outgoing_mails_invoice_id_id",
        "outgoing_mails",
        [sa.literal_column("(facts ->> 'invoice_id')"), "id"],
        postgresql_where=sa.text("kind = 'invoice_sent'"),
    )


def downgrade() -> None:
    op.drop_index("ix_outgoing_mails_invoice_id_id", table_name="outgoing_mails")
