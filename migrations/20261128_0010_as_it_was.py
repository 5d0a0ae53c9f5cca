"""Keep each statement of reasons as it was given, and with each deadline whose days it counts.

What was reopened had lost the statement of what was done before, and a deadline from before it was told in UTC. Where
several countries' clocks hold, all are kept: each side has the longest time that one of them gives it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261128_0010"
down_revision = "20261127_0990"
branch_labels = None
depends_on = None

PLATFORM = "platform_id = (SELECT reader_member()) AND current_setting('hub.kind', true) = 'platform'"
ACTIONS = "action IN ('listing removed', 'store closed')"
RESTRICTED = "ix_reported_listing_restricted"
KEYS = ["platform_id", "acted_at", "report_id", "n"]


def upgrade() -> None:
    """The table with what stands now, who reads and writes it, and the column."""
    _table()
    run, app = op.get_bind().exec_driver_sql, _app()
    run(
        "INSERT INTO statement (report_id, n, acted_at, platform_id, action, automated, asked_at, countered, evidence,"
        " right_facts, notifier) SELECT l.report_id, l.n, l.acted_at, l.platform_id, l.action, l.automated, r.asked_at,"
        " EXISTS (SELECT FROM counter_notice c WHERE c.report_id = l.report_id AND c.passed_on_at >= r.asked_at"
        " AND l.n = ANY (c.listings)), ARRAY(SELECT jsonb_object_keys(r.evidence)), r.right_facts, m.name"
        " FROM reported_listing l JOIN listing_report r ON r.id = l.report_id JOIN member m ON m.id = l.brand_id"
        f" WHERE l.{ACTIONS} AND l.acted_at IS NOT NULL"
    )
    run(f"GRANT SELECT, INSERT ON statement TO {app}")
    run("ALTER TABLE statement ENABLE ROW LEVEL SECURITY")
    run(
        "CREATE TRIGGER owe_record AFTER INSERT OR DELETE OR UPDATE ON statement FOR EACH STATEMENT"
        f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
    )
    run(f"CREATE POLICY own ON statement FOR ALL USING ({PLATFORM}) WITH CHECK ({PLATFORM})")
    op.drop_index(RESTRICTED, "reported_listing")
    op.add_column("counter_notice", sa.Column("zone", sa.String(length=40), nullable=False, server_default="UTC"))
    run(
        "UPDATE counter_notice c SET zone = r.clock->>'zone' FROM listing_report r"
        " WHERE r.id = c.report_id AND c.passed_on_at >= r.asked_at AND r.clock ? 'zone'"
    )
    op.alter_column("counter_notice", "zone", server_default=None)
    op.alter_column("listing_report", "clock", new_column_name="clocks")
    op.add_column("listing_report", sa.Column("due_zone", sa.String(length=40), nullable=True))
    run(
        "UPDATE listing_report SET clocks = jsonb_build_array(clocks || '{\"proof\": false}'),"
        " due_zone = CASE WHEN due_at IS NOT NULL THEN clocks->>'zone' END WHERE clocks IS NOT NULL"
    )
    run("UPDATE listing_report SET due_zone = 'UTC' WHERE due_at IS NOT NULL AND due_zone IS NULL")
    run(f"GRANT UPDATE (due_zone) ON listing_report TO {app}")


def downgrade() -> None:
    """Statements are made of what stands; those of what was reopened are lost."""
    op.drop_column("listing_report", "due_zone")
    op.get_bind().exec_driver_sql("UPDATE listing_report SET clocks = (clocks->0) - 'proof' WHERE clocks IS NOT NULL")
    op.alter_column("listing_report", "clocks", new_column_name="clock")
    op.drop_column("counter_notice", "zone")
    op.create_index(RESTRICTED, "reported_listing", KEYS, postgresql_where=sa.text(ACTIONS))
    op.drop_table("statement")


def _table() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "statement",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("acted_at", moment, nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("automated", sa.Boolean(), nullable=True),
        sa.Column("asked_at", moment, nullable=True),
        sa.Column("countered", sa.Boolean(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("right_facts", postgresql.JSONB(), nullable=False),
        sa.Column("notifier", sa.String(length=120), nullable=False),
        sa.CheckConstraint(ACTIONS, name=op.f("ck_statement_action")),
        sa.ForeignKeyConstraint(
            ["report_id", "n"],
            ["reported_listing.report_id", "reported_listing.n"],
            name=op.f("fk_statement_report_id_n_reported_listing"),
        ),
        sa.ForeignKeyConstraint(["platform_id"], ["member.id"], name=op.f("fk_statement_platform_id_member")),
        sa.PrimaryKeyConstraint("report_id", "n", "acted_at", name=op.f("pk_statement")),
    )
    op.create_index("ix_statement_platform", "statement", KEYS)


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
