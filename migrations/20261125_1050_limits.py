"""What was asked for in the present span, by a digest of who, and members with a figure of their own."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_1050"
down_revision = "20261125_1045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables, and what the application may do with them: it leases, and does not say how much a member may."""
    op.create_table(
        "rate_window",
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("most", "leased", "granted", "refused")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_rate_window")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_rate_window_began_at", "rate_window", ["began_at"])
    op.create_table(
        "member_rate",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint("per_minute > 0", name=op.f("ck_member_rate_per_minute")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_rate_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_rate")),
    )
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    app = run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one()
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON rate_window TO {app}")
    run(f"GRANT SELECT ON member_rate TO {app}")


def downgrade() -> None:
    """Take them back."""
    op.drop_table("member_rate")
    op.drop_table("rate_window")
