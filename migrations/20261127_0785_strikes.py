"""Strike ladders of platforms, and how strikes of a seller and restrictions of a platform are found."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0785"
down_revision = "20261127_0780"
branch_labels = None
depends_on = None

PLATFORM = "platform_id = (SELECT reader_member()) AND current_setting('hub.kind', true) = 'platform'"


def upgrade() -> None:
    """The table, which its platform alone reads and writes, and two indexes."""
    op.create_table(
        "strike_ladder",
        sa.Column("platform_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ladder", sa.String(length=24), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["platform_id"], ["member.id"], name=op.f("fk_strike_ladder_platform_id_member")),
        sa.PrimaryKeyConstraint("platform_id", name=op.f("pk_strike_ladder")),
    )
    op.create_index(
        *("ix_reported_listing_seller", "reported_listing", ["platform_id", "seller", "acted_at"]),
        postgresql_where=sa.text("decision = 'established' AND action <> 'none'"),
    )
    op.create_index(
        *("ix_reported_listing_restricted", "reported_listing", ["platform_id", "acted_at", "report_id", "n"]),
        postgresql_where=sa.text("action IN ('listing removed', 'store closed')"),
    )
    run, app = op.get_bind().exec_driver_sql, _app()
    run(f"GRANT SELECT, INSERT, UPDATE (ladder, set_at) ON strike_ladder TO {app}")
    run("ALTER TABLE strike_ladder ENABLE ROW LEVEL SECURITY")
    run(
        "CREATE TRIGGER owe_record AFTER INSERT OR DELETE OR UPDATE ON strike_ladder FOR EACH STATEMENT"
        f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
    )
    run(f"CREATE POLICY own ON strike_ladder FOR ALL USING ({PLATFORM}) WITH CHECK ({PLATFORM})")


def downgrade() -> None:
    """Take them back; every platform has the usual ladder again."""
    for name in ("seller", "restricted"):
        op.drop_index(f"ix_reported_listing_{name}", table_name="reported_listing")
    op.drop_table("strike_ladder")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
