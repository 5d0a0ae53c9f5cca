"""No race with a suspension: whoever acts for a member holds a shared lock on its standing until its transaction ends.

A suspension takes the lock for itself alone and waits for those who hold it. So once it has committed, nothing that was
begun before it commits later, and whatever begins later reads the new state.
"""

from alembic import op

revision = "20261125_1030"
down_revision = "20261125_0850"
branch_labels = None
depends_on = None

STAND = """
-- The member's state now, held until the transaction ends: whoever acts for the member calls this first. The state is
-- read after the lock was given, in a snapshot of its own. 7263: this lock among the hub's advisory locks.
CREATE FUNCTION stand(member integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7263, member);
  RETURN (SELECT m.state FROM public.member m WHERE m.id = member);
END $$;
-- Whether the member may act (members.rules.ACTIVE, stated a second time), held likewise.
CREATE FUNCTION stands(member integer) RETURNS boolean LANGUAGE sql
  RETURN coalesce(stand(member) IN ('admitted', 'probation'), false);
-- Wait for all who act for the member; until this transaction ends, no other begins.
CREATE FUNCTION hold_still(member integer) RETURNS void LANGUAGE sql
  RETURN pg_advisory_xact_lock(7263, member);
"""

# Whom a key stands for. Runs as the owner, since the application may not read digests; sets the reader itself.
HOLDER = """
CREATE OR REPLACE FUNCTION credential_holder(given bytea, moment timestamptz, address inet)
  RETURNS TABLE (credential_id integer, pseudonym text, scopes text[], outside boolean, expired boolean,
                 member_id integer, code text, name text, kind text, state text, group_ids integer[])
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
#variable_conflict use_column
DECLARE holder record;
BEGIN
  SELECT c.id, c.pseudonym, c.expires_at <= moment AS expired, c.last_used_on, m.id AS member_id, m.code, m.name,
         m.kind, m.state, c.scopes,
         NOT (c.networks = '{{}}' OR coalesce(address <<= ANY (c.networks), false)) AS outside,
         ARRAY(SELECT g.group_id FROM sharing_group_member g WHERE g.member_id = m.id ORDER BY 1) AS group_ids
    INTO holder
    FROM credential c JOIN member m ON m.id = c.member_id
   WHERE c.digest = given AND c.revoked_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;{held}
  IF holder.last_used_on IS DISTINCT FROM (moment AT TIME ZONE 'UTC')::date AND NOT holder.expired
     AND NOT holder.outside THEN
    UPDATE credential SET last_used_on = (moment AT TIME ZONE 'UTC')::date WHERE id = holder.id;
  END IF;
  PERFORM set_config('hub.member', holder.member_id::text, true), set_config('hub.kind', holder.kind, true),
          set_config('hub.groups', holder.group_ids::text, true);
  RETURN QUERY SELECT holder.id, holder.pseudonym::text, holder.scopes, holder.outside, holder.expired,
                      holder.member_id, holder.code::text, holder.name::text, holder.kind::text, holder.state::text,
                      holder.group_ids;
END $$;
"""
HELD = "\n  holder.state := stand(holder.member_id);"

# Which member the next expiry concerns: the job that asks has no reader yet, and so sees no contribution.
EXPIRED = """
CREATE OR REPLACE FUNCTION member_with_expired(day date) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public AS $$
  SELECT member_id FROM contribution WHERE state = 'active' AND expires_on < day{of} ORDER BY expires_on LIMIT 1
$$;
"""
OF_MEMBERS_IN_STANDING = (
    "\n     AND EXISTS (SELECT FROM member m WHERE m.id = member_id AND m.state IN ('admitted', 'probation'))"
)


def upgrade() -> None:
    """The lock, and what takes it."""
    run = op.get_bind().exec_driver_sql
    run(STAND)
    run("REVOKE EXECUTE ON FUNCTION stand, stands, hold_still FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION stand, stands, hold_still TO {_app()}")
    run(HOLDER.format(held=HELD))
    run(EXPIRED.format(of=OF_MEMBERS_IN_STANDING))


def downgrade() -> None:
    """Take it back."""
    run = op.get_bind().exec_driver_sql
    run(HOLDER.format(held=""))
    run(EXPIRED.format(of=""))
    run("DROP FUNCTION stands(integer), stand(integer), hold_still(integer)")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
