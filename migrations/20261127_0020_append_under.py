"""Record an event under tag keys that a worker has opened before, if they are still the ones: one question less."""

from alembic import op

revision = "20261127_0020"
down_revision = "20261127_0005"
branch_labels = None
depends_on = None

# The seals are of the auditors in good standing and those beside them, in their order.
# With the rights of who calls it: it sees the keys that the question which it stands for would see.
FUNCTION = """
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


def upgrade() -> None:
    """The function, for the application."""
    run = op.get_bind().exec_driver_sql
    run(FUNCTION)
    run("REVOKE EXECUTE ON FUNCTION ledger_append_under FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION ledger_append_under TO {_app()}")


def downgrade() -> None:
    """Take it back."""
    op.get_bind().exec_driver_sql("DROP FUNCTION ledger_append_under")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
