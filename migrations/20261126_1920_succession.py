"""One key of the log after the other: which checkpoint each signed first, and one alone that no end is set to."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1920"
down_revision = "20261126_1915"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The column, which the sequencer sets once, and the index. The keys so far signed from the beginning."""
    op.add_column("ledger_key", sa.Column("first_size", sa.BigInteger(), nullable=True))
    op.create_index(
        "uq_ledger_key_newest",
        "ledger_key",
        [sa.text("(until IS NULL)")],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    run = op.get_bind().exec_driver_sql
    run("UPDATE ledger_key SET first_size = 0")
    database = run("SELECT current_database()").scalar_one()
    sequencer = run("SELECT quote_ident(%s)", (f"{database}_sequencer",)).scalar_one()
    run(f"GRANT UPDATE (first_size) ON ledger_key TO {sequencer}")


def downgrade() -> None:
    """Take them back, with the grant on the column."""
    op.drop_index("uq_ledger_key_newest", table_name="ledger_key")
    op.drop_column("ledger_key", "first_size")
