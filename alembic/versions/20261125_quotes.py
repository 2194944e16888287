"""Quotes and on-call: versions that never change, decisions, charges, requests, windows and shifts."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261125_quotes"
down_revision = "20261125_inbound_mail"
branch_labels = None
depends_on = None

APPEND_ONLY = ("quote_decisions", "quote_alerts", "quote_charges")
# What a version says; where it stands may change.
FACTS = (
    "id, chain_id, version, number, client_id, ticket_id, permanence_id, kind, language, lines, remarks, cancellation, "
    "urgency_fee_applies, minutes, currency, subtotal_cents, vat_category, vat_rate_bp, vat_cents, total_cents, terms_id, "
    "quoted_on, valid_until_on, expires_at, text, text_sha256, created_at"
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_unique_constraint(op.f("uq_tickets_client_id_id"), "tickets", ["client_id", "id"])
    op.create_table(
        "quote_numbers",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_quote_numbers")),
    )
    op.create_table(
        "permanence_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=200), nullable=False),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "windows", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("standby_minutes", sa.Integer(), nullable=False),
        sa.Column("cut_minutes", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("contact_phone", sa.String(length=20), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("lead_time_minutes", sa.Integer(), nullable=False),
        sa.Column("suggestion", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("cancelled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=500), nullable=True),
        sa.Column("completed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_permanence_requests_cancelled_has_time"),
        ),
        sa.CheckConstraint(
            "(status = 'done') = (completed_at IS NOT NULL)", name=op.f("ck_permanence_requests_done_has_time")
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'quoted', 'accepted', 'scheduled', 'done', 'refused', 'cancelled')",
            name=op.f("ck_permanence_requests_status_known"),
        ),
        sa.CheckConstraint(
            "ends_at > starts_at AND starts_at > requested_at", name=op.f("ck_permanence_requests_window_ahead")
        ),
        sa.CheckConstraint(
            "standby_minutes > 0 AND cut_minutes >= 0 AND lead_time_minutes >= 0",
            name=op.f("ck_permanence_requests_minutes"),
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_permanence_requests_client_id")),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_permanence_requests_terms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permanence_requests")),
        sa.UniqueConstraint("client_id", "id", name=op.f("uq_permanence_requests_client_id_id")),
    )
    op.create_index("ix_permanence_requests_status_id", "permanence_requests", ["status", "id"], unique=False)
    op.create_table(
        "permanence_shifts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("permanence_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("agent_id"), "="),
            (sa.column("during"), "&&"),
            using="gist",
            name="ex_permanence_shifts_agent_id_during",
        ),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_permanence_shifts_during_not_empty")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_permanence_shifts_agent_id")),
        sa.ForeignKeyConstraint(
            ["permanence_id"], ["permanence_requests.id"], name=op.f("fk_permanence_shifts_permanence_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permanence_shifts")),
    )
    op.create_index(op.f("ix_permanence_shifts_permanence_id"), "permanence_shifts", ["permanence_id"], unique=False)
    op.create_table(
        "permanence_sites",
        sa.Column("permanence_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "permanence_id"],
            ["permanence_requests.client_id", "permanence_requests.id"],
            name=op.f("fk_permanence_sites_client_id_permanence_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "site_id"],
            ["sites.client_id", "sites.id"],
            name=op.f("fk_permanence_sites_client_id_site_id"),
        ),
        sa.PrimaryKeyConstraint("permanence_id", "site_id", name=op.f("pk_permanence_sites")),
    )
    op.create_index("ix_permanence_sites_client_id", "permanence_sites", ["client_id"], unique=False)
    op.create_table(
        "permanence_windows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("permanence_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_permanence_windows_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["client_id", "permanence_id"],
            ["permanence_requests.client_id", "permanence_requests.id"],
            name=op.f("fk_permanence_windows_client_id_permanence_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permanence_windows")),
        sa.UniqueConstraint("permanence_id", "starts_at", name=op.f("uq_permanence_windows_permanence_id_starts_at")),
    )
    op.create_index(
        "ix_permanence_windows_client_id_ends_at", "permanence_windows", ["client_id", "ends_at"], unique=False
    )
    op.create_index("ix_permanence_windows_starts_at_id", "permanence_windows", ["starts_at", "id"], unique=False)
    op.create_table(
        "quotes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chain_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("permanence_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column(
            "lines", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column(
            "cancellation",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("urgency_fee_applies", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_category", sa.String(length=2), nullable=False),
        sa.Column("vat_rate_bp", sa.Integer(), nullable=False),
        sa.Column("vat_cents", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("quoted_on", sa.Date(), nullable=False),
        sa.Column("valid_until_on", sa.Date(), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reminded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('accepted', 'refused')) <= (decided_at IS NOT NULL)", name=op.f("ck_quotes_decided")
        ),
        sa.CheckConstraint("kind IN ('quote', 'estimate')", name=op.f("ck_quotes_kind_known")),
        sa.CheckConstraint("language IN ('fr', 'en', 'de')", name=op.f("ck_quotes_language_known")),
        sa.CheckConstraint(
            "status IN ('draft', 'sent', 'accepted', 'refused', 'expired', 'replaced', 'withdrawn')",
            name=op.f("ck_quotes_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('sent', 'accepted', 'refused', 'expired') OR sent_at IS NOT NULL",
            name=op.f("ck_quotes_sent"),
        ),
        sa.CheckConstraint("vat_category = 'S' OR vat_rate_bp = 0", name=op.f("ck_quotes_rate_where_taxed")),
        sa.CheckConstraint("vat_category IN ('S', 'AE', 'O')", name=op.f("ck_quotes_vat_category_known")),
        sa.CheckConstraint("num_nonnulls(ticket_id, permanence_id) = 1", name=op.f("ck_quotes_has_one_subject")),
        sa.CheckConstraint("octet_length(text_sha256) = 32", name=op.f("ck_quotes_text_sha256_is_sha256")),
        sa.CheckConstraint(
            "total_cents = subtotal_cents + vat_cents AND least(subtotal_cents, vat_cents) >= 0",
            name=op.f("ck_quotes_sums"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "permanence_id"],
            ["permanence_requests.client_id", "permanence_requests.id"],
            name=op.f("fk_quotes_client_id_permanence_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "ticket_id"], ["tickets.client_id", "tickets.id"], name=op.f("fk_quotes_client_id_ticket_id")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_quotes_client_id")),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_quotes_terms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
        sa.UniqueConstraint("chain_id", "version", name=op.f("uq_quotes_chain_id_version")),
        sa.UniqueConstraint("client_id", "id", name=op.f("uq_quotes_client_id_id")),
        sa.UniqueConstraint("number", "version", name=op.f("uq_quotes_number_version")),
    )
    op.create_index(
        "ix_quotes_expires_at", "quotes", ["expires_at"], unique=False, postgresql_where=sa.text("status = 'sent'")
    )
    op.create_index(
        "ix_quotes_permanence_id_id",
        "quotes",
        ["permanence_id", "id"],
        unique=False,
        postgresql_where=sa.text("permanence_id IS NOT NULL"),
    )
    op.create_index("ix_quotes_status_id", "quotes", ["status", "id"], unique=False)
    op.create_index(
        "ix_quotes_ticket_id_id",
        "quotes",
        ["ticket_id", "id"],
        unique=False,
        postgresql_where=sa.text("ticket_id IS NOT NULL"),
    )
    op.create_index(
        "uq_quotes_chain_id_accepted",
        "quotes",
        ["chain_id"],
        unique=True,
        postgresql_where=sa.text("status = 'accepted'"),
    )
    op.create_index(
        "uq_quotes_chain_id_open",
        "quotes",
        ["chain_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('draft', 'sent')"),
    )
    op.create_index(
        "uq_quotes_permanence_id_live",
        "quotes",
        ["permanence_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('draft', 'sent', 'accepted')"),
    )
    op.create_table(
        "quote_alerts",
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("percent", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["quote_id"], ["quotes.id"], name=op.f("fk_quote_alerts_quote_id")),
        sa.PrimaryKeyConstraint("quote_id", "percent", name=op.f("pk_quote_alerts")),
    )
    op.create_table(
        "quote_charges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("permanence_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "lines", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "explanation",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("performed_on", sa.Date(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'quote') = (permanence_id IS NULL)", name=op.f("ck_quote_charges_kind_fits")),
        sa.CheckConstraint("kind IN ('quote', 'permanence', 'cancellation')", name=op.f("ck_quote_charges_kind_known")),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_quote_charges_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["client_id", "permanence_id"],
            ["permanence_requests.client_id", "permanence_requests.id"],
            name=op.f("fk_quote_charges_client_id_permanence_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "quote_id"],
            ["quotes.client_id", "quotes.id"],
            name=op.f("fk_quote_charges_client_id_quote_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_charges")),
        sa.UniqueConstraint("permanence_id", name=op.f("uq_quote_charges_permanence_id")),
        sa.UniqueConstraint("quote_id", name=op.f("uq_quote_charges_quote_id")),
    )
    op.create_index(
        "ix_quote_charges_client_id_performed_on", "quote_charges", ["client_id", "performed_on"], unique=False
    )
    op.create_table(
        "quote_decisions",
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column(
            "actor", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("client_address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=True),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(channel = 'agent') = (reference IS NOT NULL)", name=op.f("ck_quote_decisions_reference_where_written")
        ),
        sa.CheckConstraint("channel IN ('link', 'agent')", name=op.f("ck_quote_decisions_channel_known")),
        sa.CheckConstraint("decision IN ('accepted', 'refused')", name=op.f("ck_quote_decisions_decision_known")),
        sa.CheckConstraint("octet_length(text_sha256) = 32", name=op.f("ck_quote_decisions_text_sha256_is_sha256")),
        sa.ForeignKeyConstraint(["quote_id"], ["quotes.id"], name=op.f("fk_quote_decisions_quote_id")),
        sa.PrimaryKeyConstraint("quote_id", name=op.f("pk_quote_decisions")),
    )
    op.add_column("terms", sa.Column("quote_reminder_days", sa.Integer(), server_default=sa.text("7"), nullable=False))
    op.add_column(
        "terms",
        sa.Column(
            "permanence_grid",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
    )
    op.alter_column("terms", "quote_reminder_days", server_default=None)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"""DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'desk_app') THEN
                REVOKE UPDATE, DELETE ON {table} FROM desk_app;
            END IF; END $$"""
        )
    old, new = (", ".join(f"{row}.{name.strip()}" for name in FACTS.split(",")) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER facts_stay BEFORE UPDATE ON quotes FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new})) "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON quotes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in (
        "quote_decisions",
        "quote_charges",
        "quote_alerts",
        "quotes",
        "permanence_windows",
        "permanence_sites",
        "permanence_shifts",
        "permanence_requests",
        "quote_numbers",
    ):
        op.drop_table(table)
    op.drop_column("terms", "permanence_grid")
    op.drop_column("terms", "quote_reminder_days")
    op.drop_constraint(op.f("uq_tickets_client_id_id"), "tickets", type_="unique")
