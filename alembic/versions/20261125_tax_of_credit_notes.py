"""All credit notes of an invoice give back its tax to the cent: each takes what remained before less what remains after."""

from alembic import op

revision = "20261125_tax_of_credit_notes"
down_revision = "20261125_allocated_once"
branch_labels = None
depends_on = None

FUNCTIONS = (
    # What a credit note gives back of its invoice's tax, on the day it is issued: by rate, on the sum of what credit
    # notes have left of the lines. Others wait for the invoice's row, so none is counted twice or missed.
    """
    CREATE FUNCTION credited_vat(document invoices) RETURNS bigint LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM invoice_states WHERE invoice_id = document.credits_id FOR UPDATE;
        RETURN (
            SELECT coalesce(sum(round_half_up((after + now) * vat_rate_bp, 10000)
                                - round_half_up(after * vat_rate_bp, 10000)), 0)
            FROM (
                SELECT o.vat_rate_bp, sum(o.net_cents) - coalesce(sum(given.net), 0) AS after,
                       coalesce(sum(given.now), 0) AS now
                FROM invoice_lines o LEFT JOIN LATERAL (
                    SELECT sum(c.net_cents) AS net,
                           sum(c.net_cents) FILTER (WHERE c.invoice_id = document.id) AS now
                    FROM invoice_lines c JOIN invoices d ON d.id = c.invoice_id AND d.kind = 'credit_note'
                    WHERE c.client_id = o.client_id AND c.credited_line_id = o.id) AS given ON true
                WHERE o.client_id = document.client_id AND o.invoice_id = document.credits_id
                GROUP BY o.vat_category, o.vat_rate_bp) AS rate);
    END $$
    """,
    # As before, but for the tax of credit notes.
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
                ELSE linked.minutes <> 0 END) THEN
            RAISE EXCEPTION 'the minutes of % are not those of its entries', document.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoices_linked';
        END IF;
    END $$
    """,
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)


def downgrade() -> None:
    raise NotImplementedError("What was invoiced is not thrown away: restore a backup instead.")
