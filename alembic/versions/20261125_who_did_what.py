"""Keep billing addresses whole; read the audit log by time, key and operation."""

from alembic import op

revision = "20261125_who_did_what"
down_revision = "20261125_terms_policy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_log_occurred_at_id", "audit_log", ["occurred_at", "id"])
    op.create_index("ix_audit_log_api_key_id_occurred_at_id", "audit_log", ["api_key_id", "occurred_at", "id"])
    op.create_index("ix_audit_log_operation_occurred_at_id", "audit_log", ["operation", "occurred_at", "id"])
    op.create_check_constraint(
        op.f("ck_clients_billing_address_is_whole"),
        "clients",
        "num_nulls(billing_street, billing_postal_code, billing_city) IN (0, 3)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_clients_billing_address_is_whole"), "clients", type_="check")
    op.drop_index("ix_audit_log_operation_occurred_at_id", "audit_log")
    op.drop_index("ix_audit_log_api_key_id_occurred_at_id", "audit_log")
    op.drop_index("ix_audit_log_occurred_at_id", "audit_log")
