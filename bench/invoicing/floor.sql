-- The floor: plain SQL for all clients at once that prices and groups the same open time, writes the same lines and
-- the rows that link each entry to its line, into tables with the same indexes. No documents, no numbers, no checks,
-- no history, no mail, and what is open stays on its list.
CREATE SCHEMA floor;
CREATE TABLE floor.lines (LIKE invoice_lines INCLUDING INDEXES);
CREATE TABLE floor.entries (LIKE invoice_entries INCLUDING INDEXES);

BEGIN;

WITH documents AS MATERIALIZED (
    SELECT client_id, gen_random_uuid() AS id FROM open_time
     WHERE worked_on < current_setting('bench.end')::date GROUP BY client_id
), priced AS (
    SELECT o.client_id, o.ticket_id, o.hourly_rate_cents, o.discount_bp, o.terms_id, sum(o.minutes)::int AS quantity
      FROM open_time o WHERE o.worked_on < current_setting('bench.end')::date
     GROUP BY o.client_id, o.ticket_id, o.hourly_rate_cents, o.discount_bp, o.terms_id
)
INSERT INTO floor.lines (id, client_id, invoice_id, position, kind, ticket_id, description, quantity, unit,
                         unit_price_cents, base_quantity, discount_bp, net_cents, vat_category, vat_rate_bp, terms_id)
SELECT gen_random_uuid(), p.client_id, d.id, row_number() OVER (PARTITION BY p.client_id ORDER BY t.number), 'time',
       p.ticket_id, t.number || ' · ' || t.subject, quantity, 'minute', hourly_rate_cents, 60, discount_bp,
       div(2 * quantity::numeric * hourly_rate_cents * (10000 - discount_bp) + 600000, 1200000)::bigint, 'S', 1700,
       p.terms_id
  FROM priced p JOIN documents d USING (client_id) JOIN tickets t ON t.id = p.ticket_id;

INSERT INTO floor.entries (line_id, entry_id, minutes)
SELECT l.id, o.entry_id, o.minutes
  FROM open_time o
  JOIN floor.lines l ON (l.client_id, l.ticket_id, l.unit_price_cents, l.discount_bp, l.terms_id)
                      = (o.client_id, o.ticket_id, o.hourly_rate_cents, o.discount_bp, o.terms_id)
 WHERE o.worked_on < current_setting('bench.end')::date
 ORDER BY l.id, o.entry_id;

COMMIT;
