"""Single sign-on: a member's provider, the domains that it serves, and whom its subjects are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261126_1215"
down_revision = "20261126_1205"
branch_labels = None
depends_on = None

# Asked before anybody is known, so by the database's owner: whom an address's domain leads to, and one member's provider.
LOOKED_UP = """
CREATE FUNCTION domain_bound_to(given text) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT m.code FROM sign_in_domain d JOIN member m ON m.id = d.member_id WHERE d.domain = given AND d.bound_at IS NOT NULL
$$;
CREATE FUNCTION provider_of(given text)
  RETURNS TABLE (member_id integer, code text, name text, kind text, state text, sector text, issuer text,
                 client_id text, secret bytea, claim text, roles jsonb, factors text[])
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT m.id, m.code, m.name, m.kind, m.state, m.sector, p.issuer, p.client_id, p.secret, p.claim, p.roles, p.factors
    FROM identity_provider p JOIN member m ON m.id = p.member_id WHERE m.code = given
$$;
"""
FUNCTIONS = "domain_bound_to(text), provider_of(text)"
OWN = "member_id = (SELECT reader_member())"
OFFICE = "current_setting('hub.kind', true) = 'administration'"
APPROVED = """EXISTS (SELECT FROM decision d JOIN member m ON d.subject = m.code || ' ' || sign_in_domain.domain
  WHERE m.id = sign_in_domain.member_id AND d.kind = 'bind_domain' AND d.state = 'approved')"""
KINDS = "kind IN ('admit', 'act_for', 'end_review'{})"


def upgrade() -> None:
    """The tables, whose rows those of their member see; a domain is bound by the office, once two of it approved."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "identity_provider",
        sa.Column("member_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("claim", sa.String(length=60), nullable=False),
        sa.Column("roles", postgresql.JSONB(), nullable=False),
        sa.Column("factors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("passwords_serve", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_identity_provider_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_identity_provider")),
    )
    op.create_table(
        "sign_in_domain",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("bound_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_sign_in_domain_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_domain")),
        sa.UniqueConstraint("member_id", "domain", name=op.f("uq_sign_in_domain_member_id_domain")),
    )
    op.create_index(
        "uq_sign_in_domain_bound",
        "sign_in_domain",
        ["domain"],
        unique=True,
        postgresql_where=sa.text("bound_at IS NOT NULL"),
    )
    op.create_table(
        "provided_identity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("linked_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_provided_identity_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_provided_identity_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provided_identity")),
        sa.UniqueConstraint(
            "member_id", "issuer", "subject", name=op.f("uq_provided_identity_member_id_issuer_subject")
        ),
        sa.UniqueConstraint("person_id", "issuer", name=op.f("uq_provided_identity_person_id_issuer")),
    )
    _decides(", 'bind_domain'")
    run, app = op.get_bind().exec_driver_sql, _app()
    run(LOOKED_UP)
    run(f"REVOKE EXECUTE ON FUNCTION {FUNCTIONS} FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION {FUNCTIONS} TO {app}")
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON identity_provider TO {app}")
    run(f"GRANT SELECT, INSERT, DELETE, UPDATE (bound_at) ON sign_in_domain TO {app}")
    run(f"GRANT SELECT, INSERT ON provided_identity TO {app}")
    for table in ("identity_provider", "provided_identity"):
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"CREATE POLICY own ON {table} USING ({OWN}) WITH CHECK ({OWN})")
    run("ALTER TABLE sign_in_domain ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY read ON sign_in_domain FOR SELECT USING ({OWN} OR {OFFICE})")
    run(f"CREATE POLICY ask ON sign_in_domain FOR INSERT WITH CHECK ({OWN} AND bound_at IS NULL)")
    run(f"CREATE POLICY drop_own ON sign_in_domain FOR DELETE USING ({OWN})")
    run(f"CREATE POLICY bind ON sign_in_domain FOR UPDATE USING ({OFFICE}) WITH CHECK ({OFFICE} AND {APPROVED})")


def downgrade() -> None:
    """Take them back; people whom a provider brought in have no password until they are sent a link for one."""
    run = op.get_bind().exec_driver_sql
    run("DELETE FROM decision WHERE kind = 'bind_domain'")
    _decides("")
    run(f"DROP FUNCTION {FUNCTIONS}")
    for table in ("provided_identity", "sign_in_domain", "identity_provider"):
        op.drop_table(table)


def _decides(more: str) -> None:
    op.drop_constraint("ck_decision_kind", "decision")
    op.create_check_constraint(op.f("ck_decision_kind"), "decision", KINDS.format(more))


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
