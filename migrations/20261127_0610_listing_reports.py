"""Listing reports: from a brand to a platform, seen by the two of them alone; and the marketplaces of platforms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_0610"
down_revision = "20261127_0600"
branch_labels = None
depends_on = None

READER = "(SELECT reader_member())"
PARTY = f"(brand_id = {READER} OR platform_id = {READER})"
BRAND = f"brand_id = {READER} AND current_setting('hub.kind', true) = 'brand'"
PLATFORM = f"platform_id = {READER} AND current_setting('hub.kind', true) = 'platform'"
STATES = (
    "'submitted', 'returned', 'in review', 'forwarded', 'unanswered', 'countered', 'maintained', 'undefended', 'decided',"
    " 'acted on', 'closed', 'withdrawn'"
)
COMMANDS = (
    "'take', 'assign', 'return', 'mend', 'forward', 'counter', 'lapse', 'maintain', 'withdraw', 'judge', 'decide', 'act', 'close',"
    " 'reopen'"
)
ACTIONS = "'listing removed', 'store closed', 'warning', 'points', 'none'"
MOVED = "state, due_at, version, assigned_to, outcome, evidence, explanation"
JUDGED = "decision, refusal, sentence, action, points"
SCOPES = (
    *("contribution:share", "contribution:withdraw", "contribution:read-own"),
    *("match:run", "match:read-own", "list:fetch", "right:enter", "right:read"),
)
MORE = ("report:file", "report:read")
TABLES = ("report_step", "reported_listing", "listing_report", "marketplace")


def upgrade() -> None:
    """The tables, what the application may do with them, and two more scopes of an authorisation."""
    _reports()
    _parts()
    run, app = op.get_bind().exec_driver_sql, _app()
    run(f"GRANT SELECT, INSERT, DELETE, UPDATE (jurisdictions, set_at) ON marketplace TO {app}")
    run(f"GRANT SELECT, INSERT, UPDATE ({MOVED}) ON listing_report TO {app}")
    run(f"GRANT SELECT, INSERT, UPDATE ({JUDGED}) ON reported_listing TO {app}")
    run(f"GRANT SELECT, INSERT ON report_step TO {app}")
    for table in TABLES:
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(
            f"CREATE TRIGGER owe_record AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH STATEMENT"
            f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
        )
    run(
        "CREATE POLICY read ON marketplace FOR SELECT"
        " USING (current_setting('hub.kind', true) IN ('brand', 'platform'))"
    )
    run(f"CREATE POLICY own ON marketplace FOR ALL USING ({PLATFORM}) WITH CHECK ({PLATFORM})")
    for table in TABLES[:3]:
        run(f"CREATE POLICY read ON {table} FOR SELECT USING {PARTY}")
    run(f"CREATE POLICY file ON listing_report FOR INSERT WITH CHECK ({BRAND})")
    run(f"CREATE POLICY lead ON listing_report FOR UPDATE USING {PARTY} WITH CHECK {PARTY}")
    run(f"CREATE POLICY file ON reported_listing FOR INSERT WITH CHECK ({BRAND})")
    run(f"CREATE POLICY judge ON reported_listing FOR UPDATE USING ({PLATFORM}) WITH CHECK ({PLATFORM})")
    run(f"CREATE POLICY lead ON report_step FOR INSERT WITH CHECK {PARTY}")
    _scopes(*SCOPES, *MORE)


def downgrade() -> None:
    """Take them back; what was reported is lost, and so are authorisations to nothing else."""
    run = op.get_bind().exec_driver_sql
    run("DELETE FROM authorisation WHERE scopes <@ %s", (list(MORE),))
    run(f"UPDATE authorisation SET scopes = array_remove(array_remove(scopes, '{MORE[0]}'), '{MORE[1]}')")
    _scopes(*SCOPES)
    for table in TABLES:
        op.drop_table(table)


def _scopes(*scopes: str) -> None:
    listed = ", ".join(f"'{scope}'::text" for scope in scopes)
    op.drop_constraint("ck_authorisation_scopes", "authorisation")
    op.create_check_constraint(
        op.f("ck_authorisation_scopes"), "authorisation", f"scopes <@ ARRAY[{listed}] AND cardinality(scopes) > 0"
    )


def _parties(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], ["member.id"], name=op.f(f"fk_{table}_{column}_member"))
        for column in ("brand_id", "platform_id")
    ]


def _reports() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "marketplace",
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("jurisdictions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("set_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["platform_id"], ["member.id"], name=op.f("fk_marketplace_platform_id_member")),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_marketplace")),
    )
    op.create_index("ix_marketplace_platform_id", "marketplace", ["platform_id"])
    op.create_table(
        "listing_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("by_agent", sa.Boolean(), nullable=False),
        sa.Column("right_name", sa.String(length=24), nullable=False),
        sa.Column("right_facts", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("declaration", sa.SmallInteger(), nullable=False),
        sa.Column("declared_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("filed_by", sa.String(length=24), nullable=False),
        sa.Column("filed_at", moment, nullable=False),
        sa.Column("listings", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("assigned_to", sa.String(length=24), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_listing_report_state")),
        *_parties("listing_report"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_report")),
        sa.UniqueConstraint("name", name=op.f("uq_listing_report_name")),
    )
    op.create_index("ix_listing_report_brand", "listing_report", ["brand_id", "id"])
    op.create_index("ix_listing_report_platform", "listing_report", ["platform_id", "id"])
    for name, column in (
        ("state", "state"),
        ("reason", "reason"),
        ("brand", "brand_id"),
        ("assigned", "assigned_to"),
    ):
        op.create_index(f"ix_listing_report_platform_{name}", "listing_report", ["platform_id", column, "id"])


def _parts() -> None:
    op.create_table(
        "reported_listing",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("target", sa.String(length=8), nullable=False),
        sa.Column("product_class", sa.SmallInteger(), nullable=True),
        sa.Column("seller", sa.String(length=120), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=True),
        sa.Column("refusal", sa.String(length=24), server_default="", nullable=False),
        sa.Column("sentence", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("action", sa.String(length=16), nullable=True),
        sa.Column("points", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("decision IN ('established', 'rejected')", name=op.f("ck_reported_listing_decision")),
        sa.CheckConstraint(f"action IN ({ACTIONS})", name=op.f("ck_reported_listing_action")),
        sa.CheckConstraint(
            "decision <> 'rejected' OR (refusal <> '' AND sentence <> '')",
            name=op.f("ck_reported_listing_refused_with_a_reason"),
        ),
        # what was not decided is NULL, and would let the whole condition be: so it is said the other way round
        sa.CheckConstraint(
            "action IS NULL OR decision IS NOT DISTINCT FROM 'established'", name=op.f("ck_reported_listing_acted_on")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["listing_report.id"], name=op.f("fk_reported_listing_report_id_listing_report")
        ),
        *_parties("reported_listing"),
        sa.PrimaryKeyConstraint("report_id", "n", name=op.f("pk_reported_listing")),
    )
    op.create_index("ix_reported_listing_digest", "reported_listing", ["brand_id", "platform_id", "digest"])
    op.create_table(
        "report_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("command", sa.String(length=10), nullable=False),
        sa.Column("party", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.Column("refusal", sa.String(length=24), server_default="", nullable=False),
        sa.Column("sentence", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("listings", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"command IN ({COMMANDS})", name=op.f("ck_report_step_command")),
        sa.CheckConstraint("party IN ('brand', 'platform')", name=op.f("ck_report_step_party")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["listing_report.id"], name=op.f("fk_report_step_report_id_listing_report")
        ),
        *_parties("report_step"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_step")),
    )
    op.create_index("ix_report_step_report_id", "report_step", ["report_id", "id"])


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
