"""Admission and standing by people of the office: what the application may do with members, and why each was moved.

Until here only the operator's command line, as the owner, wrote members. Now a person of the office does, through the
application; so the table gets policies: everybody reads it as before, and only what two people approved comes into it.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0755"
down_revision = "20261126_0750"
branch_labels = None
depends_on = None

OFFICE = "current_setting('hub.kind', true) = 'administration'"
APPROVED = """state = 'probation' AND kind <> 'administration' AND EXISTS (
  SELECT FROM application a JOIN decision d ON d.subject = a.name AND d.kind = 'admit' AND d.state = 'approved'
   WHERE a.code = member.code AND a.kind = member.kind AND a.state = 'vetted')"""
MOVED = "state, changed_xid, probation_until, left_at, orphans_end_at"
TAG_KEY = """
-- A member's tag key is written once, and by nobody a second time.
CREATE FUNCTION keep_tag_key(party integer, sealed bytea) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO ledger_tag_key (party, sealed) VALUES (keep_tag_key.party, keep_tag_key.sealed)
$$;
"""
# How many people sign in for a member: the office learns how many, and sees the owners, whom it writes to.
PEOPLE = f"""
CREATE FUNCTION people_counted(member integer) RETURNS TABLE (role text, many bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.role, count(*) FROM person p WHERE p.member_id = member AND p.active AND {OFFICE} GROUP BY p.role
$$;
"""


def upgrade() -> None:
    """Until when a probation lasts, the table of moves, and the policies."""
    run, app = op.get_bind().exec_driver_sql, _app()
    op.add_column("member", sa.Column("probation_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "member_move",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("moved_by", sa.String(length=24), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_move_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_move")),
    )
    op.create_index("ix_member_move_member_id", "member_move", ["member_id"])
    run(TAG_KEY)
    run(PEOPLE)
    run("REVOKE EXECUTE ON FUNCTION keep_tag_key, people_counted FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION keep_tag_key, people_counted TO {app}")
    run(f"CREATE POLICY contacts ON person FOR SELECT USING ({OFFICE} AND role = 'owner' AND active)")
    run(f"GRANT INSERT, UPDATE ({MOVED}) ON member TO {app}")
    run(f"GRANT SELECT, INSERT ON member_move TO {app}")
    run("ALTER TABLE member ENABLE ROW LEVEL SECURITY")
    run("CREATE POLICY read ON member FOR SELECT USING (true)")
    run(f"CREATE POLICY admit ON member FOR INSERT WITH CHECK ({OFFICE} AND {APPROVED})")
    run(f"CREATE POLICY move ON member FOR UPDATE USING ({OFFICE} AND kind <> 'administration')")
    run("ALTER TABLE member_move ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY administer ON member_move USING ({OFFICE}) WITH CHECK ({OFFICE})")


def downgrade() -> None:
    """Take them back; members stay as they are."""
    run, app = op.get_bind().exec_driver_sql, _app()
    for policy in ("read", "admit", "move"):
        run(f"DROP POLICY {policy} ON member")
    run("ALTER TABLE member DISABLE ROW LEVEL SECURITY")
    run(f"REVOKE INSERT, UPDATE ({MOVED}) ON member FROM {app}")
    run("DROP POLICY contacts ON person")
    run("DROP FUNCTION keep_tag_key, people_counted")
    op.drop_table("member_move")
    op.drop_column("member", "probation_until")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
