-- A quarter of open time: bench.rows entries of bench.clients clients with ten tickets each, in the order in which they were
-- logged, so that no client's entries lie together. A ticket is mostly its own agent's, three tickets of ten have
-- prices that do not come out even. An entry more of each client is of the quarter before, which is invoiced first.
-- Run as superuser with the checks of foreign keys off; what is written here satisfies them.
SET session_replication_role = replica;
SET maintenance_work_mem = '256MB';

CREATE FUNCTION pg_temp.id_of(at timestamptz, kind integer, n bigint) RETURNS uuid STABLE
    RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
            || '8000' || lpad(to_hex(n), 12, '0'))::uuid;

CREATE FUNCTION pg_temp.clients() RETURNS integer STABLE
    RETURN current_setting('bench.clients')::integer;

-- Repeatable chance: a number from 0 to below `below`.
CREATE FUNCTION pg_temp.chance(n bigint, salt bigint, below integer) RETURNS integer STABLE
    RETURN ((hashint8extended(n, salt) % below + below) % below)::integer;

CREATE TEMP TABLE days AS
SELECT row_number() OVER (ORDER BY day) - 1 AS place, day::date AS worked_on
  FROM generate_series(current_setting('bench.start')::date, current_setting('bench.end')::date - 1, '1 day') AS day
 WHERE extract(isodow FROM day) < 6;

INSERT INTO clients (id, name, language, billing_cycle, billing_street, billing_postal_code, billing_city, country,
                     created_at)
SELECT pg_temp.id_of('2020-01-01Z', 1, n), 'Client ' || n, 'fr', 'quarterly', n || ', rue de l''Exemple', 'L-1234',
       'Luxembourg', 'LU', '2020-01-01Z'
  FROM generate_series(1, pg_temp.clients()) AS n;

INSERT INTO contacts (id, client_id, name, email, billing, created_at)
SELECT pg_temp.id_of('2020-01-01Z', 8, n), pg_temp.id_of('2020-01-01Z', 1, n), 'Camille Weber',
       'camille@client' || n || '.example', true, '2020-01-01Z'
  FROM generate_series(1, pg_temp.clients()) AS n;

INSERT INTO agents (id, name, email, language, created_at)
SELECT pg_temp.id_of('2020-01-01Z', 2, n), 'Agent ' || n, 'agent' || n || '@desk.example', 'fr', '2020-01-01Z'
  FROM generate_series(0, 4) AS n;

INSERT INTO tickets (id, sequence, number, status, lane, channel, language, subject, requester_name, requester_email,
                     client_id, assignee_id, received_at, queued_at, updated_at)
SELECT pg_temp.id_of('2025-01-01Z', 3, n), n, 'EC-2025-' || lpad(n::text, 6, '0'), 'in_progress', 'standard', 'form',
       'fr', 'The shop shows a blank page, case ' || n, 'Camille Weber', 'camille@client.example',
       pg_temp.id_of('2020-01-01Z', 1, 1 + n % pg_temp.clients()), pg_temp.id_of('2020-01-01Z', 2, n / pg_temp.clients() % 5), '2025-01-01Z',
       '2025-01-01Z', '2025-01-01Z'
  FROM generate_series(1, 10 * pg_temp.clients()) AS n;
SELECT setval('ticket_sequence', 10 * pg_temp.clients());

INSERT INTO messages (id, ticket_id, author, author_name, visibility, channel, body, created_at, search)
SELECT pg_temp.id_of(received_at, 4, sequence), id, 'client', requester_name, 'public', 'form', subject, received_at,
       search_vector(subject)
  FROM tickets;

INSERT INTO outgoing_mails (id, kind, ticket_id, recipient, mailbox, language, status, created_at, sent_at)
SELECT pg_temp.id_of(received_at, 5, sequence), 'acknowledgement', id, requester_email, requester_email, 'fr', 'sent',
       received_at, received_at
  FROM tickets;

INSERT INTO time_entries (id, kind, client_id, ticket_id, agent_id, worked_on, worked_minutes, billed_minutes, lane,
                          description, terms_id, hourly_rate_cents, discount_bp, currency, logged_at)
SELECT pg_temp.id_of(worked_on + interval '17 hours', 6, n), 'work',
       pg_temp.id_of('2020-01-01Z', 1, 1 + ticket % pg_temp.clients()), pg_temp.id_of('2025-01-01Z', 3, ticket),
       pg_temp.id_of('2020-01-01Z', 2, CASE WHEN pg_temp.chance(n, 2, 5) = 0 THEN pg_temp.chance(n, 3, 5)
                                            ELSE ticket / pg_temp.clients() % 5 END),
       worked_on, minutes, minutes, 'standard', 'Searched the logs, found the cause, repaired it.', terms.id,
       CASE ticket / pg_temp.clients() % 10 WHEN 7 THEN 11745 WHEN 8 THEN 12345 ELSE 12000 END,
       CASE ticket / pg_temp.clients() % 10 WHEN 8 THEN 333 WHEN 9 THEN 500 ELSE 0 END, 'EUR', worked_on + interval '17 hours'
  FROM generate_series(1, current_setting('bench.rows')::bigint) AS n
  JOIN days ON days.place = (n - 1) * (SELECT count(*) FROM days) / current_setting('bench.rows')::bigint,
       LATERAL (SELECT 1 + pg_temp.chance(n, 1, 10 * pg_temp.clients()), 5 + pg_temp.chance(n, 4, 56)) AS of_n (ticket, minutes),
       (SELECT id FROM terms LIMIT 1) AS terms
 ORDER BY n;

INSERT INTO time_entries (id, kind, client_id, ticket_id, agent_id, worked_on, worked_minutes, billed_minutes, lane,
                          description, terms_id, hourly_rate_cents, discount_bp, currency, logged_at)
SELECT pg_temp.id_of(current_setting('bench.start')::date - interval '20 days', 7, n), 'work',
       pg_temp.id_of('2020-01-01Z', 1, n), pg_temp.id_of('2025-01-01Z', 3, n - 1 + pg_temp.clients() * (n = 1)::integer),
       pg_temp.id_of('2020-01-01Z', 2, 1), current_setting('bench.start')::date - 20, 30, 30, 'standard',
       'Restored a backup.', terms.id, 12000, 0, 'EUR', current_setting('bench.start')::date - interval '20 days'
  FROM generate_series(1, pg_temp.clients()) AS n, (SELECT id FROM terms LIMIT 1) AS terms;

INSERT INTO time_allocations (id, client_id, entry_id, place, minutes, created_at)
SELECT gen_random_uuid(), client_id, id, 'open', billed_minutes, logged_at FROM time_entries;

INSERT INTO open_time (entry_id, client_id, ticket_id, worked_on, minutes, hourly_rate_cents, discount_bp, terms_id,
                       agent_id, late)
SELECT id, client_id, ticket_id, worked_on, billed_minutes, hourly_rate_cents, discount_bp, terms_id, agent_id, false
  FROM time_entries;

INSERT INTO chargeable_time (ticket_id, minutes) SELECT ticket_id, sum(billed_minutes) FROM time_entries GROUP BY ticket_id;

SET session_replication_role = origin;
