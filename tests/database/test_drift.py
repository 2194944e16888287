"""What is written down in two places is the same in both: tables and migrations, constraints and their refusals."""

import re
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic import command
from app.core.db import Connection
from app.core.migrations import ROOT, newest_revision, upgrade
from app.core.problems import CONSTRAINTS, KINDS
from tests.postgres import Clone

CONSTRAINTS_OF_DATABASE = """
SELECT conname AS name, contype::text AS kind, conrelid::regclass::text AS table
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u', 'f', 'p', 'x')
  AND conrelid <> 'alembic_version'::regclass
UNION ALL
SELECT c.relname, 'u', i.indrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace AND i.indrelid <> 'alembic_version'::regclass
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
"""

# What no request can run into, because the service alone decides these values. Everything else needs a refusal.
OURS_ALONE = {
    r"pk_(?!client_domains|idempotency_keys).*": "ids are made by the service; upserts meet the rest",
    r"ck_.*_known": "shapes list the same values",
    r"(fk|uq)_inbound_.*|fk_bounced_addresses_mail_id": "the mail is kept by an upsert; what it refers to is locked first",
    r"fk_terms_notices_.*": "written by the statement that reads or makes them",
    r"fk_(permanence_(requests|shifts|sites|windows)|quotes|quote_[a-z]+)_.*": "read and locked before it is written",
    r"(fk|uq)_calendar_subscriptions_agent_id": "the agent is locked before it is written",
    r"uq_(quotes_(chain_id_accepted|number_version)|quote_charges_.*|permanence_windows_.*)": "written under the lock of their subject",
    r"fk_(time_|open_|busy_|timers_|contract|urgenc).*": "read, locked or made by the verb that writes them",
    r"uq_(contract_|time_allocations_).*": "numbered while the contract is locked; alerts skip what was told",
    r"uq_urgency_fees_(charge|reverses_id)": "booked while the ticket is locked",
    r"fk_.*_ticket_id|fk_attachment.*|fk_messages_.*": "written in the transaction that locks or makes the ticket",
    r"fk_(audit_log_api_key_id|events_client_id|tickets_terms_id|tickets_follows_ticket_id)": "read before written",
    r"fk_(contacts|sites|client_domains)_client_id": "the client is read and locked first; clients are never deleted",
    r"uq_(tickets_(number|sequence)|jobs_unique_key|outgoing_mails_acknowledgement|terms_notices_mail_id)": "our own numbers",
    r"uq_outgoing_mails_mailbox_acknowledgement_number": "who loses the race reads again and decides again",
    r"uq_(contracts|time_entries|urgency_fees)_.*_id_id": "targets of foreign keys",
    r"uq_(contacts|sites|messages|tickets|quotes|permanence_requests)_.*_id_id|uq_messages_ticket_id_id|uq_contacts_client_id_id": "targets of foreign keys",
    r"(fk|uq)_(invoice_(?!states)|invoices_|payments_|vat_proofs_|billing_cycle_).*|fk_invoice_states_.*": "written under the client's lock from what was just read, or by triggers",
    r"ck_(?!tickets_(site|contact)_has_client).*": "shapes or the service keep the rule; the database is the last reviewer",
}


RAISED = r"""
SELECT DISTINCT found[1] AS name FROM pg_proc, regexp_matches(prosrc, 'CONSTRAINT = .(\w+)', 'g') AS found
"""


@pytest.fixture
def alembic_config(fresh_database: Clone) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = fresh_database.owner_url
    return config


def test_tables_and_migrations_agree(alembic_config: Config):
    command.check(alembic_config)
    assert ScriptDirectory.from_config(alembic_config).get_heads() == [newest_revision()]


def test_upgrading_twice_changes_nothing(fresh_database: Clone, alembic_config: Config):
    upgrade(fresh_database.owner_url)
    command.check(alembic_config)
    assert ScriptDirectory.from_config(alembic_config).get_current_head() == newest_revision()


async def constraints(conn: Connection) -> dict[str, Any]:
    return {row["name"]: row for row in await conn.fetch(CONSTRAINTS_OF_DATABASE)}


async def raised_by_triggers(conn: Connection) -> set[str]:
    return {row["name"] for row in await conn.fetch(RAISED)}


async def test_every_refusal_belongs_to_a_constraint(conn: Connection):
    assert set(CONSTRAINTS) - set(await constraints(conn)) - await raised_by_triggers(conn) == set()


async def test_every_constraint_a_client_can_hit_has_a_refusal(conn: Connection):
    excused = re.compile("|".join(f"(?:{pattern})" for pattern in OURS_ALONE))
    unmapped = [name for name in await constraints(conn) if name not in CONSTRAINTS and not excused.fullmatch(name)]
    assert unmapped == []


async def test_every_excuse_is_still_needed(conn: Connection):
    names = [name for name in await constraints(conn) if name not in CONSTRAINTS]
    assert [pattern for pattern in OURS_ALONE if not any(re.fullmatch(pattern, name) for name in names)] == []


def test_refusals_of_constraints_are_documented():
    assert set(CONSTRAINTS.values()) <= set(KINDS)


async def test_constraints_have_names_by_the_convention(conn: Connection):
    prefixes = {"c": "ck", "u": "uq", "f": "fk", "p": "pk", "x": "ex"}
    found = await constraints(conn)
    odd = [name for name, row in found.items() if not name.startswith(f"{prefixes[row['kind']]}_{row['table']}")]
    assert odd == []


async def test_every_foreign_key_to_a_client_has_an_index(conn: Connection):
    missing = await conn.fetch(
        """SELECT conname FROM pg_constraint c
        WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])
        ORDER BY conname"""
    )
    unneeded = {  # never searched from this side, and what they point to is never deleted
        "fk_audit_log_api_key_id", "fk_events_client_id", "fk_messages_agent_id", "fk_tickets_follows_ticket_id",
        "fk_tickets_terms_id", "fk_messages_ticket_id", "fk_inbound_messages_copy_of_id",
        "fk_quotes_terms_id", "fk_permanence_requests_terms_id", "fk_permanence_sites_client_id_site_id",
        "fk_time_entries_terms_id", "fk_time_entries_part_of_id",
        "fk_contracts_terms_id", "fk_urgencies_terms_id", "fk_timers_ticket_id", "fk_timers_entry_id",
        "fk_invoice_lines_terms_id",
        # Their other column is indexed.
        "fk_time_allocations_client_id_entry_id", "fk_time_allocations_client_id_contract_id",
        "fk_contract_movements_client_id_contract_id", "fk_contract_movements_client_id_other_contract_id",
        "fk_contract_alerts_client_id_contract_id",
    }  # fmt: skip
    assert {row["conname"] for row in missing} - unneeded == set()


async def test_the_service_may_not_rewrite_history(conn: Connection):
    append_only = {
        "events", "audit_log", "time_entries", "time_allocations", "contract_movements", "contract_alerts", "urgency_fees",
        "invoice_lines", "invoice_entries", "invoice_pools", "payments", "vat_proofs",
    }  # fmt: skip
    rights = await conn.fetch(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee = 'desk_app' AND table_name = ANY ($1)",
        list(append_only),
    )
    assert {(row["table_name"], row["privilege_type"]) for row in rights} == {
        (table, right) for table in append_only for right in ("SELECT", "INSERT")
    }
