"""Certificates of IP rights: copies that brands hand to the register, for whoever verifies a right to read."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0920"
down_revision = "20261127_0900"
branch_labels = None
depends_on = None

OFFICE = "current_setting('hub.kind', true) = 'administration'"
OWN = "member_id = (SELECT reader_member())"
RIGHT = "EXISTS (SELECT FROM ip_right r WHERE r.id = right_id AND r.member_id = ip_right_certificate.member_id)"
SAID = "agent_id, type, office, number, plain_number, title, jurisdictions, classes, begins_on, ends_on, owner"
BEFORE = "'enter', 'verify', 'refuse', 'correct', 'withdraw'"
COMMANDS = "'enter', 'verify', 'refuse', 'correct', 'certify', 'withdraw'"
MEDIA = "'image/jpeg', 'image/png', 'image/webp', 'application/pdf', 'video/mp4', 'text/csv', 'text/plain'"
# Whose certificates are next: the job that asks has no reader yet, and so sees none.
FUNCTION = """
CREATE FUNCTION member_with_lapsed_certificate(before date) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT r.member_id FROM ip_right r JOIN ip_right_certificate c ON c.right_id = r.id
  WHERE r.ends_on < before ORDER BY r.ends_on LIMIT 1
$$;
"""


def upgrade() -> None:
    """The table, the digest that is one of a right's facts, and who reads and writes them."""
    run, app = op.get_bind().exec_driver_sql, _app()
    op.add_column("ip_right", sa.Column("certificate", sa.LargeBinary(length=32), nullable=True))
    op.create_table(
        "ip_right_certificate",
        sa.Column("right_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"media IN ({MEDIA})", name=op.f("ck_ip_right_certificate_media")),
        sa.CheckConstraint("size > 0", name=op.f("ck_ip_right_certificate_size")),
        sa.ForeignKeyConstraint(["right_id"], ["ip_right.id"], name=op.f("fk_ip_right_certificate_right_id_ip_right")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_ip_right_certificate_member_id_member")),
        sa.PrimaryKeyConstraint("right_id", name=op.f("pk_ip_right_certificate")),
    )
    op.create_index(op.f("ix_ip_right_certificate_member_id"), "ip_right_certificate", ["member_id"])
    run(FUNCTION)
    run("REVOKE EXECUTE ON FUNCTION member_with_lapsed_certificate FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION member_with_lapsed_certificate TO {app}")
    run(f"GRANT SELECT, INSERT, DELETE ON ip_right_certificate TO {app}")
    run(f"GRANT UPDATE (certificate) ON ip_right TO {app}")
    run("ALTER TABLE ip_right_certificate ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY read ON ip_right_certificate FOR SELECT USING ({OWN} OR {OFFICE})")
    run(f"CREATE POLICY hand_in ON ip_right_certificate FOR INSERT WITH CHECK ({OWN} AND {RIGHT})")
    run(f"CREATE POLICY erase ON ip_right_certificate FOR DELETE USING ({OWN})")
    _owe("ip_right_certificate", "INSERT OR UPDATE OR DELETE")
    run("DROP TRIGGER owe_record ON ip_right")
    _owe("ip_right", f"INSERT OR DELETE OR UPDATE OF {SAID}, certificate, state")
    _commands(COMMANDS)


def downgrade() -> None:
    """Take them back; what was handed in is lost."""
    run = op.get_bind().exec_driver_sql
    run("DELETE FROM ip_right_move WHERE command = 'certify'")
    _commands(BEFORE)
    run("DROP FUNCTION member_with_lapsed_certificate")
    op.drop_table("ip_right_certificate")
    run("DROP TRIGGER owe_record ON ip_right")
    op.drop_column("ip_right", "certificate")
    _owe("ip_right", f"INSERT OR DELETE OR UPDATE OF {SAID}, state")


def _commands(listed: str) -> None:
    op.drop_constraint(op.f("ck_ip_right_move_command"), "ip_right_move")
    op.create_check_constraint(op.f("ck_ip_right_move_command"), "ip_right_move", f"command IN ({listed})")


def _owe(table: str, when: str) -> None:
    op.get_bind().exec_driver_sql(
        f"CREATE TRIGGER owe_record AFTER {when} ON {table} FOR EACH STATEMENT"
        f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
    )


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    return str(run("SELECT quote_ident(current_database() || '_app')").scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
