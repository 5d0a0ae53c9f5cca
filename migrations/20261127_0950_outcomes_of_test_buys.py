"""A contribution may rest on a test buy of its contributor, and a test buy may name the store of the seller."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0950"
down_revision = "20261127_0940"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The name of the test buy, an index by which what one bears is counted, and the store."""
    op.add_column("test_buy", sa.Column("store", sa.Text(), server_default="", nullable=False))
    op.add_column("contribution", sa.Column("test_buy", sa.String(length=24), nullable=True))
    op.create_check_constraint(op.f("ck_contribution_one_basis"), "contribution", "report IS NULL OR test_buy IS NULL")
    op.create_index(
        "ix_contribution_test_buy",
        "contribution",
        ["member_id", "test_buy"],
        postgresql_where=sa.text("test_buy IS NOT NULL"),
    )


def downgrade() -> None:
    """Forget both."""
    op.drop_index("ix_contribution_test_buy", "contribution")
    op.drop_constraint(op.f("ck_contribution_one_basis"), "contribution")
    op.drop_column("contribution", "test_buy")
    op.drop_column("test_buy", "store")
