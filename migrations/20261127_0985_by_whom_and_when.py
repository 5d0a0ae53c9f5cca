"""Tell of each decision whether a machine made it, of each report how many stores were established, and list by due time.

A report that is mended takes what is verified of its right now.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0985"
down_revision = "20261127_0980"
branch_labels = None
depends_on = None

DUE = "ix_listing_report_platform_due"


def upgrade() -> None:
    """Two columns, what the application may write, and the index."""
    op.add_column("reported_listing", sa.Column("automated", sa.Boolean(), nullable=True))
    op.add_column("listing_report", sa.Column("stores", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_index(
        DUE, "listing_report", ["platform_id", "due_at", "id"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    run, app = op.get_bind().exec_driver_sql, _app()
    run(
        "UPDATE listing_report r SET stores = (SELECT count(*) FROM reported_listing l WHERE l.report_id = r.id"
        " AND l.decision = 'established' AND l.target = 'store')"
    )
    run(f"GRANT UPDATE (automated) ON reported_listing TO {app}")
    run(f"GRANT UPDATE (stores, right_facts) ON listing_report TO {app}")


def downgrade() -> None:
    """Neither is told."""
    op.get_bind().exec_driver_sql(f"REVOKE UPDATE (right_facts) ON listing_report FROM {_app()}")
    op.drop_index(DUE, "listing_report")
    op.drop_column("listing_report", "stores")
    op.drop_column("reported_listing", "automated")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
