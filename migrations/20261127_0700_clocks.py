"""The clocks of platforms: how long sellers and right holders have, by jurisdiction; a report keeps the one that held."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_0700"
down_revision = "20261127_0640"
branch_labels = None
depends_on = None

PLATFORM = "platform_id = (SELECT reader_member()) AND current_setting('hub.kind', true) = 'platform'"


def upgrade() -> None:
    """The table, which its platform alone reads and writes, and a column of reports."""
    op.create_table(
        "platform_clock",
        sa.Column("platform_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("jurisdiction", sa.String(length=2), nullable=False),
        sa.Column("preset", sa.String(length=24), nullable=False),
        sa.Column("seller", sa.SmallInteger(), nullable=False),
        sa.Column("holder", sa.SmallInteger(), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("holidays", postgresql.ARRAY(sa.Date()), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["platform_id"], ["member.id"], name=op.f("fk_platform_clock_platform_id_member")),
        sa.PrimaryKeyConstraint("platform_id", "jurisdiction", name=op.f("pk_platform_clock")),
    )
    op.add_column("listing_report", sa.Column("clock", postgresql.JSONB(), nullable=True))
    run, app = op.get_bind().exec_driver_sql, _app()
    run(f"GRANT UPDATE (clock) ON listing_report TO {app}")
    run(
        "GRANT SELECT, INSERT, DELETE, UPDATE (preset, seller, holder, zone, holidays, set_at) ON platform_clock"
        f" TO {app}"
    )
    run("ALTER TABLE platform_clock ENABLE ROW LEVEL SECURITY")
    run(
        "CREATE TRIGGER owe_record AFTER INSERT OR DELETE OR UPDATE ON platform_clock FOR EACH STATEMENT"
        f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
    )
    run(f"CREATE POLICY own ON platform_clock FOR ALL USING ({PLATFORM}) WITH CHECK ({PLATFORM})")


def downgrade() -> None:
    """Take them back; every platform has the default again."""
    op.drop_column("listing_report", "clock")
    op.drop_table("platform_clock")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
