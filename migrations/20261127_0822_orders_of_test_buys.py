"""What the platform says of the order number of a test buy, and that it was said."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0822"
down_revision = "20261127_0820"
branch_labels = None
depends_on = None

BEFORE = ("take", "assign", "return", "mend", "forward", "counter", "lapse", "maintain", "accept", "withdraw")
AFTER = ("judge", "decide", "act", "reinstate", "close", "reopen")


def upgrade() -> None:
    """A column, and one more command."""
    op.add_column("listing_report", sa.Column("order_confirmed", sa.Boolean(), nullable=True))
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    app = run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one()
    run(f"GRANT UPDATE (order_confirmed) ON listing_report TO {app}")
    _commands(*BEFORE, "confirm", *AFTER)


def downgrade() -> None:
    """Take them back; the history forgets what was said of orders."""
    op.get_bind().exec_driver_sql("DELETE FROM report_step WHERE command = 'confirm'")
    _commands(*BEFORE, *AFTER)
    op.drop_column("listing_report", "order_confirmed")


def _commands(*commands: str) -> None:
    listed = ", ".join(f"'{command}'" for command in commands)
    op.drop_constraint(op.f("ck_report_step_command"), "report_step")
    op.create_check_constraint(op.f("ck_report_step_command"), "report_step", f"command IN ({listed})")
