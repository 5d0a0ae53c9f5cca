"""The agreement of the alliance in its versions, and who signed which.

A member owes its signature to the newest version: at once, if it was admitted after that was published, else within
thirty days. Nothing is owed while there is no agreement, and the office signs none.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1140"
down_revision = "20261126_0755"
branch_labels = None
depends_on = None

OFFICE = "current_setting('hub.kind', true) = 'administration'"
OWN = "member_id = (SELECT reader_member())"
# Asked before the reader is known, with the number of the member that a key or a session stands for.
OWES = """
CREATE FUNCTION owes_agreement(member integer, moment timestamptz) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT m.kind <> 'administration'
     AND NOT EXISTS (SELECT FROM agreement_signature s WHERE s.member_id = m.id AND s.version = a.version)
     AND (m.admitted_at >= a.published_at OR moment >= a.published_at + interval '30 days')
    FROM member m CROSS JOIN (SELECT version, published_at FROM agreement ORDER BY version DESC LIMIT 1) a
   WHERE m.id = owes_agreement.member
$$;
"""


def upgrade() -> None:
    """Both tables, their policies, and the function."""
    op.create_table(
        "agreement",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("published_by", sa.String(length=24), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_agreement")),
    )
    op.create_table(
        "agreement_signature",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signed_by", sa.String(length=24), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_agreement_signature_member_id_member")),
        sa.ForeignKeyConstraint(
            ["version"], ["agreement.version"], name=op.f("fk_agreement_signature_version_agreement")
        ),
        sa.PrimaryKeyConstraint("member_id", "version", name=op.f("pk_agreement_signature")),
    )
    run, app = op.get_bind().exec_driver_sql, _app()
    run(OWES)
    run("REVOKE EXECUTE ON FUNCTION owes_agreement FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION owes_agreement TO {app}")
    run(f"GRANT SELECT, INSERT ON agreement, agreement_signature TO {app}")
    run("ALTER TABLE agreement ENABLE ROW LEVEL SECURITY")
    run("CREATE POLICY read ON agreement FOR SELECT USING (true)")
    run(f"CREATE POLICY publish ON agreement FOR INSERT WITH CHECK ({OFFICE})")
    run("ALTER TABLE agreement_signature ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY own ON agreement_signature FOR SELECT USING ({OWN})")
    run(f"CREATE POLICY sign ON agreement_signature FOR INSERT WITH CHECK ({OWN} AND NOT {OFFICE})")
    run(f"CREATE POLICY administer ON agreement_signature FOR SELECT USING ({OFFICE})")


def downgrade() -> None:
    """Take them back; what was signed is in the record."""
    op.get_bind().exec_driver_sql("DROP FUNCTION owes_agreement")
    op.drop_table("agreement_signature")
    op.drop_table("agreement")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
