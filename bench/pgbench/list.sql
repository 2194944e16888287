-- The page of bench/bare.py: fifty tickets from anywhere among :rows seeded ones.
\set n random(51, :rows)
SELECT id, number, status, lane, channel, subject, client_id, site_id, requester_name, requester_email,
       assignee_id, received_at, estimated_minutes, version
  FROM bare.tickets
 WHERE id < ('01890000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid
 ORDER BY id DESC
 LIMIT 50;
