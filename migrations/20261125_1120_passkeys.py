"""Whom a passkey belongs to: asked before anybody is known, so by the database's owner, and of one passkey at a time."""

from alembic import op

revision = "20261125_1120"
down_revision = "20261125_1110"
branch_labels = None
depends_on = None

HOLDER = """
CREATE FUNCTION passkey_holder(given bytea)
  RETURNS TABLE (factor_id bigint, person_id integer, secret bytea, counter bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT f.id, f.person_id, f.secret, f.counter FROM factor f WHERE f.handle = given AND f.kind = 'passkey'
$$;
"""


def upgrade() -> None:
    """The function."""
    run = op.get_bind().exec_driver_sql
    run(HOLDER)
    run("REVOKE EXECUTE ON FUNCTION passkey_holder FROM PUBLIC")
    database = run("SELECT current_database()").scalar_one()
    app = run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one()
    run(f"GRANT EXECUTE ON FUNCTION passkey_holder TO {app}")


def downgrade() -> None:
    """Take it back."""
    op.get_bind().exec_driver_sql("DROP FUNCTION passkey_holder(bytea)")
