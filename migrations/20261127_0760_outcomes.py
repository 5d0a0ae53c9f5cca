"""A contribution may rest on a listing report of its contributor, and says so by the report's name."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0760"
down_revision = "20261127_0750"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The name, and an index by which what one report bears is counted."""
    op.add_column("contribution", sa.Column("report", sa.String(length=24), nullable=True))
    op.create_index(
        "ix_contribution_report",
        "contribution",
        ["member_id", "report"],
        postgresql_where=sa.text("report IS NOT NULL"),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_index("ix_contribution_report", "contribution")
    op.drop_column("contribution", "report")
