"""Find the sharing groups whose keeper left the alliance, so that each passes to a member that may still act for it."""

from alembic import op

revision = "20261128_0210"
down_revision = "20261128_0120"
branch_labels = None
depends_on = None

FUNCTION = """
-- Which group is next to pass on, and whose it was: the job that asks has no reader yet. Where all seats are of members
-- that left nobody is there to keep it, until those seats end.
CREATE FUNCTION group_to_pass_on() RETURNS TABLE (member_id integer, code text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT g.founder_id, g.code FROM sharing_group g JOIN member m ON m.id = g.founder_id
   WHERE m.state = 'left' AND g.dissolved_at IS NULL AND EXISTS (
     SELECT FROM sharing_group_member s JOIN member o ON o.id = s.member_id
      WHERE s.group_id = g.id AND o.state <> 'left')
   ORDER BY g.id LIMIT 1
$$;
"""


def upgrade() -> None:
    """The function, for the application alone."""
    run = op.get_bind().exec_driver_sql
    run(FUNCTION)
    run("REVOKE EXECUTE ON FUNCTION group_to_pass_on FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION group_to_pass_on TO {_app()}")


def downgrade() -> None:
    """Take it back; whoever keeps a group now does so further on."""
    op.get_bind().exec_driver_sql("DROP FUNCTION group_to_pass_on")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
