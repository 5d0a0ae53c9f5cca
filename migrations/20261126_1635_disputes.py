"""Disputes: what a member's own check of the log found wrong, with its evidence, for the auditor."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1635"
down_revision = "20261126_1630"
branch_labels = None
depends_on = None

OWN = "party = (SELECT reader_member())"
AUDITOR = "current_setting('hub.kind', true) = 'auditor'"


def upgrade() -> None:
    """The table; a member adds its own and reads them, the auditor reads all, nobody changes one."""
    op.create_table(
        "ledger_dispute",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("octet_length(evidence) <= 262144", name=op.f("ck_ledger_dispute_bounded")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_dispute")),
        sa.UniqueConstraint("name", name=op.f("uq_ledger_dispute_name")),
    )
    op.create_index("ix_ledger_dispute_party", "ledger_dispute", ["party", "at"])
    run = op.get_bind().exec_driver_sql
    run("ALTER TABLE ledger_dispute ENABLE ROW LEVEL SECURITY")
    run(f"GRANT SELECT, INSERT ON ledger_dispute TO {_app()}")
    run(f"CREATE POLICY read ON ledger_dispute FOR SELECT USING ({OWN} OR {AUDITOR})")
    for table in ("ledger_dispute", "ledger_witness"):  # as 20261126_1605 has it for the others
        run(
            f"CREATE TRIGGER owe_record AFTER INSERT ON {table} FOR EACH STATEMENT"
            f" WHEN (session_user = '{_app().strip(chr(34))}') EXECUTE FUNCTION owe_record()"
        )
    run(f"CREATE POLICY file ON ledger_dispute FOR INSERT WITH CHECK ({OWN})")


def downgrade() -> None:
    """Forget them."""
    op.get_bind().exec_driver_sql("DROP TRIGGER owe_record ON ledger_witness")
    op.drop_table("ledger_dispute")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
