"""SQL of tickets, their messages, files and history."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.db import Connection, Row
from app.core.domain_names import domain_of
from app.core.jobs import INSERT_JOB
from app.core.sql import ONCE, Statement, assignments, document, instant, one
from app.desk.calendar.queries import CLOSED

TICKET = """t.id, t.number, t.status, t.lane, t.channel, t.language, t.subject, t.client_id, t.site_id, t.contact_id,
    t.requester_name, t.requester_email, t.requester_phone, t.requester_company, t.site_url, t.assignee_id,
    t.follows_ticket_id, t.received_at, t.queued_at, t.resolved_at, t.closed_at, t.estimated_minutes, t.flags,
    t.urgency_fee_cents, t.urgency_accepted_at, t.urgency_accepted_by, t.terms_id, t.updated_at, t.version"""

# The same as the JSON document that TicketOut describes, for reading one and for lists.
DOCUMENT = document(
    {
        **{name: f"t.{name}" for name in ("id", "number", "status", "lane", "channel", "language", "subject")},
        **{name: f"t.{name}" for name in ("client_id", "site_id", "contact_id")},
        "requester": (
            "(SELECT r FROM (SELECT t.requester_name AS name, t.requester_email AS email, "
            "t.requester_phone AS phone, t.requester_company AS company) AS r)"
        ),
        **{name: f"t.{name}" for name in ("site_url", "assignee_id", "follows_ticket_id")},
        **{name: instant(f"t.{name}") for name in ("received_at", "queued_at", "resolved_at", "closed_at")},
        **{name: f"t.{name}" for name in ("estimated_minutes", "flags", "urgency_fee_cents")},
        "currency": "'EUR'",
        "urgency_accepted_at": instant("t.urgency_accepted_at"),
        **{name: f"t.{name}" for name in ("urgency_accepted_by", "terms_id")},
        "updated_at": instant("t.updated_at"),
        "version": "t.version",
    }
)

# Everything that opening a ticket needs to know, in one round trip: a fresh number, what closes the desk, the terms
# in force, whose requester it is (contact's address first, then domain), their site, whether somebody is on call for
# them (O3), and, if somebody is told, who waits already.
FACTS = f"""
SELECT nextval('ticket_sequence') AS sequence,
       {CLOSED},
       terms.id AS terms_id, terms.currency, terms.urgency_opening_fee_cents,
       owner.client_id, owner.contact_id, site.id AS site_id, site.project_closed_on,
       waiting.urgent AS waiting_urgent, waiting.standard AS waiting_standard,
       standby.urgency_fee_applies AS standby_fee_applies, standby.requested_by AS standby_requested_by,
       acknowledged.last_hour AS acknowledged_last_hour, acknowledged.last_day AS acknowledged_last_day,
       acknowledged.ever AS acknowledged_ever,
       EXISTS (SELECT FROM bounced_addresses WHERE mailbox = $9) AS bounced
FROM {ONCE}
LEFT JOIN LATERAL (SELECT id, currency, urgency_opening_fee_cents FROM terms WHERE effective_on <= $1
                   ORDER BY effective_on DESC LIMIT 1) AS terms ON true
LEFT JOIN LATERAL (
    SELECT client_id, contact_id FROM (
        SELECT (array_agg(client_id))[1] AS client_id, (array_agg(id))[1] AS contact_id, 1 AS rank
        FROM contacts WHERE lower(email) = $4 HAVING count(*) = 1
        UNION ALL SELECT client_id, NULL, 2 FROM client_domains WHERE domain = $5
    ) AS matches WHERE $7::uuid IS NULL
    UNION ALL SELECT $7::uuid, (SELECT id FROM contacts WHERE client_id = $7 AND lower(email) = $4)
    WHERE $7::uuid IS NOT NULL
    LIMIT 1) AS owner ON true
LEFT JOIN LATERAL (SELECT id, project_closed_on FROM sites
                   WHERE client_id = owner.client_id AND (host = $6 AND $8::uuid IS NULL OR id = $8)
                   ORDER BY project_closed_on IS NULL, project_closed_on, id LIMIT 1) AS site ON true
LEFT JOIN LATERAL (SELECT q.urgency_fee_applies, p.requested_by
                   FROM permanence_windows w JOIN permanence_requests p ON p.id = w.permanence_id
                   JOIN quotes q ON q.permanence_id = p.id AND q.status = 'accepted'
                   WHERE w.client_id = owner.client_id AND w.ends_at > $3 AND w.starts_at <= $3
                     AND p.status IN ('accepted', 'scheduled')
                   ORDER BY q.urgency_fee_applies LIMIT 1) AS standby ON true
LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE lane = 'urgent') AS urgent,
                          count(*) FILTER (WHERE lane = 'standard') AS standard
                   FROM tickets WHERE $11 AND status = 'new') AS waiting ON true
LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE created_at > $3::timestamptz - interval '1 hour') AS last_hour,
                          count(*) FILTER (WHERE created_at > $3::timestamptz - interval '1 day') AS last_day,
                          coalesce(max(acknowledgement_number), 0) AS ever
                   FROM (SELECT created_at, acknowledgement_number FROM outgoing_mails
                         WHERE mailbox = $9 AND acknowledgement_number IS NOT NULL
                         ORDER BY acknowledgement_number DESC LIMIT $10) AS newest) AS acknowledged ON true
"""

# Ticket, first message, history, acknowledgement decision and its job: all or none, in one round trip. An
# acknowledgement is the next one of its mailbox: where another got that number since the facts were read, the caps
# were counted too early, and Postgres refuses all of it.
OPEN = f"""
WITH ticket AS (
    INSERT INTO tickets (id, sequence, number, status, lane, channel, language, subject, requester_name,
        requester_email, requester_phone, requester_company, site_url, client_id, site_id, contact_id,
        follows_ticket_id, received_at, queued_at, flags, urgency_fee_cents, urgency_accepted_at,
        urgency_accepted_by, terms_id, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, $19, $20, $21,
        $22, $23, $18)
), message AS (
    INSERT INTO messages (id, ticket_id, author, author_name, agent_id, visibility, channel, body, created_at, search)
    VALUES ($24, $1, $25, $9, $26, 'public', $6, $27::text, $18,
        search_vector(concat_ws(' ', $3, $8, $9, $11, $12, $10, replace($10, '@', ' '), $27)))
), history AS (
    INSERT INTO events (id, type, ticket_id, client_id, subject_id, actor, data, occurred_at)
    VALUES ($28, 'ticket.opened', $1, $14, $1, $29, $30, $18)
), mail AS (
    INSERT INTO outgoing_mails (id, kind, ticket_id, recipient, mailbox, language, status, reason, created_at,
        acknowledgement_number)
    VALUES ($31, 'acknowledgement', $1, $10, $32, $7, $33, $34, $18, $36)
)
{INSERT_JOB}
SELECT $35, 'send_mail', jsonb_build_object('mail_id', $31::uuid), $18, $18, NULL WHERE $33::varchar = 'queued'
"""
OPEN_RACES = frozenset({"uq_outgoing_mails_mailbox_acknowledgement_number"})

MESSAGE = """
INSERT INTO messages (id, ticket_id, author, author_name, agent_id, visibility, channel, body, created_at, search)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, search_vector($8))
"""

SAID = """
SELECT m.id, m.ticket_id, m.author, m.author_name, m.agent_id, m.visibility, m.channel, m.body, m.created_at,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', a.id, 'message_id', a.message_id, 'file_name', a.file_name,
                    'media_type', a.media_type, 'size_bytes', a.size_bytes, 'created_at', a.created_at) ORDER BY a.id)
                 FROM attachments a WHERE (a.ticket_id, a.message_id) = (m.ticket_id, m.id)), '[]') AS attachments
FROM messages m WHERE m.ticket_id = $1 AND"""
MESSAGES = f"{SAID} m.id > $2 AND (m.visibility = 'public' OR $3) ORDER BY m.id LIMIT $4"
LAST_PUBLIC = f"SELECT * FROM ({SAID} m.visibility = 'public' ORDER BY m.id DESC LIMIT $2) AS newest ORDER BY id"
NEWEST_SHOWN = 100

# Position 1 is next. Two counts, because the two lanes run in different directions of the index.
POSITION = """
SELECT CASE WHEN t.status = 'new' THEN 1
    + (SELECT count(*) FROM tickets a WHERE a.status = 'new' AND a.lane > t.lane)
    + (SELECT count(*) FROM tickets a WHERE a.status = 'new' AND a.lane = t.lane
                                       AND (a.queued_at, a.sequence) < (t.queued_at, t.sequence)) END
FROM tickets t WHERE t.id = $1
"""

# For whom a waiting ticket waits: for anybody, or for its assignee while they work here (ADR 6).
WAITS_FOR = """({ticket}.assignee_id IS NULL OR {ticket}.assignee_id = {agent}
    OR NOT EXISTS (SELECT FROM agents g WHERE g.id = {ticket}.assignee_id AND g.active))"""
NOBODY_BEFORE = f"""
SELECT NOT EXISTS (
    SELECT FROM tickets a, tickets t WHERE t.id = $1 AND a.status = 'new' AND a.id <> t.id
    AND {WAITS_FOR.format(ticket="a", agent="$2")}
    AND (a.lane > t.lane OR (a.lane = t.lane AND (a.queued_at, a.sequence) < (t.queued_at, t.sequence))))
"""


def facts_for_opening(
    *,
    first: date,
    last: date,
    now: datetime,
    email: str,
    mailbox: str,
    host: str | None,
    client_id: UUID | None,
    site_id: UUID | None,
    most_acknowledgements: int,
    tells_position: bool,
) -> Statement:
    """See FACTS. `client_id` and `site_id` are given when staff or a portal says whose ticket it is.

    Of the mailbox's acknowledgements no more than `most_acknowledgements` are looked at.
    """
    owner = (email, domain_of(email), host, client_id, site_id)
    return Statement(FACTS, (first, last, now, *owner, mailbox, most_acknowledgements, tells_position))


async def ticket(connection: Connection, ticket_id: UUID) -> Row | None:
    """One ticket."""
    return await connection.fetchrow(f"SELECT {TICKET} FROM tickets t WHERE t.id = $1", ticket_id)


async def written_ticket(connection: Connection, ticket_id: UUID) -> Row | None:
    """One ticket as its document, beside what the route has to know of it."""
    return await connection.fetchrow(
        f"SELECT d.document, t.version, t.client_id FROM tickets t {DOCUMENT} WHERE t.id = $1", ticket_id
    )


async def lock_ticket(connection: Connection, ticket_id: UUID) -> Row | None:
    """One ticket, locked until the transaction ends."""
    return await connection.fetchrow(f"SELECT {TICKET} FROM tickets t WHERE t.id = $1 FOR UPDATE", ticket_id)


async def update_ticket(connection: Connection, ticket_id: UUID, changes: Mapping[str, Any], now: datetime) -> Row:
    """Change columns; counts the version."""
    clauses, values = assignments({**changes, "updated_at": now}, first=2)
    statement = f"UPDATE tickets t SET {clauses}, version = version + 1 WHERE t.id = $1 RETURNING {TICKET}"
    return await one(connection, statement, ticket_id, *values)


async def position(connection: Connection, ticket_id: UUID) -> int | None:
    """Place in the queue from 1, None when the ticket does not wait there."""
    place: int | None = await connection.fetchval(POSITION, ticket_id)
    return place


async def nobody_before(connection: Connection, ticket_id: UUID, agent_id: UUID | None) -> bool:
    """Whether no ticket that this agent could take waits before this one."""
    return bool(await connection.fetchval(NOBODY_BEFORE, ticket_id, agent_id))


async def reopen_days(connection: Connection, day: date) -> int:
    """For how many days after its end a message reopens a ticket, by the terms in force on a day."""
    days: int | None = await connection.fetchval(
        "SELECT reopen_days FROM terms WHERE effective_on <= $1 ORDER BY effective_on DESC LIMIT 1", day
    )
    return days or 0


async def insert_message(connection: Connection, values: Sequence[Any]) -> None:
    """See MESSAGE."""
    await connection.execute(MESSAGE, *values)


async def messages(connection: Connection, ticket_id: UUID, *, after: UUID, internal: bool, limit: int) -> list[Row]:
    """Messages in order of writing, with their files."""
    return await connection.fetch(MESSAGES, ticket_id, after, internal, limit)


async def last_public_messages(connection: Connection, ticket_id: UUID) -> list[Row]:
    """What its requester reads: the newest, in order of writing."""
    return await connection.fetch(LAST_PUBLIC, ticket_id, NEWEST_SHOWN)


async def index_subject(connection: Connection, ticket_id: UUID, subject: str) -> None:
    """Make a changed subject findable beside what was written first."""
    await connection.execute(
        "UPDATE messages SET search = search || search_vector($2) WHERE id = "
        "(SELECT id FROM messages WHERE ticket_id = $1 ORDER BY id LIMIT 1)",
        ticket_id,
        subject,
    )


async def insert_attachments(
    connection: Connection, ticket_id: UUID, message_id: UUID, files: Sequence[tuple[Any, ...]], now: datetime
) -> None:
    """Files as (id, name, media type, size, sha256, content)."""
    for id_, name, media_type, size, sha256, content in files:
        await connection.execute(
            "WITH kept AS (INSERT INTO attachments (id, ticket_id, message_id, file_name, media_type, size_bytes, "
            "sha256, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)) "
            "INSERT INTO attachment_contents (attachment_id, content) VALUES ($1, $9)",
            id_, ticket_id, message_id, name, media_type, size, sha256, now, content,
        )  # fmt: skip


ATTACHMENTS = """
SELECT a.id, a.message_id, a.file_name, a.media_type, a.size_bytes, a.created_at
FROM attachments a JOIN messages m ON (m.ticket_id, m.id) = (a.ticket_id, a.message_id)
WHERE a.ticket_id = $1 AND a.id > $2 AND (m.visibility = 'public' OR $3) ORDER BY a.id LIMIT $4
"""


async def attachments(connection: Connection, ticket_id: UUID, *, after: UUID, internal: bool, limit: int) -> list[Row]:
    """Files of a ticket, the oldest first."""
    return await connection.fetch(ATTACHMENTS, ticket_id, after, internal, limit)


async def attachment(connection: Connection, ticket_id: UUID, attachment_id: UUID, *, internal: bool) -> Row | None:
    """One file with its bytes."""
    return await connection.fetchrow(
        "SELECT a.file_name, a.media_type, c.content FROM attachments a "
        "JOIN attachment_contents c ON c.attachment_id = a.id "
        "JOIN messages m ON (m.ticket_id, m.id) = (a.ticket_id, a.message_id) "
        "WHERE a.id = $2 AND a.ticket_id = $1 AND (m.visibility = 'public' OR $3)",
        ticket_id,
        attachment_id,
        internal,
    )


async def events(connection: Connection, ticket_id: UUID, after: UUID, limit: int) -> list[Row]:
    """What happened to a ticket, in order."""
    return await connection.fetch(
        "SELECT id, type, actor, data, occurred_at FROM events WHERE ticket_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        ticket_id,
        after,
        limit,
    )


async def project_of(connection: Connection, site_id: UUID | None) -> Row | None:
    """Until when a site is in its project; None when there is no such site."""
    return await connection.fetchrow("SELECT project_closed_on FROM sites WHERE id = $1", site_id)


async def quote_needed_above(connection: Connection, ticket_id: UUID, day: date) -> int | None:
    """The minutes above which the ticket needs a quote on that day (Q1); None when its client has accepted one."""
    threshold: int | None = await connection.fetchval(
        "SELECT quote_threshold_minutes FROM terms WHERE effective_on <= $2 "
        "AND NOT EXISTS (SELECT FROM quotes WHERE ticket_id = $1 AND status = 'accepted') "
        "ORDER BY effective_on DESC LIMIT 1",
        ticket_id,
        day,
    )
    return threshold


async def active_agent(connection: Connection, agent_id: UUID) -> bool:
    """Whether the agent exists and works here."""
    return bool(await connection.fetchval("SELECT true FROM agents WHERE id = $1 AND active", agent_id))


async def participants(connection: Connection, ticket_id: UUID) -> list[str]:
    """The addresses of those who get the agents' replies beside the requester."""
    rows = await connection.fetch(
        "SELECT address FROM ticket_participants WHERE ticket_id = $1 ORDER BY added_at, mailbox", ticket_id
    )
    return [row["address"] for row in rows]


async def agent_name(connection: Connection, agent_id: UUID | None) -> str | None:
    """How an agent signs."""
    name: str | None = await connection.fetchval("SELECT name FROM agents WHERE id = $1", agent_id)
    return name
