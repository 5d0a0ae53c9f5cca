"""Who acts for a brand under an authorisation: looked up, held to it at the start and at the end of each transaction.

To end an authorisation takes a lock of its own alone; what commits under it takes the same lock shared, and looks once
more. So what an agent has begun, and not committed when its authorisation ends, never commits.
"""

from alembic import op

revision = "20261126_1555"
down_revision = "20261126_1530"
branch_labels = None
depends_on = None

# 7268: members.service.authorisations.AUTHORISATION_LOCK. The agent's standing is held first, everywhere.
FUNCTIONS = """
CREATE FUNCTION authorised(number integer, moment timestamptz, commits boolean) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE parties record;
BEGIN
  SELECT a.brand_id, a.agent_id INTO parties FROM authorisation a WHERE a.id = number;
  IF NOT FOUND OR NOT stands(parties.agent_id) THEN RETURN false; END IF;
  IF NOT stands(parties.brand_id) THEN RETURN false; END IF;
  IF commits THEN PERFORM pg_advisory_xact_lock_shared(7268, number); END IF;
  RETURN EXISTS (SELECT FROM authorisation a WHERE a.id = number AND a.ended_at IS NULL
                    AND (moment AT TIME ZONE 'UTC')::date BETWEEN a.begins_on AND a.ends_on)
     AND NOT coalesce(owes_agreement(parties.agent_id, moment), false)
     AND NOT coalesce(owes_agreement(parties.brand_id, moment), false);
END $$;
-- The brand of that code that lets the reader, an agent, act for it; becomes the reader. No row: it does not.
CREATE FUNCTION take_up(brand text, moment timestamptz)
  RETURNS TABLE (authorisation integer, scopes text[], member_id integer, code text, name text, kind text, sector text,
                 addresses integer[])
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE found_one record;
BEGIN
  SELECT a.id, a.scopes, m.id AS member_id, m.code, m.name, m.kind, m.sector, member_addresses(m.id) AS addresses
    INTO found_one
    FROM authorisation a JOIN member m ON m.id = a.brand_id
   WHERE m.code = brand AND a.agent_id = reader_member() AND a.ended_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;
  IF NOT authorised(found_one.id, moment, false) THEN RETURN; END IF;
  PERFORM set_config('hub.agent', reader_member()::text, true);
  PERFORM set_config('hub.member', found_one.member_id::text, true), set_config('hub.kind', found_one.kind, true),
          set_config('hub.sector', coalesce(found_one.sector, ''), true),
          set_config('hub.addresses', found_one.addresses::text, true);
  RETURN QUERY SELECT found_one.id, found_one.scopes, found_one.member_id, found_one.code::text, found_one.name::text,
                      found_one.kind::text, found_one.sector::text, found_one.addresses;
END $$;
"""
NEVER = (
    *("agreement_signature", "authorisation", "credential", "factor", "group_invitation", "identity_provider"),
    *("ledger_part", "ledger_party_leaf", "one_time_link", "person", "provided_identity", "session", "sign_in_domain"),
)
"""Tables of which no agent reaches a row in a brand's name."""
BY_ITSELF = "coalesce(current_setting('hub.agent', true), '') = ''"


def upgrade() -> None:
    """The functions, and what is shut to whoever acts for another."""
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FUNCTIONS)
    run("REVOKE EXECUTE ON FUNCTION authorised, take_up FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION authorised, take_up TO {app}")
    for table in NEVER:
        run(f"CREATE POLICY by_itself ON {table} AS RESTRICTIVE USING ({BY_ITSELF})")


def downgrade() -> None:
    """Take them back; then nobody acts for another."""
    run = op.get_bind().exec_driver_sql
    for table in NEVER:
        run(f"DROP POLICY by_itself ON {table}")
    run("DROP FUNCTION take_up, authorised")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
