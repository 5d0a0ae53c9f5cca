"""Stop the log where it is not what was signed: no exchange is recorded then, and so none happens.

An entry that cannot be taken into the tree is put aside, so that it holds up no other.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1420"
down_revision = "20261126_1315"
branch_labels = None
depends_on = None

SIGNATURE = """ledger_append(entry uuid, moment timestamptz, what text, leaf bytea, parties integer[], places integer[],
                              views bytea[], salts bytea[]) RETURNS void"""
INSERTS = """
  INSERT INTO ledger_entry (id, at, action, leaf) VALUES (entry, moment, what, leaf);
  INSERT INTO ledger_part (entry_id, n, party, view, salt)
    SELECT entry, p.n, p.party, p.view, p.salt
      FROM unnest(parties, places, views, salts) AS p(party, n, view, salt);
  INSERT INTO ledger_pending (entry_id) VALUES (entry);
"""
APPEND = f"""
CREATE OR REPLACE FUNCTION {SIGNATURE} LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $${INSERTS}$$"""
# What is recorded all the same is what leads out of it: people sign in, and two of the office decide.
APPEND_UNLESS_HALTED = f"""
CREATE OR REPLACE FUNCTION {SIGNATURE} LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM ledger_halt) AND what <> ALL (ARRAY['person.signed_in', 'decision.proposed',
      'decision.approved', 'decision.refused', 'ledger.reanchored']) THEN
    RAISE EXCEPTION USING ERRCODE = 'LH001', MESSAGE = 'the log is halted';
  END IF;{INSERTS}END $$"""
STOP = """
CREATE FUNCTION ledger_stop(finder text, why text, moment timestamptz) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO ledger_halt (one, name, found_by, reason, since)
    VALUES (true, 'h_' || left(replace(gen_random_uuid()::text, '-', ''), 16), finder, left(why, 300), moment)
    ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $$"""


def upgrade() -> None:
    """The halt, what is put aside, and the function that every event passes through."""
    op.create_table(
        "ledger_halt",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("found_by", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("one", name=op.f("ck_ledger_halt_one")),
        sa.CheckConstraint("found_by IN ('sequencer', 'fsck')", name=op.f("ck_ledger_halt_found_by")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_ledger_halt")),
    )
    op.create_table(
        "ledger_quarantine",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_quarantine")),
    )
    run, roles = op.get_bind().exec_driver_sql, _roles()
    run(APPEND_UNLESS_HALTED)
    run(STOP)
    run("REVOKE EXECUTE ON FUNCTION ledger_stop FROM PUBLIC")
    run("GRANT EXECUTE ON FUNCTION ledger_stop TO {app}, {sequencer}".format(**roles))
    run("GRANT SELECT, UPDATE (told_at) ON ledger_halt, ledger_quarantine TO {app}".format(**roles))
    run("GRANT SELECT ON ledger_halt TO {sequencer}".format(**roles))
    run("GRANT SELECT, INSERT ON ledger_quarantine TO {sequencer}".format(**roles))


def downgrade() -> None:
    """Record whatever comes."""
    run = op.get_bind().exec_driver_sql
    run(APPEND)
    run("DROP FUNCTION ledger_stop")
    op.drop_table("ledger_quarantine")
    op.drop_table("ledger_halt")


def _roles() -> dict[str, str]:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return {role: run("SELECT quote_ident(%s)", (f"{database}_{role}",)).scalar_one() for role in ("app", "sequencer")}
