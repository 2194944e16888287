"""What credit notes gave back is not given back again; an adjustment that is credited itself gave nothing (P6, I4)."""

from alembic import op

revision = "20261125_given_back_once"
down_revision = "20261125_buyers_name"
branch_labels = None
depends_on = None

# What gives back of a line, signed as the line; `x` are the lines that name it.
GIVEN = """
    SELECT coalesce(sum(CASE d.kind WHEN 'credit_note' THEN x.net_cents ELSE coalesce((
        SELECT sum(y.net_cents) FROM invoice_lines y
        WHERE y.client_id = x.client_id AND y.credited_line_id = x.id), 0) - x.net_cents END), 0)
    FROM invoice_lines x JOIN invoices d ON d.id = x.invoice_id
    WHERE x.client_id = o.client_id AND x.credited_line_id = o.id
"""
FUNCTIONS = (
    # As before, but for adjustments of which less was left than their minutes cost: they are one piece.
    """
    CREATE OR REPLACE FUNCTION check_invoice(document invoices) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        lines bigint;
        net bigint;
        vat bigint;
    BEGIN
        SELECT coalesce(sum(count), 0)::bigint, coalesce(sum(base), 0)::bigint,
               coalesce(sum(round_half_up(base * vat_rate_bp, 10000)), 0)::bigint
        INTO lines, net, vat
        FROM (SELECT vat_rate_bp, count(*), sum(net_cents) AS base FROM invoice_lines
              WHERE invoice_id = document.id GROUP BY vat_category, vat_rate_bp) AS rate;
        IF document.kind = 'credit_note' THEN
            vat := credited_vat(document);
        END IF;
        IF (net, vat) IS DISTINCT FROM (document.subtotal_cents, document.vat_cents)
           OR (lines = 0) <> (document.kind = 'statement') THEN
            RAISE EXCEPTION 'the lines of % do not add up to it', document.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoices_add_up';
        END IF;
        IF EXISTS (
            SELECT FROM invoice_lines l
            LEFT JOIN LATERAL (SELECT coalesce(sum(minutes), 0) AS minutes FROM invoice_entries WHERE line_id = l.id)
                AS linked ON true
            WHERE l.invoice_id = document.id AND CASE
                WHEN document.kind = 'credit_note' THEN linked.minutes * sign(l.quantity) > 0
                    OR (l.unit = 'minute' AND abs(linked.minutes) > abs(l.quantity))
                WHEN l.kind = 'time' OR (l.kind = 'adjustment' AND l.unit = 'minute')
                    THEN l.unit <> 'minute' OR linked.minutes <> l.quantity
                WHEN l.kind = 'adjustment' THEN linked.minutes > 0
                ELSE linked.minutes <> 0 END) THEN
            RAISE EXCEPTION 'the minutes of % are not those of its entries', document.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoices_linked';
        END IF;
    END $$
    """,
    # As before, but for adjustments that were credited themselves.
    f"""
    CREATE OR REPLACE FUNCTION check_credited(document invoices) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM invoice_states WHERE invoice_id IN (
            SELECT o.invoice_id FROM invoice_lines l JOIN invoice_lines o ON o.id = l.credited_line_id
            WHERE l.invoice_id = document.id) ORDER BY invoice_id FOR UPDATE;
        IF EXISTS (
            SELECT FROM invoice_lines l LEFT JOIN invoice_lines o ON o.id = l.credited_line_id
            LEFT JOIN invoices i ON i.id = o.invoice_id
            LEFT JOIN LATERAL ({GIVEN}) AS given (net) ON true
            WHERE l.invoice_id = document.id AND (
                (document.kind = 'credit_note' AND (o.id IS NULL OR o.invoice_id <> document.credits_id
                    OR l.net_cents * sign(o.net_cents) <= 0))
                OR (o.id IS NOT NULL AND (i.status <> 'issued' OR i.kind <> 'invoice'
                    OR (l.vat_category, l.vat_rate_bp) <> (o.vat_category, o.vat_rate_bp)
                    OR abs(given.net) > abs(o.net_cents) OR given.net * sign(o.net_cents) < 0)))) THEN
            RAISE EXCEPTION 'more is credited than is left'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_credited';
        END IF;
    END $$
    """,
    f"""
    CREATE OR REPLACE FUNCTION credit_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE invoice_states s SET credited_cents = s.credited_cents + NEW.total_cents,
            version = s.version + 1, xid = (pg_current_xact_id()::text)::bigint, updated_at = now(),
            live = EXISTS (
                SELECT FROM invoice_lines o WHERE o.client_id = s.client_id AND o.invoice_id = s.invoice_id
                AND o.net_cents <> ({GIVEN}))
        WHERE s.invoice_id = NEW.credits_id;
        RETURN NULL;
    END $$
    """,
    # As before, and: a reversed fee that a credit note gave back before stands on that credit note.
    """
    CREATE OR REPLACE FUNCTION check_claim() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            -- What a credit note gives back whole can be invoiced again.
            IF EXISTS (SELECT FROM invoice_lines l JOIN invoice_lines c ON c.credited_line_id = l.id
                       WHERE l.id = OLD.line_id GROUP BY l.net_cents HAVING sum(c.net_cents) = l.net_cents) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'it is on an invoice' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NOT EXISTS (SELECT FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
                       WHERE l.id = NEW.line_id AND l.client_id = NEW.client_id AND i.status = 'issuing')
           AND NOT EXISTS (
               SELECT FROM urgency_fees f JOIN invoice_claims b ON b.fee_id = f.reverses_id
               JOIN invoice_lines l ON l.id = b.line_id
               JOIN invoice_lines c ON c.client_id = l.client_id AND c.credited_line_id = l.id
               JOIN invoices i ON i.id = c.invoice_id AND i.kind = 'credit_note' AND i.status = 'issued'
               WHERE f.id = NEW.fee_id AND f.amount_cents < 0 AND l.client_id = NEW.client_id
               GROUP BY l.net_cents
               HAVING sum(c.net_cents) = l.net_cents AND bool_or(c.id = NEW.line_id)) THEN
            RAISE EXCEPTION 'the document is not being issued' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NOT EXISTS (
            SELECT FROM urgency_fees f JOIN urgencies u ON u.id = f.urgency_id
            WHERE f.id = NEW.fee_id AND u.client_id = NEW.client_id
            UNION ALL SELECT FROM quote_charges WHERE id = NEW.charge_id AND client_id = NEW.client_id
            UNION ALL SELECT FROM contract_movements
            WHERE id = NEW.refund_id AND client_id = NEW.client_id AND kind = 'refunded') THEN
            RAISE EXCEPTION 'it is another client''s'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_claims_client';
        END IF;
        RETURN NEW;
    END $$
    """,
    # As before, and: what a counter-entry need not give back again is no work of the ticket either.
    """
    CREATE OR REPLACE FUNCTION chargeable_minutes(ticket uuid) RETURNS bigint LANGUAGE plpgsql VOLATILE STRICT AS $$
    BEGIN
        RETURN (SELECT coalesce(sum(a.minutes), 0)
                FROM time_entries e JOIN time_allocations a ON a.entry_id = e.id
                WHERE e.ticket_id = ticket AND (a.place IN ('drawn', 'open', 'invoiced')
                                                OR (a.place = 'written_off' AND e.kind = 'counter')));
    END $$
    """,
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)


def downgrade() -> None:
    raise NotImplementedError("What was invoiced is not thrown away: restore a backup instead.")
