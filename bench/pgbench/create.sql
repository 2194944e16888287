-- The insert of bench/bare.py. pgbench makes the id itself: random, behind a prefix that sorts it after the
-- seeded ones.
WITH ticket AS (
    INSERT INTO bare.tickets (id, number, status, lane, channel, subject, message,
                              requester_name, requester_email)
    VALUES (overlay(gen_random_uuid()::text PLACING '0199' FROM 1)::uuid,
            'EC-2026-' || lpad(nextval('bare.ticket_number')::text, 7, '0'),
            'new', 'standard', 'form', 'The shop shows a blank page',
            'Since this morning the shop shows a blank page after the login. It worked yesterday.',
            'Camille Weber', 'camille.weber@client.example')
    RETURNING id, number, status, lane, received_at
), job AS (
    INSERT INTO bare.outbox (ticket_id, kind) SELECT id, 'acknowledgement' FROM ticket
)
SELECT id, number, status, lane, received_at FROM ticket;
