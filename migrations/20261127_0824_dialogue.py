"""Dialogue: what the two parties of a record write to each other, read by the two of them alone, and never changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_0824"
down_revision = "20261127_0822"
branch_labels = None
depends_on = None

READER = "(SELECT reader_member())"
OTHER = "EXISTS (SELECT FROM member m WHERE m.id = to_id AND m.kind IN ('brand', 'platform'))"


def upgrade() -> None:
    """The table, and who reads and writes it."""
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("record_kind", sa.String(length=20), nullable=False),
        sa.Column("record_ref", sa.String(length=40), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", postgresql.ARRAY(sa.String(length=24)), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "record_kind IN ('listing_report', 'question', 'counter_notice', 'test_buy')",
            name=op.f("ck_message_record_kind"),
        ),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_message_other")),
        sa.CheckConstraint("char_length(text) BETWEEN 1 AND 4000", name=op.f("ck_message_text")),
        sa.CheckConstraint("cardinality(files) <= 10", name=op.f("ck_message_files")),
        sa.ForeignKeyConstraint(["from_id"], ["member.id"], name=op.f("fk_message_from_id_member")),
        sa.ForeignKeyConstraint(["to_id"], ["member.id"], name=op.f("fk_message_to_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("name", name=op.f("uq_message_name")),
    )
    op.create_index("ix_message_record", "message", ["record_kind", "record_ref", "id"])
    run, app = op.get_bind().exec_driver_sql, _app()
    run(f"GRANT SELECT, INSERT ON message TO {app}")
    run("ALTER TABLE message ENABLE ROW LEVEL SECURITY")
    run(
        "CREATE TRIGGER owe_record AFTER INSERT OR UPDATE OR DELETE ON message FOR EACH STATEMENT"
        f" WHEN (session_user = '{app.strip(chr(34))}') EXECUTE FUNCTION owe_record()"
    )
    run(f"CREATE POLICY read ON message FOR SELECT USING (from_id = {READER} OR to_id = {READER})")
    run(f"CREATE POLICY say ON message FOR INSERT WITH CHECK (from_id = {READER} AND {OTHER})")


def downgrade() -> None:
    """Take it back; what was said is lost."""
    op.drop_table("message")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
