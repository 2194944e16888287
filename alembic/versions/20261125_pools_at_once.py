"""Lock and read a client's pools inside the statement that reads everything else an entry needs."""

from alembic import op

revision = "20261125_pools_at_once"
down_revision = "20261125_lighter_issue"
branch_labels = None
depends_on = None

# Volatile, so that it looks anew: the statement that calls it may have waited for the client's lock (C2).
USABLE = """
CREATE FUNCTION usable_pools(client uuid, first_day date, last_day date) RETURNS jsonb
LANGUAGE plpgsql VOLATILE STRICT AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(to_jsonb(pool)), '[]') FROM (
        SELECT c.id AS pool_id, c.client_id, c.terms_id, c.purchased_on, c.starts_on, c.expires_on, true AS usable,
               c.bought_minutes, c.granted_minutes, c.drawn_minutes, c.refunded_minutes, c.carried_minutes
        FROM contracts c
        WHERE c.client_id = client AND c.starts_on <= last_day AND c.expires_on >= first_day
          AND c.effective_at IS NOT NULL
        ORDER BY c.id FOR NO KEY UPDATE) AS pool);
END $$
"""


def upgrade() -> None:
    op.execute(USABLE)


def downgrade() -> None:
    op.execute("DROP FUNCTION usable_pools")
