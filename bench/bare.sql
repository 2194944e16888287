-- The tables of the bare app, filled with :rows tickets of the same shape as the product's. Run by bench/seed_bare.py.
-- The ids are UUIDv7 in form and count up, so that pgbench can name any of them by its number.
CREATE SCHEMA bare;

CREATE SEQUENCE bare.ticket_number;

CREATE TABLE bare.tickets (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    status text NOT NULL,
    lane text NOT NULL,
    channel text NOT NULL,
    subject text NOT NULL,
    message text NOT NULL,
    client_id uuid,
    site_id uuid,
    requester_name text NOT NULL,
    requester_email text NOT NULL,
    assignee_id uuid,
    received_at timestamptz NOT NULL DEFAULT now(),
    estimated_minutes integer,
    version integer NOT NULL DEFAULT 1
);

CREATE TABLE bare.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id uuid NOT NULL REFERENCES bare.tickets,
    kind text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
