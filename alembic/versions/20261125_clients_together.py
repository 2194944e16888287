"""Links of several clients are booked together, read client by client and not entry by entry; plans fit the rows."""

from alembic import op

revision = "20261125_clients_together"
down_revision = "20261125_refunds_of_surplus"
branch_labels = None
depends_on = None

# As before. What is new is how the rows are found: a thousand entries of a client are one look at its open time.
# The plan is made anew each time, for as many rows as there are: one entry has its own way, and a desk that was empty
# when the session began is not stuck with what fitted then.
BOOK = """
CREATE OR REPLACE FUNCTION book_invoice_entries() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    wanted bigint;
    clients uuid[];
    taken bigint;
    freed bigint := 0;
BEGIN
    SELECT count(*) INTO wanted FROM added;
    SELECT array_agg(DISTINCT l.client_id) INTO clients FROM invoice_lines l
    WHERE l.id IN (SELECT line_id FROM added);
    WITH lines AS MATERIALIZED (
        SELECT l.id, l.client_id, l.ticket_id, l.unit, l.unit_price_cents, l.base_quantity, l.discount_bp
        FROM (SELECT DISTINCT line_id FROM added) AS n JOIN invoice_lines l ON l.id = n.line_id
        JOIN invoices i ON i.id = l.invoice_id AND i.status = 'issuing'
    ), links AS MATERIALIZED (
        SELECT n.entry_id, n.minutes, l.* FROM added n JOIN lines l ON l.id = n.line_id)
    DELETE FROM open_time o USING links l
    WHERE o.client_id = ANY (clients) AND o.entry_id = l.entry_id
      AND (o.client_id, o.ticket_id, o.minutes) = (l.client_id, l.ticket_id, l.minutes)
      AND (l.unit = 'piece' OR (l.unit_price_cents, l.base_quantity, l.discount_bp)
                             = (o.hourly_rate_cents, 60, o.discount_bp));
    GET DIAGNOSTICS taken = ROW_COUNT;
    IF taken < wanted THEN
        INSERT INTO open_time AS o (entry_id, client_id, ticket_id, worked_on, minutes, hourly_rate_cents, discount_bp,
                                    terms_id, agent_id, late, corrects_id)
        SELECT e.id, e.client_id, e.ticket_id, e.worked_on, -n.minutes, e.hourly_rate_cents, e.discount_bp, e.terms_id,
               e.agent_id, 'late' = ANY (e.flags), e.corrects_id
        FROM added n JOIN time_entries e ON e.id = n.entry_id
        JOIN invoice_lines l ON l.id = n.line_id AND l.client_id = e.client_id AND l.ticket_id = e.ticket_id
        JOIN invoices i ON i.id = l.invoice_id AND i.status = 'issuing' AND i.kind = 'credit_note'
        WHERE n.minutes * sign(e.billed_minutes) < 0
          AND NOT EXISTS (SELECT FROM time_entries c WHERE c.corrects_id = e.id)
          AND (SELECT sum(b.minutes) FROM invoice_entries b WHERE b.entry_id = e.id) * sign(e.billed_minutes) >= 0
        ON CONFLICT (entry_id) DO UPDATE SET minutes = o.minutes + excluded.minutes;
        GET DIAGNOSTICS freed = ROW_COUNT;
    END IF;
    IF taken + freed <> wanted THEN
        RAISE EXCEPTION 'minutes are invoiced that are not open'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_entries_open';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(BOOK)


def downgrade() -> None:
    raise NotImplementedError("What was invoiced is not thrown away: restore a backup instead.")
