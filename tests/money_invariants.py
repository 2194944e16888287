"""What must always hold of minutes and money: each a query that returns no row (invariants 1 to 5, 13, 14)."""

LAST_FEE = "NOT EXISTS (SELECT FROM urgency_fees r WHERE r.reverses_id = f.id)"
LINES = """
SELECT contract_id, position, left_minutes, minutes * CASE WHEN kind IN ('bought', 'granted') THEN 1 ELSE -1 END AS step
FROM contract_movements
UNION ALL SELECT contract_id, position, left_minutes, -minutes FROM time_allocations WHERE contract_id IS NOT NULL
"""
QUERIES = {
    # 1: conservation.
    "all billed minutes of an entry are somewhere": """
        SELECT e.id FROM time_entries e LEFT JOIN time_allocations a ON a.entry_id = e.id
        GROUP BY e.id HAVING coalesce(sum(a.minutes), 0) <> e.billed_minutes""",
    "no place holds less than nothing of an entry": """
        SELECT e.id FROM time_entries e JOIN time_allocations a ON a.entry_id = e.id
        GROUP BY e.id, a.place, a.contract_id HAVING sum(a.minutes) * sign(e.billed_minutes) < 0""",
    "the minutes still to be invoiced are the billable ones that are on no invoice": """
        SELECT coalesce(e.corrects_id, e.id) FROM time_entries e
        LEFT JOIN LATERAL (SELECT sum(minutes) AS minutes FROM time_allocations
                           WHERE entry_id = e.id AND place = 'open') AS a ON true
        LEFT JOIN LATERAL (SELECT sum(minutes) AS minutes FROM invoice_entries WHERE entry_id = e.id) AS i ON true
        LEFT JOIN open_time o ON o.entry_id = e.id
        GROUP BY coalesce(e.corrects_id, e.id)
        HAVING sum(coalesce(a.minutes, 0) - coalesce(i.minutes, 0) - coalesce(o.minutes, 0)) <> 0""",
    "no more of an entry is invoiced than is billable": """
        SELECT e.id FROM time_entries e JOIN LATERAL (
            SELECT sum(minutes) AS minutes FROM invoice_entries WHERE entry_id = e.id) AS i ON true
        LEFT JOIN LATERAL (SELECT sum(minutes) AS minutes FROM time_allocations
                           WHERE entry_id = e.id AND place = 'open') AS a ON true
        WHERE i.minutes * sign(e.billed_minutes) NOT BETWEEN 0 AND coalesce(a.minutes, 0) * sign(e.billed_minutes)""",
    "what an accepted price covers is neither drawn nor billed": """
        SELECT e.id FROM time_entries e JOIN time_allocations a ON a.entry_id = e.id
        WHERE e.permanence_id IS NOT NULL AND a.place NOT IN ('quoted', 'non_billable')""",
    # 2: entries are facts.
    "a counter-entry takes back the whole of one entry": """
        SELECT c.id FROM time_entries c JOIN time_entries e ON e.id = c.corrects_id
        WHERE (c.client_id, c.ticket_id, c.permanence_id, c.agent_id, c.worked_on, c.terms_id, c.hourly_rate_cents,
               c.discount_bp, -c.worked_minutes, -c.billed_minutes) IS DISTINCT FROM
              (e.client_id, e.ticket_id, e.permanence_id, e.agent_id, e.worked_on, e.terms_id, e.hourly_rate_cents,
               e.discount_bp, e.worked_minutes, e.billed_minutes)
           OR e.kind <> 'work'""",
    "what is corrected is drawn no more": """
        SELECT e.id FROM time_entries c JOIN time_entries e ON e.id = c.corrects_id
        JOIN time_allocations a ON a.entry_id IN (e.id, c.id) WHERE a.place = 'drawn'
        GROUP BY e.id, a.contract_id HAVING sum(a.minutes) <> 0""",
    "an agent's times never overlap": """
        SELECT e.id FROM time_entries e JOIN time_entries o ON o.agent_id = e.agent_id AND o.id > e.id
        AND tstzrange(o.started_at, o.ended_at) && tstzrange(e.started_at, e.ended_at)
        WHERE e.kind = 'work' AND o.kind = 'work' AND num_nulls(e.started_at, o.started_at) = 0
        AND NOT EXISTS (SELECT FROM time_entries c WHERE c.corrects_id IN (e.id, o.id))""",
    # 3: pools.
    "a contract's sums are what its lines add up to": """
        SELECT c.id FROM contracts c LEFT JOIN LATERAL (
            SELECT sum(minutes) FILTER (WHERE kind = 'bought') AS bought,
                   sum(minutes) FILTER (WHERE kind = 'granted') AS granted,
                   sum(minutes) FILTER (WHERE kind = 'refunded') AS refunded,
                   sum(minutes) FILTER (WHERE kind = 'carried') AS carried
            FROM contract_movements WHERE contract_id = c.id) AS m ON true
        WHERE (c.bought_minutes, c.granted_minutes, c.refunded_minutes, c.carried_minutes, c.drawn_minutes)
            IS DISTINCT FROM (m.bought, coalesce(m.granted, 0), coalesce(m.refunded, 0), coalesce(m.carried, 0),
                (SELECT coalesce(sum(minutes), 0) FROM time_allocations WHERE contract_id = c.id))""",
    "a contract's lines have no gap, and each tells what it leaves": f"""
        SELECT contract_id FROM (
            SELECT contract_id, position, left_minutes,
                   row_number() OVER (PARTITION BY contract_id ORDER BY position) AS number,
                   sum(step) OVER (PARTITION BY contract_id ORDER BY position) AS running FROM ({LINES}) AS line) AS l
        WHERE position <> number OR left_minutes <> running""",
    "no contract is overdrawn": """
        SELECT id FROM contracts WHERE least(bought_minutes + granted_minutes - drawn_minutes - refunded_minutes
            - carried_minutes, granted_minutes, drawn_minutes, refunded_minutes, carried_minutes) < 0""",
    "a contract gives only for work of its own dates, once it counts": """
        SELECT a.id FROM time_allocations a JOIN contracts c ON c.id = a.contract_id
        JOIN time_entries e ON e.id = a.entry_id
        WHERE e.worked_on NOT BETWEEN c.starts_on AND c.expires_on OR c.effective_at IS NULL""",
    # Q1: the sum that decides whether a quote is needed.
    "a ticket's chargeable minutes are what its entries add up to": """
        SELECT coalesce(c.ticket_id, s.ticket_id) FROM chargeable_time c FULL JOIN (
            SELECT e.ticket_id, sum(a.minutes) AS minutes FROM time_entries e JOIN time_allocations a ON a.entry_id = e.id
            WHERE a.place IN ('drawn', 'open') OR (a.place = 'written_off' AND e.kind = 'counter')
            GROUP BY e.ticket_id) AS s ON s.ticket_id = c.ticket_id
        WHERE coalesce(c.ticket_id, s.ticket_id) IS NOT NULL
          AND coalesce(c.minutes, 0) <> coalesce(s.minutes, 0)""",
    # 4: fees.
    "an urgency's fee has one last booking": f"""
        SELECT f.urgency_id FROM urgency_fees f WHERE {LAST_FEE} GROUP BY f.urgency_id HAVING count(*) > 1""",
    "an urgency's fee is due once or not at all": """
        SELECT u.id FROM urgencies u JOIN urgency_fees f ON f.urgency_id = u.id
        GROUP BY u.id HAVING sum(f.amount_cents) NOT IN (0, u.opening_fee_cents)""",
    "what is no urgency any more owes no fee": f"""
        SELECT t.number FROM tickets t JOIN urgencies u ON u.ticket_id = t.id JOIN urgency_fees f ON f.urgency_id = u.id
        WHERE t.lane = 'standard' AND f.kind IN ('charge', 'reinstatement') AND {LAST_FEE}""",
    # 5: prices.
    "an entry is priced by the terms of its date": """
        SELECT e.id FROM time_entries e JOIN terms t ON t.id = e.terms_id
        WHERE e.terms_id IS DISTINCT FROM
              (SELECT id FROM terms WHERE effective_on <= e.worked_on ORDER BY effective_on DESC LIMIT 1)
           OR e.hourly_rate_cents <> ALL (array_remove(ARRAY[t.hourly_rate_cents, t.urgency_hourly_rate_cents,
                                                             t.out_of_hours_hourly_rate_cents], NULL))""",
    "billed minutes are the worked ones in whole increments": """
        SELECT e.id FROM time_entries e JOIN terms t ON t.id = e.terms_id
        WHERE abs(e.billed_minutes) <> CASE
            WHEN coalesce(e.non_billable_reason, 'included_in_fee') <> 'included_in_fee' THEN abs(e.worked_minutes)
            ELSE (greatest(abs(e.worked_minutes), t.minimum_minutes) + t.billing_increment_minutes - 1)
                 / t.billing_increment_minutes * t.billing_increment_minutes END""",
    "a contract costs its minutes at its rate": """
        SELECT id FROM contracts WHERE price_cents <> amount_cents(bought_minutes, hourly_rate_cents, discount_bp)""",
    "refunds give back at most the price, and all of it for all minutes": """
        SELECT c.id FROM contracts c JOIN contract_movements m ON m.contract_id = c.id AND m.kind = 'refunded'
        GROUP BY c.id HAVING sum(m.amount_cents) > c.price_cents
            OR (sum(m.minutes) = c.bought_minutes) <> (sum(m.amount_cents) = c.price_cents)""",
    # 13: nobody pays for others.
    "no time or money links two clients": """
        SELECT e.id FROM time_entries e LEFT JOIN tickets t ON t.id = e.ticket_id
        LEFT JOIN permanence_requests p ON p.id = e.permanence_id
        WHERE e.client_id <> coalesce(t.client_id, p.client_id, e.ticket_id)
        UNION ALL SELECT a.id FROM time_allocations a JOIN time_entries e ON e.id = a.entry_id
        LEFT JOIN contracts c ON c.id = a.contract_id
        WHERE a.client_id IS DISTINCT FROM e.client_id OR c.client_id <> e.client_id
        UNION ALL SELECT u.id FROM urgencies u JOIN tickets t ON t.id = u.ticket_id
        WHERE u.client_id IS DISTINCT FROM t.client_id""",
    # 14: periods.
    "an entry lies on its date and in one quarter": """
        SELECT id FROM time_entries
        WHERE (started_at AT TIME ZONE 'Europe/Luxembourg')::date <> worked_on
           OR date_trunc('quarter', (ended_at - interval '1 microsecond') AT TIME ZONE 'Europe/Luxembourg')
              <> date_trunc('quarter', worked_on::timestamp)""",
}
