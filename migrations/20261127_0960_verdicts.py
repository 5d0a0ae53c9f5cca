"""Platforms verify IP rights too, for themselves: those that a brand, or a report under a right, showed them."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0960"
down_revision = "20261127_0950"
branch_labels = None
depends_on = None

READER = "(SELECT reader_member())"
OFFICE = "current_setting('hub.kind', true) = 'administration'"
OWN = f"member_id = {READER}"
BRAND = f"{OWN} AND current_setting('hub.kind', true) = 'brand'"
MINE = f"verifier_id = {READER}"
SHOWN = "EXISTS (SELECT FROM ip_right_verdict v WHERE v.right_id = {} AND v.verifier_id = (SELECT reader_member()))"
PLATFORM = "EXISTS (SELECT FROM member m WHERE m.id = verifier_id AND m.kind = 'platform')"
WORD = f"by_id = {READER} AND command IN ('verify', 'refuse') AND {SHOWN.format('right_id')}"
STATES = "'entered', 'verified', 'refused', 'withdrawn'"
BEFORE = "'enter', 'verify', 'refuse', 'correct', 'certify', 'withdraw'"
COMMANDS = "'enter', 'ask', 'verify', 'refuse', 'correct', 'certify', 'withdraw'"
# What reports showed before is shown.
REPORTED = """
INSERT INTO ip_right_verdict (right_id, member_id, verifier_id, state, shown_at)
SELECT r.id, r.member_id, l.platform_id, CASE r.state WHEN 'withdrawn' THEN 'withdrawn' ELSE 'entered' END, min(l.filed_at)
FROM listing_report l JOIN ip_right r ON r.name = l.right_name AND r.member_id = l.brand_id
WHERE l.platform_id <> l.brand_id GROUP BY r.id, l.platform_id
"""


def upgrade() -> None:
    """The table, and who reads and writes what."""
    moment, run, app = sa.DateTime(timezone=True), op.get_bind().exec_driver_sql, _app()
    op.create_unique_constraint(op.f("uq_ip_right_id_member_id"), "ip_right", ["id", "member_id"])
    op.create_table(
        "ip_right_verdict",
        sa.Column("right_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("verifier_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("shown_at", moment, nullable=False),
        sa.Column("asked_at", moment, nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_ip_right_verdict_state")),
        sa.CheckConstraint(
            "state <> 'refused' OR reason <> ''", name=op.f("ck_ip_right_verdict_refused_with_a_reason")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [target], name=op.f(f"fk_ip_right_verdict_{column}_{target.split('.')[0]}")
            )
            for column, target in (
                ("member_id", "member.id"),
                ("verifier_id", "member.id"),
            )
        ),
        sa.ForeignKeyConstraint(
            *(["right_id", "member_id"], ["ip_right.id", "ip_right.member_id"]),
            name=op.f("fk_ip_right_verdict_right_id_member_id_ip_right"),
        ),
        sa.PrimaryKeyConstraint("right_id", "verifier_id", name=op.f("pk_ip_right_verdict")),
    )
    op.create_index("ix_ip_right_verdict_verifier_id", "ip_right_verdict", ["verifier_id", "state"])
    run(REPORTED)
    run(f"GRANT SELECT, INSERT, UPDATE (state, reason, asked_at) ON ip_right_verdict TO {app}")
    run("ALTER TABLE ip_right_verdict ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY read ON ip_right_verdict FOR SELECT USING ({OWN} OR {MINE} OR {OFFICE})")
    run(f"CREATE POLICY show ON ip_right_verdict FOR INSERT WITH CHECK ({BRAND} AND {PLATFORM})")
    run(f"CREATE POLICY move ON ip_right_verdict FOR UPDATE USING ({OWN} OR {MINE}) WITH CHECK ({OWN} OR {MINE})")
    run(
        "CREATE TRIGGER owe_record AFTER INSERT OR UPDATE OR DELETE ON ip_right_verdict FOR EACH STATEMENT"
        f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
    )
    run(f"ALTER POLICY read ON ip_right USING ({OWN} OR {OFFICE} OR {SHOWN.format('ip_right.id')})")
    run(f"ALTER POLICY read ON ip_right_certificate USING ({OWN} OR {OFFICE} OR {SHOWN.format('right_id')})")
    run(f"ALTER POLICY read ON ip_right_move USING ({OWN} OR {OFFICE} OR by_id = {READER})")
    run(f"ALTER POLICY move ON ip_right_move WITH CHECK ({OWN} OR {OFFICE} OR ({WORD}))")
    _commands(COMMANDS)


def downgrade() -> None:
    """Take them back; what platforms said is lost, and the office's word alone is left."""
    run = op.get_bind().exec_driver_sql
    run("DELETE FROM ip_right_move m USING member b WHERE b.id = m.by_id AND b.kind = 'platform'")
    run("DELETE FROM ip_right_move WHERE command = 'ask'")
    _commands(BEFORE)
    for table in ("ip_right", "ip_right_certificate", "ip_right_move"):
        run(f"ALTER POLICY read ON {table} USING ({OWN} OR {OFFICE})")
    run(f"ALTER POLICY move ON ip_right_move WITH CHECK ({OWN} OR {OFFICE})")
    op.drop_table("ip_right_verdict")
    op.drop_constraint(op.f("uq_ip_right_id_member_id"), "ip_right")


def _commands(listed: str) -> None:
    op.drop_constraint(op.f("ck_ip_right_move_command"), "ip_right_move")
    op.create_check_constraint(op.f("ck_ip_right_move_command"), "ip_right_move", f"command IN ({listed})")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    return str(run("SELECT quote_ident(current_database() || '_app')").scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
