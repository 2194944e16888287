"""Invoices: documents, lines and what they charge, series, runs, payments, proofs; the database numbers and seals."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261125_invoices"
down_revision = "20261125_time_on_call"
branch_labels = None
depends_on = None

APPEND_ONLY = ("invoice_lines", "invoice_entries", "invoice_pools", "payments", "vat_proofs")
# Only triggers write these.
KEPT = ("invoice_counters", "invoice_states")

# The database's own copy of app/domain/money.py: exact, and a half goes away from zero (P1, I5).
ARITHMETIC = (
    """
    CREATE FUNCTION round_half_up(numerator numeric, denominator numeric) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN sign(numerator) * div(2 * abs(numerator) + denominator, 2 * denominator)
    """,
    """
    CREATE FUNCTION line_cents(quantity bigint, unit_price_cents bigint, base_quantity bigint, discount_bp bigint)
    RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN round_half_up(quantity::numeric * unit_price_cents * (10000 - discount_bp), base_quantity * 10000)
    """,
)

FUNCTIONS = (
    # What is still to be invoiced of an entry; it holds all that an invoice asks of an entry. What a counter-entry
    # takes back before it was invoiced leaves together with it.
    """
    CREATE OR REPLACE FUNCTION keep_open_time() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        entry time_entries;
        cancelled integer;
    BEGIN
        UPDATE open_time SET minutes = minutes + NEW.minutes WHERE entry_id = NEW.entry_id AND minutes <> -NEW.minutes;
        IF FOUND THEN RETURN NULL; END IF;
        DELETE FROM open_time WHERE entry_id = NEW.entry_id;
        IF FOUND THEN RETURN NULL; END IF;
        SELECT * INTO entry FROM time_entries WHERE id = NEW.entry_id;
        IF entry.corrects_id IS NOT NULL THEN
            DELETE FROM open_time WHERE entry_id = entry.corrects_id RETURNING minutes INTO cancelled;
        END IF;
        IF NEW.minutes + coalesce(cancelled, 0) <> 0 THEN
            INSERT INTO open_time (entry_id, client_id, ticket_id, worked_on, minutes, hourly_rate_cents, discount_bp,
                                   terms_id, agent_id, late, corrects_id)
            VALUES (entry.id, entry.client_id, entry.ticket_id, entry.worked_on, NEW.minutes + coalesce(cancelled, 0),
                    entry.hourly_rate_cents, entry.discount_bp, entry.terms_id, entry.agent_id,
                    'late' = ANY (entry.flags), entry.corrects_id);
        END IF;
        RETURN NULL;
    END $$
    """,
    # As before, and: nothing that is invoiced leaves for another place.
    """
    CREATE OR REPLACE FUNCTION check_allocated() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        entry time_entries;
        wanted uuid;
        total bigint;
        billable bigint;
        misplaced boolean;
    BEGIN
        IF TG_TABLE_NAME = 'time_entries' THEN wanted := NEW.id; ELSE wanted := NEW.entry_id; END IF;
        SELECT * INTO entry FROM time_entries WHERE id = wanted;
        SELECT sum(minutes), coalesce(sum(minutes) FILTER (WHERE place = 'open'), 0),
               bool_or(minutes * sign(entry.billed_minutes) < 0
                   OR NOT coalesce(entry.worked_on BETWEEN c.starts_on AND c.expires_on, contract_id IS NULL))
        INTO total, billable, misplaced
        FROM (SELECT place, contract_id, sum(minutes) AS minutes FROM time_allocations
              WHERE entry_id = wanted GROUP BY place, contract_id) AS a
        LEFT JOIN contracts c ON c.id = a.contract_id AND c.effective_at IS NOT NULL;
        IF total IS DISTINCT FROM entry.billed_minutes OR misplaced
           OR (billable - (SELECT coalesce(sum(minutes), 0) FROM invoice_entries WHERE entry_id = wanted))
              * sign(entry.billed_minutes) < 0 THEN
            RAISE EXCEPTION 'the minutes of entry % are not all in their place', wanted
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_allocations_sum';
        END IF;
        IF entry.kind = 'counter' AND NOT EXISTS (
            SELECT FROM time_entries o WHERE o.id = entry.corrects_id AND o.kind = 'work'
            AND (coalesce(o.ticket_id, o.permanence_id), o.agent_id, o.worked_on, -o.worked_minutes,
                 -o.billed_minutes, o.terms_id)
              = (coalesce(entry.ticket_id, entry.permanence_id), entry.agent_id, entry.worked_on,
                 entry.worked_minutes, entry.billed_minutes, entry.terms_id)) THEN
            RAISE EXCEPTION 'entry % takes back what there was not', wanted
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_entries_counter';
        END IF;
        RETURN NULL;
    END $$
    """,
    # Lines, links, claims and annexes belong to a document that this transaction issues, to no other.
    """
    CREATE FUNCTION check_issuing() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM added n LEFT JOIN invoices i ON i.id = n.invoice_id AND i.status = 'issuing'
                   WHERE i.id IS NULL) THEN
            RAISE EXCEPTION 'the document is not being issued' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    # Takes an entry's minutes out of what is open, as they stand there, or brings back what a credit note frees.
    """
    CREATE FUNCTION book_invoice_entries() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        wanted bigint;
        taken bigint;
        freed bigint := 0;
    BEGIN
        SELECT count(*) INTO wanted FROM added;
        WITH gone AS (
            DELETE FROM open_time o USING added n, invoice_lines l, invoices i
            WHERE o.entry_id = n.entry_id AND o.minutes = n.minutes AND l.id = n.line_id AND i.id = l.invoice_id
              AND i.status = 'issuing' AND o.client_id = l.client_id AND o.ticket_id = l.ticket_id
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
    """
    CREATE FUNCTION check_claim() RETURNS trigger LANGUAGE plpgsql AS $$
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
                       WHERE l.id = NEW.line_id AND l.client_id = NEW.client_id AND i.status = 'issuing') THEN
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
    # A document's life: draft, gone or issuing; issuing, issued; issued, for ever.
    """
    CREATE FUNCTION guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.status = 'issued' THEN
                RAISE EXCEPTION 'a document is issued after its lines' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        ELSIF TG_OP = 'DELETE' THEN
            IF OLD.status = 'draft' THEN RETURN OLD; END IF;
            RAISE EXCEPTION 'an issued document stays' USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.status = 'issued' OR (OLD.status, NEW.status) IN (('issuing', 'draft'), ('draft', 'issued'))
           OR (OLD.id, OLD.client_id, OLD.kind, OLD.basis, OLD.period, OLD.contract_id, OLD.credits_id, OLD.created_at)
              IS DISTINCT FROM
              (NEW.id, NEW.client_id, NEW.kind, NEW.basis, NEW.period, NEW.contract_id, NEW.credits_id, NEW.created_at)
           OR (NEW.status = 'issued' AND (OLD.subtotal_cents, OLD.vat_cents, OLD.total_cents, OLD.digest, OLD.currency)
               IS DISTINCT FROM (NEW.subtotal_cents, NEW.vat_cents, NEW.total_cents, NEW.digest, NEW.currency)) THEN
            RAISE EXCEPTION 'an issued document never changes' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION keep_invoice_state() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO invoice_states (invoice_id, client_id, kind, period, contract_id, updated_at)
            VALUES (NEW.id, NEW.client_id, NEW.kind, NEW.period, NEW.contract_id, now());
        ELSE
            UPDATE invoice_states SET version = version + 1, xid = (pg_current_xact_id()::text)::bigint,
                                      updated_at = now()
            WHERE invoice_id = NEW.id;
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION touch_invoice_state() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE invoice_states SET version = version + 1, xid = (pg_current_xact_id()::text)::bigint, updated_at = now()
        WHERE invoice_id = NEW.invoice_id;
        RETURN NULL;
    END $$
    """,
    # When the transaction ends nothing is half issued.
    """
    CREATE FUNCTION check_issued() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM invoices WHERE id = NEW.id AND status = 'issuing') THEN
            RAISE EXCEPTION 'the document was not issued'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoices_issued';
        END IF;
        RETURN NULL;
    END $$
    """,
    # Invariant 5, and: each minute on a line is an entry's.
    """
    CREATE FUNCTION check_invoice(document invoices) RETURNS void LANGUAGE plpgsql AS $$
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
    # Invariant 8: lines give back no more than there is, one after the other for each invoice.
    """
    CREATE FUNCTION check_credited(document invoices) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM invoice_states WHERE invoice_id IN (
            SELECT o.invoice_id FROM invoice_lines l JOIN invoice_lines o ON o.id = l.credited_line_id
            WHERE l.invoice_id = document.id) ORDER BY invoice_id FOR UPDATE;
        IF EXISTS (
            SELECT FROM invoice_lines l LEFT JOIN invoice_lines o ON o.id = l.credited_line_id
            LEFT JOIN invoices i ON i.id = o.invoice_id
            LEFT JOIN LATERAL (
                SELECT sum(CASE d.kind WHEN 'credit_note' THEN c.net_cents ELSE -c.net_cents END) AS net
                FROM invoice_lines c JOIN invoices d ON d.id = c.invoice_id
                WHERE c.client_id = o.client_id AND c.credited_line_id = o.id) AS given ON true
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
    # The last statement before the commit: the number and the hash come from the locked head of the series (I4).
    # It runs with the rights of the tables' owner, because nobody else may touch the heads.
    """
    CREATE FUNCTION issue_invoice() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        head invoice_counters;
        series text := CASE NEW.kind WHEN 'invoice' THEN 'F' WHEN 'credit_note' THEN 'NC' ELSE 'R' END;
    BEGIN
        PERFORM check_invoice(NEW);
        PERFORM check_credited(NEW);
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
    """
    CREATE FUNCTION credit_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE invoice_states s SET credited_cents = s.credited_cents + NEW.total_cents,
            version = s.version + 1, xid = (pg_current_xact_id()::text)::bigint, updated_at = now(),
            live = EXISTS (
                SELECT FROM invoice_lines o WHERE o.client_id = s.client_id AND o.invoice_id = s.invoice_id
                AND o.net_cents <> (
                    SELECT coalesce(sum(CASE d.kind WHEN 'credit_note' THEN c.net_cents ELSE -c.net_cents END), 0)
                    FROM invoice_lines c JOIN invoices d ON d.id = c.invoice_id
                    WHERE c.client_id = o.client_id AND c.credited_line_id = o.id))
        WHERE s.invoice_id = NEW.credits_id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION book_payment() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE invoice_states s SET paid_cents = s.paid_cents + NEW.amount_cents,
            version = s.version + 1, xid = (pg_current_xact_id()::text)::bigint, updated_at = now()
        FROM invoices i
        WHERE s.invoice_id = NEW.invoice_id AND i.id = s.invoice_id AND i.status = 'issued' AND i.kind <> 'statement'
          AND i.currency = NEW.currency;
        IF NOT FOUND OR (NEW.reverses_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM payments p WHERE p.id = NEW.reverses_id AND p.invoice_id = NEW.invoice_id
            AND p.amount_cents = -NEW.amount_cents AND p.reverses_id IS NULL)) THEN
            RAISE EXCEPTION 'the payment does not fit' USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_fit';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION refuse_outsiders() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION '% follows the documents', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
)

ADDED = "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION"
TRIGGERS = (
    f"CREATE TRIGGER issuing AFTER INSERT ON invoice_lines {ADDED} check_issuing()",
    f"CREATE TRIGGER issuing AFTER INSERT ON invoice_pools {ADDED} check_issuing()",
    f"CREATE TRIGGER booked AFTER INSERT ON invoice_entries {ADDED} book_invoice_entries()",
    "CREATE TRIGGER claim BEFORE INSERT OR DELETE ON invoice_claims FOR EACH ROW EXECUTE FUNCTION check_claim()",
    "CREATE TRIGGER stays BEFORE UPDATE OR TRUNCATE ON invoice_claims FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON invoices FOR EACH ROW EXECUTE FUNCTION guard_invoice()",
    "CREATE TRIGGER stays BEFORE TRUNCATE ON invoices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    # After `guard`: triggers fire in the order of their names.
    "CREATE TRIGGER issue BEFORE UPDATE ON invoices FOR EACH ROW "
    "WHEN (OLD.status = 'issuing' AND NEW.status = 'issued') EXECUTE FUNCTION issue_invoice()",
    "CREATE TRIGGER state AFTER INSERT OR UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION keep_invoice_state()",
    "CREATE TRIGGER state_of_credited AFTER UPDATE ON invoices FOR EACH ROW "
    "WHEN (OLD.status = 'issuing' AND NEW.status = 'issued' AND NEW.kind = 'credit_note') "
    "EXECUTE FUNCTION credit_invoice()",
    "CREATE CONSTRAINT TRIGGER issued AFTER INSERT OR UPDATE ON invoices DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW WHEN (NEW.status = 'issuing') EXECUTE FUNCTION check_issued()",
    "CREATE TRIGGER state AFTER INSERT OR UPDATE ON invoice_exports FOR EACH ROW EXECUTE FUNCTION touch_invoice_state()",
    "CREATE TRIGGER book BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION book_payment()",
)


def upgrade() -> None:
    for function in ARITHMETIC:
        op.execute(function)
    op.create_table(
        "invoice_counters",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invoice', 'credit_note', 'statement')", name=op.f("ck_invoice_counters_kind_known")
        ),
        sa.CheckConstraint("last > 0 AND octet_length(sha256) = 32", name=op.f("ck_invoice_counters_last_positive")),
        sa.PrimaryKeyConstraint("kind", "year", name=op.f("pk_invoice_counters")),
    )
    op.create_table(
        "invoice_entries",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes <> 0", name=op.f("ck_invoice_entries_minutes_not_zero")),
        sa.PrimaryKeyConstraint("line_id", "entry_id", name=op.f("pk_invoice_entries")),
    )
    op.create_index("ix_invoice_entries_entry_id", "invoice_entries", ["entry_id"], unique=False)
    op.create_table(
        "billing_cycle_changes",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("billing_cycle", sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "billing_cycle IN ('quarterly', 'monthly')", name=op.f("ck_billing_cycle_changes_billing_cycle_known")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_billing_cycle_changes_client_id")),
        sa.PrimaryKeyConstraint("client_id", "effective_on", name=op.f("pk_billing_cycle_changes")),
    )
    op.create_table(
        "invoice_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle", sa.String(length=10), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("issue", sa.Boolean(), nullable=False),
        sa.Column(
            "digests", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "actor", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("clients", sa.Integer(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'done') = (finished_at IS NOT NULL)", name=op.f("ck_invoice_runs_done_has_time")),
        sa.CheckConstraint("cycle IN ('quarterly', 'monthly')", name=op.f("ck_invoice_runs_cycle_known")),
        sa.CheckConstraint("status IN ('running', 'done')", name=op.f("ck_invoice_runs_status_known")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_invoice_runs_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_runs")),
    )
    op.create_index("ix_invoice_runs_client_id", "invoice_runs", ["client_id"], unique=False)
    op.create_table(
        "vat_proofs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("vat_number", sa.String(length=20), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("checked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=140), nullable=False),
        sa.Column(
            "actor", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_vat_proofs_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vat_proofs")),
    )
    op.create_index(
        "ix_vat_proofs_client_id_vat_number", "vat_proofs", ["client_id", "vat_number", "checked_at"], unique=False
    )
    op.create_table(
        "invoice_run_results",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'created') = (reason IS NULL)", name=op.f("ck_invoice_run_results_reason_unless_created")
        ),
        sa.CheckConstraint(
            "outcome IN ('created', 'skipped', 'parked')", name=op.f("ck_invoice_run_results_outcome_known")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_invoice_run_results_client_id")),
        sa.ForeignKeyConstraint(["run_id"], ["invoice_runs.id"], name=op.f("fk_invoice_run_results_run_id")),
        sa.PrimaryKeyConstraint("run_id", "client_id", name=op.f("pk_invoice_run_results")),
    )
    op.create_index("ix_invoice_run_results_client_id", "invoice_run_results", ["client_id"], unique=False)
    op.create_index(
        "ix_invoice_run_results_run_id_outcome_client_id",
        "invoice_run_results",
        ["run_id", "outcome", "client_id"],
        unique=False,
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("credits_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_cents", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("issued_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("previous_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("(basis = 'contract') = (contract_id IS NOT NULL)", name=op.f("ck_invoices_has_contract")),
        sa.CheckConstraint("(basis = 'period') = (period IS NOT NULL)", name=op.f("ck_invoices_has_period")),
        sa.CheckConstraint("(kind = 'credit_note') = (basis = 'credit')", name=op.f("ck_invoices_credit_basis")),
        sa.CheckConstraint("(kind = 'credit_note') = (credits_id IS NOT NULL)", name=op.f("ck_invoices_has_credited")),
        sa.CheckConstraint("basis IN ('period', 'contract', 'credit')", name=op.f("ck_invoices_basis_known")),
        sa.CheckConstraint("kind = 'credit_note' OR total_cents >= 0", name=op.f("ck_invoices_nothing_negative")),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note', 'statement')", name=op.f("ck_invoices_kind_known")),
        sa.CheckConstraint(
            "num_nulls(number, sequence, issued_on, issued_at, previous_sha256, sha256) = CASE status WHEN 'issued' THEN 0 ELSE 6 END",
            name=op.f("ck_invoices_issued_whole"),
        ),
        sa.CheckConstraint("sha256(convert_to(body, 'UTF8')) = digest", name=op.f("ck_invoices_digest_of_body")),
        sa.CheckConstraint("status IN ('draft', 'issuing', 'issued')", name=op.f("ck_invoices_status_known")),
        sa.CheckConstraint(
            "num_nulls(period, period_start, period_end) IN (0, 3)", name=op.f("ck_invoices_period_whole")
        ),
        sa.CheckConstraint("period_start < period_end", name=op.f("ck_invoices_period_not_empty")),
        sa.CheckConstraint("total_cents = subtotal_cents + vat_cents", name=op.f("ck_invoices_sums")),
        sa.ForeignKeyConstraint(
            ["client_id", "contract_id"],
            ["contracts.client_id", "contracts.id"],
            name=op.f("fk_invoices_client_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "credits_id"],
            ["invoices.client_id", "invoices.id"],
            name=op.f("fk_invoices_client_id_credits_id"),
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_invoices_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("client_id", "id", name=op.f("uq_invoices_client_id_id")),
        sa.UniqueConstraint("number", name=op.f("uq_invoices_number")),
    )
    op.create_index(
        "ix_invoices_contract_id",
        "invoices",
        ["client_id", "contract_id"],
        unique=False,
        postgresql_where=sa.text("contract_id IS NOT NULL"),
    )
    op.create_index(
        "ix_invoices_credits_id",
        "invoices",
        ["client_id", "credits_id"],
        unique=False,
        postgresql_where=sa.text("credits_id IS NOT NULL"),
    )
    op.create_index(
        "ix_invoices_issued_on_id",
        "invoices",
        ["issued_on", "id"],
        unique=False,
        postgresql_where=sa.text("issued_on IS NOT NULL"),
    )
    op.create_index(
        "ix_invoices_period_id",
        "invoices",
        ["period", "id"],
        unique=False,
        postgresql_where=sa.text("period IS NOT NULL"),
    )
    op.create_index("ix_invoices_status_id", "invoices", ["status", "id"], unique=False)
    op.create_table(
        "invoice_exports",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("external_reference", sa.String(length=140), nullable=False),
        sa.Column("exported_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "actor", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "invoice_id"],
            ["invoices.client_id", "invoices.id"],
            name=op.f("fk_invoice_exports_client_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_invoice_exports")),
    )
    op.create_index(
        "ix_invoice_exports_client_id_invoice_id", "invoice_exports", ["client_id", "invoice_id"], unique=False
    )
    op.create_table(
        "invoice_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=6), nullable=False),
        sa.Column("unit_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("base_quantity", sa.Integer(), nullable=False),
        sa.Column("discount_bp", sa.Integer(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_category", sa.String(length=2), nullable=False),
        sa.Column("vat_rate_bp", sa.Integer(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("credited_line_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('time', 'urgency', 'quote', 'permanence', 'contract', 'adjustment')",
            name=op.f("ck_invoice_lines_kind_known"),
        ),
        sa.CheckConstraint("unit IN ('minute', 'piece')", name=op.f("ck_invoice_lines_unit_known")),
        sa.CheckConstraint("vat_category = 'S' OR vat_rate_bp = 0", name=op.f("ck_invoice_lines_rate_where_taxed")),
        sa.CheckConstraint("vat_category IN ('S', 'AE', 'O')", name=op.f("ck_invoice_lines_vat_category_known")),
        sa.CheckConstraint("discount_bp BETWEEN 0 AND 10000", name=op.f("ck_invoice_lines_discount_is_a_share")),
        sa.CheckConstraint(
            "net_cents = line_cents(quantity, unit_price_cents, base_quantity, discount_bp)",
            name=op.f("ck_invoice_lines_net_is_the_price"),
        ),
        sa.CheckConstraint(
            "quantity <> 0 AND unit_price_cents >= 0 AND base_quantity > 0", name=op.f("ck_invoice_lines_quantity")
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "credited_line_id"],
            ["invoice_lines.client_id", "invoice_lines.id"],
            name=op.f("fk_invoice_lines_client_id_credited_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "invoice_id"],
            ["invoices.client_id", "invoices.id"],
            name=op.f("fk_invoice_lines_client_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "ticket_id"],
            ["tickets.client_id", "tickets.id"],
            name=op.f("fk_invoice_lines_client_id_ticket_id"),
        ),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_invoice_lines_terms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_lines")),
        sa.UniqueConstraint("client_id", "id", name=op.f("uq_invoice_lines_client_id_id")),
        sa.UniqueConstraint("invoice_id", "position", name=op.f("uq_invoice_lines_invoice_id_position")),
    )
    op.create_index(
        "ix_invoice_lines_credited_line_id",
        "invoice_lines",
        ["client_id", "credited_line_id"],
        unique=False,
        postgresql_where=sa.text("credited_line_id IS NOT NULL"),
    )
    op.create_table(
        "invoice_pools",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("left_minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "contract_id"],
            ["contracts.client_id", "contracts.id"],
            name=op.f("fk_invoice_pools_client_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "invoice_id"],
            ["invoices.client_id", "invoices.id"],
            name=op.f("fk_invoice_pools_client_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("invoice_id", "contract_id", name=op.f("pk_invoice_pools")),
    )
    op.create_index(
        "ix_invoice_pools_client_id_contract_id",
        "invoice_pools",
        ["client_id", "contract_id", "position"],
        unique=False,
    )
    op.create_table(
        "invoice_states",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=True),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("credited_cents", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "xid", sa.BigInteger(), server_default=sa.text("(pg_current_xact_id()::text)::bigint"), nullable=False
        ),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invoice', 'credit_note', 'statement')", name=op.f("ck_invoice_states_kind_known")
        ),
        sa.CheckConstraint("live OR kind = 'invoice'", name=op.f("ck_invoice_states_live_or_credited")),
        sa.ForeignKeyConstraint(
            ["client_id", "invoice_id"],
            ["invoices.client_id", "invoices.id"],
            name=op.f("fk_invoice_states_client_id_invoice_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_invoice_states")),
    )
    op.create_index(
        "ix_invoice_states_client_id_invoice_id", "invoice_states", ["client_id", "invoice_id"], unique=False
    )
    op.create_index("ix_invoice_states_xid_invoice_id", "invoice_states", ["xid", "invoice_id"], unique=False)
    op.create_index(
        "uq_invoice_states_client_id_period_kind",
        "invoice_states",
        ["client_id", "period", "kind"],
        unique=True,
        postgresql_where=sa.text("live AND period IS NOT NULL"),
    )
    op.create_index(
        "uq_invoice_states_contract_id",
        "invoice_states",
        ["contract_id"],
        unique=True,
        postgresql_where=sa.text("live AND contract_id IS NOT NULL"),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=140), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(reverses_id IS NOT NULL) <= (reason IS NOT NULL)", name=op.f("ck_payments_reversal_has_reason")
        ),
        sa.CheckConstraint(
            "CASE WHEN reverses_id IS NULL THEN amount_cents > 0 ELSE amount_cents < 0 END",
            name=op.f("ck_payments_signed"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "invoice_id"],
            ["invoices.client_id", "invoices.id"],
            name=op.f("fk_payments_client_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id", "reverses_id"],
            ["payments.invoice_id", "payments.id"],
            name=op.f("fk_payments_invoice_id_reverses_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("invoice_id", "id", name=op.f("uq_payments_invoice_id_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_payments_reverses_id")),
    )
    op.create_index("ix_payments_client_id_invoice_id", "payments", ["client_id", "invoice_id"], unique=False)
    op.create_table(
        "invoice_claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("fee_id", sa.Uuid(), nullable=True),
        sa.Column("charge_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("num_nonnulls(fee_id, charge_id, refund_id) = 1", name=op.f("ck_invoice_claims_one_source")),
        sa.ForeignKeyConstraint(["charge_id"], ["quote_charges.id"], name=op.f("fk_invoice_claims_charge_id")),
        sa.ForeignKeyConstraint(
            ["client_id", "line_id"],
            ["invoice_lines.client_id", "invoice_lines.id"],
            name=op.f("fk_invoice_claims_client_id_line_id"),
        ),
        sa.ForeignKeyConstraint(["fee_id"], ["urgency_fees.id"], name=op.f("fk_invoice_claims_fee_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["contract_movements.id"], name=op.f("fk_invoice_claims_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_claims")),
        sa.UniqueConstraint("charge_id", name=op.f("uq_invoice_claims_charge_id")),
        sa.UniqueConstraint("fee_id", name=op.f("uq_invoice_claims_fee_id")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_invoice_claims_refund_id")),
    )
    op.create_index("ix_invoice_claims_client_id_line_id", "invoice_claims", ["client_id", "line_id"], unique=False)

    op.add_column("open_time", sa.Column("terms_id", sa.Uuid(), nullable=True))
    op.add_column("open_time", sa.Column("agent_id", sa.Uuid(), nullable=True))
    op.add_column("open_time", sa.Column("late", sa.Boolean(), nullable=True))
    op.add_column("open_time", sa.Column("corrects_id", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE open_time o SET terms_id = e.terms_id, agent_id = e.agent_id, late = 'late' = ANY (e.flags), "
        "corrects_id = e.corrects_id FROM time_entries e WHERE e.id = o.entry_id"
    )
    op.execute(
        "DELETE FROM open_time WHERE entry_id IN (SELECT unnest(ARRAY[a.entry_id, b.entry_id]) FROM open_time a "
        "JOIN open_time b ON b.corrects_id = a.entry_id AND b.minutes = -a.minutes)"
    )
    for column in ("terms_id", "agent_id", "late"):
        op.alter_column("open_time", column, nullable=False)
    # What is invoiced is told by `invoice_entries` alone.
    op.drop_constraint(op.f("ck_time_allocations_place_known"), "time_allocations", type_="check")
    op.create_check_constraint(
        op.f("ck_time_allocations_place_known"),
        "time_allocations",
        "place IN ('drawn', 'open', 'quoted', 'non_billable', 'written_off')",
    )
    for function in FUNCTIONS:
        op.execute(function)
    for trigger in TRIGGERS:
        op.execute(trigger)
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER outsiders BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_outsiders()"
        )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    revoked = [f"REVOKE UPDATE, DELETE ON {table} FROM desk_app;" for table in APPEND_ONLY]
    revoked.append("REVOKE INSERT, UPDATE, DELETE ON invoice_counters FROM desk_app;")
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'desk_app') THEN "
        f"{' '.join(revoked)} END IF; END $$"
    )


def downgrade() -> None:
    raise NotImplementedError("What was invoiced is not thrown away: restore a backup instead.")
