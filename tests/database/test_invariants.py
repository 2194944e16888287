"""The checker finds what it should: an invariant that is broken on purpose is named."""

import httpx
import pytest

from app.core.db import Connection
from tests import builders, invariants, invoice_invariants, money_invariants
from tests.builders import Keys
from tests.postgres import Clone, connected

FORM = {"name": "Rita", "email": "rita@elsewhere.example", "subject": "Menu", "message": "It does not open."}
# Ways past the constraints that usually keep these rows out (as a replica, without foreign keys and triggers).
A_QUOTE = """INSERT INTO quotes (id, chain_id, version, number, client_id, ticket_id, kind, status, language, minutes,
    currency, subtotal_cents, vat_category, vat_rate_bp, vat_cents, total_cents, terms_id, quoted_on, valid_until_on,
    expires_at, text, text_sha256, created_at, sent_at, decided_at)
    SELECT id, id, 1, 'D2026-0001', gen_random_uuid(), id, 'quote', 'accepted', 'fr', 60, 'EUR', 1, 'O', 0, 0, 1,
    gen_random_uuid(), now(), now(), now(), 'a', sha256('a'), now(), now(), now() FROM tickets"""
A_PERMANENCE = """INSERT INTO permanence_requests (id, client_id, event, starts_at, ends_at, standby_minutes, cut_minutes,
    requested_by, contact_name, status, lead_time_minutes, terms_id, requested_at, completed_at)
    SELECT id, id, 'Fair', now(), now() + interval '1 hour', 60, 0, 'Rita', 'Rita', 'done', 0, id,
    now() - interval '1 hour', now() FROM tickets"""
MAIL = "id, mailbox, recipient, sha256, size_bytes, received_at, processed_at, outcome, reason, ticket_id, identity"
BREAKS = {
    "what a quote's client decided is kept with the text": A_QUOTE,
    "an accepted price for a ticket is charged once, as it was quoted": A_QUOTE,
    "a permanence is charged when it is done, and only then or when it is cancelled": A_PERMANENCE,
    "a permanence has windows once its quote is accepted": A_PERMANENCE,
    "each ticket has exactly one acknowledgement decision": "DELETE FROM outgoing_mails",
    "each acknowledgement that was meant to leave counts for its mailbox's caps": "UPDATE outgoing_mails "
    "SET acknowledgement_number = NULL",
    "a mail that is still to be sent has its job": "DELETE FROM jobs",
    "what was answered to a form with a key is there": "UPDATE tickets SET number = 'EC-2026-999999'",
    "a number carries its sequence": "UPDATE tickets SET sequence = sequence + 1",
    "each ticket begins with a message": "DELETE FROM messages",
    "nothing on a ticket is another client's": "UPDATE tickets SET client_id = (SELECT min(id::text)::uuid FROM clients), "
    "contact_id = gen_random_uuid()",
    "an urgency was accepted by somebody": "UPDATE tickets SET lane = 'urgent'",
    "what waits in the queue is not settled": "UPDATE tickets SET closed_at = now()",
    "no ticket follows itself": "UPDATE tickets SET follows_ticket_id = id",
    "two forms never got the same number": "INSERT INTO idempotency_keys SELECT scope, route, 'again', fingerprint, "
    "status_code, headers, body, created_at FROM idempotency_keys",
    "each file has its bytes": "INSERT INTO attachments SELECT gen_random_uuid(), ticket_id, id, 'a', 'b', 1, '', now() "
    "FROM messages",
    "a file belongs to a message of its ticket": "INSERT INTO attachments SELECT gen_random_uuid(), gen_random_uuid(), "
    "id, 'a', 'b', 1, '', now() FROM messages",
    "each mail is kept raw once and has one outcome": f"INSERT INTO inbound_messages ({MAIL}) VALUES (gen_random_uuid(), "
    "'support@e-connect.lu', 'support@e-connect.lu', sha256('lost'), 4, now(), now(), 'quarantined', 'test', NULL, NULL)",
    "one mail opens one ticket": f"INSERT INTO inbound_messages ({MAIL}, copy_of_id) SELECT gen_random_uuid(), "
    "'support@e-connect.lu', 'support@e-connect.lu', sha256(n::text::bytea), 4, now(), now(), 'ticket', NULL, t.id, "
    "'same', CASE n WHEN 2 THEN t.id END FROM tickets t, generate_series(1, 2) AS n",
    "a ticket was claimed once between two reopenings": "INSERT INTO events SELECT gen_random_uuid(), 1, "
    "'ticket.claimed', id, NULL, id, '{}', '{}', now() FROM tickets, generate_series(1, 2)",
}
KEPT_BY_CHECKS = {"a suppressed mail says why", "a client's key names its client"}


async def test_a_healthy_desk_has_no_violations(committing_api: httpx.AsyncClient, committing_conn: Connection):
    await committing_api.post("/v1/public/tickets", json=FORM, headers={"Idempotency-Key": "one"})
    await invariants.check(committing_conn)


def test_every_invariant_is_tried():
    elsewhere = set(money_invariants.QUERIES) | set(invoice_invariants.QUERIES)
    assert set(BREAKS) | KEPT_BY_CHECKS | elsewhere == set(invariants.QUERIES)


@pytest.mark.parametrize("name", sorted(BREAKS))
async def test_a_broken_invariant_is_named(
    committing_api: httpx.AsyncClient, committing_keys: Keys, worker_database: Clone, name: str
):
    await committing_api.post("/v1/public/tickets", json=FORM, headers={"Idempotency-Key": "one"})
    async with connected(worker_database.superuser_url) as superuser:
        await builders.a_contact(superuser, committing_keys.client_id)
        await superuser.execute(f"SET session_replication_role = replica; {BREAKS[name]}")
        assert name in await invariants.violations(superuser)
