"""Minutes and money: contracts, time entries and where their minutes are, timers, urgencies and their fees."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261125_minutes_and_money"
down_revision = "20261125_quotes"
branch_labels = None
depends_on = None

APPEND_ONLY = ("time_entries", "time_allocations", "contract_movements", "contract_alerts", "urgency_fees")

FUNCTIONS = (
    # The database's own copy of app/domain/money.py: exact, and a half goes away from zero (P1).
    """
    CREATE FUNCTION amount_cents(minutes bigint, hourly_rate_cents bigint, discount_bp bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN sign(minutes) * div(2 * abs(minutes)::numeric * hourly_rate_cents * (10000 - discount_bp) + 600000, 1200000)
    """,
    # P3: an entry is priced by the terms in force on its local date, whatever was published meanwhile.
    """
    CREATE FUNCTION check_terms_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.terms_id IS DISTINCT FROM
           (SELECT id FROM terms WHERE effective_on <= NEW.worked_on ORDER BY effective_on DESC LIMIT 1) THEN
            RAISE EXCEPTION 'other terms are in force on %', NEW.worked_on
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_entries_terms_in_force';
        END IF;
        RETURN NEW;
    END $$
    """,
    # A timed entry makes its agent busy until a counter-entry takes it back.
    """
    CREATE FUNCTION keep_busy_times() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.kind = 'counter' THEN
            DELETE FROM busy_times WHERE entry_id = NEW.corrects_id;
        ELSIF NEW.started_at IS NOT NULL THEN
            INSERT INTO busy_times VALUES (NEW.id, NEW.agent_id, tstzrange(NEW.started_at, NEW.ended_at));
        END IF;
        RETURN NULL;
    END $$
    """,
    # What is still to be invoiced of an entry.
    """
    CREATE FUNCTION keep_open_time() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE open_time SET minutes = minutes + NEW.minutes WHERE entry_id = NEW.entry_id AND minutes <> -NEW.minutes;
        IF NOT FOUND THEN
            DELETE FROM open_time WHERE entry_id = NEW.entry_id;
            IF NOT FOUND THEN
                INSERT INTO open_time (entry_id, client_id, ticket_id, worked_on, minutes, hourly_rate_cents, discount_bp)
                SELECT id, client_id, ticket_id, worked_on, NEW.minutes, hourly_rate_cents, discount_bp
                FROM time_entries WHERE id = NEW.entry_id;
            END IF;
        END IF;
        RETURN NULL;
    END $$
    """,
    # The contract's row is locked here, shortly before the commit: its sums, its next line, its running balance.
    """
    CREATE FUNCTION book_draw() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE contracts SET drawn_minutes = drawn_minutes + NEW.minutes, lines = lines + 1
        WHERE client_id = NEW.client_id AND id = NEW.contract_id
        RETURNING lines, bought_minutes + granted_minutes - drawn_minutes - refunded_minutes - carried_minutes
        INTO NEW.position, NEW.left_minutes;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION book_movement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE contracts SET
            granted_minutes = granted_minutes + CASE NEW.kind WHEN 'granted' THEN NEW.minutes ELSE 0 END,
            refunded_minutes = refunded_minutes + CASE NEW.kind WHEN 'refunded' THEN NEW.minutes ELSE 0 END,
            carried_minutes = carried_minutes + CASE NEW.kind WHEN 'carried' THEN NEW.minutes ELSE 0 END,
            lines = lines + 1
        WHERE client_id = NEW.client_id AND id = NEW.contract_id
        RETURNING lines, bought_minutes + granted_minutes - drawn_minutes - refunded_minutes - carried_minutes
        INTO NEW.position, NEW.left_minutes;
        RETURN NEW;
    END $$
    """,
    # The purchase is a fact; the sums are changed by the two functions above and by nobody else.
    """
    CREATE FUNCTION refuse_contract_facts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.id, OLD.client_id, OLD.year, OLD.purchased_on, OLD.starts_on, OLD.expires_on, OLD.terms_id,
            OLD.hourly_rate_cents, OLD.discount_bp, OLD.bought_minutes, OLD.price_cents, OLD.currency, OLD.created_at)
           IS DISTINCT FROM
           (NEW.id, NEW.client_id, NEW.year, NEW.purchased_on, NEW.starts_on, NEW.expires_on, NEW.terms_id,
            NEW.hourly_rate_cents, NEW.discount_bp, NEW.bought_minutes, NEW.price_cents, NEW.currency, NEW.created_at)
           OR (OLD.effective_at IS NOT NULL AND (OLD.effective_at, OLD.effective_reason)
               IS DISTINCT FROM (NEW.effective_at, NEW.effective_reason)) THEN
            RAISE EXCEPTION 'the facts of a contract never change' USING ERRCODE = 'restrict_violation';
        END IF;
        IF pg_trigger_depth() = 1 AND (OLD.granted_minutes, OLD.drawn_minutes, OLD.refunded_minutes,
                                       OLD.carried_minutes, OLD.lines)
           IS DISTINCT FROM (NEW.granted_minutes, NEW.drawn_minutes, NEW.refunded_minutes,
                             NEW.carried_minutes, NEW.lines) THEN
            RAISE EXCEPTION 'a contract''s sums follow its lines' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    # Invariants 1 and 3, when the transaction ends: all of an entry's minutes are somewhere, none is below zero,
    # pools give only for work of their own dates, and a counter-entry takes back exactly what there was.
    """
    CREATE FUNCTION check_allocated() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        entry time_entries;
        wanted uuid;
        total bigint;
        misplaced boolean;
    BEGIN
        IF TG_TABLE_NAME = 'time_entries' THEN wanted := NEW.id; ELSE wanted := NEW.entry_id; END IF;
        SELECT * INTO entry FROM time_entries WHERE id = wanted;
        SELECT sum(minutes), bool_or(minutes * sign(entry.billed_minutes) < 0
                   OR NOT coalesce(entry.worked_on BETWEEN c.starts_on AND c.expires_on, contract_id IS NULL))
        INTO total, misplaced
        FROM (SELECT place, contract_id, sum(minutes) AS minutes FROM time_allocations
              WHERE entry_id = wanted GROUP BY place, contract_id) AS a
        LEFT JOIN contracts c ON c.id = a.contract_id AND c.effective_at IS NOT NULL;
        IF total IS DISTINCT FROM entry.billed_minutes OR misplaced THEN
            RAISE EXCEPTION 'the minutes of entry % are not all in their place', wanted
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_allocations_sum';
        END IF;
        IF entry.kind = 'counter' AND NOT EXISTS (
            SELECT FROM time_entries o WHERE o.id = entry.corrects_id AND o.kind = 'work'
            AND (o.ticket_id, o.agent_id, o.worked_on, -o.worked_minutes, -o.billed_minutes, o.terms_id)
              = (entry.ticket_id, entry.agent_id, entry.worked_on, entry.worked_minutes, entry.billed_minutes,
                 entry.terms_id)) THEN
            RAISE EXCEPTION 'entry % takes back what there was not', wanted
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_entries_counter';
        END IF;
        RETURN NULL;
    END $$
    """,
    # An urgency is its ticket's client's; ON UPDATE CASCADE does the rest, but not what was nobody's before (T4).
    """
    CREATE FUNCTION identify_urgency() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE urgencies SET client_id = NEW.client_id WHERE ticket_id = NEW.id;
        RETURN NULL;
    END $$
    """,
)

TRIGGERS = (
    "CREATE TRIGGER terms_in_force BEFORE INSERT ON time_entries FOR EACH ROW WHEN (NEW.kind = 'work') "
    "EXECUTE FUNCTION check_terms_in_force()",
    "CREATE TRIGGER busy AFTER INSERT ON time_entries FOR EACH ROW EXECUTE FUNCTION keep_busy_times()",
    "CREATE TRIGGER draw BEFORE INSERT ON time_allocations FOR EACH ROW WHEN (NEW.place = 'drawn') "
    "EXECUTE FUNCTION book_draw()",
    "CREATE TRIGGER open AFTER INSERT ON time_allocations FOR EACH ROW WHEN (NEW.place = 'open') "
    "EXECUTE FUNCTION keep_open_time()",
    "CREATE TRIGGER line BEFORE INSERT ON contract_movements FOR EACH ROW EXECUTE FUNCTION book_movement()",
    "CREATE TRIGGER facts_stay BEFORE UPDATE ON contracts FOR EACH ROW EXECUTE FUNCTION refuse_contract_facts()",
    "CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON contracts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON urgencies FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER facts_stay BEFORE UPDATE ON urgencies FOR EACH ROW WHEN ((OLD.id, OLD.ticket_id, OLD.requested_by, "
    "OLD.opened_at, OLD.terms_id, OLD.opening_fee_cents, OLD.currency) IS DISTINCT FROM (NEW.id, NEW.ticket_id, "
    "NEW.requested_by, NEW.opened_at, NEW.terms_id, NEW.opening_fee_cents, NEW.currency)) "
    "EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER identify_urgency AFTER UPDATE OF client_id ON tickets FOR EACH ROW "
    "WHEN (OLD.client_id IS NULL AND NEW.client_id IS NOT NULL) EXECUTE FUNCTION identify_urgency()",
    "CREATE CONSTRAINT TRIGGER allocated AFTER INSERT ON time_entries DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION check_allocated()",
    "CREATE CONSTRAINT TRIGGER allocated AFTER INSERT ON time_allocations DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION check_allocated()",
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "contracts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("purchased_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("hourly_rate_cents", sa.Integer(), nullable=False),
        sa.Column("discount_bp", sa.Integer(), nullable=False),
        sa.Column("bought_minutes", sa.Integer(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("effective_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("effective_reason", sa.String(length=500), nullable=True),
        sa.Column("granted_minutes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("drawn_minutes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded_minutes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("carried_minutes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lines", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "starts_on <= expires_on AND date_part('year', purchased_on) = year", name=op.f("ck_contracts_year")
        ),
        sa.CheckConstraint(
            "bought_minutes + granted_minutes - drawn_minutes - refunded_minutes - carried_minutes >= 0",
            name=op.f("ck_contracts_not_overdrawn"),
        ),
        sa.CheckConstraint(
            "bought_minutes > 0 AND price_cents >= 0 AND hourly_rate_cents >= 0", name=op.f("ck_contracts_bought")
        ),
        sa.CheckConstraint("discount_bp BETWEEN 0 AND 10000", name=op.f("ck_contracts_discount_is_a_share")),
        sa.CheckConstraint(
            "effective_at IS NOT NULL OR effective_reason IS NULL", name=op.f("ck_contracts_reason_of_effect")
        ),
        sa.CheckConstraint(
            "least(granted_minutes, drawn_minutes, refunded_minutes, carried_minutes) >= 0",
            name=op.f("ck_contracts_sums"),
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_contracts_client_id")),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_contracts_terms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
        sa.UniqueConstraint("client_id", "id", name=op.f("uq_contracts_client_id_id")),
    )
    op.create_index("ix_contracts_expires_on_id", "contracts", ["expires_on", "id"], unique=False)
    op.create_table(
        "contract_alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('usage', 'expiry')", name=op.f("ck_contract_alerts_kind_known")),
        sa.ForeignKeyConstraint(
            ["client_id", "contract_id"],
            ["contracts.client_id", "contracts.id"],
            name=op.f("fk_contract_alerts_client_id_contract_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_alerts")),
        sa.UniqueConstraint(
            "contract_id", "kind", "threshold", name=op.f("uq_contract_alerts_contract_id_kind_threshold")
        ),
    )
    op.create_table(
        "contract_movements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("left_minutes", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("other_contract_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(amount_cents IS NOT NULL) = (kind IN ('bought', 'refunded'))",
            name=op.f("ck_contract_movements_amount_where_paid"),
        ),
        sa.CheckConstraint(
            "(kind <> 'bought') <= (reason IS NOT NULL)", name=op.f("ck_contract_movements_reason_given")
        ),
        sa.CheckConstraint(
            "(kind = 'carried') <= (other_contract_id IS NOT NULL)",
            name=op.f("ck_contract_movements_carried_to_another"),
        ),
        sa.CheckConstraint(
            "kind IN ('bought', 'granted', 'refunded', 'carried')", name=op.f("ck_contract_movements_kind_known")
        ),
        sa.CheckConstraint("minutes > 0 AND left_minutes >= 0", name=op.f("ck_contract_movements_minutes_positive")),
        sa.ForeignKeyConstraint(
            ["client_id", "contract_id"],
            ["contracts.client_id", "contracts.id"],
            name=op.f("fk_contract_movements_client_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "other_contract_id"],
            ["contracts.client_id", "contracts.id"],
            name=op.f("fk_contract_movements_client_id_other_contract_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_movements")),
        sa.UniqueConstraint("contract_id", "position", name=op.f("uq_contract_movements_contract_id_position")),
    )
    op.create_table(
        "time_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("worked_on", sa.Date(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("worked_minutes", sa.Integer(), nullable=False),
        sa.Column("billed_minutes", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(length=10), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=False),
        sa.Column("non_billable_reason", sa.String(length=200), nullable=True),
        sa.Column(
            "flags", postgresql.ARRAY(sa.String(length=40)), server_default=sa.text("'{}'::varchar[]"), nullable=False
        ),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("hourly_rate_cents", sa.Integer(), nullable=False),
        sa.Column("discount_bp", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("correction_reason", sa.String(length=500), nullable=True),
        sa.Column("part_of_id", sa.Uuid(), nullable=True),
        sa.Column("logged_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'counter') = (corrects_id IS NOT NULL)", name=op.f("ck_time_entries_counter_corrects")
        ),
        sa.CheckConstraint(
            "CASE kind WHEN 'work' THEN worked_minutes > 0 AND billed_minutes >= worked_minutes ELSE worked_minutes < 0 AND billed_minutes <= worked_minutes END",
            name=op.f("ck_time_entries_minutes_signed"),
        ),
        sa.CheckConstraint("kind IN ('work', 'counter')", name=op.f("ck_time_entries_kind_known")),
        sa.CheckConstraint("lane IN ('urgent', 'standard')", name=op.f("ck_time_entries_lane_known")),
        sa.CheckConstraint(
            "(correction_reason IS NOT NULL) = (num_nonnulls(corrects_id, replaces_id) = 1)",
            name=op.f("ck_time_entries_correction_reason"),
        ),
        sa.CheckConstraint(
            "client_id IS NOT NULL OR non_billable_reason IS NOT NULL", name=op.f("ck_time_entries_client_pays")
        ),
        sa.CheckConstraint(
            "hourly_rate_cents >= 0 AND discount_bp BETWEEN 0 AND 10000", name=op.f("ck_time_entries_rate")
        ),
        sa.CheckConstraint(
            "num_nonnulls(corrects_id, replaces_id) <= 1", name=op.f("ck_time_entries_corrects_or_replaces")
        ),
        sa.CheckConstraint(
            "num_nulls(started_at, ended_at) IN (0, 2) AND ended_at > started_at", name=op.f("ck_time_entries_span")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_time_entries_agent_id")),
        sa.ForeignKeyConstraint(
            ["client_id", "corrects_id"],
            ["time_entries.client_id", "time_entries.id"],
            name=op.f("fk_time_entries_client_id_corrects_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "replaces_id"],
            ["time_entries.client_id", "time_entries.id"],
            name=op.f("fk_time_entries_client_id_replaces_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "ticket_id"],
            ["tickets.client_id", "tickets.id"],
            name=op.f("fk_time_entries_client_id_ticket_id"),
        ),
        sa.ForeignKeyConstraint(["part_of_id"], ["time_entries.id"], name=op.f("fk_time_entries_part_of_id")),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_time_entries_terms_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_time_entries_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_entries")),
        sa.UniqueConstraint("client_id", "id", name=op.f("uq_time_entries_client_id_id")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_time_entries_corrects_id")),
    )
    op.create_index(
        "ix_time_entries_agent_id_worked_on_id", "time_entries", ["agent_id", "worked_on", "id"], unique=False
    )
    op.create_index(
        "ix_time_entries_client_id_worked_on_id", "time_entries", ["client_id", "worked_on", "id"], unique=False
    )
    op.create_index(
        "ix_time_entries_ticket_id_worked_on_id", "time_entries", ["ticket_id", "worked_on", "id"], unique=False
    )
    op.create_index("ix_time_entries_worked_on_id", "time_entries", ["worked_on", "id"], unique=False)
    op.create_table(
        "urgencies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("opening_fee_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("opening_fee_cents >= 0", name=op.f("ck_urgencies_fee_not_negative")),
        sa.ForeignKeyConstraint(
            ["client_id", "ticket_id"],
            ["tickets.client_id", "tickets.id"],
            name=op.f("fk_urgencies_client_id_ticket_id"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_urgencies_client_id")),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_urgencies_terms_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_urgencies_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urgencies")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_urgencies_ticket_id")),
    )
    op.create_index("ix_urgencies_client_id_id", "urgencies", ["client_id", "id"], unique=False)
    op.create_table(
        "busy_times",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("agent_id"), "="),
            (sa.column("during"), "&&"),
            using="gist",
            name="ex_busy_times_agent_id_during",
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["time_entries.id"], name=op.f("fk_busy_times_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_busy_times")),
    )
    op.create_table(
        "open_time",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("worked_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("hourly_rate_cents", sa.Integer(), nullable=False),
        sa.Column("discount_bp", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes <> 0", name=op.f("ck_open_time_minutes_not_zero")),
        sa.ForeignKeyConstraint(
            ["client_id", "entry_id"],
            ["time_entries.client_id", "time_entries.id"],
            name=op.f("fk_open_time_client_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_open_time")),
    )
    op.create_index(
        "ix_open_time_client_id_worked_on_entry_id", "open_time", ["client_id", "worked_on", "entry_id"], unique=False
    )
    op.create_index("ix_open_time_ticket_id", "open_time", ["ticket_id"], unique=False)
    op.create_table(
        "time_allocations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(length=12), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("left_minutes", sa.Integer(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "client_id IS NOT NULL OR place = 'non_billable'", name=op.f("ck_time_allocations_client_pays")
        ),
        sa.CheckConstraint(
            "num_nulls(contract_id, position, left_minutes) = CASE place WHEN 'drawn' THEN 0 ELSE 3 END",
            name=op.f("ck_time_allocations_drawn_from_a_contract"),
        ),
        sa.CheckConstraint(
            "place IN ('drawn', 'open', 'invoiced', 'quoted', 'non_billable', 'written_off')",
            name=op.f("ck_time_allocations_place_known"),
        ),
        sa.CheckConstraint("minutes <> 0", name=op.f("ck_time_allocations_minutes_not_zero")),
        sa.ForeignKeyConstraint(
            ["client_id", "contract_id"],
            ["contracts.client_id", "contracts.id"],
            name=op.f("fk_time_allocations_client_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "entry_id"],
            ["time_entries.client_id", "time_entries.id"],
            name=op.f("fk_time_allocations_client_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_allocations")),
    )
    op.create_index("ix_time_allocations_entry_id", "time_allocations", ["entry_id"], unique=False)
    op.create_index(
        "uq_time_allocations_contract_id_position",
        "time_allocations",
        ["contract_id", "position"],
        unique=True,
        postgresql_where=sa.text("contract_id IS NOT NULL"),
    )
    op.create_table(
        "timers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=True),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("stopped_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("entry_id IS NULL OR stopped_at IS NOT NULL", name=op.f("ck_timers_logged_when_stopped")),
        sa.CheckConstraint("stopped_at >= started_at", name=op.f("ck_timers_stopped_after_started")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_timers_agent_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["time_entries.id"], name=op.f("fk_timers_entry_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_timers_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timers")),
    )
    op.create_index(
        "uq_timers_running", "timers", ["agent_id"], unique=True, postgresql_where=sa.text("stopped_at IS NULL")
    )
    op.create_table(
        "urgency_fees",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("urgency_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'charge') = (reverses_id IS NULL)", name=op.f("ck_urgency_fees_reverses_another")),
        sa.CheckConstraint("(kind = 'charge') OR (reason IS NOT NULL)", name=op.f("ck_urgency_fees_reason_given")),
        sa.CheckConstraint(
            "CASE WHEN kind IN ('charge', 'reinstatement') THEN amount_cents >= 0 ELSE amount_cents <= 0 END",
            name=op.f("ck_urgency_fees_amount_signed"),
        ),
        sa.CheckConstraint(
            "kind IN ('charge', 'reversal', 'reinstatement', 'waiver')", name=op.f("ck_urgency_fees_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["urgency_id", "reverses_id"],
            ["urgency_fees.urgency_id", "urgency_fees.id"],
            name=op.f("fk_urgency_fees_urgency_id_reverses_id"),
        ),
        sa.ForeignKeyConstraint(["urgency_id"], ["urgencies.id"], name=op.f("fk_urgency_fees_urgency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urgency_fees")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_urgency_fees_reverses_id")),
        sa.UniqueConstraint("urgency_id", "id", name=op.f("uq_urgency_fees_urgency_id_id")),
    )
    op.create_index(
        "uq_urgency_fees_charge",
        "urgency_fees",
        ["urgency_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'charge'"),
    )

    for function in FUNCTIONS:
        op.execute(function)
    for trigger in TRIGGERS:
        op.execute(trigger)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        # Locking an entry takes the right to update some column of it; the trigger refuses to do so all the same.
        op.execute(
            f"""DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'desk_app') THEN
                REVOKE UPDATE, DELETE ON {table} FROM desk_app;
                GRANT UPDATE (id) ON {table} TO desk_app;
            END IF; END $$"""
        )


def downgrade() -> None:
    raise NotImplementedError("What was worked and paid is not thrown away: restore a backup instead.")
