"""Publishing terms and pricing by them take turns, so that no price is given by terms that held no more (N1, P3)."""

from alembic import op

revision = "20261125_terms_stay"
down_revision = "20261125_bounces"
branch_labels = None
depends_on = None

# Whoever publishes holds the lock alone, until the commit; what is looked up after it sees what was published.
TAKES_TURNS = """
CREATE OR REPLACE FUNCTION check_terms_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    day date;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('terms', 0));
    IF TG_TABLE_NAME = 'contracts' THEN day := NEW.purchased_on; ELSE day := NEW.worked_on; END IF;
    IF NEW.terms_id IS DISTINCT FROM
       (SELECT id FROM terms WHERE effective_on <= day ORDER BY effective_on DESC LIMIT 1) THEN
        RAISE EXCEPTION 'other terms are in force on %', day
            USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_in_force';
    END IF;
    RETURN NEW;
END $$
"""
BEFORE = """
CREATE OR REPLACE FUNCTION check_terms_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.terms_id IS DISTINCT FROM
       (SELECT id FROM terms WHERE effective_on <= NEW.worked_on ORDER BY effective_on DESC LIMIT 1) THEN
        RAISE EXCEPTION 'other terms are in force on %', NEW.worked_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'time_entries_terms_in_force';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(TAKES_TURNS)
    op.execute(
        "CREATE TRIGGER terms_in_force BEFORE INSERT ON contracts FOR EACH ROW EXECUTE FUNCTION check_terms_in_force()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER terms_in_force ON contracts")
    op.execute(BEFORE)
