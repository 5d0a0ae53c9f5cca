"""One-time links in letters: invitations, and new passwords; people seen by their own member only."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0750"
down_revision = "20261126_0715"
branch_labels = None
depends_on = None

# What a link is for. Runs as the owner, since the application may not read digests and who follows a link is nobody's
# reader yet. An invitation to an address that signs in meanwhile, and a new password for somebody shut out, serve
# nobody any more.
HOLDER = """
CREATE FUNCTION link_holder(given bytea, moment timestamptz)
  RETURNS TABLE (link_id bigint, link_kind text, email text, person_name text, role text, person_id integer,
                 member_id integer, code text, name text, kind text, state text, sector text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT l.id, l.kind, l.email, l.name, l.role, p.id, m.id, m.code, m.name, m.kind, m.state, m.sector
    FROM one_time_link l JOIN member m ON m.id = l.member_id LEFT JOIN person p ON lower(p.email) = l.email
   WHERE l.digest = given AND l.used_at IS NULL AND l.revoked_at IS NULL AND moment < l.expires_at
     AND CASE l.kind WHEN 'invitation' THEN p.id IS NULL ELSE p.member_id = l.member_id AND p.active END
$$;
-- Who signs in by an address: asked before anybody is known. `hub.person` then shows this one row.
CREATE FUNCTION person_named(address text) RETURNS integer
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id FROM person WHERE lower(email) = address
$$;
CREATE FUNCTION forget_links(moment timestamptz) RETURNS integer
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM one_time_link WHERE expires_at < moment RETURNING id) SELECT count(*)::integer FROM gone
$$;
"""
FUNCTIONS = "link_holder(bytea, timestamptz), person_named(text), forget_links(timestamptz)"
READ = "id, kind, member_id, email, name, role, made_by, made_at, expires_at, used_at, revoked_at"
OWN = "member_id = (SELECT reader_member())"
SIGNING_IN = "id = (SELECT nullif(current_setting('hub.person', true), '')::integer)"
OFFICE = "current_setting('hub.kind', true) = 'administration'"


def upgrade() -> None:
    """The table, whose rows those of its member and the office see, and its functions; an address in one spelling."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "one_time_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("made_by", sa.String(length=24), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.Column("revoked_at", moment, nullable=True),
        sa.CheckConstraint("kind IN ('invitation', 'password')", name=op.f("ck_one_time_link_kind")),
        sa.CheckConstraint("role IN ('owner', 'analyst', 'counsel', 'viewer')", name=op.f("ck_one_time_link_role")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_one_time_link_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_one_time_link_digest")),
    )
    op.create_index("ix_one_time_link_member_id", "one_time_link", ["member_id"])
    op.create_index("ix_one_time_link_expires_at", "one_time_link", ["expires_at"])
    op.create_index("uq_person_address", "person", [sa.text("lower(email)")], unique=True)
    run, app = op.get_bind().exec_driver_sql, _app()
    run(HOLDER)
    run(f"REVOKE EXECUTE ON FUNCTION {FUNCTIONS} FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION {FUNCTIONS} TO {app}")
    run(f"GRANT SELECT ({READ}), INSERT, UPDATE (used_at, revoked_at) ON one_time_link TO {app}")
    run("ALTER TABLE one_time_link ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY own ON one_time_link USING ({OWN}) WITH CHECK ({OWN})")
    run(f"GRANT INSERT, UPDATE (name, role) ON person TO {app}")
    run("ALTER TABLE person ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY own ON person USING ({OWN}) WITH CHECK ({OWN})")
    run(f"CREATE POLICY signing_in ON person FOR SELECT USING ({SIGNING_IN})")
    run(f"CREATE POLICY administer ON one_time_link USING ({OFFICE}) WITH CHECK ({OFFICE})")


def downgrade() -> None:
    """Take them back; letters on their way lead nowhere."""
    run, app = op.get_bind().exec_driver_sql, _app()
    run("DROP POLICY own ON person")
    run("DROP POLICY signing_in ON person")
    run("ALTER TABLE person DISABLE ROW LEVEL SECURITY")
    run(f"REVOKE INSERT, UPDATE (name, role) ON person FROM {app}")
    run(f"DROP FUNCTION {FUNCTIONS}")
    op.drop_index("uq_person_address", "person")
    op.drop_table("one_time_link")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
