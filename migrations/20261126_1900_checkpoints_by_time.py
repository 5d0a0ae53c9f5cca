"""Find the checkpoint of a moment: how soon events of the last hour were signed."""

from alembic import op

revision = "20261126_1900"
down_revision = "20261126_1830"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index checkpoints by their time."""
    op.create_index("ix_ledger_checkpoint_at", "ledger_checkpoint", ["at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_ledger_checkpoint_at", "ledger_checkpoint")
