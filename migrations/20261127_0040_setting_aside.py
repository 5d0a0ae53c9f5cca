"""Two people of the office decide that an entry which can never stand in the tree is set aside for good."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0040"
down_revision = "20261127_0030"
branch_labels = None
depends_on = None

KINDS = "kind IN ('admit', 'act_for', 'end_review', 'bind_domain', 'erase', 'reanchor'{})"
STRAYS = """
CREATE OR REPLACE FUNCTION ledger_strays() RETURNS TABLE (kind text, place text, entry_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT 'quarantine', 'ledger_quarantine', q.entry_id FROM ledger_quarantine q{}
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
    """One more kind of decision; what was settled so is no finding any more."""
    op.add_column("ledger_quarantine", sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
    _decides(", 'set_aside'")
    op.get_bind().exec_driver_sql(STRAYS.format(" WHERE q.set_aside_at IS NULL"))


def downgrade() -> None:
    """Decisions of this kind are forgotten."""
    run = op.get_bind().exec_driver_sql
    run(STRAYS.format(""))
    run("DELETE FROM decision WHERE kind = 'set_aside'")
    _decides("")
    op.drop_column("ledger_quarantine", "set_aside_at")


def _decides(more: str) -> None:
    op.drop_constraint("ck_decision_kind", "decision")
    op.create_check_constraint(op.f("ck_decision_kind"), "decision", KINDS.format(more))
