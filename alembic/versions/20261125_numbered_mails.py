"""Acknowledgements are numbered within their mailbox, so that caps hold without a lock.

No constraint asks for the number: a release that still serves while this runs does not know of it.
"""

import sqlalchemy as sa

from alembic import op

revision = "20261125_numbered_mails"
down_revision = "20261125_invoices"
branch_labels = None
depends_on = None

MEANT = "kind = 'acknowledgement' AND status <> 'suppressed'"
NUMBER = f"""
UPDATE outgoing_mails m SET acknowledgement_number = numbered.number
FROM (SELECT id, row_number() OVER (PARTITION BY mailbox ORDER BY created_at, id) AS number
      FROM outgoing_mails WHERE {MEANT}) AS numbered
WHERE numbered.id = m.id
"""


def upgrade() -> None:
    op.add_column("outgoing_mails", sa.Column("acknowledgement_number", sa.Integer(), nullable=True))
    op.execute(NUMBER)
    op.create_index(
        "uq_outgoing_mails_mailbox_acknowledgement_number",
        "outgoing_mails",
        ["mailbox", "acknowledgement_number"],
        unique=True,
        postgresql_where=sa.text("acknowledgement_number IS NOT NULL"),
    )
    op.drop_index("ix_outgoing_mails_acknowledgement_caps", table_name="outgoing_mails")


def downgrade() -> None:
    op.create_index(
        "ix_outgoing_mails_acknowledgement_caps",
        "outgoing_mails",
        ["mailbox", "created_at"],
        postgresql_where=sa.text(MEANT),
    )
    op.drop_index("uq_outgoing_mails_mailbox_acknowledgement_number", table_name="outgoing_mails")
    op.drop_column("outgoing_mails", "acknowledgement_number")
