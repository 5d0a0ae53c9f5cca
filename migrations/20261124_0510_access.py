"""The third net: two roles that own nothing, row-level security, and the few functions that reach further.

Roles are made before migrations run (hub.manage.database), since their passwords are no part of the schema; they are
named after the database, so that several hubs can share a server.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "20261124_0510"
down_revision = "20261124_0500"
branch_labels = None
depends_on = None

FUNCTIONS = """
CREATE FUNCTION reader_member() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('hub.member', true), '')::integer;
CREATE FUNCTION reader_groups() RETURNS integer[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(current_setting('hub.groups', true), ''), '{}')::integer[];
-- the highest TLP that reaches a reader of this kind (access.tlp.CEILING, stated a second time on purpose)
CREATE FUNCTION reader_ceiling() RETURNS smallint LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE current_setting('hub.kind', true)
    WHEN 'brand' THEN 5 WHEN 'platform' THEN 5 WHEN 'authority' THEN 2 ELSE 0 END::smallint;

-- Whom a key stands for. Runs as the owner, since the application may not read digests; sets the reader itself.
CREATE FUNCTION credential_holder(given bytea, moment timestamptz)
  RETURNS TABLE (credential_id integer, pseudonym text, expired boolean, member_id integer, code text, name text,
                 kind text, state text, group_ids integer[])
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
#variable_conflict use_column
DECLARE holder record;
BEGIN
  SELECT c.id, c.pseudonym, c.expires_at <= moment AS expired, c.last_used_on, m.id AS member_id, m.code, m.name,
         m.kind, m.state,
         ARRAY(SELECT g.group_id FROM sharing_group_member g WHERE g.member_id = m.id ORDER BY 1) AS group_ids
    INTO holder
    FROM credential c JOIN member m ON m.id = c.member_id
   WHERE c.digest = given AND c.revoked_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;
  IF holder.last_used_on IS DISTINCT FROM (moment AT TIME ZONE 'UTC')::date AND NOT holder.expired THEN
    UPDATE credential SET last_used_on = (moment AT TIME ZONE 'UTC')::date WHERE id = holder.id;
  END IF;
  PERFORM set_config('hub.member', holder.member_id::text, true), set_config('hub.kind', holder.kind, true),
          set_config('hub.groups', holder.group_ids::text, true);
  RETURN QUERY SELECT holder.id, holder.pseudonym::text, holder.expired, holder.member_id, holder.code::text,
                      holder.name::text, holder.kind::text, holder.state::text, holder.group_ids;
END $$;

-- Record an event: the one way into the log. All of it or none, in the exchange's own transaction.
CREATE FUNCTION ledger_append(entry uuid, moment timestamptz, what text, leaf bytea, parties integer[], places integer[],
                              views bytea[], salts bytea[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  INSERT INTO ledger_entry (id, at, action, leaf) VALUES (entry, moment, what, leaf);
  INSERT INTO ledger_part (entry_id, n, party, view, salt)
    SELECT entry, p.n, p.party, p.view, p.salt
      FROM unnest(parties, places, views, salts) AS p(party, n, view, salt);
  INSERT INTO ledger_pending (entry_id) VALUES (entry);
$$;

-- An indicator is disputed while any member says `legitimate`, whoever may see whom. Each contribution of it then
-- counts as changed, so that every list that held it gives the change.
CREATE FUNCTION settle_dispute() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  row contribution := coalesce(NEW, OLD);
  now_disputed boolean;
BEGIN
  PERFORM 1 FROM indicator WHERE key_id = row.key_id AND token = row.token FOR UPDATE;
  now_disputed := EXISTS (SELECT FROM contribution c WHERE c.key_id = row.key_id AND c.token = row.token
                            AND c.stance = 'legitimate' AND c.state = 'active');
  UPDATE indicator SET disputed = now_disputed
   WHERE key_id = row.key_id AND token = row.token AND disputed IS DISTINCT FROM now_disputed;
  IF FOUND THEN
    UPDATE contribution SET changed_xid = pg_current_xact_id() WHERE key_id = row.key_id AND token = row.token;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER settle_dispute_of_new AFTER INSERT ON contribution
  FOR EACH ROW WHEN (NEW.stance = 'legitimate') EXECUTE FUNCTION settle_dispute();
CREATE TRIGGER settle_dispute_of_changed AFTER UPDATE OF stance, state ON contribution
  FOR EACH ROW WHEN (NEW.stance = 'legitimate' OR OLD.stance = 'legitimate') EXECUTE FUNCTION settle_dispute();

-- Which member the next expiry concerns: the job that asks has no reader yet, and so sees no contribution.
CREATE FUNCTION member_with_expired(day date) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public AS $$
  SELECT member_id FROM contribution WHERE state = 'active' AND expires_on < day ORDER BY expires_on LIMIT 1
$$;

-- A view in the log is never changed, only erased.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log is not changed: % on %', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER ledger_entry_stands BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_part_stands BEFORE UPDATE ON ledger_part
  FOR EACH ROW WHEN (NEW.view IS NOT NULL OR NEW.salt IS NOT NULL OR NEW.party <> OLD.party)
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_part_stays BEFORE DELETE ON ledger_part FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_leaf_stands BEFORE UPDATE OR DELETE ON ledger_leaf
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

PASSES = """member_id = (SELECT reader_member())
  OR (tlp <= (SELECT reader_ceiling())
      AND (group_ids = '{}'::integer[] OR group_ids && (SELECT reader_groups())))"""

POLICIES = {
    "contribution": [
        ("read", "SELECT", PASSES, None),
        ("share", "INSERT", None, "member_id = (SELECT reader_member()) AND (SELECT reader_ceiling()) = 5"),
        ("amend", "UPDATE", "member_id = (SELECT reader_member())", "member_id = (SELECT reader_member())"),
    ],
    # the sub-select is itself read under the policy above
    "indicator": [
        (
            "read",
            "SELECT",
            "EXISTS (SELECT FROM contribution c WHERE c.key_id = indicator.key_id AND c.token = indicator.token)",
            None,
        ),
        ("share", "INSERT", None, "(SELECT reader_ceiling()) = 5"),
    ],
    "match": [
        ("own", "ALL", "recipient_id = (SELECT reader_member())", "recipient_id = (SELECT reader_member())"),
    ],
    "sighting": [
        ("own", "SELECT", "member_id = (SELECT reader_member())", None),
        (
            "tell",
            "INSERT",
            None,
            "EXISTS (SELECT FROM contribution c WHERE c.key_id = sighting.key_id AND c.token = sighting.token"
            " AND c.member_id = sighting.member_id)",
        ),
    ],
    "quota": [("own", "ALL", "member_id = (SELECT reader_member())", "member_id = (SELECT reader_member())")],
    "idempotency_key": [
        ("own", "ALL", "member_id = (SELECT reader_member())", "member_id = (SELECT reader_member())"),
    ],
    "credential": [("own", "SELECT", "member_id = (SELECT reader_member())", None)],
    "ledger_part": [("own", "SELECT", "party = (SELECT reader_member())", None)],
    "ledger_party_leaf": [("own", "SELECT", "party = (SELECT reader_member())", None)],
}

APP_GRANTS = """
GRANT USAGE ON SCHEMA public TO {app}, {sequencer};
GRANT SELECT ON member, sharing_group, sharing_group_member, epoch, token_key, declared_need, ledger_tag_key,
  ledger_entry, ledger_pending, ledger_leaf, ledger_tile, ledger_checkpoint TO {app};
GRANT SELECT ON person TO {app};
GRANT UPDATE (password, active, fs_uniquifier) ON person TO {app};
GRANT SELECT (id, member_id, pseudonym, created_at, expires_at, revoked_at, last_used_on) ON credential TO {app};
GRANT SELECT, INSERT ON indicator, sighting TO {app};
GRANT SELECT, INSERT, UPDATE ON contribution, match, quota TO {app};
GRANT SELECT, INSERT ON idempotency_key TO {app};
GRANT SELECT ON ledger_part, ledger_party_leaf TO {app};
REVOKE EXECUTE ON FUNCTION credential_holder, ledger_append, settle_dispute, member_with_expired FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credential_holder, ledger_append, member_with_expired TO {app};

GRANT SELECT ON ledger_entry TO {sequencer};
GRANT SELECT (entry_id, n, party) ON ledger_part TO {sequencer};
GRANT SELECT, DELETE ON ledger_pending TO {sequencer};
GRANT SELECT, INSERT ON ledger_leaf, ledger_party_leaf, ledger_checkpoint TO {sequencer};
GRANT SELECT, INSERT, UPDATE ON ledger_tile, ledger_state TO {sequencer};
CREATE POLICY sequence ON ledger_part FOR SELECT TO {sequencer} USING (true);
CREATE POLICY sequence ON ledger_party_leaf TO {sequencer} USING (true) WITH CHECK (true);
"""

JOB_GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers,
  procrastinate_workers TO {app};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {app};
"""

NO_GRANTS = """
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {app}, {sequencer};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {app}, {sequencer};
REVOKE ALL ON SCHEMA public FROM {app}, {sequencer};
"""

NO_JOBS = """
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
DO $$
DECLARE gone text;
BEGIN
  FOR gone IN SELECT oid::regprocedure FROM pg_proc
               WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'procrastinate\\_%' LOOP
    EXECUTE 'DROP FUNCTION ' || gone;
  END LOOP;
  FOR gone IN SELECT oid::regtype FROM pg_type
               WHERE typnamespace = 'public'::regnamespace AND typname LIKE 'procrastinate\\_%' LOOP
    EXECUTE 'DROP TYPE ' || gone;
  END LOOP;
END $$;
"""


def upgrade() -> None:
    """Functions, policies, grants, and the job queue's own tables."""
    run, roles = op.get_bind().exec_driver_sql, _roles()
    run(FUNCTIONS.replace("%", "%%"))
    for table, policies in POLICIES.items():
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        for name, verb, using, check in policies:
            clauses = (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else "")
            run(f"CREATE POLICY {name} ON {table} FOR {verb}{clauses}")
    run(APP_GRANTS.format(**roles))
    run(SchemaManager.get_schema().replace("%", "%%"))
    run(JOB_GRANTS.format(**roles))


def downgrade() -> None:
    """Drop the functions, the policies, the grants and the job queue."""
    run = op.get_bind().exec_driver_sql
    for table, policies in POLICIES.items():
        for name, *_ in policies:
            run(f"DROP POLICY {name} ON {table}")
        run(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for table in ("ledger_part", "ledger_party_leaf"):
        run(f"DROP POLICY sequence ON {table}")
    for trigger, table in (
        ("settle_dispute_of_new", "contribution"),
        ("settle_dispute_of_changed", "contribution"),
        ("ledger_entry_stands", "ledger_entry"),
        ("ledger_part_stands", "ledger_part"),
        ("ledger_part_stays", "ledger_part"),
        ("ledger_leaf_stands", "ledger_leaf"),
    ):
        run(f"DROP TRIGGER {trigger} ON {table}")
    run(
        "DROP FUNCTION reader_member, reader_groups, reader_ceiling, credential_holder, ledger_append,"
        " settle_dispute, member_with_expired, refuse_change"
    )
    run(NO_JOBS.replace("%", "%%"))
    run(NO_GRANTS.format(**_roles()))


def _roles() -> dict[str, str]:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return {role: run("SELECT quote_ident(%s)", (f"{database}_{role}",)).scalar_one() for role in ("app", "sequencer")}
