"""Terms: the policy numbers the published text is silent about, versions that never change, who was told of them."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261125_terms_policy"
down_revision = "20261124_front_door"
branch_labels = None
depends_on = None

# What the desk means where the terms of July 2022 are silent (docs/rules.md).
READINGS = (
    ("bills_in_project", sa.Boolean(), "false"),
    ("contract_grace_days", sa.Integer(), "0"),
    ("contract_usable_before_issue", sa.Boolean(), "false"),
    ("prepaid_covers_urgent", sa.Boolean(), "true"),
    ("overflow_discount_bp", sa.Integer(), "0"),
    ("usage_alert_percents", postgresql.ARRAY(sa.Integer()), "'{75,90,100}'"),
    ("expiry_alert_days", postgresql.ARRAY(sa.Integer()), "'{60,30,7}'"),
    ("quote_valid_days", sa.Integer(), "30"),
    ("payment_due_days", sa.Integer(), "30"),
    ("future_tolerance_minutes", sa.Integer(), "5"),
    ("reopen_days", sa.Integer(), "14"),
    ("notice_days", sa.Integer(), "30"),
)


def upgrade() -> None:
    op.add_column("terms", sa.Column("out_of_hours_hourly_rate_cents", sa.Integer(), nullable=True))
    op.add_column("terms", sa.Column("reason", sa.String(length=500), nullable=True))
    for name, type_, value in READINGS:
        op.add_column("terms", sa.Column(name, type_, nullable=False, server_default=sa.text(value)))
        op.alter_column("terms", name, server_default=None)
    op.create_table(
        "terms_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=True),
        sa.Column("recipient", sa.String(length=254), nullable=True),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "num_nulls(contact_name, recipient, mail_id) IN (0, 3)", name=op.f("ck_terms_notices_told_by_mail")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_terms_notices_client_id")),
        sa.ForeignKeyConstraint(["mail_id"], ["outgoing_mails.id"], name=op.f("fk_terms_notices_mail_id")),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_terms_notices_terms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_notices")),
        sa.UniqueConstraint("mail_id", name=op.f("uq_terms_notices_mail_id")),
    )
    op.create_index("ix_terms_notices_client_id", "terms_notices", ["client_id"], unique=False)
    op.create_index("ix_terms_notices_terms_id_id", "terms_notices", ["terms_id", "id"], unique=False)
    for table in ("terms", "terms_notices"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in ("terms", "terms_notices"):
        op.execute(f"DROP TRIGGER append_only ON {table}")
    op.drop_table("terms_notices")
    for name, _, _ in READINGS:
        op.drop_column("terms", name)
    op.drop_column("terms", "reason")
    op.drop_column("terms", "out_of_hours_hourly_rate_cents")
