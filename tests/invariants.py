"""What must always hold: each a query that returns no row. Run after every fault test."""

from app.core.db import Connection
from tests import invoice_invariants, money_invariants

QUERIES = (
    {
        "each ticket has exactly one acknowledgement decision": """
        SELECT t.number FROM tickets t LEFT JOIN outgoing_mails m ON m.ticket_id = t.id AND m.kind = 'acknowledgement'
        GROUP BY t.number HAVING count(m.id) <> 1""",
        "a suppressed mail says why": """
        SELECT id FROM outgoing_mails WHERE status = 'suppressed' AND coalesce(reason, '') = ''""",
        "each acknowledgement that was meant to leave counts for its mailbox's caps": """
        SELECT id FROM outgoing_mails WHERE (kind = 'acknowledgement' AND status <> 'suppressed')
        <> (acknowledgement_number IS NOT NULL)""",
        "a mail that is still to be sent has its job": """
        SELECT m.id FROM outgoing_mails m WHERE m.status = 'queued'
        AND NOT EXISTS (SELECT FROM jobs j WHERE j.payload ->> 'mail_id' = m.id::text)""",
        "what was answered to a form with a key is there": """
        SELECT k.key FROM idempotency_keys k WHERE k.route = 'POST /v1/public/tickets' AND k.status_code = 201
        AND NOT EXISTS (SELECT FROM tickets t WHERE t.number = convert_from(k.body, 'UTF8')::jsonb ->> 'number')""",
        "two forms never got the same number": """
        SELECT array_agg(k.key) FROM idempotency_keys k WHERE k.route = 'POST /v1/public/tickets'
        GROUP BY convert_from(k.body, 'UTF8')::jsonb ->> 'number' HAVING count(*) > 1""",
        "a number carries its sequence": """
        SELECT number FROM tickets WHERE split_part(number, '-', 3)::bigint <> sequence""",
        "each ticket begins with a message": """
        SELECT number FROM tickets t WHERE NOT EXISTS (SELECT FROM messages m WHERE m.ticket_id = t.id)""",
        "nothing on a ticket is another client's": """
        SELECT t.number FROM tickets t
        LEFT JOIN contacts c ON c.id = t.contact_id LEFT JOIN sites s ON s.id = t.site_id
        WHERE c.client_id IS DISTINCT FROM t.client_id AND t.contact_id IS NOT NULL
           OR s.client_id IS DISTINCT FROM t.client_id AND t.site_id IS NOT NULL""",
        "a file belongs to a message of its ticket": """
        SELECT a.id FROM attachments a LEFT JOIN messages m ON m.id = a.message_id
        WHERE m.ticket_id IS DISTINCT FROM a.ticket_id""",
        "each file has its bytes": """
        SELECT a.id FROM attachments a LEFT JOIN attachment_contents c ON c.attachment_id = a.id
        WHERE octet_length(c.content) IS DISTINCT FROM a.size_bytes OR sha256(c.content) IS DISTINCT FROM a.sha256""",
        "an urgency was accepted by somebody": """
        SELECT number FROM tickets WHERE lane = 'urgent' AND 'permanence' <> ALL (flags)
        AND (urgency_accepted_at IS NULL OR urgency_accepted_by IS NULL OR urgency_fee_cents IS NULL)""",
        "what waits in the queue is not settled": """
        SELECT number FROM tickets WHERE status = 'new' AND (resolved_at IS NOT NULL OR closed_at IS NOT NULL)""",
        "a ticket was claimed once between two reopenings": """
        SELECT ticket_id FROM events GROUP BY ticket_id
        HAVING count(*) FILTER (WHERE type = 'ticket.claimed') > 1 + count(*) FILTER (WHERE type <> 'ticket.claimed'
           AND (type = 'ticket.reopened' OR data #>> '{changes,status,1}' = 'new'))""",
        "each mail is kept raw once and has one outcome": """
        SELECT i.id FROM inbound_messages i LEFT JOIN inbound_raws r ON r.inbound_message_id = i.id
        WHERE sha256(r.content) IS DISTINCT FROM i.sha256 OR i.outcome IS NULL AND i.received_at < now() - interval '5 minutes'
           OR i.outcome IN ('quarantined', 'ignored') AND i.reason IS NULL""",
        "one mail opens one ticket": """
        SELECT identity FROM inbound_messages WHERE outcome = 'ticket' GROUP BY identity HAVING count(*) > 1""",
        "what a quote's client decided is kept with the text": """
        SELECT q.number, q.version FROM quotes q LEFT JOIN quote_decisions d ON d.quote_id = q.id
        WHERE q.status IN ('accepted', 'refused') AND (d.decision IS DISTINCT FROM q.status
           OR d.text_sha256 IS DISTINCT FROM sha256(convert_to(q.text, 'UTF8')))""",
        "an accepted price for a ticket is charged once, as it was quoted": """
        SELECT q.number, q.version FROM quotes q LEFT JOIN quote_charges c ON c.quote_id = q.id AND c.kind = 'quote'
        WHERE q.ticket_id IS NOT NULL
        AND (c.amount_cents IS DISTINCT FROM CASE WHEN q.status = 'accepted' AND q.kind = 'quote' THEN subtotal_cents END)""",
        "a permanence is charged when it is done, and only then or when it is cancelled": """
        SELECT p.id FROM permanence_requests p LEFT JOIN quote_charges c ON c.permanence_id = p.id
        WHERE (p.status = 'done' AND c.kind IS DISTINCT FROM 'permanence')
           OR (p.status <> 'done' AND c.kind = 'permanence') OR (p.status <> 'cancelled' AND c.kind = 'cancellation')""",
        "a permanence has windows once its quote is accepted": """
        SELECT p.id FROM permanence_requests p WHERE p.status IN ('accepted', 'scheduled', 'done')
        AND NOT EXISTS (SELECT FROM permanence_windows w WHERE w.permanence_id = p.id)""",
        "no ticket follows itself": "SELECT number FROM tickets WHERE follows_ticket_id = id",
        "a client's key names its client": """
        SELECT id FROM api_keys WHERE (role = 'client') <> (client_id IS NOT NULL)""",
    }
    | money_invariants.QUERIES
    | invoice_invariants.QUERIES
)


async def violations(connection: Connection) -> dict[str, list[str]]:
    """Each invariant that does not hold, and where."""
    found = {name: await connection.fetch(query) for name, query in QUERIES.items()}
    return {name: [str(row[0]) for row in rows] for name, rows in found.items() if rows}


async def check(connection: Connection) -> None:
    """Fail with everything that does not hold."""
    found = await violations(connection)
    assert not found, found
