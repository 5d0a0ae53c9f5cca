"""Refuse the commit of an application that changed what is exchanged or decided, and recorded nothing of it.

The first statement that writes to one of the tables owes a record, unless this transaction has one already; what is
owed is looked at once, at commit. So it costs the same for one row and for ten thousand.
"""

import sqlalchemy as sa
from alembic import op

from hub.db import Xid8

revision = "20261126_1605"
down_revision = "20261126_1555"
branch_labels = None
depends_on = None

ANY = "INSERT OR UPDATE OR DELETE"
RECORDED = {
    **dict.fromkeys(("agreement", "agreement_signature", "decision", "member", "member_move"), ANY),
    "vetted_item": "INSERT OR UPDATE",  # goes with an application that came to nothing
    **dict.fromkeys(("contribution", "indicator", "match", "sighting", "quota"), ANY),
    **dict.fromkeys(("sharing_group", "sharing_group_member", "group_invitation"), ANY),
    **dict.fromkeys(("identity_provider", "sign_in_domain", "provided_identity"), ANY),
    # that a key was used is not recorded, nor a person's new digest of the same password
    "credential": "INSERT OR DELETE OR UPDATE OF revoked_at",
    "authorisation": "INSERT OR DELETE OR UPDATE OF ended_at",
    "person": "INSERT OR DELETE OR UPDATE OF role, active",
}
HEAD = """
CREATE OR REPLACE FUNCTION ledger_append(entry uuid, moment timestamptz, what text, leaf bytea, parties integer[],
  places integer[], views bytea[], salts bytea[]) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM ledger_halt) AND what <> ALL (ARRAY['person.signed_in', 'decision.proposed',
      'decision.approved', 'decision.refused', 'ledger.reanchored']) THEN
    RAISE EXCEPTION USING ERRCODE = 'LH001', MESSAGE = 'the log is halted';
  END IF;
  INSERT INTO ledger_entry (id, at, action, leaf) VALUES (entry, moment, what, leaf);
  INSERT INTO ledger_part (entry_id, n, party, view, salt)
    SELECT entry, p.n, p.party, p.view, p.salt
      FROM unnest(parties, places, views, salts) AS p(party, n, view, salt);
  INSERT INTO ledger_pending (entry_id) VALUES (entry);
"""
TAIL = "END $$"
# A setting of the transaction goes back with a savepoint, as the rows do.
PAYS = "  PERFORM set_config('hub.recorded', pg_current_xact_id()::text, true);\n"
FUNCTIONS = """
CREATE FUNCTION owe_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF pg_current_xact_id()::text NOT IN (coalesce(current_setting('hub.recorded', true), ''),
                                        coalesce(current_setting('hub.owes', true), '')) THEN
    PERFORM set_config('hub.owes', pg_current_xact_id()::text, true);
    INSERT INTO ledger_debt (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION settle_debt() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('hub.recorded', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
    RAISE EXCEPTION USING ERRCODE = 'LH002', MESSAGE = 'a change that nothing records is not committed';
  END IF;
  DELETE FROM ledger_debt WHERE xid = pg_current_xact_id();
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER settle_debt AFTER INSERT ON ledger_debt DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION settle_debt();
"""


def upgrade() -> None:
    """What is owed, and who owes it: the application, not who migrates and operates."""
    op.create_table(
        "ledger_debt",
        sa.Column("xid", Xid8(), nullable=False),
        sa.PrimaryKeyConstraint("xid", name=op.f("pk_ledger_debt")),
        prefixes=["UNLOGGED"],
    )
    run = op.get_bind().exec_driver_sql
    run(HEAD + PAYS + TAIL)
    run(FUNCTIONS)
    run("REVOKE EXECUTE ON FUNCTION owe_record, settle_debt FROM PUBLIC")
    for table, when in RECORDED.items():
        run(
            f"CREATE TRIGGER owe_record AFTER {when} ON {table} FOR EACH STATEMENT"
            f" WHEN (session_user = '{_app()}') EXECUTE FUNCTION owe_record()"
        )


def downgrade() -> None:
    """Nothing is owed."""
    run = op.get_bind().exec_driver_sql
    for table in RECORDED:
        run(f"DROP TRIGGER owe_record ON {table}")
    op.drop_table("ledger_debt")
    run("DROP FUNCTION owe_record, settle_debt")
    run(HEAD + TAIL)


def _app() -> str:
    """The application's role, as the grants name it."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
