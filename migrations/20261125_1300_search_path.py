"""Functions that run as the owner look for temporary tables last.

PostgreSQL looks for them first where a search path does not name them: whoever can run SQL as the application could have
put a table of its own, named `credential` or `ledger_entry`, in the way of the function that reads or writes the real one.
"""

from alembic import op

revision = "20261125_1300"
down_revision = "20261125_1120"
branch_labels = None
depends_on = None

SET = """
DO $$
DECLARE one regprocedure;
BEGIN
  FOR one IN SELECT oid FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace LOOP
    EXECUTE 'ALTER FUNCTION ' || one || ' SET search_path = {path}';
  END LOOP;
END $$;
"""


def upgrade() -> None:
    """Name them last."""
    op.get_bind().exec_driver_sql(SET.format(path="public, pg_temp"))


def downgrade() -> None:
    """As it was."""
    op.get_bind().exec_driver_sql(SET.format(path="public"))
