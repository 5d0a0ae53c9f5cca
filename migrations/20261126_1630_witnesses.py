"""The log's keys, its witnesses, and what they cosigned.

A member enrols one witness at a time and hands in lines in its own name; those at an address are the operator's to add
and to remove, and what they answered is kept by the job that asked them, which acts for no member.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1630"
down_revision = "20261126_1605"
branch_labels = None
depends_on = None

OWN = "party = (SELECT reader_member()) AND url IS NULL"
ASKED = "url IS NOT NULL AND removed_at IS NULL"
LINE = """EXISTS (SELECT FROM ledger_witness w
  WHERE w.name = witness AND w.removed_at IS NULL AND (w.url IS NOT NULL OR w.party = (SELECT reader_member())))"""


def upgrade() -> None:
    """The tables, their policies and grants."""
    op.create_table(
        "ledger_key",
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("vkey", name=op.f("pk_ledger_key")),
    )
    op.create_table(
        "ledger_witness",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("party", sa.Integer(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(public_key) = 32", name=op.f("ck_ledger_witness_public_key")),
        sa.ForeignKeyConstraint(["party"], ["member.id"], name=op.f("fk_ledger_witness_party_member")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ledger_witness")),
        sa.UniqueConstraint("public_key", name=op.f("uq_ledger_witness_public_key")),
    )
    op.create_index(
        "uq_ledger_witness_standing",
        "ledger_witness",
        ["party"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "ledger_cosignature",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=255), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["witness"], ["ledger_witness.name"], name=op.f("fk_ledger_cosignature_witness_ledger_witness")
        ),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_ledger_cosignature")),
    )
    run = op.get_bind().exec_driver_sql
    app, sequencer = _role("app"), _role("sequencer")
    run(f"GRANT SELECT ON ledger_key, ledger_witness, ledger_cosignature TO {app}")
    run(f"GRANT INSERT ON ledger_witness, ledger_cosignature TO {app}")
    run(f"GRANT UPDATE (removed_at, size, asked_at) ON ledger_witness TO {app}")
    run(f"GRANT SELECT, INSERT ON ledger_key TO {sequencer}")
    run("ALTER TABLE ledger_witness ENABLE ROW LEVEL SECURITY")
    run("CREATE POLICY read ON ledger_witness FOR SELECT USING (true)")
    run(f"CREATE POLICY enrol ON ledger_witness FOR INSERT WITH CHECK ({OWN})")
    run(f"CREATE POLICY change ON ledger_witness FOR UPDATE USING ({OWN}) WITH CHECK ({OWN})")
    run(f"CREATE POLICY asked ON ledger_witness FOR UPDATE USING ({ASKED}) WITH CHECK ({ASKED})")
    run("ALTER TABLE ledger_cosignature ENABLE ROW LEVEL SECURITY")
    run("CREATE POLICY read ON ledger_cosignature FOR SELECT USING (true)")
    run(f"CREATE POLICY cosign ON ledger_cosignature FOR INSERT WITH CHECK ({LINE})")


def downgrade() -> None:
    """Take them back; who witnessed is in the record."""
    op.drop_table("ledger_cosignature")
    op.drop_table("ledger_witness")
    op.drop_table("ledger_key")


def _role(name: str) -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_{name}",)).scalar_one())
