"""What owners change of their people: how long a session may lie unused goes with the role.

The office goes on inviting for any member; links to a new password are for their readers alone, and for nobody of the
office to see or to make.
"""

from alembic import op

revision = "20261126_1205"
down_revision = "20261126_1140"
branch_labels = None
depends_on = None

OFFICE = "current_setting('hub.kind', true) = 'administration'"
INVITING = f"{OFFICE} AND kind = 'invitation'"


def upgrade() -> None:
    """One more column that the application may write, and a narrower policy."""
    run, app = op.get_bind().exec_driver_sql, _app()
    run(f"GRANT UPDATE (idle_seconds) ON session TO {app}")
    run(f"ALTER POLICY administer ON one_time_link USING ({INVITING}) WITH CHECK ({INVITING})")


def downgrade() -> None:
    """Take them back."""
    run, app = op.get_bind().exec_driver_sql, _app()
    run(f"ALTER POLICY administer ON one_time_link USING ({OFFICE}) WITH CHECK ({OFFICE})")
    run(f"REVOKE UPDATE (idle_seconds) ON session FROM {app}")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
