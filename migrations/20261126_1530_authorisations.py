"""Agents: a kind of member that holds no seat, and what authorises it to act for a brand.

Only the brand and the agent of an authorisation see it. A brand gives it, in its own name; either of them ends it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261126_1530"
down_revision = "20261126_1525"
branch_labels = None
depends_on = None

KINDS = "'brand', 'platform', 'authority', 'auditor', {}'administration'"
OFFICE = "current_setting('hub.kind', true) = 'administration'"
BY_ITSELF = "current_setting('hub.kind', true) <> 'agent'"
READER = "(SELECT reader_member())"
EITHER = f"(brand_id = {READER} OR agent_id = {READER})"
SCOPES = (
    *("contribution:share", "contribution:withdraw", "contribution:read-own"),
    *("match:run", "match:read-own", "list:fetch"),
)
# Whoever seats or invites: no agent has a seat among those that share.
NO_SEAT = """
CREATE FUNCTION refuse_agent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM public.member m WHERE m.id = NEW.member_id AND m.kind = 'agent') THEN
    RAISE insufficient_privilege USING MESSAGE = 'an agent holds no seat';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_agent BEFORE INSERT OR UPDATE OF member_id ON sharing_group_member
  FOR EACH ROW EXECUTE FUNCTION refuse_agent();
CREATE TRIGGER refuse_agent BEFORE INSERT OR UPDATE OF member_id ON group_invitation
  FOR EACH ROW EXECUTE FUNCTION refuse_agent();
"""
GIVEN = "brand_id, agent_id, scopes, begins_on, ends_on, given_by, given_at"
READ = f"id, {GIVEN}, ended_at, warned_at"


def upgrade() -> None:
    """The kind, the table, and what keeps an agent out of groups."""
    run, app = op.get_bind().exec_driver_sql, _app()
    _kinds(KINDS.format("'agent', "))
    run(NO_SEAT)
    run(f"ALTER POLICY found ON sharing_group WITH CHECK (founder_id = {READER} AND NOT {OFFICE} AND {BY_ITSELF})")
    moment = sa.DateTime(timezone=True)
    listed = ", ".join(f"'{scope}'::text" for scope in SCOPES)
    op.create_table(
        "authorisation",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("given_by", sa.String(length=24), nullable=False),
        sa.Column("given_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("warned_at", moment, nullable=True),
        sa.CheckConstraint(
            f"scopes <@ ARRAY[{listed}] AND cardinality(scopes) > 0", name=op.f("ck_authorisation_scopes")
        ),
        sa.CheckConstraint("ends_on >= begins_on", name=op.f("ck_authorisation_ends_on")),
        sa.ForeignKeyConstraint(["brand_id"], ["member.id"], name=op.f("fk_authorisation_brand_id_member")),
        sa.ForeignKeyConstraint(["agent_id"], ["member.id"], name=op.f("fk_authorisation_agent_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorisation")),
    )
    op.create_index("ix_authorisation_agent_id", "authorisation", ["agent_id"])
    op.create_index(
        "uq_authorisation_living",
        "authorisation",
        ["brand_id", "agent_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    run(f"GRANT SELECT ({READ}), INSERT ({GIVEN}), UPDATE (ended_at, warned_at) ON authorisation TO {app}")
    run("ALTER TABLE authorisation ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY either ON authorisation FOR SELECT USING ({EITHER})")
    run(
        f"CREATE POLICY give ON authorisation FOR INSERT WITH CHECK (brand_id = {READER}"
        " AND current_setting('hub.kind', true) = 'brand'"
        " AND EXISTS (SELECT FROM member m WHERE m.id = agent_id AND m.kind = 'agent'"
        " AND m.state IN ('admitted', 'probation')))"
    )
    run(f"CREATE POLICY settle ON authorisation FOR UPDATE USING ({EITHER} AND ended_at IS NULL) WITH CHECK ({EITHER})")


def downgrade() -> None:
    """Take them back. Refused where an agent was admitted: the record names it, and it is nothing else."""
    run = op.get_bind().exec_driver_sql
    op.drop_table("authorisation")
    run(f"ALTER POLICY found ON sharing_group WITH CHECK (founder_id = {READER} AND NOT {OFFICE})")
    for table in ("sharing_group_member", "group_invitation"):
        run(f"DROP TRIGGER refuse_agent ON {table}")
    run("DROP FUNCTION refuse_agent")
    _kinds(KINDS.format(""))


def _kinds(listed: str) -> None:
    op.drop_constraint("ck_member_kind", "member")
    op.create_check_constraint(op.f("ck_member_kind"), "member", f"kind IN ({listed})")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
