"""Counter-notices as records of their own, reinstated listings, and whose time runs out next."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_0780"
down_revision = "20261127_0770"
branch_labels = None
depends_on = None

READER = "(SELECT reader_member())"
PARTY = f"(brand_id = {READER} OR platform_id = {READER})"
BRAND = f"brand_id = {READER} AND current_setting('hub.kind', true) = 'brand'"
PLATFORM = f"platform_id = {READER} AND current_setting('hub.kind', true) = 'platform'"
BEFORE = (
    "'take', 'assign', 'return', 'mend', 'forward', 'counter', 'lapse', 'maintain', 'withdraw', 'judge', 'decide',"
    " 'act', 'close', 'reopen'"
)
COMMANDS = (
    "'take', 'assign', 'return', 'mend', 'forward', 'counter', 'lapse', 'maintain', 'accept', 'withdraw', 'judge',"
    " 'decide', 'act', 'reinstate', 'close', 'reopen'"
)
ACTIONS = "'listing removed', 'store closed', 'warning', 'points', 'none'"
STATES = "'forwarded', 'maintained', 'expired', 'accepted by right holder', 'accepted by platform', 'rejected'"
ACTED_ON = "action IS NULL OR decision IS NOT DISTINCT FROM 'established'"
OR_REINSTATED = "action IS NULL OR decision IS NOT DISTINCT FROM CASE action WHEN 'reinstated' THEN 'rejected' ELSE 'established' END"
FUNCTION = """
CREATE FUNCTION platform_with_due_report(moment timestamptz) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT platform_id FROM listing_report WHERE due_at <= moment ORDER BY due_at LIMIT 1
$$
"""
"""Whose report is next: the job that asks has no reader yet, and so sees none."""


def upgrade() -> None:
    """The table, its columns beside it, what each party writes, and what the job asks."""
    _table()
    _columns()
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FUNCTION)
    run("REVOKE EXECUTE ON FUNCTION platform_with_due_report FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION platform_with_due_report TO {app}")
    run(f"GRANT UPDATE (asked_at) ON listing_report TO {app}")
    run(f"GRANT UPDATE (acted_at) ON reported_listing TO {app}")
    run(f"GRANT SELECT, INSERT, UPDATE (state, answered_at, sentence, proof, agent_id) ON counter_notice TO {app}")
    run("ALTER TABLE counter_notice ENABLE ROW LEVEL SECURITY")
    run(
        "CREATE TRIGGER owe_record AFTER INSERT OR DELETE OR UPDATE ON counter_notice FOR EACH STATEMENT"
        f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
    )
    run(f"CREATE POLICY read ON counter_notice FOR SELECT USING {PARTY}")
    run(f"CREATE POLICY pass_on ON counter_notice FOR INSERT WITH CHECK ({PLATFORM})")
    run(f"CREATE POLICY settle ON counter_notice FOR UPDATE USING {PARTY} WITH CHECK {PARTY}")
    # a right holder that accepts a counter-notice lets its listings stand again, and changes nothing else of a listing
    run(
        f"CREATE POLICY give_way ON reported_listing FOR UPDATE USING ({BRAND} AND decision IS NULL)"
        f" WITH CHECK ({BRAND} AND action = 'reinstated')"
    )


def downgrade() -> None:
    """Take them back; what sellers said is lost, and what was reinstated is rejected without an action."""
    run = op.get_bind().exec_driver_sql
    run("DROP POLICY give_way ON reported_listing")
    run("DROP FUNCTION platform_with_due_report")
    op.drop_table("counter_notice")
    run("UPDATE reported_listing SET action = NULL WHERE action = 'reinstated'")
    run("UPDATE report_step SET command = 'maintain' WHERE command = 'accept'")
    run("DELETE FROM report_step WHERE command = 'reinstate'")
    _checks(BEFORE, ACTIONS, ACTED_ON)
    op.drop_index("ix_listing_report_due_at", table_name="listing_report")
    op.drop_column("reported_listing", "acted_at")
    op.drop_column("listing_report", "asked_at")


def _columns() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("listing_report", sa.Column("asked_at", moment, nullable=True))
    op.add_column("reported_listing", sa.Column("acted_at", moment, nullable=True))
    op.create_index(
        "ix_listing_report_due_at", "listing_report", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    run = op.get_bind().exec_driver_sql
    for column, table, command, where in (
        ("asked_at", "listing_report r", "forward", "r.id"),
        ("acted_at", "reported_listing r", "act", "r.report_id"),
    ):
        run(
            f"UPDATE {table} SET {column} = (SELECT max(s.at) FROM report_step s WHERE s.report_id = {where}"
            f" AND s.command = '{command}')" + (" WHERE action IS NOT NULL" if command == "act" else "")
        )
    # what was countered before has no counter-notice on record: its seller's time is over, and its listings are judged
    run("UPDATE listing_report SET state = 'undefended', due_at = NULL WHERE state = 'countered'")
    _checks(COMMANDS, f"{ACTIONS}, 'reinstated'", OR_REINSTATED)


def _checks(commands: str, actions: str, acted_on: str) -> None:
    for table, name, said in (
        ("report_step", "command", f"command IN ({commands})"),
        ("reported_listing", "action", f"action IN ({actions})"),
        ("reported_listing", "acted_on", acted_on),
    ):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, said)


def _table() -> None:
    moment = sa.DateTime(timezone=True)
    parties = ("brand_id", "platform_id", "agent_id")
    op.create_table(
        "counter_notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("listings", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("grounds", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("passed_on_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("sentence", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("proof", sa.String(length=24), server_default="", nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_counter_notice_state")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["listing_report.id"], name=op.f("fk_counter_notice_report_id_listing_report")
        ),
        *(
            sa.ForeignKeyConstraint([each], ["member.id"], name=op.f(f"fk_counter_notice_{each}_member"))
            for each in parties
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_notice")),
        sa.UniqueConstraint("name", name=op.f("uq_counter_notice_name")),
    )
    op.create_index("ix_counter_notice_report_id", "counter_notice", ["report_id", "id"])
    for party in ("brand", "platform"):
        op.create_index(f"ix_counter_notice_{party}", "counter_notice", [f"{party}_id", "passed_on_at"])


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
