-- Two years of a desk's work in the product's own tables: bench.rows tickets, nearly all closed, the last few
-- hundred in the queue; one client owns seven of ten, 499 others share two of ten, one of ten has no client.
-- Run as superuser with the checks of foreign keys off; what is written here satisfies them.
SET session_replication_role = replica;
SET maintenance_work_mem = '256MB';

CREATE FUNCTION pg_temp.number_of_rows() RETURNS bigint STABLE
    RETURN current_setting('bench.rows')::bigint;

-- A UUIDv7 in form: the milliseconds, then a kind of row and its number.
-- (STABLE, not IMMUTABLE, as extract() from an instant is: only then Postgres writes the function out in place.)
CREATE FUNCTION pg_temp.id_of(at timestamptz, kind integer, n bigint) RETURNS uuid STABLE
    RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
            || '8000' || lpad(to_hex(n), 12, '0'))::uuid;

CREATE FUNCTION pg_temp.received(n bigint) RETURNS timestamptz STABLE
    RETURN date_trunc('milliseconds',
                      now() - interval '2 years' * ((pg_temp.number_of_rows() - n + 1)::numeric
                                                    / pg_temp.number_of_rows())::double precision);

CREATE FUNCTION pg_temp.client_of(n bigint) RETURNS uuid STABLE
    RETURN CASE WHEN n % 10 < 7 THEN pg_temp.id_of('2020-01-01Z', 1, 1)
                WHEN n % 10 < 9 THEN pg_temp.id_of('2020-01-01Z', 1, 2 + n / 10 % 499) END;

CREATE FUNCTION pg_temp.status_of(n bigint) RETURNS text STABLE
    RETURN CASE WHEN n > pg_temp.number_of_rows() - 300 THEN 'new'
                WHEN n > pg_temp.number_of_rows() - 450 THEN 'in_progress'
                WHEN n > pg_temp.number_of_rows() - 600 THEN 'waiting_client'
                WHEN n > pg_temp.number_of_rows() - 900 THEN 'resolved'
                WHEN n % 50 = 0 THEN 'spam'
                ELSE 'closed' END;

INSERT INTO clients (id, name, language, billing_cycle, country, created_at)
SELECT pg_temp.id_of('2020-01-01Z', 1, n), 'Client ' || n, 'fr', 'quarterly', 'LU', '2020-01-01Z'
  FROM generate_series(1, 500) AS n;

INSERT INTO client_domains (domain, client_id)
SELECT 'client' || n || '.example', pg_temp.id_of('2020-01-01Z', 1, n)
  FROM generate_series(1, 500) AS n;

INSERT INTO agents (id, name, email, language, created_at)
SELECT pg_temp.id_of('2020-01-01Z', 2, n), 'Agent ' || n, 'agent' || n || '@desk.example', 'fr', '2020-01-01Z'
  FROM generate_series(1, 5) AS n;

INSERT INTO tickets (id, sequence, number, status, lane, channel, language, subject, requester_name,
                     requester_email, client_id, assignee_id, received_at, queued_at, resolved_at, closed_at,
                     updated_at)
SELECT pg_temp.id_of(received_at, 3, n), n, 'EC-' || extract(year FROM received_at) || '-' || lpad(n::text, greatest(6, length(n::text)), '0'),
       status, CASE WHEN n % 40 = 0 THEN 'urgent' ELSE 'standard' END, 'form', 'fr',
       'The shop shows a blank page, case ' || n, 'Camille Weber', 'camille' || n % 5000 || '@client.example',
       client_id, CASE WHEN status <> 'new' THEN pg_temp.id_of('2020-01-01Z', 2, 1 + n % 5) END,
       received_at, received_at,
       CASE WHEN status IN ('resolved', 'closed') THEN received_at + interval '1 hour' END,
       CASE WHEN status = 'closed' THEN received_at + interval '2 hours' END, received_at
  FROM generate_series(1, pg_temp.number_of_rows()) AS n,
       LATERAL (SELECT pg_temp.received(n), pg_temp.client_of(n), pg_temp.status_of(n)) AS of_n (received_at, client_id, status);

SELECT setval('ticket_sequence', pg_temp.number_of_rows());

INSERT INTO messages (id, ticket_id, author, author_name, visibility, channel, body, created_at, search)
SELECT pg_temp.id_of(received_at, 4, sequence), id, 'client', requester_name, 'public', 'form',
       'Since this morning the shop shows a blank page after the login. It worked yesterday.', received_at,
       search_vector(subject || ' Since this morning the shop shows a blank page after the login. It worked yesterday.')
  FROM tickets;

INSERT INTO outgoing_mails (id, kind, ticket_id, recipient, mailbox, language, status, created_at, sent_at,
                            acknowledgement_number)
SELECT pg_temp.id_of(received_at, 5, sequence), 'acknowledgement', id, requester_email, requester_email, 'fr', 'sent', received_at,
       received_at + interval '3 seconds', 1 + sequence / 5000
  FROM tickets;

INSERT INTO events (id, type, ticket_id, client_id, subject_id, occurred_at)
SELECT pg_temp.id_of(received_at + step.after, step.kind, sequence), step.type, id, client_id, id,
       received_at + step.after
  FROM tickets,
       (VALUES (6, 'ticket.opened', interval '0'), (7, 'ticket.closed', interval '2 hours')) AS step (kind, type, after)
 WHERE step.kind = 6 OR status = 'closed';

SET session_replication_role = origin;
