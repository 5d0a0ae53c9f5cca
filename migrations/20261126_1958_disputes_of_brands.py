"""What a brand put before the auditor is its own: no agent reaches it in its name, as with the rest of its record."""

from alembic import op

revision = "20261126_1958"
down_revision = "20261126_1955"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Shut it to whoever acts for another, as 20261126_1555 does for the others."""
    by_itself = "coalesce(current_setting('hub.agent', true), '') = ''"
    op.get_bind().exec_driver_sql(f"CREATE POLICY by_itself ON ledger_dispute AS RESTRICTIVE USING ({by_itself})")


def downgrade() -> None:
    """Leave it to the gate and the policy alone."""
    op.get_bind().exec_driver_sql("DROP POLICY by_itself ON ledger_dispute")
