"""Let the sequencer write down what was erased outside of the database, and find it again in one that was put back."""

from alembic import op

revision = "20261126_1910"
down_revision = "20261126_1905"
branch_labels = None
depends_on = None

REFERENCE = "convert_from(p.view, 'UTF8')::json #>> '{subject,ref}'"
ENTRY = "encode(decode(translate(r.ref, '-_', '+/') || '==', 'base64'), 'hex')::uuid"
FUNCTIONS = f"""
-- What these records say was erased: parts of entries, and people by their pseudonyms.
CREATE FUNCTION erased_by_records(records uuid[]) RETURNS TABLE (record uuid, entry_id uuid, n integer, person text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH r AS (SELECT DISTINCT e.id, e.action, {REFERENCE} AS ref FROM ledger_entry e
    JOIN ledger_part p ON p.entry_id = e.id
    WHERE e.id = ANY (records) AND e.action IN ('audit.erase', 'audit.forget') AND p.view IS NOT NULL)
  SELECT r.id, p.entry_id, p.n::integer, NULL FROM r JOIN ledger_part p ON p.entry_id = {ENTRY} AND p.erased_by = r.id
   WHERE r.action = 'audit.erase' AND r.ref ~ '^[A-Za-z0-9_-]{{22}}$'
  UNION ALL SELECT r.id, NULL, NULL, r.ref FROM r WHERE r.action = 'audit.forget'
$$;

-- Which of these parts can be read, and which of these people are known.
CREATE FUNCTION revived(entries uuid[], places integer[], people text[])
  RETURNS TABLE (entry_id uuid, n integer, person text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.entry_id, p.n::integer, NULL FROM unnest(entries, places) AS e(id, n)
    JOIN ledger_part p ON p.entry_id = e.id AND p.n = e.n AND p.view IS NOT NULL
  UNION ALL SELECT NULL, NULL, p.pseudonym FROM person p WHERE p.pseudonym = ANY (people)
$$;
"""
APPLICATION = "what <> ALL (ARRAY["
# Whoever owns the tables may record an erasure while the log is halted: one that a backup has undone.
OR_THE_OWNER = "NOT (what IN ('audit.erase', 'audit.forget') AND session_user = current_user) AND "


def upgrade() -> None:
    """The two functions, and what the owner may record."""
    run, roles = op.get_bind().exec_driver_sql, _roles()
    run(FUNCTIONS)
    run("REVOKE EXECUTE ON FUNCTION erased_by_records, revived FROM PUBLIC")
    run("GRANT EXECUTE ON FUNCTION erased_by_records TO {sequencer}".format(**roles))
    run("GRANT EXECUTE ON FUNCTION revived TO {app}".format(**roles))
    _replace(APPLICATION, OR_THE_OWNER + APPLICATION)


def downgrade() -> None:
    """Take them back."""
    _replace(OR_THE_OWNER + APPLICATION, APPLICATION)
    op.get_bind().exec_driver_sql("DROP FUNCTION erased_by_records, revived")


def _replace(old: str, new: str) -> None:
    """In the function that every event passes through."""
    run = op.get_bind().exec_driver_sql
    definition = str(run("SELECT pg_get_functiondef('ledger_append'::regproc)").scalar_one())
    assert definition.count(old) == 1
    run(definition.replace(old, new).replace("%", "%%"))


def _roles() -> dict[str, str]:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return {role: run("SELECT quote_ident(%s)", (f"{database}_{role}",)).scalar_one() for role in ("app", "sequencer")}
