"""Applications to the alliance: written by strangers, read by the office alone."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0715"
down_revision = "20261126_0700"
branch_labels = None
depends_on = None

# Which application waits for a key. Runs as the owner, since the application may read neither digests nor what nobody
# of the office is reading; locks the row, so that a key serves once, and opens it to this transaction.
HOLDER = """
CREATE FUNCTION application_holder(given bytea, since timestamptz) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_name text;
BEGIN
  SELECT a.name INTO found_name FROM application a
   WHERE a.digest = given AND a.confirmed_at IS NULL AND a.applied_at > since FOR UPDATE;
  PERFORM set_config('hub.application', coalesce(found_name, ''), true);
  RETURN found_name;
END $$;
CREATE FUNCTION forget_applications(unconfirmed timestamptz, refused timestamptz) RETURNS integer
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (
    DELETE FROM application
     WHERE (confirmed_at IS NULL AND applied_at < unconfirmed) OR (state = 'refused' AND settled_at < refused)
    RETURNING number)
  SELECT count(*)::integer FROM gone
$$;
"""
OFFICE = "current_setting('hub.kind', true) = 'administration'"
OWN = "= nullif(current_setting('hub.application', true), '')"
READ = "number, name, state, legal_name, kind, sector, country, facts, applied_at, confirmed_at, settled_at, settled_by, reason, code"
FRESH = "state = 'applied' AND confirmed_at IS NULL AND settled_by IS NULL AND code IS NULL"


def upgrade() -> None:
    """The tables, what the application may do with them, and the functions."""
    _tables()
    run, app = op.get_bind().exec_driver_sql, _app()
    run(HOLDER)
    run("REVOKE EXECUTE ON FUNCTION application_holder, forget_applications FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION application_holder, forget_applications TO {app}")
    run(f"GRANT SELECT ({READ}), INSERT ON application TO {app}")
    run(f"GRANT UPDATE (digest, confirmed_at, state, settled_at, settled_by, reason, code) ON application TO {app}")
    run(f"GRANT SELECT, INSERT ON application_document TO {app}")
    run(f"GRANT SELECT, INSERT, DELETE ON vetted_item TO {app}")
    for table in ("application", "application_document", "vetted_item"):
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY apply ON application FOR INSERT WITH CHECK ({FRESH})")
    run(f"CREATE POLICY read_own ON application FOR SELECT USING (name {OWN})")
    run(
        f"CREATE POLICY confirm ON application FOR UPDATE USING (name {OWN}) WITH CHECK (name {OWN} AND state = 'applied')"
    )
    run(f"CREATE POLICY read ON application FOR SELECT USING ({OFFICE} AND confirmed_at IS NOT NULL)")
    run(
        f"CREATE POLICY vet ON application FOR UPDATE USING ({OFFICE} AND confirmed_at IS NOT NULL) WITH CHECK ({OFFICE})"
    )
    run(f"CREATE POLICY send ON application_document FOR INSERT WITH CHECK (application {OWN})")
    run(f"CREATE POLICY read ON application_document FOR SELECT USING ({OFFICE})")
    run(f"CREATE POLICY vet ON vetted_item USING ({OFFICE}) WITH CHECK ({OFFICE})")


def downgrade() -> None:
    """Take them back; what was applied for is lost."""
    run = op.get_bind().exec_driver_sql
    run("DROP FUNCTION application_holder(bytea, timestamptz), forget_applications(timestamptz, timestamptz)")
    for table in ("vetted_item", "application_document", "application"):
        op.drop_table(table)


def _tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "application",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("legal_name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sector", sa.String(length=40), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("applied_at", moment, nullable=False),
        sa.Column("confirmed_at", moment, nullable=True),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("settled_by", sa.String(length=24), nullable=True),
        sa.Column("reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.CheckConstraint("state IN ('applied', 'vetted', 'admitted', 'refused')", name=op.f("ck_application_state")),
        sa.CheckConstraint("confirmed_at IS NOT NULL OR state = 'applied'", name=op.f("ck_application_confirmed")),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (state IN ('applied', 'vetted'))", name=op.f("ck_application_settled")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_application")),
        sa.UniqueConstraint("name", name=op.f("uq_application_name")),
        sa.UniqueConstraint("digest", name=op.f("uq_application_digest")),
    )
    op.create_index("ix_application_state", "application", ["state", "number"])
    op.create_index("ix_application_applied_at", "application", ["applied_at"])
    op.create_table(
        "application_document",
        sa.Column("application", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("media", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            *(["application"], ["application.name"]),
            name=op.f("fk_application_document_application_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application", "number", name=op.f("pk_application_document")),
    )
    op.create_table(
        "vetted_item",
        sa.Column("application", sa.String(length=24), nullable=False),
        sa.Column("item", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("ticked_by", sa.String(length=24), nullable=False),
        sa.Column("ticked_at", moment, nullable=False),
        sa.CheckConstraint(
            "item IN ('legal_entity', 'right', 'sector', 'contacts', 'appeal')", name=op.f("ck_vetted_item_item")
        ),
        sa.ForeignKeyConstraint(
            *(["application"], ["application.name"]),
            name=op.f("fk_vetted_item_application_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application", "item", name=op.f("pk_vetted_item")),
    )


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
