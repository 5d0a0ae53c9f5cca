"""Reports name files of the vault: their digests stay with the report, and an open one keeps what it relies on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_0820"
down_revision = "20261127_0785"
branch_labels = None
depends_on = None

READER = "(SELECT reader_member())"
OWN = f"member_id = {READER}"
PARTY = f"(member_id = {READER} OR owner_id = {READER})"
HELD = "EXISTS (SELECT FROM evidence_party p WHERE p.evidence_id = evidence.id AND p.held)"
ERASED = f"{OWN} AND sealed_key IS NULL"
# Whose files are next: of a member whose files are all held none is due, and the job must not go round in it.
DUE = """
CREATE OR REPLACE FUNCTION member_with_expired_evidence(today date) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT member_id FROM evidence WHERE expires_on < today AND sealed_key IS NOT NULL{}
  ORDER BY expires_on LIMIT 1
$$
"""


def upgrade() -> None:
    """Two columns, and what may be done with them; nothing that is held is erased, whatever a statement says."""
    run, app = op.get_bind().exec_driver_sql, _app()
    op.add_column("listing_report", sa.Column("digests", postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column("evidence_party", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_evidence_party_record", "evidence_party", ["record_kind", "record_ref"])
    run(f"GRANT UPDATE (digests) ON listing_report TO {app}")
    run(f"GRANT UPDATE (held) ON evidence_party TO {app}")
    run(f"CREATE POLICY hold ON evidence_party FOR UPDATE USING {PARTY} WITH CHECK {PARTY}")
    run(f"ALTER POLICY erase ON evidence WITH CHECK ({ERASED} AND NOT {HELD})")
    run(DUE.format(f" AND NOT {HELD}"))


def downgrade() -> None:
    """Take them back; what a report relies on is erased and expires like everything else."""
    run = op.get_bind().exec_driver_sql
    run(DUE.format(""))
    run(f"ALTER POLICY erase ON evidence WITH CHECK ({ERASED})")
    run("DROP POLICY hold ON evidence_party")
    op.drop_index("ix_evidence_party_record", "evidence_party")
    op.drop_column("evidence_party", "held")
    op.drop_column("listing_report", "digests")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
