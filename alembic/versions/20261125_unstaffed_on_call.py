"""On-call that was bought and nobody is named for is told of once, before it begins (O3)."""

import sqlalchemy as sa

from alembic import op

revision = "20261125_unstaffed_on_call"
down_revision = "20261125_chargeable_cached"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("permanence_requests", sa.Column("unstaffed_told_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("permanence_requests", "unstaffed_told_at")
