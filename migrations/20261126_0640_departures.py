"""A member that leaves: its people and keys are shut out with it, and what it shared is reviewed, then withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0640"
down_revision = "20261125_1300"
branch_labels = None
depends_on = None

FUNCTIONS = """
-- Nobody acts for a member that left, by whatever way it was moved.
CREATE FUNCTION shut_out() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE credential SET revoked_at = NEW.left_at WHERE member_id = NEW.id AND revoked_at IS NULL;
  UPDATE session SET ended_at = NEW.left_at WHERE member_id = NEW.id AND ended_at IS NULL;
  UPDATE person SET active = false WHERE member_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER shut_out AFTER UPDATE OF left_at ON member
  FOR EACH ROW WHEN (NEW.left_at IS NOT NULL AND OLD.left_at IS NULL) EXECUTE FUNCTION shut_out();

-- Whose contributions are next: the job that asks has no reader yet, and so sees none. 30 days: ORPHANED_AFTER.
CREATE FUNCTION member_to_orphan(moment timestamptz) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT m.id FROM member m WHERE m.left_at <= moment - interval '30 days'
     AND EXISTS (SELECT FROM contribution c WHERE c.member_id = m.id AND c.state = 'active') ORDER BY m.id LIMIT 1
$$;
CREATE FUNCTION member_with_orphans(moment timestamptz) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT m.id FROM member m WHERE m.orphans_end_at <= moment
     AND EXISTS (SELECT FROM contribution c WHERE c.member_id = m.id AND c.state = 'orphaned') ORDER BY m.id LIMIT 1
$$;
-- Two people of the office have decided: the review of what a member left ends now. False: there is none.
CREATE FUNCTION end_review(member_code text, moment timestamptz) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE member SET orphans_end_at = least(orphans_end_at, moment)
   WHERE code = member_code AND left_at IS NOT NULL AND current_setting('hub.kind', true) = 'administration';
  RETURN FOUND;
END $$;
"""


def upgrade() -> None:
    """When a member left, the state between, and the functions. A member that left before counts from now."""
    run, app = op.get_bind().exec_driver_sql, _app()
    for column in ("left_at", "orphans_end_at"):
        op.add_column("member", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    run("UPDATE member SET left_at = now(), orphans_end_at = now() + interval '90 days' WHERE state = 'left'")
    op.create_check_constraint(op.f("ck_member_left_at"), "member", "(state = 'left') = (left_at IS NOT NULL)")
    op.create_check_constraint(
        op.f("ck_member_orphans_end_at"), "member", "(left_at IS NULL) = (orphans_end_at IS NULL)"
    )
    _states("contribution", "state", "active", "withdrawn", "expired", "orphaned")
    _states("decision", "kind", "admit", "act_for", "end_review")
    run(FUNCTIONS)
    run("REVOKE EXECUTE ON FUNCTION shut_out, member_to_orphan, member_with_orphans, end_review FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION member_to_orphan, member_with_orphans, end_review TO {app}")


def downgrade() -> None:
    """Take it back; what was under review is withdrawn, since nothing would end the review."""
    run = op.get_bind().exec_driver_sql
    run("DROP TRIGGER shut_out ON member")
    run("DROP FUNCTION shut_out, member_to_orphan, member_with_orphans, end_review")
    run("UPDATE contribution SET state = 'withdrawn' WHERE state = 'orphaned'")
    run("DELETE FROM decision WHERE kind = 'end_review'")
    _states("contribution", "state", "active", "withdrawn", "expired")
    _states("decision", "kind", "admit", "act_for")
    for column in ("orphans_end_at", "left_at"):  # its constraints go with each
        op.drop_column("member", column)


def _states(table: str, column: str, *values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({listed})")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
