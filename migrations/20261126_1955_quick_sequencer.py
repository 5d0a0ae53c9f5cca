"""Take entries into the tree without reading whole tables on the way.

Whether somebody acts for another was asked for each row, and taken to hold for one row in two hundred: the plans made
from that read all of ledger_part for each batch. It is asked once a statement now, and of the application alone, for
the sequencer acts for nobody. And what a leaf is about stands with the entry and the part, no third time.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1955"
down_revision = "20261126_1920"
branch_labels = None
depends_on = None

NEVER = (
    *("agreement_signature", "authorisation", "credential", "factor", "group_invitation", "identity_provider"),
    *("ledger_part", "ledger_party_leaf", "one_time_link", "person", "provided_identity", "session", "sign_in_domain"),
)
BY_ITSELF = "coalesce(current_setting('hub.agent', true), '') = ''"
WITH_ACTION = "(i.entry_id, i.n, i.action) IS DISTINCT FROM (p.id, p.n, p.action)"
WITHOUT = "(i.entry_id, i.n) IS DISTINCT FROM (p.id, p.n)"


def upgrade() -> None:
    """One sub-query for the whole statement, and one column less."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    app = op.get_bind().exec_driver_sql("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one()
    _shut(f"TO {app} USING ((SELECT {BY_ITSELF}))")
    _compare(WITH_ACTION, WITHOUT)
    op.drop_column("ledger_party_leaf", "action")


def downgrade() -> None:
    """As before, row by row and for everybody, and with the column."""
    op.add_column("ledger_party_leaf", sa.Column("action", sa.String(length=40), nullable=True))
    op.execute("UPDATE ledger_party_leaf l SET action = e.action FROM ledger_entry e WHERE e.id = l.entry_id")
    op.alter_column("ledger_party_leaf", "action", nullable=False)
    _compare(WITHOUT, WITH_ACTION)
    _shut(f"TO PUBLIC USING ({BY_ITSELF})")


def _shut(how: str) -> None:
    for table in NEVER:
        op.get_bind().exec_driver_sql(f"ALTER POLICY by_itself ON {table} {how}")


def _compare(before: str, after: str) -> None:
    """Let ledger_faults compare the index of whose leaf it is with the parts by these columns."""
    run = op.get_bind().exec_driver_sql
    made = str(run("SELECT pg_get_functiondef('ledger_faults'::regproc)").scalar_one())
    assert before in made
    run(made.replace(before, after).replace("%", "%%"))
