"""The front door: clients, tickets, queue, calendar, credentials, jobs, history."""

import json

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261124_front_door"
down_revision = None
branch_labels = None
depends_on = None


# Words of every language are searched alike: no accents, no grammar, no stop words.
SEARCH_VECTOR = """
CREATE FUNCTION search_vector(words text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN to_tsvector('pg_catalog.simple', public.unaccent('public.unaccent', words))
"""
APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
APPEND_ONLY_TABLES = ("events", "audit_log")
# A promise about a ticket is not taken back: its number and its receipt stay as they were.
TICKET_FACTS = """
CREATE FUNCTION refuse_ticket_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'number, sequence, channel and receipt of a ticket never change' USING ERRCODE = 'restrict_violation';
END $$
"""
TERMS_2022 = {
    "id": "01816f8a-9800-7000-8000-000000002022",
    "effective_on": "2022-07-01",
    "text": {
        "fr": "Support au taux horaire de 120 € HTVA, du lundi au vendredi de 08h30 à 17h30 sauf jours fériés "
        "luxembourgeois, selon l'ordre d'entrée des demandes et sans engagement dans le temps. Facture "
        "trimestrielle, ou mensuelle sur demande, avec le décompte des minutes. Au-delà d'une journée : devis. "
        "Contrats de maintenance : 5 % de remise. Urgences : 150 € HTVA dès l'ouverture du ticket.",
        "en": "Support at an hourly rate of 120 € excluding VAT, Monday to Friday from 08:30 to 17:30 except on "
        "Luxembourg's public holidays, first come, first served and without commitment in time. Invoiced by "
        "quarter, or by month on request, with a count of the minutes. More than a day of work: a quote first. "
        "Maintenance contracts: 5 % discount. Urgencies: 150 € excluding VAT on opening the ticket.",
        "de": "Support zum Stundensatz von 120 € zzgl. MwSt., Montag bis Freitag von 08:30 bis 17:30 Uhr außer an "
        "luxemburgischen Feiertagen, in der Reihenfolge des Eingangs und ohne zeitliche Zusage. Abrechnung "
        "vierteljährlich oder auf Wunsch monatlich mit Aufstellung der Minuten. Mehr als ein Tag Arbeit: zuerst "
        "ein Angebot. Wartungsverträge: 5 % Rabatt. Notfälle: 150 € zzgl. MwSt. bei Eröffnung des Tickets.",
    },
}


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute(SEARCH_VECTOR)
    op.execute(APPEND_ONLY)
    op.execute(TICKET_FACTS)
    # The application's role, where there is one, uses tables that another role owns.
    op.execute(
        """DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'desk_app') THEN
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO desk_app;
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO desk_app;
            GRANT SELECT ON alembic_version TO desk_app;
        END IF; END $$"""
    )
    op.execute(sa.schema.CreateSequence(sa.Sequence("ticket_sequence")))
    op.create_table(
        "agents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("language IN ('fr', 'en', 'de')", name=op.f("ck_agents_language_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
    )
    op.create_index("uq_agents_email", "agents", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("billing_cycle", sa.String(length=10), nullable=False),
        sa.Column("billing_street", sa.String(length=300), nullable=True),
        sa.Column("billing_postal_code", sa.String(length=20), nullable=True),
        sa.Column("billing_city", sa.String(length=120), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("vat_number", sa.String(length=20), nullable=True),
        sa.Column("peppol_id", sa.String(length=60), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "billing_cycle IN ('quarterly', 'monthly')", name=op.f("ck_clients_billing_cycle_known")
        ),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_clients_country_is_iso_code")),
        sa.CheckConstraint("language IN ('fr', 'en', 'de')", name=op.f("ck_clients_language_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_index("ix_clients_name_id", "clients", [sa.literal_column("lower(name)"), "id"], unique=False)
    op.create_table(
        "closures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_closures_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
    )
    op.create_table(
        "holidays",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column(
            "name",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("on", name=op.f("pk_holidays")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=False),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "octet_length(fingerprint) = 32", name=op.f("ck_idempotency_keys_fingerprint_is_sha256")
        ),
        sa.PrimaryKeyConstraint("scope", "route", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "payload",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("unique_key", sa.String(length=100), nullable=True),
        sa.Column("status", sa.String(length=10), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("run_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_jobs_running_has_lease")
        ),
        sa.CheckConstraint("status IN ('queued', 'running', 'dead')", name=op.f("ck_jobs_status_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_dead", "jobs", ["id"], unique=False, postgresql_where=sa.text("status = 'dead'"))
    op.create_index(
        "ix_jobs_due", "jobs", ["run_at", "id"], unique=False, postgresql_where=sa.text("status = 'queued'")
    )
    op.create_index(
        "ix_jobs_leases",
        "jobs",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_index("uq_jobs_unique_key", "jobs", ["unique_key"], unique=True)
    op.create_table(
        "spent_proofs",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("spent_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_proofs")),
    )
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("window_started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limits")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("hourly_rate_cents", sa.Integer(), nullable=False),
        sa.Column("contract_discount_bp", sa.Integer(), nullable=False),
        sa.Column("urgency_opening_fee_cents", sa.Integer(), nullable=False),
        sa.Column("urgency_hourly_rate_cents", sa.Integer(), nullable=True),
        sa.Column("urgency_included_minutes", sa.Integer(), nullable=False),
        sa.Column("billing_increment_minutes", sa.Integer(), nullable=False),
        sa.Column("minimum_minutes", sa.Integer(), nullable=False),
        sa.Column("quote_threshold_minutes", sa.Integer(), nullable=False),
        sa.Column(
            "text",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "billing_increment_minutes > 0 AND minimum_minutes > 0 AND quote_threshold_minutes > 0",
            name=op.f("ck_terms_minutes_positive"),
        ),
        sa.CheckConstraint(
            "contract_discount_bp BETWEEN 0 AND 10000", name=op.f("ck_terms_discount_is_a_share")
        ),
        sa.CheckConstraint(
            "hourly_rate_cents >= 0 AND urgency_opening_fee_cents >= 0",
            name=op.f("ck_terms_prices_not_negative"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("effective_on", name=op.f("uq_terms_effective_on")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(role = 'client') = (client_id IS NOT NULL)", name=op.f("ck_api_keys_client_role_has_client")
        ),
        sa.CheckConstraint(
            "role IN ('agent', 'finance', 'accounting', 'client', 'mail', 'admin')",
            name=op.f("ck_api_keys_role_known"),
        ),
        sa.CheckConstraint("octet_length(secret_hash) = 32", name=op.f("ck_api_keys_secret_hash_is_sha256")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_api_keys_agent_id")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_api_keys_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index(op.f("ix_api_keys_agent_id"), "api_keys", ["agent_id"], unique=False)
    op.create_index(op.f("ix_api_keys_client_id"), "api_keys", ["client_id"], unique=False)
    op.create_table(
        "client_domains",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("domain = lower(domain)", name=op.f("ck_client_domains_domain_is_lower_case")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_client_domains_client_id")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_client_domains")),
    )
    op.create_index(op.f("ix_client_domains_client_id"), "client_domains", ["client_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("billing", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("language IN ('fr', 'en', 'de')", name=op.f("ck_contacts_language_known")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_contacts_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("client_id", "id", name=op.f("uq_contacts_client_id_id")),
    )
    op.create_index("ix_contacts_email", "contacts", [sa.literal_column("lower(email)")], unique=False)
    op.create_index(
        "uq_contacts_client_id_email",
        "contacts",
        ["client_id", sa.literal_column("lower(email)")],
        unique=True,
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("project_closed_on", sa.Date(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_sites_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("client_id", "id", name=op.f("uq_sites_client_id_id")),
        sa.UniqueConstraint("client_id", "url", name=op.f("uq_sites_client_id_url")),
    )
    op.create_index("ix_sites_client_id_host", "sites", ["client_id", "host"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("operation", sa.String(length=80), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("client_address", sa.String(length=64), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name=op.f("fk_audit_log_api_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("lane", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("requester_name", sa.String(length=120), nullable=False),
        sa.Column("requester_email", sa.String(length=254), nullable=False),
        sa.Column("requester_phone", sa.String(length=20), nullable=True),
        sa.Column("requester_company", sa.String(length=200), nullable=True),
        sa.Column("site_url", sa.String(length=500), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("follows_ticket_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("queued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("resolved_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("estimated_minutes", sa.Integer(), nullable=True),
        sa.Column(
            "flags",
            postgresql.ARRAY(sa.String(length=40)),
            server_default=sa.text("'{}'::varchar[]"),
            nullable=False,
        ),
        sa.Column("urgency_fee_cents", sa.BigInteger(), nullable=True),
        sa.Column("urgency_accepted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("urgency_accepted_by", sa.String(length=120), nullable=True),
        sa.Column("terms_id", sa.Uuid(), nullable=True),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "channel IN ('form', 'email', 'phone', 'agent')", name=op.f("ck_tickets_channel_known")
        ),
        sa.CheckConstraint("lane IN ('urgent', 'standard')", name=op.f("ck_tickets_lane_known")),
        sa.CheckConstraint("language IN ('fr', 'en', 'de')", name=op.f("ck_tickets_language_known")),
        sa.CheckConstraint(
            "status IN ('new', 'in_progress', 'waiting_client', 'waiting_quote', 'resolved', 'closed', 'cancelled', 'spam')",
            name=op.f("ck_tickets_status_known"),
        ),
        sa.CheckConstraint(
            "num_nulls(urgency_fee_cents, urgency_accepted_at, urgency_accepted_by) IN (0, 3)",
            name=op.f("ck_tickets_accepted_fee_is_known"),
        ),
        sa.CheckConstraint(
            "contact_id IS NULL OR client_id IS NOT NULL", name=op.f("ck_tickets_contact_has_client")
        ),
        sa.CheckConstraint("estimated_minutes > 0", name=op.f("ck_tickets_estimate_is_positive")),
        sa.CheckConstraint(
            "site_id IS NULL OR client_id IS NOT NULL", name=op.f("ck_tickets_site_has_client")
        ),
        sa.CheckConstraint("urgency_fee_cents >= 0", name=op.f("ck_tickets_urgency_fee_not_negative")),
        sa.ForeignKeyConstraint(["assignee_id"], ["agents.id"], name=op.f("fk_tickets_assignee_id")),
        sa.ForeignKeyConstraint(
            ["client_id", "contact_id"],
            ["contacts.client_id", "contacts.id"],
            name=op.f("fk_tickets_client_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "site_id"],
            ["sites.client_id", "sites.id"],
            name=op.f("fk_tickets_client_id_site_id"),
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_tickets_client_id")),
        sa.ForeignKeyConstraint(
            ["follows_ticket_id"], ["tickets.id"], name=op.f("fk_tickets_follows_ticket_id")
        ),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_tickets_terms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
        sa.UniqueConstraint("sequence", name=op.f("uq_tickets_sequence")),
    )
    op.create_index(
        "ix_tickets_assignee_id_received_at_id",
        "tickets",
        ["assignee_id", "received_at", "id"],
        unique=False,
        postgresql_where=sa.text("assignee_id IS NOT NULL"),
    )
    op.create_index(
        "ix_tickets_client_id_received_at_id", "tickets", ["client_id", "received_at", "id"], unique=False
    )
    op.create_index(
        "ix_tickets_queue",
        "tickets",
        [sa.literal_column("lane DESC"), "queued_at", "sequence"],
        unique=False,
        postgresql_where=sa.text("status = 'new'"),
    )
    op.create_index("ix_tickets_received_at_id", "tickets", ["received_at", "id"], unique=False)
    op.create_index(
        "ix_tickets_status_received_at_id", "tickets", ["status", "received_at", "id"], unique=False
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "actor",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_events_client_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_events_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_ticket_id_id", "events", ["ticket_id", "id"], unique=False)
    op.create_index("ix_events_xid_id", "events", ["xid", "id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("author_name", sa.String(length=120), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), nullable=False),
        sa.CheckConstraint(
            "author <> 'client' OR visibility = 'public'", name=op.f("ck_messages_clients_write_in_public")
        ),
        sa.CheckConstraint("author IN ('client', 'agent', 'system')", name=op.f("ck_messages_author_known")),
        sa.CheckConstraint("visibility IN ('public', 'internal')", name=op.f("ck_messages_visibility_known")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_messages_agent_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_messages_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("ticket_id", "id", name=op.f("uq_messages_ticket_id_id")),
    )
    op.create_index("ix_messages_search", "messages", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "outgoing_mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("mailbox", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_outgoing_mails_sent_has_time")
        ),
        sa.CheckConstraint(
            "(status = 'suppressed') <= (reason IS NOT NULL)",
            name=op.f("ck_outgoing_mails_suppressed_has_reason"),
        ),
        sa.CheckConstraint("language IN ('fr', 'en', 'de')", name=op.f("ck_outgoing_mails_language_known")),
        sa.CheckConstraint(
            "status IN ('queued', 'sent', 'suppressed', 'failed')",
            name=op.f("ck_outgoing_mails_status_known"),
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_outgoing_mails_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mails")),
    )
    op.create_index(
        "ix_outgoing_mails_acknowledgement_caps",
        "outgoing_mails",
        ["mailbox", "created_at"],
        unique=False,
        postgresql_where=sa.text("kind = 'acknowledgement' AND status <> 'suppressed'"),
    )
    op.create_index("ix_outgoing_mails_ticket_id_id", "outgoing_mails", ["ticket_id", "id"], unique=False)
    op.create_index(
        "uq_outgoing_mails_acknowledgement",
        "outgoing_mails",
        ["ticket_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'acknowledgement'"),
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=150), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_attachments_size_not_negative")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "message_id"],
            ["messages.ticket_id", "messages.id"],
            name=op.f("fk_attachments_ticket_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index("ix_attachments_ticket_id_id", "attachments", ["ticket_id", "id"], unique=False)
    op.create_table(
        "attachment_contents",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachments.id"],
            name=op.f("fk_attachment_contents_attachment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_contents")),
    )
    for table in APPEND_ONLY_TABLES:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"""DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'desk_app') THEN
                REVOKE UPDATE, DELETE ON {table} FROM desk_app;
            END IF; END $$"""
        )
    op.execute(
        "CREATE TRIGGER facts_stay BEFORE UPDATE ON tickets FOR EACH ROW "
        "WHEN ((OLD.id, OLD.number, OLD.sequence, OLD.channel, OLD.received_at) IS DISTINCT FROM "
        "(NEW.id, NEW.number, NEW.sequence, NEW.channel, NEW.received_at)) "
        "EXECUTE FUNCTION refuse_ticket_facts()"
    )
    op.execute(
        sa.text(
            "INSERT INTO terms (id, effective_on, currency, hourly_rate_cents, contract_discount_bp, "
            "urgency_opening_fee_cents, urgency_hourly_rate_cents, urgency_included_minutes, "
            "billing_increment_minutes, minimum_minutes, quote_threshold_minutes, text, published_at) "
            "VALUES (CAST(:id AS uuid), CAST(CAST(:effective_on AS text) AS date), 'EUR', 12000, 500, 15000, NULL, 0, "
            "1, 1, 480, CAST(:text AS jsonb), '2022-06-01T08:00:00Z')"
        ).bindparams(**{**TERMS_2022, "text": json.dumps(TERMS_2022["text"], ensure_ascii=False)})
    )


def downgrade() -> None:
    raise NotImplementedError("The first migration has nothing before it: drop the database instead.")
