"""The life of sharing groups: founded by a member, joined by invitation under an agreement, left, dissolved.

Until here the operator seated members. Now the application does, under policies: a member founds in its own name,
seats itself where it was invited, and leaves; the founder invites and dissolves. A group and its seats are seen by
those that sit in it or were invited, and by the office.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1300"
down_revision = "20261126_1250"
branch_labels = None
depends_on = None

OFFICE = "current_setting('hub.kind', true) = 'administration'"
READER = "(SELECT reader_member())"
FOUNDER = f"group_id IN (SELECT g.id FROM sharing_group g WHERE g.founder_id = {READER} AND g.dissolved_at IS NULL)"
ALIVE = f"founder_id = {READER} AND dissolved_at IS NULL"
# Run as the owner, since the policies of the tables that they read ask them.
FUNCTIONS = """
CREATE FUNCTION reader_groups() RETURNS SETOF integer
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT group_id FROM sharing_group_member WHERE member_id = reader_member()
$$;
CREATE FUNCTION inviting_groups() RETURNS SETOF integer
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT group_id FROM group_invitation WHERE member_id = reader_member() AND expires_at > now()
$$;
"""
GROUP_COLUMNS = (
    sa.Column("founder_id", sa.Integer(), nullable=True),
    sa.Column("purpose", sa.String(length=500), nullable=False, server_default=""),
    sa.Column("agreement", sa.Text(), nullable=False, server_default=""),
    sa.Column("founded_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("dissolved_at", sa.DateTime(timezone=True), nullable=True),
)
SEAT_COLUMNS = (
    sa.Column("agreed_digest", sa.LargeBinary(length=32), nullable=True),
    sa.Column("agreed_by", sa.String(length=24), nullable=True),
    sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
)


def upgrade() -> None:
    """The columns, the table of invitations, and the policies of all three."""
    for column in GROUP_COLUMNS:
        op.add_column("sharing_group", column)
    op.create_foreign_key(op.f("fk_sharing_group_founder_id_member"), "sharing_group", "member", ["founder_id"], ["id"])
    for column in SEAT_COLUMNS:
        op.add_column("sharing_group_member", column)
    op.create_table(
        "group_invitation",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["sharing_group.id"], name=op.f("fk_group_invitation_group_id_sharing_group")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_group_invitation_member_id_member")),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_group_invitation")),
    )
    op.create_index("ix_group_invitation_member_id", "group_invitation", ["member_id"])
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FUNCTIONS)
    run("REVOKE EXECUTE ON FUNCTION reader_groups, inviting_groups FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION reader_groups, inviting_groups TO {app}")
    run(f"GRANT INSERT, UPDATE (dissolved_at) ON sharing_group TO {app}")
    run(f"GRANT INSERT, DELETE ON sharing_group_member TO {app}")
    run(f"GRANT SELECT, INSERT, DELETE ON group_invitation TO {app}")
    for table in ("sharing_group", "sharing_group_member", "group_invitation"):
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    seated = "id IN (SELECT reader_groups() UNION ALL SELECT inviting_groups())"
    run(f"CREATE POLICY read ON sharing_group FOR SELECT USING ({OFFICE} OR founder_id = {READER} OR {seated})")
    run(f"CREATE POLICY found ON sharing_group FOR INSERT WITH CHECK (founder_id = {READER} AND NOT {OFFICE})")
    run(f"CREATE POLICY dissolve ON sharing_group FOR UPDATE USING ({ALIVE}) WITH CHECK (founder_id = {READER})")
    run(f"CREATE POLICY read ON sharing_group_member FOR SELECT USING ({OFFICE} OR group_{seated} OR {FOUNDER})")
    run(
        "CREATE POLICY sit ON sharing_group_member FOR INSERT WITH CHECK"
        f" (member_id = {READER} AND (group_id IN (SELECT inviting_groups()) OR {FOUNDER}))"
    )
    run(f"CREATE POLICY leave ON sharing_group_member FOR DELETE USING (member_id = {READER} OR {FOUNDER})")
    run(f"CREATE POLICY read ON group_invitation FOR SELECT USING (member_id = {READER} OR {FOUNDER})")
    run(f"CREATE POLICY invite ON group_invitation FOR INSERT WITH CHECK ({FOUNDER})")
    run(f"CREATE POLICY settle ON group_invitation FOR DELETE USING (member_id = {READER} OR {FOUNDER})")


def downgrade() -> None:
    """Take them back; seats stay, invitations are lost."""
    run, app = op.get_bind().exec_driver_sql, _app()
    op.drop_table("group_invitation")
    for policy in ("read", "found", "dissolve"):
        run(f"DROP POLICY {policy} ON sharing_group")
    for policy in ("read", "sit", "leave"):
        run(f"DROP POLICY {policy} ON sharing_group_member")
    for table in ("sharing_group", "sharing_group_member"):
        run(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        run(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {app}")
    run(f"REVOKE UPDATE (dissolved_at) ON sharing_group FROM {app}")
    run("DROP FUNCTION reader_groups, inviting_groups")
    for column in SEAT_COLUMNS:
        op.drop_column("sharing_group_member", column.name)
    for column in GROUP_COLUMNS:
        op.drop_column("sharing_group", column.name)


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
