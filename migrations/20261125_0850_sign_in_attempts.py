"""Attempts to sign in, by digest, so that guessing is bounded across workers and machines."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_0850"
down_revision = "20261125_0830"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table, and what the application may do with it."""
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_subject", "sign_in_attempt", ["subject", "at"])
    op.create_index("ix_sign_in_attempt_at", "sign_in_attempt", ["at"])
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    app = run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one()
    run(f"GRANT SELECT, INSERT, DELETE ON sign_in_attempt TO {app}")


def downgrade() -> None:
    """Take it back."""
    op.drop_table("sign_in_attempt")
