"""Know that the office was told of entries that wait unsigned for too long, so that it is told once."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1905"
down_revision = "20261126_1900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The one row."""
    op.create_table(
        "ledger_delay",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_ledger_delay_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_ledger_delay")),
    )
    op.get_bind().exec_driver_sql(f"GRANT SELECT, INSERT, DELETE ON ledger_delay TO {_app()}")


def downgrade() -> None:
    """Forget it."""
    op.drop_table("ledger_delay")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
