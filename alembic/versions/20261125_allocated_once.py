"""Check where an entry's minutes are once for each movement, and no more for the entry itself."""

from alembic import op

revision = "20261125_allocated_once"
down_revision = "20261125_mails_of_invoices"
branch_labels = None
depends_on = None

# Whatever is booked of an entry is checked with the booking, the entry's own facts too; movements never go away. So of
# the entry itself it is enough to see that something was booked.
FUNCTION = """
CREATE FUNCTION check_any_allocated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM time_allocations WHERE entry_id = NEW.id) THEN
        RAISE EXCEPTION 'the minutes of entry % are nowhere', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'time_allocations_sum';
    END IF;
    RETURN NULL;
END $$
"""
BOOKED = (
    "CREATE CONSTRAINT TRIGGER allocated AFTER INSERT ON time_entries DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION"
)
# Time of a date only makes nobody busy.
BUSY = "CREATE TRIGGER busy AFTER INSERT ON time_entries FOR EACH ROW{} EXECUTE FUNCTION keep_busy_times()"


def upgrade() -> None:
    op.execute(FUNCTION)
    op.execute("DROP TRIGGER allocated ON time_entries")
    op.execute(f"{BOOKED} check_any_allocated()")
    op.execute("DROP TRIGGER busy ON time_entries")
    op.execute(BUSY.format(" WHEN (NEW.kind = 'counter' OR NEW.started_at IS NOT NULL)"))


def downgrade() -> None:
    op.execute("DROP TRIGGER busy ON time_entries")
    op.execute(BUSY.format(""))
    op.execute("DROP TRIGGER allocated ON time_entries")
    op.execute(f"{BOOKED} check_allocated()")
    op.execute("DROP FUNCTION check_any_allocated")
