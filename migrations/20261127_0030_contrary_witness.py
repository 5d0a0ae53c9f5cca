"""Keep that a witness says of our log that it does not extend what it knows, until it cosigns again or is removed."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0030"
down_revision = "20261127_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Since when, and when the office was told."""
    for name in ("contrary_at", "told_at"):
        op.add_column("ledger_witness", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.get_bind().exec_driver_sql(f"GRANT UPDATE (contrary_at, told_at) ON ledger_witness TO {_app()}")


def downgrade() -> None:
    """Forget it."""
    for name in ("told_at", "contrary_at"):
        op.drop_column("ledger_witness", name)


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
