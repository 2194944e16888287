"""What must always hold of invoices: each a query that returns no row (invariants 4 to 8, 13)."""

# An adjustment that was credited itself gave nothing.
GIVEN = """CASE d.kind WHEN 'credit_note' THEN c.net_cents ELSE coalesce(
    (SELECT sum(y.net_cents) FROM invoice_lines y WHERE y.credited_line_id = c.id), 0) - c.net_cents END"""
QUERIES = {
    # 4: once.
    "a client's period has one live document of a kind": """
        SELECT client_id FROM invoice_states WHERE live AND period IS NOT NULL
        GROUP BY client_id, period, kind HAVING count(*) > 1""",
    "what a line charges is claimed, unless it was given back whole": """
        SELECT l.id FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
        WHERE i.kind = 'invoice' AND l.kind IN ('urgency', 'quote', 'permanence')
        AND NOT EXISTS (SELECT FROM invoice_claims WHERE line_id = l.id)
        AND l.net_cents <> (SELECT coalesce(sum(net_cents), 0) FROM invoice_lines WHERE credited_line_id = l.id)""",
    "a purchase of hours is charged once": """
        SELECT k.id FROM contracts k JOIN invoices i ON i.contract_id = k.id AND i.status = 'issued'
        LEFT JOIN LATERAL (
            SELECT sum(n.subtotal_cents) AS net FROM invoices n WHERE n.credits_id = i.id AND n.status = 'issued') AS given
            ON true
        GROUP BY k.id, k.price_cents
        HAVING sum(i.subtotal_cents) - coalesce(sum(given.net), 0) NOT IN (0, k.price_cents - (
            SELECT coalesce(sum(m.amount_cents), 0) FROM contract_movements m JOIN invoice_claims c ON c.refund_id = m.id
            WHERE m.contract_id = k.id))""",
    # 5: arithmetic.
    "a document's lines add up to it, its tax is rounded once for each rate": """
        SELECT i.id FROM invoices i LEFT JOIN LATERAL (
            SELECT sum(base) AS net, sum(round_half_up(base * rate, 10000)) AS vat FROM (
                SELECT sum(net_cents) AS base, vat_rate_bp AS rate FROM invoice_lines WHERE invoice_id = i.id
                GROUP BY vat_category, vat_rate_bp) AS each) AS s ON true
        WHERE i.status = 'issued' AND (i.subtotal_cents, i.total_cents, i.vat_cents) IS DISTINCT FROM (
            coalesce(s.net, 0), coalesce(s.net, 0) + i.vat_cents,
            CASE i.kind WHEN 'credit_note' THEN i.vat_cents ELSE coalesce(s.vat, 0) END)""",
    "credit notes give back of the tax what the rest does not bear": """
        SELECT i.id FROM invoices i CROSS JOIN LATERAL (
            SELECT sum(round_half_up(base * rate, 10000) - round_half_up((base - given) * rate, 10000)) AS vat FROM (
                SELECT l.vat_rate_bp AS rate, sum(l.net_cents) AS base, coalesce(sum(c.given), 0) AS given
                FROM invoice_lines l LEFT JOIN LATERAL (
                    SELECT sum(x.net_cents) AS given FROM invoice_lines x JOIN invoices d ON d.id = x.invoice_id
                    WHERE x.credited_line_id = l.id AND d.kind = 'credit_note') AS c ON true
                WHERE l.invoice_id = i.id GROUP BY l.vat_category, l.vat_rate_bp) AS each) AS s
        WHERE i.kind = 'invoice' AND i.status = 'issued' AND s.vat IS DISTINCT FROM (
            SELECT coalesce(sum(vat_cents), 0) FROM invoices WHERE credits_id = i.id AND status = 'issued')""",
    "a line is its quantity at its price, rounded once": """
        SELECT id FROM invoice_lines WHERE net_cents <> sign(quantity) * floor(
            abs(quantity)::numeric * unit_price_cents * (10000 - discount_bp) / (base_quantity * 10000) + 0.5)""",
    "the stored lines are those of the document": """
        SELECT i.id FROM invoices i WHERE i.status = 'issued' AND (
            SELECT coalesce(jsonb_agg(jsonb_build_array(l.quantity, l.net_cents, l.description, l.vat_rate_bp)
                                      ORDER BY l.position), '[]') FROM invoice_lines l WHERE l.invoice_id = i.id)
            <> (SELECT coalesce(jsonb_agg(jsonb_build_array(b -> 'quantity', b -> 'net_cents', b -> 'description',
                                                            b -> 'vat_rate_bp') ORDER BY n), '[]')
                FROM jsonb_array_elements(i.body::jsonb -> 'lines') WITH ORDINALITY AS x (b, n))""",
    "the minutes of a line are those of its entries": """
        SELECT l.id FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
        WHERE i.kind = 'invoice' AND l.unit = 'minute' AND l.kind IN ('time', 'adjustment')
        AND l.quantity <> (SELECT coalesce(sum(minutes), 0) FROM invoice_entries WHERE line_id = l.id)""",
    # 6: numbers.
    "numbers have no gap, and dates never go back": """
        SELECT number FROM (
            SELECT number, kind, sequence, issued_on, date_part('year', issued_on) AS year,
                   row_number() OVER series AS place, lag(issued_on) OVER series AS before
            FROM invoices WHERE status = 'issued'
            WINDOW series AS (PARTITION BY kind, date_part('year', issued_on) ORDER BY sequence)) AS s
        WHERE sequence <> place OR before > issued_on
           OR number <> CASE kind WHEN 'invoice' THEN 'F' WHEN 'credit_note' THEN 'NC' ELSE 'R' END || year || '-'
                        || lpad(sequence::text, 4, '0')""",
    # 7: sealed.
    "each document seals the one before": """
        SELECT number FROM (
            SELECT *, lag(sha256) OVER (PARTITION BY kind, date_part('year', issued_on) ORDER BY sequence) AS before
            FROM invoices WHERE status = 'issued') AS s
        WHERE previous_sha256 <> coalesce(before, decode(repeat('00', 32), 'hex')) OR digest <> sha256(convert_to(body, 'UTF8'))
           OR sha256 <> sha256(previous_sha256 || convert_to(concat_ws(E'\\n', id, number, issued_on,
                                                                       coalesce(due_on::text, ''), body), 'UTF8'))""",
    "the head of a series is its last document": """
        SELECT c.kind FROM invoice_counters c LEFT JOIN invoices i ON i.kind = c.kind AND i.sequence = c.last
            AND date_part('year', i.issued_on) = c.year
        WHERE (c.issued_on, c.sha256) IS DISTINCT FROM (i.issued_on, i.sha256)""",
    "nothing is half issued": "SELECT id FROM invoices WHERE status = 'issuing'",
    "each issued document is told of once": """
        SELECT number FROM invoices i WHERE status = 'issued' AND 1 <> (
            SELECT count(*) FROM events WHERE subject_id = i.id AND type = i.kind || '.issued')""",
    # 8: credits and payments.
    "no line gives back more than it charged": f"""
        SELECT l.id FROM invoice_lines l JOIN invoice_lines c ON c.credited_line_id = l.id
        JOIN invoices d ON d.id = c.invoice_id
        GROUP BY l.id, l.net_cents HAVING sum({GIVEN}) * sign(l.net_cents) NOT BETWEEN 0 AND abs(l.net_cents)""",
    "what was paid and credited is what the rows add up to": """
        SELECT s.invoice_id FROM invoice_states s WHERE (s.paid_cents, s.credited_cents) IS DISTINCT FROM (
            (SELECT coalesce(sum(amount_cents), 0)::bigint FROM payments WHERE invoice_id = s.invoice_id),
            (SELECT coalesce(sum(total_cents), 0)::bigint FROM invoices
             WHERE credits_id = s.invoice_id AND status = 'issued'))""",
    # 13: nobody pays for others.
    "no invoice links two clients": """
        SELECT l.id FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id WHERE l.client_id <> i.client_id
        UNION ALL SELECT b.entry_id FROM invoice_entries b JOIN invoice_lines l ON l.id = b.line_id
        JOIN time_entries e ON e.id = b.entry_id WHERE (e.client_id, e.ticket_id) <> (l.client_id, l.ticket_id)
        UNION ALL SELECT p.id FROM payments p JOIN invoices i ON i.id = p.invoice_id WHERE p.client_id <> i.client_id""",
    "a run says what became of each client": """
        SELECT r.id FROM invoice_runs r WHERE r.status = 'done'
        AND r.clients > (SELECT count(*) FROM invoice_run_results WHERE run_id = r.id)""",
}
