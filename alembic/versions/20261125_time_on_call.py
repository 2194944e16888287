"""Time is worked on a ticket or on a permanence, whose price covers it (O4, C4)."""

import sqlalchemy as sa

from alembic import op

revision = "20261125_time_on_call"
down_revision = "20261125_calendar_subscriptions"
branch_labels = None
depends_on = None

# As before, but a counter-entry may be on a permanence, too.
CHECK = """
CREATE OR REPLACE FUNCTION check_allocated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry time_entries;
    wanted uuid;
    total bigint;
    misplaced boolean;
BEGIN
    IF TG_TABLE_NAME = 'time_entries' THEN wanted := NEW.id; ELSE wanted := NEW.entry_id; END IF;
    SELECT * INTO entry FROM time_entries WHERE id = wanted;
    SELECT sum(minutes), bool_or(minutes * sign(entry.billed_minutes) < 0
               OR NOT coalesce(entry.worked_on BETWEEN c.starts_on AND c.expires_on, contract_id IS NULL))
    INTO total, misplaced
    FROM (SELECT place, contract_id, sum(minutes) AS minutes FROM time_allocations
          WHERE entry_id = wanted GROUP BY place, contract_id) AS a
    LEFT JOIN contracts c ON c.id = a.contract_id AND c.effective_at IS NOT NULL;
    IF total IS DISTINCT FROM entry.billed_minutes OR misplaced THEN
        RAISE EXCEPTION 'the minutes of entry % are not all in their place', wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'time_allocations_sum';
    END IF;
    IF entry.kind = 'counter' AND NOT EXISTS (
        SELECT FROM time_entries o WHERE o.id = entry.corrects_id AND o.kind = 'work'
        AND (coalesce(o.ticket_id, o.permanence_id), o.agent_id, o.worked_on, -o.worked_minutes, -o.billed_minutes,
             o.terms_id)
          = (coalesce(entry.ticket_id, entry.permanence_id), entry.agent_id, entry.worked_on, entry.worked_minutes,
             entry.billed_minutes, entry.terms_id)) THEN
        RAISE EXCEPTION 'entry % takes back what there was not', wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'time_entries_counter';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.alter_column("time_entries", "ticket_id", existing_type=sa.Uuid(), nullable=True)
    op.add_column("time_entries", sa.Column("permanence_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_time_entries_client_id_permanence_id"),
        "time_entries",
        "permanence_requests",
        ["client_id", "permanence_id"],
        ["client_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_time_entries_one_subject"),
        "time_entries",
        "num_nonnulls(ticket_id, permanence_id) = 1 AND (permanence_id IS NULL OR client_id IS NOT NULL)",
    )
    op.create_index(
        "ix_time_entries_permanence_id_worked_on_id",
        "time_entries",
        ["permanence_id", "worked_on", "id"],
        postgresql_where=sa.text("permanence_id IS NOT NULL"),
    )
    op.execute(CHECK)


def downgrade() -> None:
    raise NotImplementedError("What was worked is not thrown away: restore a backup instead.")
