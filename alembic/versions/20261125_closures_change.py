"""Closures change until they are over, so they have a version for If-Match."""

import sqlalchemy as sa

from alembic import op

revision = "20261125_closures_change"
down_revision = "20261125_terms_stay"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("closures", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))


def downgrade() -> None:
    op.drop_column("closures", "version")
