"""Record an event a tenth quicker: whether a worker's tag keys are still the ones is one look at one row.

It was a join of the keys and the auditors in good standing, at each event. And who owes a record says so by a row that
nobody else can have written, so that nobody looks for it first.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0970"
down_revision = "20261127_0960"
branch_labels = None
depends_on = None

# Random and not counted: a backup that is put back under running workers must not come to a number they know.
# Who changes the keys holds the row until it commits, so two such changes wait for each other; they are of the office.
RENEWED = """
CREATE FUNCTION renew_tag_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  UPDATE ledger_tag_version SET version = gen_random_uuid();
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION renew_tag_version FROM PUBLIC;
CREATE TRIGGER renew_tag_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ledger_tag_key
  FOR EACH STATEMENT EXECUTE FUNCTION renew_tag_version();
CREATE TRIGGER renew_tag_version AFTER UPDATE OF kind, state ON member
  FOR EACH ROW WHEN (OLD.kind = 'auditor' OR NEW.kind = 'auditor') EXECUTE FUNCTION renew_tag_version();
"""
UNDER_VERSION = """
DROP FUNCTION ledger_append_under;
CREATE FUNCTION ledger_append_under(known uuid, entry uuid, moment timestamptz, what text, leaf bytea, parties integer[],
    places integer[], views bytea[], salts bytea[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF NOT coalesce(known = (SELECT t.version FROM public.ledger_tag_version t), false) THEN
    RETURN false;
  END IF;
  PERFORM public.ledger_append(entry, moment, what, leaf, parties, places, views, salts);
  RETURN true;
END $$;
"""
UNDER_SEALS = """
DROP FUNCTION ledger_append_under;
CREATE FUNCTION ledger_append_under(seals bytea[], beside integer[], entry uuid, moment timestamptz, what text, leaf bytea,
    parties integer[], places integer[], views bytea[], salts bytea[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF seals IS DISTINCT FROM (
      SELECT array_agg(k.sealed ORDER BY k.party) FROM public.ledger_tag_key k JOIN public.member m ON m.id = k.party
       WHERE k.party = ANY (beside) OR (m.kind = 'auditor' AND m.state IN ('admitted', 'probation'))) THEN
    RETURN false;
  END IF;
  PERFORM public.ledger_append(entry, moment, what, leaf, parties, places, views, salts);
  RETURN true;
END $$;
"""
# The setting goes back with a savepoint, and so does the row.
SOUGHT, PLAIN = "VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;", "VALUES (pg_current_xact_id());"


def upgrade() -> None:
    """The row, what renews it, and the function that looks at it."""
    op.create_table(
        "ledger_tag_version",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Uuid(), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_ledger_tag_version_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_ledger_tag_version")),
    )
    run = op.get_bind().exec_driver_sql
    run("INSERT INTO ledger_tag_version VALUES (true, gen_random_uuid())")
    run(f"GRANT SELECT ON ledger_tag_version TO {_app()}")
    run(RENEWED)
    _function(UNDER_VERSION)
    _owed(SOUGHT, PLAIN)


def downgrade() -> None:
    """Compare the keys again."""
    run = op.get_bind().exec_driver_sql
    _owed(PLAIN, SOUGHT)
    _function(UNDER_SEALS)
    run("DROP TRIGGER renew_tag_version ON member")
    run("DROP TRIGGER renew_tag_version ON ledger_tag_key")
    run("DROP FUNCTION renew_tag_version")
    op.drop_table("ledger_tag_version")


def _function(definition: str) -> None:
    run = op.get_bind().exec_driver_sql
    run(definition)
    run("REVOKE EXECUTE ON FUNCTION ledger_append_under FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION ledger_append_under TO {_app()}")


def _owed(old: str, new: str) -> None:
    run = op.get_bind().exec_driver_sql
    definition = str(run("SELECT pg_get_functiondef('owe_record'::regproc)").scalar_one())
    assert definition.count(old) == 1
    run(definition.replace(old, new).replace("%", "%%"))


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
