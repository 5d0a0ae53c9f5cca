"""Letters on their way, sealed: the job that sends one knows its number alone."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_1045"
down_revision = "20261125_1035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table, and what the application may do with it: post, send and delete, and empty what is given up."""
    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index("ix_letter_posted_at", "letter", ["posted_at"])
    op.create_index("ix_letter_given_up_at", "letter", ["given_up_at"])
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    app = run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one()
    run(f"GRANT SELECT, INSERT, DELETE, UPDATE (sealed, given_up_at) ON letter TO {app}")


def downgrade() -> None:
    """Take it back; letters on their way are lost, and their jobs find nothing to do."""
    op.drop_table("letter")
