"""What two people of the office do in a member's name, each act of it allowed in the transaction that approved it alone.

Until here the office could write an invitation for any member, by one person. Now the database takes one only beside a
decision approved in the same transaction; and the acts on people and keys of a member go through one function that
looks for that decision itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1250"
down_revision = "20261126_1215"
branch_labels = None
depends_on = None

OFFICE = "current_setting('hub.kind', true) = 'administration'"
INVITING = f"{OFFICE} AND kind = 'invitation'"
DECIDED = """EXISTS (SELECT FROM decision d WHERE d.kind IN ('admit', 'act_for') AND d.state = 'approved'
  AND d.xmin = pg_current_xact_id()::xid)"""
ACT_FOR = f"""
CREATE FUNCTION act_for(decided text, moment timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE asked record; done integer := 0;
BEGIN
  SELECT d.act, d.target, m.id AS member_id INTO asked
    FROM decision d JOIN member m ON m.code = d.subject
   WHERE d.name = decided AND d.kind = 'act_for' AND d.state = 'approved' AND d.settled_by <> d.proposed_by
     AND d.xmin = pg_current_xact_id()::xid AND m.kind <> 'administration' AND {OFFICE};
  IF NOT FOUND THEN RAISE insufficient_privilege USING MESSAGE = 'nobody approved this'; END IF;
  IF asked.act = 'revoke-keys' THEN
    UPDATE credential SET revoked_at = moment WHERE member_id = asked.member_id AND revoked_at IS NULL;
    GET DIAGNOSTICS done = ROW_COUNT;
  ELSIF asked.act IN ('reset-factors', 'end-sessions') THEN
    IF asked.act = 'reset-factors' THEN
      DELETE FROM factor f USING person p
       WHERE p.id = f.person_id AND p.member_id = asked.member_id AND p.pseudonym = asked.target;
      GET DIAGNOSTICS done = ROW_COUNT;
    END IF;
    UPDATE session s SET ended_at = moment FROM person p
     WHERE p.id = s.person_id AND p.member_id = asked.member_id AND s.ended_at IS NULL
       AND (asked.act = 'end-sessions' OR p.pseudonym = asked.target);
  END IF;
  RETURN done;
END $$;
"""


def upgrade() -> None:
    """The act and its target beside a decision, the function, and the narrower policy."""
    op.add_column("decision", sa.Column("act", sa.String(length=20), nullable=True))
    op.add_column("decision", sa.Column("target", sa.String(length=60), nullable=True))
    op.add_column("decision", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.execute("DELETE FROM decision WHERE kind = 'act_for'")
    op.create_check_constraint(op.f("ck_decision_act_for"), "decision", "(kind = 'act_for') = (act IS NOT NULL)")
    op.create_check_constraint(
        op.f("ck_decision_act"),
        "decision",
        "act IN ('new-owner', 'reset-factors', 'end-sessions', 'revoke-keys')",
    )
    run, app = op.get_bind().exec_driver_sql, _app()
    run(ACT_FOR)
    run("REVOKE EXECUTE ON FUNCTION act_for FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION act_for TO {app}")
    run(f"ALTER POLICY administer ON one_time_link USING ({INVITING}) WITH CHECK ({INVITING} AND {DECIDED})")


def downgrade() -> None:
    """Take them back; what was proposed in a member's name is forgotten."""
    run = op.get_bind().exec_driver_sql
    run(f"ALTER POLICY administer ON one_time_link USING ({INVITING}) WITH CHECK ({INVITING})")
    run("DROP FUNCTION act_for")
    run("DELETE FROM decision WHERE kind = 'act_for'")
    for column in ("act", "target", "sealed"):
        op.drop_column("decision", column)


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
