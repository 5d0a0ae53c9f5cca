"""IP rights: entered by a brand or its agent, verified by the office. An authorisation may let an agent enter them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_0600"
down_revision = "20261127_0050"
branch_labels = None
depends_on = None

OFFICE = "current_setting('hub.kind', true) = 'administration'"
OWN = "member_id = (SELECT reader_member())"
BRAND = f"{OWN} AND current_setting('hub.kind', true) = 'brand'"
TYPES = "'trade-mark', 'design', 'patent', 'copyright', 'geographical-indication'"
STATES = "'entered', 'verified', 'refused', 'withdrawn'"
COMMANDS = "'enter', 'verify', 'refuse', 'correct', 'withdraw'"
SAID = "agent_id, type, office, number, plain_number, title, jurisdictions, classes, begins_on, ends_on, owner"
SCOPES = (
    *("contribution:share", "contribution:withdraw", "contribution:read-own"),
    *("match:run", "match:read-own", "list:fetch"),
)
MORE = ("right:enter", "right:read")


def upgrade() -> None:
    """The tables, what the application may do with them, and two more scopes of an authorisation."""
    _tables()
    run, app = op.get_bind().exec_driver_sql, _app()
    run(f"GRANT SELECT, INSERT, UPDATE ({SAID}, state, reason, warned_days) ON ip_right TO {app}")
    run(f"GRANT SELECT, INSERT ON ip_right_move TO {app}")
    for table in ("ip_right", "ip_right_move"):
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"CREATE POLICY read ON {table} FOR SELECT USING ({OWN} OR {OFFICE})")
    run(f"CREATE POLICY enter ON ip_right FOR INSERT WITH CHECK ({BRAND})")
    run(f"CREATE POLICY move ON ip_right FOR UPDATE USING ({OWN} OR {OFFICE}) WITH CHECK ({OWN} OR {OFFICE})")
    run(f"CREATE POLICY move ON ip_right_move FOR INSERT WITH CHECK ({OWN} OR {OFFICE})")
    for table, when in (("ip_right", f"INSERT OR DELETE OR UPDATE OF {SAID}, state"), ("ip_right_move", "INSERT")):
        run(
            f"CREATE TRIGGER owe_record AFTER {when} ON {table} FOR EACH STATEMENT"
            f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
        )
    _scopes(*SCOPES, *MORE)


def downgrade() -> None:
    """Take them back; what was entered is lost, and so are authorisations to nothing else."""
    run = op.get_bind().exec_driver_sql
    run("DELETE FROM authorisation WHERE scopes <@ %s", (list(MORE),))
    run(f"UPDATE authorisation SET scopes = array_remove(array_remove(scopes, '{MORE[0]}'), '{MORE[1]}')")
    _scopes(*SCOPES)
    for table in ("ip_right_move", "ip_right"):
        op.drop_table(table)


def _scopes(*scopes: str) -> None:
    listed = ", ".join(f"'{scope}'::text" for scope in scopes)
    op.drop_constraint("ck_authorisation_scopes", "authorisation")
    op.create_check_constraint(
        op.f("ck_authorisation_scopes"),
        "authorisation",
        f"scopes <@ ARRAY[{listed}] AND cardinality(scopes) > 0",
    )


def _tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "ip_right",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("type", sa.String(length=24), nullable=False),
        sa.Column("office", sa.String(length=12), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("plain_number", sa.String(length=40), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("jurisdictions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("classes", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("entered_at", moment, nullable=False),
        sa.Column("warned_days", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint(f"type IN ({TYPES})", name=op.f("ck_ip_right_type")),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_ip_right_state")),
        sa.CheckConstraint("(office IS NULL) = (number IS NULL)", name=op.f("ck_ip_right_number_of_its_office")),
        sa.CheckConstraint("office IS NOT NULL OR type = 'copyright'", name=op.f("ck_ip_right_registered")),
        sa.CheckConstraint("ends_on >= begins_on", name=op.f("ck_ip_right_ends_on")),
        sa.CheckConstraint("state <> 'refused' OR reason <> ''", name=op.f("ck_ip_right_refused_with_a_reason")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_ip_right_member_id_member")),
        sa.ForeignKeyConstraint(["agent_id"], ["member.id"], name=op.f("fk_ip_right_agent_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ip_right")),
        sa.UniqueConstraint("name", name=op.f("uq_ip_right_name")),
    )
    op.create_index("ix_ip_right_own", "ip_right", ["member_id", "id"])
    op.create_index("ix_ip_right_state", "ip_right", ["state", "id"])
    op.create_index("ix_ip_right_ends_on", "ip_right", ["member_id", "ends_on"])
    op.create_index("uq_ip_right_number", "ip_right", ["member_id", "type", "office", "plain_number"], unique=True)
    op.create_table(
        "ip_right_move",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("right_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.Column("command", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.CheckConstraint(f"command IN ({COMMANDS})", name=op.f("ck_ip_right_move_command")),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_ip_right_move_{column}_{target.split('.')[0]}"))
            for column, target in (("right_id", "ip_right.id"), ("member_id", "member.id"), ("by_id", "member.id"))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ip_right_move")),
    )
    op.create_index("ix_ip_right_move_right_id", "ip_right_move", ["right_id", "id"])


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
