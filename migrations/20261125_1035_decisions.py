"""Decisions by two people of the office."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_1035"
down_revision = "20261125_1030"
branch_labels = None
depends_on = None

OFFICE = "current_setting('hub.kind', true) = 'administration'"


def upgrade() -> None:
    """The table, its policy, and what the application may do with it: a proposal is written once, then settled."""
    op.create_table(
        "decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("proposed_by", sa.String(length=24), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.String(length=24), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('admit', 'act_for')", name=op.f("ck_decision_kind")),
        sa.CheckConstraint("state IN ('open', 'approved', 'refused', 'expired')", name=op.f("ck_decision_state")),
        sa.CheckConstraint("(settled_by IS NULL) = (state IN ('open', 'expired'))", name=op.f("ck_decision_settled")),
        sa.CheckConstraint("state <> 'approved' OR settled_by <> proposed_by", name=op.f("ck_decision_by_two")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("name", name=op.f("uq_decision_name")),
    )
    op.create_index(
        "uq_decision_open", "decision", ["kind", "subject"], unique=True, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index("ix_decision_state", "decision", ["state", "id"])
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    app = run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one()
    run("ALTER TABLE decision ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY administer ON decision USING ({OFFICE}) WITH CHECK ({OFFICE})")
    run(f"GRANT SELECT, INSERT, UPDATE (state, settled_by, settled_at) ON decision TO {app}")


def downgrade() -> None:
    """Take it back."""
    op.drop_table("decision")
