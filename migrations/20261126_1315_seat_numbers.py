"""Let the database alone number seats and groups.

What is shared to a group is addressed to the number of a seat, also after that seat was given up. Whoever could choose
the number of a new seat could take that of an old one, and with it what passed through it.
"""

from alembic import op

revision = "20261126_1315"
down_revision = "20261126_1300"
branch_labels = None
depends_on = None

COLUMNS = {
    "sharing_group": "code, name, founder_id, purpose, agreement, founded_at",
    "sharing_group_member": "group_id, member_id, agreed_digest, agreed_by, agreed_at",
}


def upgrade() -> None:
    """Grant the columns that the commands write, instead of all."""
    run, app = op.get_bind().exec_driver_sql, _app()
    for table, columns in COLUMNS.items():
        run(f"REVOKE INSERT ON {table} FROM {app}")
        run(f"GRANT INSERT ({columns}) ON {table} TO {app}")


def downgrade() -> None:
    """Grant all columns again."""
    run, app = op.get_bind().exec_driver_sql, _app()
    for table, columns in COLUMNS.items():
        run(f"REVOKE INSERT ({columns}) ON {table} FROM {app}")
        run(f"GRANT INSERT ON {table} TO {app}")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
