"""Count a ticket's chargeable minutes as they are once its row is locked."""

from alembic import op

revision = "20261125_chargeable_minutes"
down_revision = "20261125_minutes_and_money"
branch_labels = None
depends_on = None

# Volatile, so that it looks anew: the statement that calls it may have waited for the ticket's lock (Q1).
CHARGEABLE = """
CREATE FUNCTION chargeable_minutes(ticket uuid) RETURNS bigint LANGUAGE sql VOLATILE STRICT
RETURN (SELECT coalesce(sum(a.minutes), 0)
        FROM time_entries e JOIN time_allocations a ON a.entry_id = e.id
        WHERE e.ticket_id = ticket AND a.place IN ('drawn', 'open', 'invoiced'))
"""


def upgrade() -> None:
    op.execute(CHARGEABLE)


def downgrade() -> None:
    op.execute("DROP FUNCTION chargeable_minutes")
