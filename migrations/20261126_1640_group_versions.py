"""New versions of a sharing group's agreement, seats that end because they were not accepted, and founders that go.

A seat may accept anew and keeps its number. A founder may write another agreement and pass the group on to a member that
sits in it; the database sees to it that nobody else is given one.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1640"
down_revision = "20261126_1635"
branch_labels = None
depends_on = None

READER = "(SELECT reader_member())"
ALIVE = f"founder_id = {READER} AND dissolved_at IS NULL"
FUNCTIONS = """
-- Who sits in a group that the reader sits in. Run as the owner, since policies of the table ask it.
CREATE FUNCTION fellows(in_group integer) RETURNS SETOF integer
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT theirs.member_id FROM sharing_group_member theirs JOIN sharing_group_member own USING (group_id)
   WHERE own.group_id = in_group AND own.member_id = reader_member()
$$;
-- Whose seat is next to end, in which group, and whether for want of an acceptance: the job that asks has no reader yet.
-- 30 days: TO_ACCEPT. A member that left keeps its seats until what it left behind is settled.
CREATE FUNCTION seat_to_end(moment timestamptz) RETURNS TABLE (member_id integer, code text, lapsed boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT ended.member_id, ended.code, ended.lapsed FROM (
    SELECT s.id, s.member_id, g.code, m.orphans_end_at <= moment AS gone,
           g.renewed_at + interval '30 days' <= moment
             AND s.agreed_digest IS DISTINCT FROM sha256(convert_to(g.agreement, 'UTF8')) AS lapsed
      FROM sharing_group_member s JOIN sharing_group g ON g.id = s.group_id JOIN member m ON m.id = s.member_id
     WHERE g.founder_id IS NOT NULL AND g.dissolved_at IS NULL) ended
   WHERE ended.gone OR ended.lapsed ORDER BY ended.id LIMIT 1
$$;
"""


def upgrade() -> None:
    """The column, the functions, and what the application may write."""
    op.add_column("sharing_group", sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=True))
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FUNCTIONS)
    run("REVOKE EXECUTE ON FUNCTION fellows, seat_to_end FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION fellows, seat_to_end TO {app}")
    run(f"GRANT UPDATE (founder_id, agreement, renewed_at) ON sharing_group TO {app}")
    run(f"GRANT UPDATE (agreed_digest, agreed_by, agreed_at) ON sharing_group_member TO {app}")
    run("DROP POLICY dissolve ON sharing_group")
    keeps = f"founder_id = {READER} OR founder_id IN (SELECT fellows(id))"
    run(f"CREATE POLICY keep ON sharing_group FOR UPDATE USING ({ALIVE}) WITH CHECK ({keeps})")
    own = f"member_id = {READER}"
    run(f"CREATE POLICY agree ON sharing_group_member FOR UPDATE USING ({own}) WITH CHECK ({own})")


def downgrade() -> None:
    """Take them back; the newest agreement and whoever founds the group now stay."""
    run, app = op.get_bind().exec_driver_sql, _app()
    run("DROP POLICY agree ON sharing_group_member")
    run("DROP POLICY keep ON sharing_group")
    run(f"CREATE POLICY dissolve ON sharing_group FOR UPDATE USING ({ALIVE}) WITH CHECK (founder_id = {READER})")
    run(f"REVOKE UPDATE (agreed_digest, agreed_by, agreed_at) ON sharing_group_member FROM {app}")
    run(f"REVOKE UPDATE (founder_id, agreement, renewed_at) ON sharing_group FROM {app}")
    run("DROP FUNCTION fellows, seat_to_end")
    op.drop_column("sharing_group", "renewed_at")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
