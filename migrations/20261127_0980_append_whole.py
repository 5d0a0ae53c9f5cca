"""Record an event quicker: what a part is asked for by is given beside its view, and no view is read again for it.

One function, written out whole, in place of one that called another whose text was changed piece by piece.
"""

from alembic import op

revision = "20261127_0980"
down_revision = "20261127_0970"
branch_labels = None
depends_on = None

# Whether the log is halted and whether the keys are those that the parts are tagged with: one look.
# While it is halted, what leads out of it is recorded all the same, and what shows that something is wrong; whoever owns
# the tables may record an erasure that a backup has undone.
# What records an erasure is read again when it is taken into the tree (`erased_by_records`), and so must be JSON.
# The setting says at commit that this transaction recorded something (`settle_debt`), and goes back with a savepoint.
WHOLE = """
DROP FUNCTION ledger_append_under;
DROP FUNCTION ledger_append;
CREATE FUNCTION ledger_append(known uuid, entry uuid, moment timestamptz, what text, came_to text, way text, leaf bytea,
    parties integer[], places integer[], roles text[], acting text[], views bytea[], salts bytea[]) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  same boolean;
  halted boolean;
BEGIN
  SELECT t.version = known, EXISTS (SELECT FROM ledger_halt) INTO same, halted FROM ledger_tag_version t;
  IF NOT coalesce(same, false) THEN
    RETURN false;
  END IF;
  IF halted AND what <> ALL (ARRAY['person.signed_in', 'decision.proposed', 'decision.approved', 'decision.refused',
      'ledger.reanchored', 'audit.read', 'ledger.disputed', 'ledger.witness_removed'])
      AND NOT (what IN ('audit.erase', 'audit.forget') AND session_user = current_user) THEN
    RAISE EXCEPTION USING ERRCODE = 'LH001', MESSAGE = 'the log is halted';
  END IF;
  IF what IN ('audit.erase', 'audit.forget') THEN
    PERFORM convert_from(v, 'UTF8')::json FROM unnest(views) AS v;
  END IF;
  INSERT INTO ledger_entry (id, at, action, leaf) VALUES (entry, moment, what, leaf);
  INSERT INTO ledger_part (entry_id, n, party, view, salt, at, action, outcome, role, via, acting)
    SELECT entry, p.n, p.party, p.view, p.salt, moment, what, came_to, p.role, way, p.acting
      FROM unnest(parties, places, roles, acting, views, salts) AS p(party, n, role, acting, view, salt);
  INSERT INTO ledger_pending (entry_id) VALUES (entry);
  PERFORM set_config('hub.recorded', pg_current_xact_id()::text, true);
  RETURN true;
END $$;
"""
IN_TWO = """
DROP FUNCTION ledger_append;
CREATE FUNCTION ledger_append(entry uuid, moment timestamptz, what text, leaf bytea, parties integer[], places integer[],
    views bytea[], salts bytea[]) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM ledger_halt) AND
      NOT (what IN ('audit.erase', 'audit.forget') AND session_user = current_user) AND what <> ALL (ARRAY['person.signed_in',
      'decision.proposed', 'decision.approved', 'decision.refused',
      'ledger.reanchored', 'audit.read', 'ledger.disputed', 'ledger.witness_removed']) THEN
    RAISE EXCEPTION USING ERRCODE = 'LH001', MESSAGE = 'the log is halted';
  END IF;
  INSERT INTO ledger_entry (id, at, action, leaf) VALUES (entry, moment, what, leaf);
  INSERT INTO ledger_part (entry_id, n, party, view, salt, at, action, outcome, role, via, acting)
    SELECT entry, p.n, p.party, p.view, p.salt, moment, what, told.outcome, told.role, told.via, told.member
      FROM unnest(parties, places, views, salts) AS p(party, n, view, salt),
           json_to_record(convert_from(p.view, 'UTF8')::json) AS told(outcome text, role text, via text, member text);
  INSERT INTO ledger_pending (entry_id) VALUES (entry);
  PERFORM set_config('hub.recorded', pg_current_xact_id()::text, true);
END $$;
CREATE FUNCTION ledger_append_under(known uuid, entry uuid, moment timestamptz, what text, leaf bytea, parties integer[],
    places integer[], views bytea[], salts bytea[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF NOT coalesce(known = (SELECT t.version FROM public.ledger_tag_version t), false) THEN
    RETURN false;
  END IF;
  PERFORM public.ledger_append(entry, moment, what, leaf, parties, places, views, salts);
  RETURN true;
END $$;
"""
# `hub ledger fsck` holds against the view what stands beside it; a view is written as RFC 8785 has it.
PARTS = "g.action, g.leaf, p.n,"
BESIDE = f"{PARTS} p.outcome, p.role, p.via, p.acting,"
ACTION = """position(convert_to('"action":"' || p.action || '"', 'UTF8') IN p.view) = 0"""
TOLD = f"""NOT coalesce(NOT {ACTION}
       AND position(convert_to('"outcome":"' || p.outcome || '"', 'UTF8') IN p.view) > 0
       AND position(convert_to('"role":"' || p.role || '"', 'UTF8') IN p.view) > 0
       AND position(convert_to('"via":"' || p.via || '"', 'UTF8') IN p.view) > 0
       AND position(convert_to('"member":' || coalesce('"' || p.acting || '"', 'null'), 'UTF8') IN p.view) > 0, false)"""


def upgrade() -> None:
    """One function; and what it is given beside a view is checked afterwards."""
    _functions(WHOLE, "ledger_append")
    _checked((PARTS, BESIDE), (ACTION, TOLD))


def downgrade() -> None:
    """The two before it, of which older migrations change pieces."""
    _checked((BESIDE, PARTS), (TOLD, ACTION))
    _functions(IN_TWO, "ledger_append", "ledger_append_under")


def _functions(definition: str, *names: str) -> None:
    run = op.get_bind().exec_driver_sql
    run(definition)
    for name in names:
        run(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
        run(f"GRANT EXECUTE ON FUNCTION {name} TO {_app()}")


def _checked(*changes: tuple[str, str]) -> None:
    run = op.get_bind().exec_driver_sql
    definition = str(run("SELECT pg_get_functiondef('ledger_faults'::regproc)").scalar_one())
    for old, new in changes:
        assert definition.count(old) == 1, old
        definition = definition.replace(old, new)
    run(definition.replace("%", "%%"))


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
