-- Two years of time entries: bench.rows of them, fifty to a ticket, seven of ten of one client; a quarter was drawn, the
-- rest belongs to accepted quotes. Beside them, the same at every size: client 1 with 200 tickets, clients 1001 to 1200
-- with one each, all with prepaid hours that no run uses up, and client 2 with 10 tickets of 50 entries.
-- Run as superuser with the checks off; what is written here satisfies them.
SET session_replication_role = replica;
SET maintenance_work_mem = '256MB';

CREATE FUNCTION pg_temp.id(kind integer, n bigint) RETURNS uuid IMMUTABLE
    RETURN (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;

INSERT INTO agents (id, name, email, language, created_at) VALUES (pg_temp.id(1, 1), 'Agent', 'agent@desk.example', 'fr', now());

INSERT INTO clients (id, name, language, billing_cycle, country, created_at)
SELECT pg_temp.id(2, n), 'Client ' || n, 'fr', 'quarterly', 'LU', now() FROM generate_series(1, 1200) AS n;

-- Of each ticket its client: fixed ones first, then the mass.
CREATE TEMP TABLE seeded AS
SELECT n, client, CASE WHEN client = 2 THEN 50 WHEN client = 1 OR client > 1000 THEN 20 ELSE 50 END AS entries
FROM (SELECT n, CASE WHEN n <= 200 THEN 1 WHEN n <= 400 THEN 800 + n WHEN n <= 410 THEN 2
                     WHEN n % 10 < 7 THEN 3 ELSE 4 + n % 900 END AS client
      FROM generate_series(1, 410 + current_setting('bench.rows')::int / 50) AS n) AS each;

INSERT INTO tickets (id, sequence, number, status, lane, channel, language, subject, requester_name, requester_email,
                     client_id, received_at, queued_at, closed_at, updated_at)
SELECT pg_temp.id(3, n), n, 'EC-2026-' || lpad(n::text, 7, '0'), 'closed', 'standard', 'form', 'fr', 'Subject', 'Camille',
       'camille@client.example', pg_temp.id(2, client), now(), now(), now(), now() FROM seeded;

INSERT INTO contracts (id, client_id, year, purchased_on, starts_on, expires_on, terms_id, hourly_rate_cents, discount_bp,
                       bought_minutes, price_cents, currency, effective_at, lines, created_at)
SELECT pg_temp.id(4, n), pg_temp.id(2, n), extract(year FROM current_date), current_date,
       date_trunc('year', current_date), date_trunc('year', current_date) + interval '1 year - 1 day', terms.id, 12000,
       500, 10000000, 1900000000, 'EUR', now(), 1000000000, now()
FROM generate_series(1, 1200) AS n, (SELECT id FROM terms ORDER BY effective_on LIMIT 1) AS terms WHERE n <> 2;

CREATE TEMP TABLE numbered AS
SELECT row_number() OVER () AS e, n, client, current_date - 1 - (k * 37 + n * 11) % 700 AS worked_on
FROM seeded, generate_series(1, entries) AS k;

INSERT INTO time_entries (id, kind, client_id, ticket_id, agent_id, worked_on, worked_minutes, billed_minutes, lane,
                          description, terms_id, hourly_rate_cents, discount_bp, currency, logged_at)
SELECT pg_temp.id(5, e), 'work', pg_temp.id(2, client), pg_temp.id(3, n), pg_temp.id(1, 1), worked_on, 1, 1, 'standard',
       'Repaired the session of the shop', terms.id, 12000, 0, 'EUR', now()
FROM numbered, (SELECT id FROM terms ORDER BY effective_on LIMIT 1) AS terms;

INSERT INTO time_allocations (id, client_id, entry_id, place, minutes, contract_id, position, left_minutes, created_at)
SELECT pg_temp.id(6, e), pg_temp.id(2, client), pg_temp.id(5, e),
       CASE WHEN client = 2 THEN 'open' WHEN e % 4 = 0 THEN 'drawn' ELSE 'quoted' END, 1,
       CASE WHEN client <> 2 AND e % 4 = 0 THEN pg_temp.id(4, client) END,
       CASE WHEN client <> 2 AND e % 4 = 0 THEN e END, CASE WHEN client <> 2 AND e % 4 = 0 THEN 1 END, now()
FROM numbered;

INSERT INTO open_time (entry_id, client_id, ticket_id, worked_on, minutes, hourly_rate_cents, discount_bp, terms_id,
                       agent_id, late)
SELECT id, client_id, ticket_id, worked_on, 1, hourly_rate_cents, discount_bp, terms_id, agent_id, false
FROM time_entries WHERE client_id = pg_temp.id(2, 2);

INSERT INTO chargeable_time (ticket_id, minutes)
SELECT e.ticket_id, sum(a.minutes) FROM time_entries e JOIN time_allocations a ON a.entry_id = e.id
WHERE a.place IN ('drawn', 'open') GROUP BY e.ticket_id;
