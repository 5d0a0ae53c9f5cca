"""Have `hub ledger fsck` hold the evidence of each dispute against the digest on record."""

from alembic import op

revision = "20261128_0300"
down_revision = "20261128_0210"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION ledger_altered_disputes() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT DISTINCT v.said->>'ref'
  FROM ledger_entry e
  JOIN ledger_part p ON p.entry_id = e.id AND p.view IS NOT NULL
  CROSS JOIN LATERAL (SELECT convert_from(p.view, 'UTF8')::jsonb->'subject' AS said) v
  LEFT JOIN ledger_dispute d ON d.name = v.said->>'ref'
  WHERE e.action = 'ledger.disputed' AND encode(sha256(d.evidence), 'hex') IS DISTINCT FROM v.said->>'digest'
$$
"""
"""Names of the disputes whose evidence is gone, or is not the one that was filed; of the evidence it tells nothing."""


def upgrade() -> None:
    """The function."""
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FUNCTION)
    run("REVOKE EXECUTE ON FUNCTION ledger_altered_disputes FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION ledger_altered_disputes TO {app}")


def downgrade() -> None:
    """Nobody looks."""
    op.get_bind().exec_driver_sql("DROP FUNCTION ledger_altered_disputes")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
