"""Test buys: of one brand each, with a chain of custody and costs to which rows are added and none is changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_0770"
down_revision = "20261127_0760"
branch_labels = None
depends_on = None

READER = "(SELECT reader_member())"
OWN = f"brand_id = {READER} AND current_setting('hub.kind', true) = 'brand'"
BY_ITSELF = "coalesce(current_setting('hub.agent', true), '') = ''"
STATES = (
    "'planned', 'approved', 'ordered', 'received', 'examined', 'judged', 'signed', 'linked', 'refunded', 'retained',"
    " 'destroyed', 'cancelled'"
)
COMMANDS = (
    "'approve', 'order', 'receive', 'pass', 'examine', 'judge', 'sign', 'link', 'spend', 'refund', 'retain', 'destroy',"
    " 'cancel'"
)
MOVED = (
    "spent, approved_by, state, version, order_number, ordered_on, verdict, method, verifier, signer, signer_role,"
    " signed_at, record_digest, report_file, report_digest, listing_report"
)
SCOPES = (
    *("contribution:share", "contribution:withdraw", "contribution:read-own"),
    *("match:run", "match:read-own", "list:fetch", "right:enter", "right:read"),
    *("report:file", "report:read", "evidence:store", "evidence:read", "question:answer", "question:read"),
)
MORE = ("testbuy:run", "testbuy:read")
TABLES = ("test_buy_cost", "custody_step", "test_buy")


def upgrade() -> None:
    """The tables, what the application may do with them, and two more scopes of an authorisation."""
    _buys()
    _parts()
    run, app = op.get_bind().exec_driver_sql, _app()
    run(f"GRANT SELECT, INSERT, UPDATE ({MOVED}) ON test_buy TO {app}")
    run(f"GRANT SELECT, INSERT ON custody_step, test_buy_cost TO {app}")
    for table in TABLES:
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(
            f"CREATE TRIGGER owe_record AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH STATEMENT"
            f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
        )
        run(f"CREATE POLICY read ON {table} FOR SELECT USING ({OWN})")
        run(f"CREATE POLICY add ON {table} FOR INSERT WITH CHECK ({OWN})")
    run(f"CREATE POLICY lead ON test_buy FOR UPDATE USING ({OWN}) WITH CHECK ({OWN})")
    run(  # an agent runs a test buy, and never approves what it may spend
        "CREATE POLICY by_itself ON custody_step AS RESTRICTIVE FOR INSERT"
        f" WITH CHECK (command <> 'approve' OR {BY_ITSELF})"
    )
    _scopes(*SCOPES, *MORE)


def downgrade() -> None:
    """Take them back; what was bought is lost, and so are authorisations to nothing else."""
    run = op.get_bind().exec_driver_sql
    run("DELETE FROM authorisation WHERE scopes <@ %s", (list(MORE),))
    run(f"UPDATE authorisation SET scopes = array_remove(array_remove(scopes, '{MORE[0]}'), '{MORE[1]}')")
    _scopes(*SCOPES)
    for table in TABLES:
        op.drop_table(table)


def _scopes(*scopes: str) -> None:
    listed = ", ".join(f"'{scope}'::text" for scope in scopes)
    op.drop_constraint(op.f("ck_authorisation_scopes"), "authorisation")
    op.create_check_constraint(
        op.f("ck_authorisation_scopes"), "authorisation", f"scopes <@ ARRAY[{listed}] AND cardinality(scopes) > 0"
    )


def _buys() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "test_buy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("goods", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("planned_by", sa.String(length=24), nullable=False),
        sa.Column("planned_at", moment, nullable=False),
        sa.Column("approved_by", sa.String(length=24), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=True),
        sa.Column("ordered_on", sa.Date(), nullable=True),
        sa.Column("verdict", sa.String(length=12), nullable=True),
        sa.Column("method", sa.String(length=2000), nullable=True),
        sa.Column("verifier", sa.String(length=200), nullable=True),
        sa.Column("signer", sa.String(length=200), nullable=True),
        sa.Column("signer_role", sa.String(length=200), nullable=True),
        sa.Column("signed_at", moment, nullable=True),
        sa.Column("record_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("report_file", sa.String(length=24), nullable=True),
        sa.Column("report_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("listing_report", sa.String(length=24), nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_test_buy_state")),
        sa.CheckConstraint("verdict IN ('genuine', 'counterfeit', 'inconclusive')", name=op.f("ck_test_buy_verdict")),
        sa.CheckConstraint("approved_by <> planned_by", name=op.f("ck_test_buy_four_eyes")),
        sa.CheckConstraint("(signed_at IS NULL) = (report_file IS NULL)", name=op.f("ck_test_buy_signed")),
        sa.ForeignKeyConstraint(["brand_id"], ["member.id"], name=op.f("fk_test_buy_brand_id_member")),
        sa.ForeignKeyConstraint(["platform_id"], ["member.id"], name=op.f("fk_test_buy_platform_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_buy")),
        sa.UniqueConstraint("name", name=op.f("uq_test_buy_name")),
        sa.UniqueConstraint("id", "brand_id", name=op.f("uq_test_buy_id_brand_id")),
    )
    op.create_index("ix_test_buy_brand", "test_buy", ["brand_id", "id"])
    op.create_index("ix_test_buy_brand_state", "test_buy", ["brand_id", "state", "id"])
    op.create_index("ix_test_buy_brand_currency", "test_buy", ["brand_id", "currency"], postgresql_include=["spent"])


def _parts() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "custody_step",
        sa.Column("buy_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("command", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.Column("by_agent", sa.Boolean(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("seal", sa.String(length=40), nullable=False),
        sa.Column("photos", postgresql.JSONB(), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("entry", sa.String(length=24), nullable=False),
        sa.CheckConstraint(f"command IN ({COMMANDS})", name=op.f("ck_custody_step_command")),
        _of_buy("custody_step"),
        sa.PrimaryKeyConstraint("buy_id", "n", name=op.f("pk_custody_step")),
    )
    op.create_table(
        "test_buy_cost",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("buy_id", sa.BigInteger(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.CheckConstraint(
            "kind IN ('price', 'shipping', 'duty', 'examination', 'other', 'refund')",
            name=op.f("ck_test_buy_cost_kind"),
        ),
        sa.CheckConstraint("(kind = 'refund') = (minor < 0)", name=op.f("ck_test_buy_cost_refund")),
        _of_buy("test_buy_cost"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_buy_cost")),
    )
    op.create_index("ix_test_buy_cost_buy_id", "test_buy_cost", ["buy_id", "id"])


def _of_buy(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["buy_id", "brand_id"],
        ["test_buy.id", "test_buy.brand_id"],
        name=op.f(f"fk_{table}_buy_id_brand_id_test_buy"),
    )


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
