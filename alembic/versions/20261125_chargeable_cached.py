"""Plan the count of a ticket's chargeable minutes once for each connection, not for each entry."""

from alembic import op

revision = "20261125_chargeable_cached"
down_revision = "20261125_pools_at_once"
branch_labels = None
depends_on = None

# As before, and still volatile: the statement that calls it may have waited for the ticket's lock (Q1).
CACHED = """
CREATE OR REPLACE FUNCTION chargeable_minutes(ticket uuid) RETURNS bigint LANGUAGE plpgsql VOLATILE STRICT AS $$
BEGIN
    RETURN (SELECT coalesce(sum(a.minutes), 0)
            FROM time_entries e JOIN time_allocations a ON a.entry_id = e.id
            WHERE e.ticket_id = ticket AND a.place IN ('drawn', 'open', 'invoiced'));
END $$
"""
BEFORE = """
CREATE OR REPLACE FUNCTION chargeable_minutes(ticket uuid) RETURNS bigint LANGUAGE sql VOLATILE STRICT
RETURN (SELECT coalesce(sum(a.minutes), 0)
        FROM time_entries e JOIN time_allocations a ON a.entry_id = e.id
        WHERE e.ticket_id = ticket AND a.place IN ('drawn', 'open', 'invoiced'))
"""


def upgrade() -> None:
    op.execute(CACHED)


def downgrade() -> None:
    op.execute(BEFORE)
