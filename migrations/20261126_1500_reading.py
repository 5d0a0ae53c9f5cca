"""Read one's own part of the log by what it is about, and tell a member when an auditor reads what concerns it.

What a part is asked for by stands beside it, written from the view itself by a trigger, and goes with the view when
that is erased. One index holds all of it: a page costs the page, and the rarest filter one pass over the index alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1500"
down_revision = "20261126_1445"
branch_labels = None
depends_on = None

TOLD = {"outcome": ("outcome", 8), "role": ("role", 12), "via": ("via", 8), "acting": ("member", 60)}
"""Column → the view's field, and the longest it can be."""
FUNCTIONS = """
CREATE FUNCTION note_part() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE told json := convert_from(NEW.view, 'UTF8')::json;
BEGIN
  NEW.outcome := told ->> 'outcome';
  NEW.role := told ->> 'role';
  NEW.via := told ->> 'via';
  NEW.acting := told ->> 'member';
  IF TG_OP = 'INSERT' THEN
    SELECT e.at, e.action INTO NEW.at, NEW.action FROM ledger_entry e WHERE e.id = NEW.entry_id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_part_noted BEFORE INSERT OR UPDATE OF view ON ledger_part
  FOR EACH ROW EXECUTE FUNCTION note_part();

-- Whom the entries that an auditor is shown concern beside auditors, and how many of them each. Its own readings are
-- left out: the record of a reading would else be read, and recorded, for ever.
CREATE FUNCTION read_by_auditor(entries uuid[]) RETURNS TABLE (party integer, read bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.party, count(DISTINCT p.entry_id) FROM ledger_part p
    JOIN ledger_part own ON own.entry_id = p.entry_id AND own.party = reader_member()
    JOIN member m ON m.id = p.party
   WHERE p.entry_id = ANY (entries) AND m.kind <> 'auditor' AND current_setting('hub.kind', true) = 'auditor'
     AND NOT (own.action = 'audit.read' AND own.role = 'actor')
   GROUP BY p.party
$$;

-- The entries that concern a member, newest first, of those that an auditor has a part in; role is the member's.
CREATE FUNCTION entries_of_member(subject text, what text, came_to text, as_role text, way text, since timestamptz,
    until timestamptz, before_at timestamptz, before_id uuid, most integer) RETURNS TABLE (entry_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.entry_id FROM ledger_part p
   WHERE p.party = (SELECT id FROM member WHERE code = subject) AND current_setting('hub.kind', true) = 'auditor'
     AND EXISTS (SELECT FROM ledger_part own WHERE own.entry_id = p.entry_id AND own.party = reader_member())
     AND (what IS NULL OR p.action = what) AND (came_to IS NULL OR p.outcome = came_to)
     AND (as_role IS NULL OR p.role = as_role) AND (way IS NULL OR p.via = way)
     AND (since IS NULL OR p.at >= since) AND (until IS NULL OR p.at < until)
     AND (before_at IS NULL OR (p.at, p.entry_id) < (before_at, before_id))
   ORDER BY p.at DESC, p.entry_id DESC LIMIT most
$$;
"""
INDEX = "ix_ledger_part_party"


def upgrade() -> None:
    """The columns, filled from what there is; the index; the two functions that answer an auditor alone."""
    op.add_column("ledger_part", sa.Column("at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ledger_part", sa.Column("action", sa.String(length=40), nullable=True))
    for name, (_, length) in TOLD.items():
        op.add_column("ledger_part", sa.Column(name, sa.String(length=length), nullable=True))
    run, app = op.get_bind().exec_driver_sql, _app()
    run("ALTER TABLE ledger_part DISABLE TRIGGER ledger_part_stands")
    run(
        "UPDATE ledger_part p SET at = e.at, action = e.action, "
        + ", ".join(f"{name} = convert_from(p.view, 'UTF8')::json ->> '{field}'" for name, (field, _) in TOLD.items())
        + " FROM ledger_entry e WHERE e.id = p.entry_id"
    )
    run("ALTER TABLE ledger_part ENABLE TRIGGER ledger_part_stands")
    run(FUNCTIONS)
    run("REVOKE EXECUTE ON FUNCTION read_by_auditor, entries_of_member FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION read_by_auditor, entries_of_member TO {app}")
    op.drop_index(INDEX, "ledger_part")
    told = ["action", *TOLD]
    op.create_index(INDEX, "ledger_part", ["party", "at", "entry_id"], postgresql_include=told)
    op.drop_index("ix_ledger_party_leaf_action", "ledger_party_leaf")


def downgrade() -> None:
    """Take them back."""
    run = op.get_bind().exec_driver_sql
    op.create_index("ix_ledger_party_leaf_action", "ledger_party_leaf", ["party", "action", "leaf_index"])
    op.drop_index(INDEX, "ledger_part")
    op.create_index(INDEX, "ledger_part", ["party", "entry_id"])
    run("DROP FUNCTION entries_of_member, read_by_auditor")
    run("DROP TRIGGER ledger_part_noted ON ledger_part")
    run("DROP FUNCTION note_part")
    for name in ("at", "action", *TOLD):
        op.drop_column("ledger_part", name)


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
