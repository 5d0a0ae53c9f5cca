"""Evidence: what the vault holds, and which other members may read a file since they are parties to a record.

A file is its member's, and of those parties; the office reads none. Without its key a row is what is left of an erased
file, and no key comes back.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0640"
down_revision = "20261127_0610"
branch_labels = None
depends_on = None

READER = "(SELECT reader_member())"
OWN = f"member_id = {READER}"
SHOWN = f"EXISTS (SELECT FROM evidence_party p WHERE p.evidence_id = evidence.id AND p.member_id = {READER})"
PARTY = "EXISTS (SELECT FROM member m WHERE m.id = member_id AND m.kind IN ('brand', 'platform', 'authority'))"
SCOPES = (
    *("contribution:share", "contribution:withdraw", "contribution:read-own"),
    *("match:run", "match:read-own", "list:fetch", "right:enter", "right:read"),
    *("report:file", "report:read"),
)
# Whose files are next, and which of some are not erased: the job that asks has no reader yet, and so sees none.
FUNCTIONS = """
CREATE FUNCTION member_with_expired_evidence(today date) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT member_id FROM evidence WHERE expires_on < today AND sealed_key IS NOT NULL ORDER BY expires_on LIMIT 1
$$;
CREATE FUNCTION living_evidence(names text[]) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT name FROM evidence WHERE name = ANY (names) AND sealed_key IS NOT NULL
$$;
"""


def upgrade() -> None:
    """The tables, who reads and writes them, and what a brand may let an agent do with evidence."""
    _tables()
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FUNCTIONS)
    run("REVOKE EXECUTE ON FUNCTION member_with_expired_evidence, living_evidence FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION member_with_expired_evidence, living_evidence TO {app}")
    run(f"GRANT SELECT, INSERT, UPDATE (sealed_key, erased_at, erased_by, reason) ON evidence TO {app}")
    run(f"GRANT SELECT, INSERT ON evidence_party TO {app}")
    for table in ("evidence", "evidence_party"):
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(
            f"CREATE TRIGGER owe_record AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH STATEMENT"
            f" WHEN (session_user = '{app.strip(chr(34))}') EXECUTE FUNCTION owe_record()"
        )
    run(f"CREATE POLICY read ON evidence FOR SELECT USING ({OWN} OR {SHOWN})")
    run(f"CREATE POLICY store ON evidence FOR INSERT WITH CHECK ({OWN} AND sealed_key IS NOT NULL)")
    run(f"CREATE POLICY erase ON evidence FOR UPDATE USING ({OWN}) WITH CHECK ({OWN} AND sealed_key IS NULL)")
    run(f"CREATE POLICY read ON evidence_party FOR SELECT USING ({OWN} OR owner_id = {READER})")
    run(f"CREATE POLICY attach ON evidence_party FOR INSERT WITH CHECK (owner_id = {READER} AND {PARTY})")
    _scopes(*SCOPES, "evidence:store", "evidence:read")


def downgrade() -> None:
    """Take them back. What the vault holds is then opened by nothing any more."""
    run = op.get_bind().exec_driver_sql
    run(
        "UPDATE authorisation SET scopes = array_remove(array_remove(scopes, 'evidence:store'), 'evidence:read')"
        " WHERE NOT scopes <@ ARRAY['evidence:store', 'evidence:read']"
    )
    run(  # one to nothing else has nothing left to let anybody
        "UPDATE authorisation SET scopes = '{match:read-own}', ended_at = coalesce(ended_at, now())"
        " WHERE scopes && ARRAY['evidence:store', 'evidence:read']"
    )
    _scopes(*SCOPES)
    run("DROP POLICY read ON evidence")  # it looks into the other table
    op.drop_table("evidence_party")
    op.drop_table("evidence")
    run("DROP FUNCTION member_with_expired_evidence, living_evidence")


def _scopes(*scopes: str) -> None:
    listed = ", ".join(f"'{scope}'::text" for scope in scopes)
    op.drop_constraint(op.f("ck_authorisation_scopes"), "authorisation")
    op.create_check_constraint(
        op.f("ck_authorisation_scopes"), "authorisation", f"scopes <@ ARRAY[{listed}] AND cardinality(scopes) > 0"
    )


def _tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("media", sa.String(length=20), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("stripped", sa.Boolean(), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("stored_by", sa.String(length=24), nullable=False),
        sa.Column("stored_at", moment, nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("erased_at", moment, nullable=True),
        sa.Column("erased_by", sa.String(length=24), nullable=True),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.CheckConstraint(
            "type IN ('listing', 'comparison', 'test_buy', 'admission', 'certificate', 'correspondence', 'other')",
            name=op.f("ck_evidence_type"),
        ),
        sa.CheckConstraint(
            "media IN ('image/jpeg', 'image/png', 'image/webp', 'application/pdf', 'video/mp4', 'text/csv',"
            " 'text/plain')",
            name=op.f("ck_evidence_media"),
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_evidence_size")),
        sa.CheckConstraint("(sealed_key IS NULL) = (erased_at IS NOT NULL)", name=op.f("ck_evidence_erased")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_evidence_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("name", name=op.f("uq_evidence_name")),
        sa.UniqueConstraint("id", "member_id", name=op.f("uq_evidence_id_member_id")),
    )
    op.create_index("ix_evidence_member_id", "evidence", ["member_id", "id"])
    op.create_index("ix_evidence_expires_on", "evidence", ["expires_on"])
    op.create_table(
        "evidence_party",
        sa.Column("evidence_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("record_kind", sa.String(length=20), nullable=False),
        sa.Column("record_ref", sa.String(length=40), nullable=False),
        sa.Column("attached_at", moment, nullable=False),
        sa.CheckConstraint(
            "record_kind IN ('listing_report', 'question', 'counter_notice', 'test_buy')",
            name=op.f("ck_evidence_party_record_kind"),
        ),
        sa.CheckConstraint("member_id <> owner_id", name=op.f("ck_evidence_party_other")),
        sa.ForeignKeyConstraint(
            *(["evidence_id", "owner_id"], ["evidence.id", "evidence.member_id"]),
            name=op.f("fk_evidence_party_evidence_id_owner_id_evidence"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_evidence_party_member_id_member")),
        sa.PrimaryKeyConstraint(
            *("evidence_id", "member_id", "record_kind", "record_ref"), name=op.f("pk_evidence_party")
        ),
    )
    op.create_index("ix_evidence_party_member_id", "evidence_party", ["member_id"])


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
