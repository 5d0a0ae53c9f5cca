"""Erasure in the log: of an entry or a person by two people of the office, of old entries by the rule of retention.

A leaf is never touched. A part that is erased names the record of its erasure, and the database lets a view go only
beside such a record of the same transaction: by a decision approved there, or once the span of retention is over.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1445"
down_revision = "20261126_1420"
branch_labels = None
depends_on = None

KINDS = "kind IN ('admit', 'act_for', 'end_review', 'bind_domain'{})"
APPROVED = """d.kind = 'erase' AND d.state = 'approved' AND d.settled_by <> d.proposed_by
     AND d.xmin = pg_current_xact_id()::xid AND current_setting('hub.kind', true) = 'administration'"""
ENTRY = "encode(decode(translate(d.subject, '-_', '+/') || '==', 'base64'), 'hex')::uuid"
FUNCTIONS = f"""
-- The entry that two people decided in this transaction to erase; null for what is none, or no decision.
CREATE FUNCTION entry_decided(decided text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT e.id FROM decision d JOIN ledger_entry e ON e.id = CASE WHEN d.subject ~ '^[A-Za-z0-9_-]{{22}}$' THEN {ENTRY} END
   WHERE d.name = decided AND {APPROVED} AND e.action NOT IN ('audit.erase', 'audit.retire', 'audit.forget')
$$;

-- The parties that are told of an erasure: those that hold a view of the entry, or of some leaf of a span.
CREATE FUNCTION parties_of_erasure(decided text, first bigint, last bigint) RETURNS integer[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT p.party), '{{}}') FROM ledger_part p
   WHERE p.view IS NOT NULL AND p.entry_id IN (
     SELECT entry_decided(decided)
     UNION ALL SELECT l.entry_id FROM ledger_leaf l WHERE decided IS NULL AND l.leaf_index BETWEEN first AND last)
$$;

-- Erase each party's part of the entries, naming the record that tells this party of it. Every record is of this
-- transaction, and every party has one, or nothing is erased.
CREATE FUNCTION erase_parts(entries uuid[], records uuid[]) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE done integer;
BEGIN
  IF EXISTS (SELECT FROM unnest(records) AS r(id) WHERE NOT EXISTS (SELECT FROM ledger_entry e
      WHERE e.id = r.id AND e.action IN ('audit.erase', 'audit.retire') AND e.xmin = pg_current_xact_id()::xid)) THEN
    RAISE insufficient_privilege USING MESSAGE = 'an erasure names a record of the same transaction';
  END IF;
  UPDATE ledger_part p SET view = NULL, salt = NULL, erased_by = told.record
    FROM (SELECT party, (min(entry_id::text))::uuid AS record FROM ledger_part WHERE entry_id = ANY (records) GROUP BY party) AS told
   WHERE p.entry_id = ANY (entries) AND p.view IS NOT NULL AND told.party = p.party;
  GET DIAGNOSTICS done = ROW_COUNT;
  IF EXISTS (SELECT FROM ledger_part WHERE entry_id = ANY (entries) AND view IS NOT NULL) THEN
    RAISE insufficient_privilege USING MESSAGE = 'a party would not be told of the erasure';
  END IF;
  RETURN done;
END $$;

-- By two people: one entry. Returns how many parts were erased.
CREATE FUNCTION erase_entry(decided text, records uuid[]) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF entry_decided(decided) IS NULL THEN
    RAISE insufficient_privilege USING MESSAGE = 'nobody approved this';
  END IF;
  RETURN erase_parts(ARRAY[entry_decided(decided)], records);
END $$;

-- By two people: whom a pseudonym stood for. Only of somebody who was shut out. Returns its member; null for nobody.
CREATE FUNCTION forget_person(decided text) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE whose integer;
BEGIN
  DELETE FROM person p USING decision d
   WHERE d.name = decided AND {APPROVED} AND p.pseudonym = d.subject AND NOT p.active
  RETURNING p.member_id INTO whose;
  RETURN whose;
END $$;

-- The next leaves whose retention is over, at most so many: three years from the end of the year they were written in.
CREATE FUNCTION due_for_retirement(moment timestamptz, most integer) RETURNS TABLE (first bigint, last bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH due AS (
    SELECT l.leaf_index, date_trunc('year', e.at, 'UTC') + interval '4 years' <= moment AS over
      FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id
     WHERE l.leaf_index > coalesce((SELECT max(r.last) FROM ledger_retirement r), -1)
     ORDER BY l.leaf_index LIMIT most)
  SELECT min(leaf_index), max(leaf_index) FROM due
   WHERE leaf_index < coalesce((SELECT min(leaf_index) FROM due WHERE NOT over), 9223372036854775807)
  HAVING count(*) > 0
$$;

-- Erase the parts of these leaves; the records of erasures stay. Returns how many parts were erased.
CREATE FUNCTION retire_leaves(first bigint, last bigint, records uuid[], moment timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE due record;
BEGIN
  SELECT * INTO due FROM due_for_retirement(least(moment, now()), (last - first + 1)::integer) AS d;
  IF due.first IS DISTINCT FROM first OR due.last IS DISTINCT FROM last THEN
    RAISE insufficient_privilege USING MESSAGE = 'the retention of these entries is not over';
  END IF;
  INSERT INTO ledger_retirement (first, last, at) VALUES (first, last, moment);
  RETURN erase_parts(ARRAY(SELECT l.entry_id FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id
    WHERE l.leaf_index BETWEEN retire_leaves.first AND retire_leaves.last
      AND e.action NOT IN ('audit.erase', 'audit.retire', 'audit.forget')), records);
END $$;
"""
NAMES = (
    "retire_leaves",
    "due_for_retirement",
    "forget_person",
    "erase_entry",
    "erase_parts",
    "parties_of_erasure",
    "entry_decided",
)


def upgrade() -> None:
    """The table of what was retired, the kind of decision, and the functions."""
    op.create_table(
        "ledger_retirement",
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first <= last", name=op.f("ck_ledger_retirement_span")),
        sa.PrimaryKeyConstraint("last", name=op.f("pk_ledger_retirement")),
    )
    op.create_check_constraint(op.f("ck_ledger_part_erased"), "ledger_part", "(view IS NULL) = (erased_by IS NOT NULL)")
    _decides(", 'erase'")
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FUNCTIONS.replace("%", "%%"))
    run(f"REVOKE EXECUTE ON FUNCTION {', '.join(NAMES)} FROM PUBLIC")
    run(
        "GRANT EXECUTE ON FUNCTION parties_of_erasure, erase_entry, forget_person, due_for_retirement, retire_leaves"
        f" TO {app}"
    )


def downgrade() -> None:
    """Take them back; decisions to erase are forgotten, what was erased stays so."""
    run = op.get_bind().exec_driver_sql
    run(f"DROP FUNCTION {', '.join(NAMES)}")
    run("DELETE FROM decision WHERE kind = 'erase'")
    _decides("")
    op.drop_constraint("ck_ledger_part_erased", "ledger_part")
    op.drop_table("ledger_retirement")


def _decides(more: str) -> None:
    op.drop_constraint("ck_decision_kind", "decision")
    op.create_check_constraint(op.f("ck_decision_kind"), "decision", KINDS.format(more))


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
