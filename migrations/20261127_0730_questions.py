"""Questions: from a platform to a brand, seen by the two of them alone; and an authorisation to answer them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_0730"
down_revision = "20261127_0700"
branch_labels = None
depends_on = None

READER = "(SELECT reader_member())"
PARTY = f"(brand_id = {READER} OR platform_id = {READER})"
PLATFORM = f"platform_id = {READER} AND current_setting('hub.kind', true) = 'platform'"
STATES = "'asked', 'fake', 'genuine', 'cannot tell', 'expired', 'withdrawn'"
ENDED = (
    "state, right_name, right_facts, sentence, declaration, declared_digest, by_agent, ended_by, ended_at, ended_entry"
)
SCOPES = (
    *("contribution:share", "contribution:withdraw", "contribution:read-own"),
    *("match:run", "match:read-own", "list:fetch", "right:enter", "right:read"),
    *("report:file", "report:read", "evidence:store", "evidence:read"),
)
MORE = ("question:answer", "question:read")
OPEN = sa.text("state = 'asked'")
# Whose questions are next to expire: the job that asks has no reader yet, and so sees none.
FUNCTION = """
CREATE FUNCTION parties_with_due_questions(moment timestamptz) RETURNS integer[] LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT ARRAY[platform_id, brand_id] FROM question WHERE state = 'asked' AND due_at <= moment ORDER BY due_at LIMIT 1
$$;
"""


def upgrade() -> None:
    """The table, what the application may do with it, and two more scopes of an authorisation."""
    _table()
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FUNCTION)
    run("REVOKE EXECUTE ON FUNCTION parties_with_due_questions FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION parties_with_due_questions TO {app}")
    run(f"GRANT SELECT, INSERT, UPDATE ({ENDED}) ON question TO {app}")
    run("ALTER TABLE question ENABLE ROW LEVEL SECURITY")
    run(
        "CREATE TRIGGER owe_record AFTER INSERT OR DELETE OR UPDATE ON question FOR EACH STATEMENT"
        f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
    )
    run(f"CREATE POLICY read ON question FOR SELECT USING {PARTY}")
    run(f"CREATE POLICY ask ON question FOR INSERT WITH CHECK ({PLATFORM} AND state = 'asked')")
    run(f"CREATE POLICY lead ON question FOR UPDATE USING {PARTY} WITH CHECK {PARTY}")
    _scopes(*SCOPES, *MORE)


def downgrade() -> None:
    """Take it back; what was asked is lost, and so are authorisations to nothing else."""
    run = op.get_bind().exec_driver_sql
    run("DELETE FROM authorisation WHERE scopes <@ %s", (list(MORE),))
    run(f"UPDATE authorisation SET scopes = array_remove(array_remove(scopes, '{MORE[0]}'), '{MORE[1]}')")
    _scopes(*SCOPES)
    op.drop_table("question")
    run("DROP FUNCTION parties_with_due_questions")


def _scopes(*scopes: str) -> None:
    listed = ", ".join(f"'{scope}'::text" for scope in scopes)
    op.drop_constraint(op.f("ck_authorisation_scopes"), "authorisation")
    op.create_check_constraint(
        op.f("ck_authorisation_scopes"), "authorisation", f"scopes <@ ARRAY[{listed}] AND cardinality(scopes) > 0"
    )


def _table() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "question",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("pictures", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=24), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("asked_entry", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("right_name", sa.String(length=24), nullable=True),
        sa.Column("right_facts", postgresql.JSONB(), nullable=True),
        sa.Column("sentence", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("declaration", sa.SmallInteger(), nullable=True),
        sa.Column("declared_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("by_agent", sa.Boolean(), nullable=True),
        sa.Column("ended_by", sa.String(length=24), nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_entry", sa.String(length=24), nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_question_state")),
        sa.CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name=op.f("ck_question_ended")),
        sa.CheckConstraint(
            "(state = 'fake') = (right_name IS NOT NULL AND declaration IS NOT NULL AND sentence <> '')",
            name=op.f("ck_question_declared"),
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["member.id"], name=op.f("fk_question_brand_id_member")),
        sa.ForeignKeyConstraint(["platform_id"], ["member.id"], name=op.f("fk_question_platform_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("name", name=op.f("uq_question_name")),
    )
    for name, columns in (
        ("brand", ["brand_id", "id"]),
        ("platform", ["platform_id", "id"]),
        ("brand_state", ["brand_id", "state", "id"]),
        ("platform_state", ["platform_id", "state", "id"]),
        ("parties", ["brand_id", "platform_id", "id"]),
        ("parties_state", ["brand_id", "platform_id", "state", "id"]),
    ):
        op.create_index(f"ix_question_{name}", "question", columns)
    for party, more in (("brand", []), ("platform", ["brand_id"])):
        op.create_index(
            f"ix_question_{party}_ended",
            "question",
            [f"{party}_id", "ended_at"],
            postgresql_include=[*more, "state", "asked_at"],
        )
    op.create_index("ix_question_due", "question", ["due_at"], postgresql_where=OPEN)
    op.create_index(
        "uq_question_open", "question", ["platform_id", "brand_id", "digest"], unique=True, postgresql_where=OPEN
    )


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
