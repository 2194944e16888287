"""Lists name whom a document is for as the document does, however the client is called today (I7)."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_buyers_name"
down_revision = "20261125_tax_of_credit_notes"
branch_labels = None
depends_on = None

NAME = "((body)::jsonb #>> '{buyer,name}'::text[])"


def upgrade() -> None:
    """Taken from the body by Postgres itself, for the documents that are there too: nobody can write another."""
    op.add_column("invoices", sa.Column("buyer_name", sa.Text(), sa.Computed(NAME, persisted=True), nullable=False))


def downgrade() -> None:
    """The name stays in the body."""
    op.drop_column("invoices", "buyer_name")
