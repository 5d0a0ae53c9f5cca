"""Sessions that the hub knows and can end, and the second factors of people."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_1110"
down_revision = "20261125_1055"
branch_labels = None
depends_on = None

# Whom a session's cookie stands for. Runs as the owner, since the application may not read digests; sets the reader
# itself and holds the member's standing, as credential_holder does. Written at most once in five minutes.
HOLDER = """
CREATE FUNCTION session_holder(given bytea, moment timestamptz)
  RETURNS TABLE (session_id bigint, person_id integer, email text, pseudonym text, role text, enrolled boolean,
                 proven_at timestamptz, fresh_at timestamptz, touched boolean,
                 member_id integer, code text, name text, kind text, state text, sector text,
                 addresses integer[])
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
#variable_conflict use_column
DECLARE holder record;
BEGIN
  SELECT s.id, s.person_id, s.seen_at < moment - interval '5 minutes' AS touched, s.proven_at, s.fresh_at, p.email, p.pseudonym, p.role,
         EXISTS (SELECT FROM factor f WHERE f.person_id = p.id AND f.kind <> 'recovery') AS enrolled,
         m.id AS member_id, m.code, m.name, m.kind, m.state,
         m.sector, member_addresses(m.id) AS addresses
    INTO holder
    FROM session s JOIN person p ON p.id = s.person_id JOIN member m ON m.id = p.member_id
   WHERE s.digest = given AND s.ended_at IS NULL AND moment < s.ends_at
     AND moment < s.seen_at + make_interval(secs => s.idle_seconds) AND p.active;
  IF NOT FOUND THEN RETURN; END IF;
  holder.state := stand(holder.member_id);
  IF holder.touched THEN
    UPDATE session SET seen_at = moment WHERE id = holder.id;
  END IF;
  PERFORM set_config('hub.member', holder.member_id::text, true), set_config('hub.kind', holder.kind, true),
          set_config('hub.sector', coalesce(holder.sector, ''), true),
          set_config('hub.addresses', holder.addresses::text, true);
  RETURN QUERY SELECT holder.id, holder.person_id, holder.email::text, holder.pseudonym::text, holder.role::text,
                      holder.enrolled, holder.proven_at, holder.fresh_at, holder.touched, holder.member_id,
                      holder.code::text, holder.name::text, holder.kind::text, holder.state::text, holder.sector::text,
                      holder.addresses;
END $$;
CREATE FUNCTION forget_sessions(moment timestamptz) RETURNS integer
  LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  WITH gone AS (DELETE FROM session WHERE ends_at < moment RETURNING id) SELECT count(*)::integer FROM gone
$$;
"""
READ = "id, person_id, member_id, begun_at, seen_at, ends_at, idle_seconds, network, browser, ended_at, proven_at, fresh_at"
OWN = "member_id = (SELECT reader_member())"


def upgrade() -> None:
    """Both tables, what the application may do with them, and the functions."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("idle_seconds", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=43), nullable=False),
        sa.Column("browser", sa.String(length=40), nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("proven_at", moment, nullable=True),
        sa.Column("fresh_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_session_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_session_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_session_digest")),
    )
    op.create_index("ix_session_person_id", "session", ["person_id"])
    op.create_index("ix_session_ends_at", "session", ["ends_at"])
    op.create_table(
        "factor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), server_default="", nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("handle", sa.LargeBinary(), nullable=True),
        sa.Column("counter", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.CheckConstraint("kind IN ('totp', 'passkey', 'recovery')", name=op.f("ck_factor_kind")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_factor_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_factor_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor")),
        sa.UniqueConstraint("handle", name=op.f("uq_factor_handle")),
    )
    op.create_index("ix_factor_person_id", "factor", ["person_id"])
    run, app = op.get_bind().exec_driver_sql, _app()
    run(HOLDER)
    run("REVOKE EXECUTE ON FUNCTION session_holder, forget_sessions FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION session_holder, forget_sessions TO {app}")
    run(f"GRANT SELECT ({READ}), INSERT, UPDATE (digest, ended_at, proven_at, fresh_at) ON session TO {app}")
    run(f"GRANT SELECT, INSERT, DELETE, UPDATE (counter, used_at, name) ON factor TO {app}")
    for table in ("session", "factor"):
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"CREATE POLICY own ON {table} USING ({OWN}) WITH CHECK ({OWN})")


def downgrade() -> None:
    """Take them back; everybody signs in anew."""
    op.get_bind().exec_driver_sql("DROP FUNCTION session_holder(bytea, timestamptz), forget_sessions(timestamptz)")
    op.drop_table("factor")
    op.drop_table("session")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
