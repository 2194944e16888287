"""What a client paid too much can be paid back: a row below zero with its reason, never more than the surplus (I6)."""

from alembic import op

revision = "20261125_refunds_of_surplus"
down_revision = "20261125_one_original"
branch_labels = None
depends_on = None

NO_FIT = "RAISE EXCEPTION 'the payment does not fit' USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_fit'"
BOOK = """
    UPDATE invoice_states s SET paid_cents = s.paid_cents + NEW.amount_cents,
        version = s.version + 1, xid = (pg_current_xact_id()::text)::bigint, updated_at = now()
    FROM invoices i
    WHERE s.invoice_id = NEW.invoice_id AND i.id = s.invoice_id AND i.status = 'issued' AND i.kind <> 'statement'
      AND i.currency = NEW.currency"""
REVERSES = """
    IF NOT FOUND OR (NEW.reverses_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM payments p WHERE p.id = NEW.reverses_id AND p.invoice_id = NEW.invoice_id
        AND p.amount_cents = -NEW.amount_cents AND p.reverses_id IS NULL)) THEN"""
# `owed` is what the invoice lacks after the row, so a refund that leaves something owed gave back too much.
WITH_REFUNDS = f"""
CREATE OR REPLACE FUNCTION book_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owed bigint;
BEGIN
    {BOOK}
    RETURNING i.total_cents - s.credited_cents - s.paid_cents INTO owed;
    {REVERSES}
        {NO_FIT};
    END IF;
    IF NEW.reverses_id IS NULL AND NEW.amount_cents < 0 AND owed > 0 THEN
        RAISE EXCEPTION 'more than the surplus'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_refund_surplus';
    END IF;
    RETURN NEW;
END $$
"""
WITHOUT = f"""
CREATE OR REPLACE FUNCTION book_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {BOOK};
    {REVERSES}
        {NO_FIT};
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(WITH_REFUNDS)
    op.drop_constraint(op.f("ck_payments_signed"), "payments")
    op.drop_constraint(op.f("ck_payments_reversal_has_reason"), "payments")
    op.create_check_constraint(op.f("ck_payments_some_money"), "payments", "amount_cents <> 0")
    op.create_check_constraint(
        op.f("ck_payments_has_reason"),
        "payments",
        "(reverses_id IS NOT NULL OR amount_cents < 0) <= (reason IS NOT NULL)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_payments_has_reason"), "payments")
    op.drop_constraint(op.f("ck_payments_some_money"), "payments")
    op.create_check_constraint(
        op.f("ck_payments_signed"),
        "payments",
        "CASE WHEN reverses_id IS NULL THEN amount_cents > 0 ELSE amount_cents < 0 END",
    )
    op.create_check_constraint(
        op.f("ck_payments_reversal_has_reason"), "payments", "(reverses_id IS NOT NULL) <= (reason IS NOT NULL)"
    )
    op.execute(WITHOUT)
