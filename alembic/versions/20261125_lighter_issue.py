"""Issue with less work: lines are looked up once, not for each entry; credits are checked where something is credited."""

from alembic import op

revision = "20261125_lighter_issue"
down_revision = "20261125_ticket_lists"
branch_labels = None
depends_on = None

FUNCTIONS = (
    """
    CREATE OR REPLACE FUNCTION book_invoice_entries() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        wanted bigint;
        taken bigint;
        freed bigint := 0;
    BEGIN
        SELECT count(*) INTO wanted FROM added;
        WITH lines AS MATERIALIZED (
            SELECT l.id, l.client_id, l.ticket_id, l.unit, l.unit_price_cents, l.base_quantity, l.discount_bp
            FROM (SELECT DISTINCT line_id FROM added) AS n JOIN invoice_lines l ON l.id = n.line_id
            JOIN invoices i ON i.id = l.invoice_id AND i.status = 'issuing'
        ), gone AS (
            DELETE FROM open_time o USING added n, lines l
            WHERE o.entry_id = n.entry_id AND o.minutes = n.minutes AND l.id = n.line_id
              AND o.client_id = l.client_id AND o.ticket_id = l.ticket_id
              AND (l.unit = 'piece' OR (l.unit_price_cents, l.base_quantity, l.discount_bp)
                                     = (o.hourly_rate_cents, 60, o.discount_bp))
            RETURNING true)
        SELECT count(*) INTO taken FROM gone;
        IF taken < wanted THEN
            WITH back AS (
                INSERT INTO open_time AS o (entry_id, client_id, ticket_id, worked_on, minutes, hourly_rate_cents,
                                            discount_bp, terms_id, agent_id, late, corrects_id)
                SELECT e.id, e.client_id, e.ticket_id, e.worked_on, -n.minutes, e.hourly_rate_cents, e.discount_bp,
                       e.terms_id, e.agent_id, 'late' = ANY (e.flags), e.corrects_id
                FROM added n JOIN time_entries e ON e.id = n.entry_id
                JOIN invoice_lines l ON l.id = n.line_id AND l.client_id = e.client_id AND l.ticket_id = e.ticket_id
                JOIN invoices i ON i.id = l.invoice_id AND i.status = 'issuing' AND i.kind = 'credit_note'
                WHERE n.minutes * sign(e.billed_minutes) < 0
                  AND NOT EXISTS (SELECT FROM time_entries c WHERE c.corrects_id = e.id)
                  AND (SELECT sum(b.minutes) FROM invoice_entries b WHERE b.entry_id = e.id) * sign(e.billed_minutes) >= 0
                ON CONFLICT (entry_id) DO UPDATE SET minutes = o.minutes + excluded.minutes
                RETURNING true)
            SELECT count(*) INTO freed FROM back;
        END IF;
        IF taken + freed <> wanted THEN
            RAISE EXCEPTION 'minutes are invoiced that are not open'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_entries_open';
        END IF;
        RETURN NULL;
    END $$
    """,
    # As before, but for the check of credits.
    """
    CREATE OR REPLACE FUNCTION issue_invoice() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        head invoice_counters;
        series text := CASE NEW.kind WHEN 'invoice' THEN 'F' WHEN 'credit_note' THEN 'NC' ELSE 'R' END;
    BEGIN
        PERFORM check_invoice(NEW);
        IF NEW.kind = 'credit_note' OR EXISTS (
            SELECT FROM invoice_lines WHERE invoice_id = NEW.id AND credited_line_id IS NOT NULL) THEN
            PERFORM check_credited(NEW);
        END IF;
        NEW.issued_on := (NEW.issued_at AT TIME ZONE 'Europe/Luxembourg')::date;
        INSERT INTO invoice_counters AS c (kind, year, last, issued_on, sha256)
        VALUES (NEW.kind, date_part('year', NEW.issued_on), 1, NEW.issued_on, decode(repeat('00', 32), 'hex'))
        ON CONFLICT (kind, year) DO UPDATE SET last = c.last + 1, issued_on = excluded.issued_on
        WHERE c.issued_on <= excluded.issued_on
        RETURNING * INTO head;
        IF head.kind IS NULL THEN
            RAISE EXCEPTION 'a document of the series has a later date'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoices_in_order';
        END IF;
        NEW.sequence := head.last;
        NEW.number := series || head.year || '-'
            || CASE WHEN head.last < 10000 THEN lpad(head.last::text, 4, '0') ELSE head.last::text END;
        NEW.previous_sha256 := head.sha256;
        NEW.sha256 := sha256(head.sha256 || convert_to(concat_ws(E'\\n', NEW.id, NEW.number, NEW.issued_on,
            coalesce(NEW.due_on::text, ''), NEW.body), 'UTF8'));
        UPDATE invoice_counters SET sha256 = NEW.sha256 WHERE kind = head.kind AND year = head.year;
        RETURN NEW;
    END $$
    """,
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)


def downgrade() -> None:
    raise NotImplementedError("What was invoiced is not thrown away: restore a backup instead.")
