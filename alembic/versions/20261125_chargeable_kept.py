"""Keep each ticket's chargeable minutes as a sum; check the facts of a contract where they are written, not its sums."""

import sqlalchemy as sa

from alembic import op

revision = "20261125_chargeable_kept"
down_revision = "20261125_given_back_once"
branch_labels = None
depends_on = None

# What a counter-entry need not give back again, because a credit note has, is no work of the ticket either (P6).
CHARGEABLE = "(a.place IN ('drawn', 'open') OR (a.place = 'written_off' AND e.kind = 'counter'))"
SUMS = f"""
SELECT e.ticket_id, sum(a.minutes) AS minutes FROM {{}} a JOIN time_entries e ON e.id = a.entry_id
WHERE e.ticket_id IS NOT NULL AND {CHARGEABLE} GROUP BY e.ticket_id HAVING sum(a.minutes) <> 0 ORDER BY e.ticket_id
"""
KEEP = f"""
CREATE FUNCTION keep_chargeable_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chargeable_time AS c (ticket_id, minutes) {SUMS.format("added")}
    ON CONFLICT (ticket_id) DO UPDATE SET minutes = c.minutes + excluded.minutes;
    RETURN NULL;
END $$
"""
# Volatile as before: the statement that calls it may have waited for the ticket's lock (Q1).
READ = """
CREATE OR REPLACE FUNCTION chargeable_minutes(ticket uuid) RETURNS bigint LANGUAGE plpgsql VOLATILE STRICT AS $$
BEGIN
    RETURN coalesce((SELECT minutes FROM chargeable_time WHERE ticket_id = ticket), 0);
END $$
"""
COUNT = f"""
CREATE OR REPLACE FUNCTION chargeable_minutes(ticket uuid) RETURNS bigint LANGUAGE plpgsql VOLATILE STRICT AS $$
BEGIN
    RETURN (SELECT coalesce(sum(a.minutes), 0) FROM time_entries e JOIN time_allocations a ON a.entry_id = e.id
            WHERE e.ticket_id = ticket AND {CHARGEABLE});
END $$
"""
FACTS = (
    "id, client_id, year, purchased_on, starts_on, expires_on, terms_id, hourly_rate_cents, discount_bp, "
    "bought_minutes, price_cents, currency, created_at, effective_at, effective_reason"
)
SUM_COLUMNS = "granted_minutes, drawn_minutes, refunded_minutes, carried_minutes, lines"
FACTS_CHANGE = """(OLD.id, OLD.client_id, OLD.year, OLD.purchased_on, OLD.starts_on, OLD.expires_on, OLD.terms_id,
        OLD.hourly_rate_cents, OLD.discount_bp, OLD.bought_minutes, OLD.price_cents, OLD.currency, OLD.created_at)
       IS DISTINCT FROM
       (NEW.id, NEW.client_id, NEW.year, NEW.purchased_on, NEW.starts_on, NEW.expires_on, NEW.terms_id,
        NEW.hourly_rate_cents, NEW.discount_bp, NEW.bought_minutes, NEW.price_cents, NEW.currency, NEW.created_at)
       OR (OLD.effective_at IS NOT NULL AND (OLD.effective_at, OLD.effective_reason)
           IS DISTINCT FROM (NEW.effective_at, NEW.effective_reason))"""
# As before, in two: a draw changes sums only, from within a trigger, and so asks neither.
REFUSE_FACTS = f"""
CREATE OR REPLACE FUNCTION refuse_contract_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {FACTS_CHANGE} THEN
        RAISE EXCEPTION 'the facts of a contract never change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""
REFUSE_SUMS = """
CREATE FUNCTION refuse_contract_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.granted_minutes, OLD.drawn_minutes, OLD.refunded_minutes, OLD.carried_minutes, OLD.lines)
       IS DISTINCT FROM
       (NEW.granted_minutes, NEW.drawn_minutes, NEW.refunded_minutes, NEW.carried_minutes, NEW.lines) THEN
        RAISE EXCEPTION 'a contract''s sums follow its lines' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""
BOTH = f"""
CREATE OR REPLACE FUNCTION refuse_contract_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {FACTS_CHANGE} THEN
        RAISE EXCEPTION 'the facts of a contract never change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF pg_trigger_depth() = 1 AND (OLD.granted_minutes, OLD.drawn_minutes, OLD.refunded_minutes,
                                   OLD.carried_minutes, OLD.lines)
       IS DISTINCT FROM (NEW.granted_minutes, NEW.drawn_minutes, NEW.refunded_minutes,
                         NEW.carried_minutes, NEW.lines) THEN
        RAISE EXCEPTION 'a contract''s sums follow its lines' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "chargeable_time",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_chargeable_time_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_chargeable_time")),
        postgresql_with={"fillfactor": "50"},
    )
    op.execute("LOCK TABLE time_allocations IN SHARE ROW EXCLUSIVE MODE")  # nothing is booked between sum and trigger
    op.execute(f"INSERT INTO chargeable_time (ticket_id, minutes) {SUMS.format('time_allocations')}")
    op.execute(KEEP)
    op.execute(
        "CREATE TRIGGER chargeable AFTER INSERT ON time_allocations REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION keep_chargeable_time()"
    )
    op.execute(READ)
    op.execute(REFUSE_FACTS)
    op.execute(REFUSE_SUMS)
    op.execute("DROP TRIGGER facts_stay ON contracts")
    op.execute(
        f"CREATE TRIGGER facts_stay BEFORE UPDATE OF {FACTS} ON contracts "
        "FOR EACH ROW EXECUTE FUNCTION refuse_contract_facts()"
    )
    op.execute(
        f"CREATE TRIGGER sums_stay BEFORE UPDATE OF {SUM_COLUMNS} ON contracts "
        "FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_contract_sums()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER sums_stay ON contracts")
    op.execute("DROP TRIGGER facts_stay ON contracts")
    op.execute("DROP FUNCTION refuse_contract_sums")
    op.execute(BOTH)
    op.execute(
        "CREATE TRIGGER facts_stay BEFORE UPDATE ON contracts FOR EACH ROW EXECUTE FUNCTION refuse_contract_facts()"
    )
    op.execute(COUNT)
    op.execute("DROP TRIGGER chargeable ON time_allocations")
    op.execute("DROP FUNCTION keep_chargeable_time")
    op.drop_table("chargeable_time")
