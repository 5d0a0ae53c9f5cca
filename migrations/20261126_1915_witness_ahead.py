"""Halt the log when a witness has signed more of it than is there; to remove a witness is recorded all the same."""

from alembic import op

revision = "20261126_1915"
down_revision = "20261126_1910"
branch_labels = None
depends_on = None

BEFORE = "'ledger.disputed'])"
AFTER = "'ledger.disputed', 'ledger.witness_removed'])"


def upgrade() -> None:
    """One more finder, and the sequencer sees what was cosigned."""
    _found_by(", 'witness'")
    op.get_bind().exec_driver_sql(f"GRANT SELECT ON ledger_cosignature TO {_sequencer()}")
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    """A halt of theirs is lifted."""
    _replace(AFTER, BEFORE)
    run = op.get_bind().exec_driver_sql
    run(f"REVOKE SELECT ON ledger_cosignature FROM {_sequencer()}")
    run("DELETE FROM ledger_halt WHERE found_by = 'witness'")
    _found_by("")


def _found_by(more: str) -> None:
    op.drop_constraint("ck_ledger_halt_found_by", "ledger_halt")
    op.create_check_constraint(
        op.f("ck_ledger_halt_found_by"), "ledger_halt", f"found_by IN ('sequencer', 'fsck'{more})"
    )


def _replace(old: str, new: str) -> None:
    """In the function that every event passes through."""
    run = op.get_bind().exec_driver_sql
    definition = str(run("SELECT pg_get_functiondef('ledger_append'::regproc)").scalar_one())
    assert definition.count(old) == 1
    run(definition.replace(old, new).replace("%", "%%"))


def _sequencer() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_sequencer",)).scalar_one())
