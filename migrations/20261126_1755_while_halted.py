"""Let what shows that something is wrong be recorded while the log is halted: an auditor's reading, and a dispute.

It waits in the outbox until the halt is lifted, as what leads out of it does.
"""

from alembic import op

revision = "20261126_1755"
down_revision = "20261126_1640"
branch_labels = None
depends_on = None

BEFORE = "'ledger.reanchored'])"
AFTER = "'ledger.reanchored', 'audit.read', 'ledger.disputed'])"


def upgrade() -> None:
    """Two more events pass."""
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    """They do not."""
    _replace(AFTER, BEFORE)


def _replace(old: str, new: str) -> None:
    """In the function that every event passes through."""
    run = op.get_bind().exec_driver_sql
    definition = str(run("SELECT pg_get_functiondef('ledger_append'::regproc)").scalar_one())
    assert definition.count(old) == 1
    run(definition.replace(old, new).replace("%", "%%"))
