"""Compare what is private in the log inside the database, and keep what the newest check of the whole log found.

The functions tell that a view does not open its commitment, or is gone without a record, and nothing of what it says.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1525"
down_revision = "20261126_1500"
branch_labels = None
depends_on = None

# The places of a leaf's id and of its commitments are fixed (hub.tree.leaf); "hub/part/v1\n" goes before the salt.
FAULTS = r"""
CREATE FUNCTION ledger_faults(first bigint, past bigint) RETURNS TABLE (kind text, leaf_index bigint, n smallint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH placed AS MATERIALIZED (
    SELECT l.leaf_index, e.id, e.action, e.leaf FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id
     WHERE l.leaf_index >= first AND l.leaf_index < past),
  parts AS MATERIALIZED (
    SELECT g.leaf_index, g.id, g.action, g.leaf, p.n, p.party, p.view, p.salt, p.erased_by
      FROM placed g JOIN ledger_part p ON p.entry_id = g.id),
  kept AS (SELECT i.* FROM ledger_party_leaf i WHERE i.leaf_index >= first AND i.leaf_index < past)
  SELECT 'entry', g.leaf_index, NULL FROM placed g
   WHERE substr(g.leaf, 8, 24) <> convert_to(encode(uuid_send(g.id), 'base64'), 'UTF8')
  UNION ALL
  SELECT 'view', p.leaf_index, p.n FROM parts p
   WHERE p.view IS NOT NULL
     AND (octet_length(p.salt) <> 32 OR substr(p.leaf, 45 + 84 * p.n, 44)
          <> convert_to(encode(sha256('\x6875622f706172742f76310a'::bytea || p.salt || p.view), 'base64'), 'UTF8'))
  UNION ALL
  SELECT 'entry', p.leaf_index, p.n FROM parts p
   WHERE p.view IS NOT NULL AND position(convert_to('"action":"' || p.action || '"', 'UTF8') IN p.view) = 0
  UNION ALL
  SELECT 'erasure', p.leaf_index, p.n FROM parts p
   WHERE p.view IS NULL AND NOT EXISTS (
     SELECT FROM ledger_entry r JOIN ledger_part rp ON rp.entry_id = r.id AND rp.party = p.party
      WHERE r.id = p.erased_by AND CASE r.action
        WHEN 'audit.erase' THEN position(convert_to('"ref":"'
          || translate(rtrim(encode(uuid_send(p.id), 'base64'), '='), '+/', '-_') || '"', 'UTF8') IN rp.view) > 0
        WHEN 'audit.retire' THEN EXISTS (SELECT FROM ledger_retirement t WHERE p.leaf_index BETWEEN t.first AND t.last)
        ELSE false END)
  UNION ALL
  SELECT 'party leaf', coalesce(p.leaf_index, i.leaf_index), coalesce(p.n, i.n)
    FROM parts p FULL JOIN kept i ON i.party = p.party AND i.leaf_index = p.leaf_index
   WHERE (i.entry_id, i.n, i.action) IS DISTINCT FROM (p.id, p.n, p.action)
$$"""
STRAYS = """
CREATE FUNCTION ledger_strays() RETURNS TABLE (kind text, place text, entry_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT 'quarantine', 'ledger_quarantine', q.entry_id FROM ledger_quarantine q
  UNION ALL
  SELECT 'outbox', 'ledger_pending, of no entry', q.entry_id FROM ledger_pending q
   WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.id = q.entry_id)
  UNION ALL
  SELECT 'outbox', 'ledger_pending, in the tree already', q.entry_id FROM ledger_pending q
    JOIN ledger_leaf l ON l.entry_id = q.entry_id
  UNION ALL
  SELECT 'lost', 'ledger_entry', e.id FROM ledger_entry e
   WHERE NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.entry_id = e.id)
     AND NOT EXISTS (SELECT FROM ledger_pending q WHERE q.entry_id = e.id)
     AND NOT EXISTS (SELECT FROM ledger_quarantine q WHERE q.entry_id = e.id)
  UNION ALL
  SELECT 'stray', 'ledger_part', p.entry_id FROM ledger_part p
   WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.id = p.entry_id)
  UNION ALL
  SELECT 'party leaf', 'ledger_party_leaf, beyond the tree', i.entry_id FROM ledger_party_leaf i
   WHERE NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.leaf_index = i.leaf_index)
$$"""


def upgrade() -> None:
    """The two functions, and the row of the newest result."""
    op.create_table(
        "ledger_fsck",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_ledger_fsck_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_ledger_fsck")),
    )
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FAULTS)
    run(STRAYS)
    run("REVOKE EXECUTE ON FUNCTION ledger_faults, ledger_strays FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION ledger_faults, ledger_strays TO {app}")
    run(f"GRANT SELECT, INSERT, UPDATE ON ledger_fsck TO {app}")
    run(f"GRANT SELECT ON ledger_state TO {app}")


def downgrade() -> None:
    """Take them back."""
    run = op.get_bind().exec_driver_sql
    run(f"REVOKE SELECT ON ledger_state FROM {_app()}")
    run("DROP FUNCTION ledger_faults, ledger_strays")
    op.drop_table("ledger_fsck")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
