"""Two people of the office decide that the log is anchored anew, and name the halt so that it reads like no number."""

from alembic import op

revision = "20261126_1810"
down_revision = "20261126_1755"
branch_labels = None
depends_on = None

KINDS = "kind IN ('admit', 'act_for', 'end_review', 'bind_domain', 'erase'{})"
STOP = """
CREATE OR REPLACE FUNCTION ledger_stop(finder text, why text, moment timestamptz) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO ledger_halt (one, name, found_by, reason, since)
    VALUES (true, 'h_' || %s, finder, left(why, 300), moment)
    ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $$"""
HEXADECIMAL = "left(replace(gen_random_uuid()::text, '-', ''), 16)"
BASE64URL = "translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/=', '-_')"


def upgrade() -> None:
    """One more kind of decision."""
    _decides(", 'reanchor'")
    op.get_bind().exec_driver_sql(STOP % BASE64URL)


def downgrade() -> None:
    """Decisions of this kind are forgotten."""
    run = op.get_bind().exec_driver_sql
    run("DELETE FROM decision WHERE kind = 'reanchor'")
    _decides("")
    run(STOP % HEXADECIMAL)


def _decides(more: str) -> None:
    op.drop_constraint("ck_decision_kind", "decision")
    op.create_check_constraint(op.f("ck_decision_kind"), "decision", KINDS.format(more))
