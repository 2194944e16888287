"""Contacts are found by the mailbox their address leads to; addresses that refused mail are listed, newest first."""

import sqlalchemy as sa

from alembic import op

revision = "20261125_bounces"
down_revision = "20261125_chargeable_minutes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_contacts_mailbox", "contacts", [sa.text(r"regexp_replace(lower(email), '\+[^@]*@', '@')")])
    op.create_index("ix_bounced_addresses_bounced_at_mail_id", "bounced_addresses", ["bounced_at", "mail_id"])


def downgrade() -> None:
    op.drop_index("ix_bounced_addresses_bounced_at_mail_id", table_name="bounced_addresses")
    op.drop_index("ix_contacts_mailbox", table_name="contacts")
