"""What a contribution said before it changed, so that a list tells that a token is gone to those alone who were given it.

Until now a list told of every token of which a contribution changed that passes to the reader: also of one that a single
member shares at E1, which has no effect and which the reader must not learn of. `said_xid` is the transaction since which
a contribution says what it says to those it passes to, `settled_xid` that of the last turn of a dispute, and a past
audience keeps evidence and `said_xid`: what had effect at an earlier reading follows from these.
"""

import sqlalchemy as sa
from alembic import op

from hub.db import Xid8

revision = "20261126_0700"
down_revision = "20261126_0640"
branch_labels = None
depends_on = None

FUNCTIONS = """
CREATE FUNCTION say_anew() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  NEW.said_xid := pg_current_xact_id();
  RETURN NEW;
END $$;
-- Not for a change of the member's sector, which leaves changed_xid as it is: every list starts over then.
CREATE TRIGGER say_anew BEFORE UPDATE ON contribution
  FOR EACH ROW WHEN (OLD.changed_xid IS DISTINCT FROM NEW.changed_xid
    AND (OLD.state, OLD.stance, OLD.evidence_level, OLD.tlp, OLD.sector, OLD.platforms_only, OLD.addressees)
        IS DISTINCT FROM
        (NEW.state, NEW.stance, NEW.evidence_level, NEW.tlp, NEW.sector, NEW.platforms_only, NEW.addressees))
  EXECUTE FUNCTION say_anew();

-- What counted until now, and for whom. What never stood but under a dispute never counted.
CREATE OR REPLACE FUNCTION keep_past_audience() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO past_audience (key_id, token, member_id, tlp, sector, platforms_only, addressees, evidence_level, said_xid)
    SELECT OLD.key_id, OLD.token, OLD.member_id, OLD.tlp, OLD.sector, OLD.platforms_only, OLD.addressees,
           OLD.evidence_level, OLD.said_xid
     WHERE NOT EXISTS (SELECT FROM indicator i WHERE i.key_id = OLD.key_id AND i.token = OLD.token
                          AND i.disputed AND i.settled_xid < OLD.said_xid)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_past_audience AFTER UPDATE ON contribution
  FOR EACH ROW WHEN (OLD.said_xid IS DISTINCT FROM NEW.said_xid
    AND OLD.state = 'active' AND OLD.stance = 'infringing')
  EXECUTE FUNCTION keep_past_audience();
"""
FUNCTIONS_BEFORE = """
CREATE OR REPLACE FUNCTION keep_past_audience() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO past_audience (key_id, token, member_id, tlp, sector, platforms_only, addressees)
    VALUES (OLD.key_id, OLD.token, OLD.member_id, OLD.tlp, OLD.sector, OLD.platforms_only, OLD.addressees)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_past_audience AFTER UPDATE OF tlp, sector, platforms_only, addressees ON contribution
  FOR EACH ROW WHEN (OLD.changed_xid IS DISTINCT FROM NEW.changed_xid
    AND (OLD.tlp, OLD.sector, OLD.platforms_only, OLD.addressees)
        IS DISTINCT FROM (NEW.tlp, NEW.sector, NEW.platforms_only, NEW.addressees))
  EXECUTE FUNCTION keep_past_audience();
"""
SETTLE = """
CREATE OR REPLACE FUNCTION settle_dispute() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE
  row contribution := coalesce(NEW, OLD);
  now_disputed boolean;
BEGIN
  PERFORM 1 FROM indicator WHERE key_id = row.key_id AND token = row.token FOR UPDATE;
  now_disputed := EXISTS (SELECT FROM contribution c WHERE c.key_id = row.key_id AND c.token = row.token
                            AND c.stance = 'legitimate' AND c.state = 'active');
  UPDATE indicator SET disputed = now_disputed{settled}
   WHERE key_id = row.key_id AND token = row.token AND disputed IS DISTINCT FROM now_disputed;
  IF FOUND THEN
    UPDATE contribution SET changed_xid = pg_current_xact_id() WHERE key_id = row.key_id AND token = row.token;
  END IF;
  RETURN NULL;
END $$;
"""


def upgrade() -> None:
    """The columns and the triggers. Every list starts over, so nothing kept before is needed, nor would it tell enough."""
    run = op.get_bind().exec_driver_sql
    run("DELETE FROM past_audience")
    op.add_column("contribution", sa.Column("said_xid", Xid8(), server_default=sa.text("'0'"), nullable=False))
    op.alter_column("contribution", "said_xid", server_default=sa.text("pg_current_xact_id()"))
    op.add_column("indicator", sa.Column("settled_xid", Xid8(), server_default=sa.text("'0'"), nullable=False))
    op.add_column("past_audience", sa.Column("evidence_level", sa.SmallInteger(), nullable=False))
    op.add_column("past_audience", sa.Column("said_xid", Xid8(), nullable=False))
    run("DROP TRIGGER keep_past_audience ON contribution")
    run(FUNCTIONS)
    run(SETTLE.format(settled=", settled_xid = pg_current_xact_id()"))
    run("REVOKE EXECUTE ON FUNCTION say_anew FROM PUBLIC")


def downgrade() -> None:
    """As it was."""
    run = op.get_bind().exec_driver_sql
    for trigger in ("keep_past_audience", "say_anew"):
        run(f"DROP TRIGGER {trigger} ON contribution")
    run("DROP FUNCTION say_anew")
    run(FUNCTIONS_BEFORE)
    run(SETTLE.format(settled=""))
    for table, column in (
        *(("past_audience", "said_xid"), ("past_audience", "evidence_level")),
        *(("indicator", "settled_xid"), ("contribution", "said_xid")),
    ):
        op.drop_column(table, column)
