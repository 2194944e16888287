"""Take the name that a document is for from its body when the body is written, and not again when it is issued."""

from alembic import op

revision = "20261125_buyers_name_once"
down_revision = "20261125_chargeable_kept"
branch_labels = None
depends_on = None

NAME = "((body)::jsonb #>> '{buyer,name}'::text[])"
# A generated column is worked out anew for every version of a row, and jsonb builds a tree of the whole body; json only
# looks for the name.
TAKE = """
CREATE FUNCTION take_buyer_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.buyer_name := NEW.body::json #>> '{buyer,name}';
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Whoever writes a name himself finds the body's in its place, as before."""
    op.execute("ALTER TABLE invoices ALTER COLUMN buyer_name DROP EXPRESSION")
    op.execute(TAKE)
    op.execute(
        "CREATE TRIGGER buyer BEFORE INSERT OR UPDATE OF body, buyer_name ON invoices "
        "FOR EACH ROW EXECUTE FUNCTION take_buyer_name()"
    )


def downgrade() -> None:
    """Generated again; the table is written anew."""
    op.execute("DROP TRIGGER buyer ON invoices")
    op.execute("DROP FUNCTION take_buyer_name")
    op.execute("ALTER TABLE invoices DROP COLUMN buyer_name")
    op.execute(f"ALTER TABLE invoices ADD COLUMN buyer_name text GENERATED ALWAYS AS ({NAME}) STORED NOT NULL")
