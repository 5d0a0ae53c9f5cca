"""What the pages read by: a tally of contributions, indexes for paging, and the office's view of quotas and credentials.

The tally holds how many contributions a member has of each make, so that its overview costs the same at a thousand and
at ten million. A trigger keeps it, in the transaction of the change itself: no writer can forget it.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_0530"
down_revision = "20261124_0510"
branch_labels = None
depends_on = None

MAKE = "member_id, key_id, evidence_level, tlp, expires_on, state"

TALLY = f"""
CREATE FUNCTION tally_contributions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  -- in the order of the key, so that two requests of one member wait for each other instead of dying in a deadlock
  IF TG_OP = 'INSERT' THEN
    INSERT INTO contribution_tally ({MAKE}, contributions)
      SELECT {MAKE}, count(*) FROM after GROUP BY {MAKE} ORDER BY {MAKE}
      ON CONFLICT ({MAKE}) DO UPDATE SET contributions = contribution_tally.contributions + excluded.contributions;
  ELSE
    INSERT INTO contribution_tally ({MAKE}, contributions)
      SELECT {MAKE}, sum(one) FROM (SELECT {MAKE}, 1 AS one FROM after UNION ALL SELECT {MAKE}, -1 FROM before) AS moved
       GROUP BY {MAKE} HAVING sum(one) <> 0 ORDER BY {MAKE}
      ON CONFLICT ({MAKE}) DO UPDATE SET contributions = contribution_tally.contributions + excluded.contributions;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tally_added AFTER INSERT ON contribution REFERENCING NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION tally_contributions();
CREATE TRIGGER tally_moved AFTER UPDATE ON contribution REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION tally_contributions();
INSERT INTO contribution_tally ({MAKE}, contributions) SELECT {MAKE}, count(*) FROM contribution GROUP BY {MAKE};

ALTER TABLE contribution_tally ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON contribution_tally FOR SELECT USING (member_id = (SELECT reader_member()));
CREATE POLICY administer ON quota FOR SELECT USING (current_setting('hub.kind', true) = 'administration');
CREATE POLICY administer ON credential FOR SELECT USING (current_setting('hub.kind', true) = 'administration');
"""


def upgrade() -> None:
    """Make the tally and count what there is; the indexes; the two policies."""
    op.create_table(
        "contribution_tally",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.Column("evidence_level", sa.SmallInteger(), nullable=False),
        sa.Column("tlp", sa.SmallInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("contributions", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_contribution_tally_member_id_member")),
        sa.PrimaryKeyConstraint(*MAKE.split(", "), name=op.f("pk_contribution_tally")),
    )
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    app = run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one()
    run(TALLY)
    run(f"GRANT SELECT ON contribution_tally TO {app}")
    run("REVOKE EXECUTE ON FUNCTION tally_contributions FROM PUBLIC")
    op.drop_constraint("pk_sighting", "sighting")
    op.create_primary_key("pk_sighting", "sighting", ["member_id", "key_id", "token"])
    op.create_index("ix_match_state", "match", ["recipient_id", "state", "id"])
    op.create_index("ix_ledger_party_leaf_action", "ledger_party_leaf", ["party", "action", "leaf_index"])


def downgrade() -> None:
    """Take them back."""
    run = op.get_bind().exec_driver_sql
    op.drop_index("ix_ledger_party_leaf_action", "ledger_party_leaf")
    op.drop_index("ix_match_state", "match")
    op.drop_constraint("pk_sighting", "sighting")
    op.create_primary_key("pk_sighting", "sighting", ["key_id", "token", "member_id"])
    for table in ("quota", "credential"):
        run(f"DROP POLICY administer ON {table}")
    for trigger in ("tally_added", "tally_moved"):
        run(f"DROP TRIGGER {trigger} ON contribution")
    run("DROP FUNCTION tally_contributions")
    op.drop_table("contribution_tally")
