"""Send notices to members in standing alone, and let go of the webhooks and the bound domains of one that leaves.

A suspended member's deliveries wait until it is in standing again, and are forgotten with all others in time.
"""

from alembic import op

revision = "20261127_0990"
down_revision = "20261127_0985"
branch_labels = None
depends_on = None

STANDS = "m.state IN ('admitted', 'probation')"
TAKEN = "FROM webhook w\n     CROSS JOIN"
TAKEN_OF = f"FROM webhook w JOIN member m ON m.id = w.member_id AND {STANDS}\n     CROSS JOIN"
LETTERS = "SELECT member_id FROM notice_reader WHERE"
LETTERS_OF = f"SELECT r.member_id FROM notice_reader r JOIN member m ON m.id = r.member_id AND {STANDS} WHERE"
OUT = "  UPDATE person SET active = false WHERE member_id = NEW.id;\n"
ALL_OUT = f"""{OUT}  DELETE FROM webhook_try WHERE member_id = NEW.id;
  DELETE FROM webhook_delivery WHERE member_id = NEW.id;
  DELETE FROM webhook WHERE member_id = NEW.id;
  DELETE FROM sign_in_domain WHERE member_id = NEW.id;
"""


def upgrade() -> None:
    """The functions; and what members that left before have kept goes."""
    _replace("take_deliveries", TAKEN, TAKEN_OF)
    _replace("member_with_letters_due", LETTERS, LETTERS_OF)
    _replace("shut_out", OUT, ALL_OUT)
    run = op.get_bind().exec_driver_sql
    for table in ("webhook_try", "webhook_delivery", "webhook", "sign_in_domain"):
        run(f"DELETE FROM {table} USING member m WHERE m.id = member_id AND m.left_at IS NOT NULL")


def downgrade() -> None:
    """Whoever has one is sent to."""
    _replace("shut_out", ALL_OUT, OUT)
    _replace("member_with_letters_due", LETTERS_OF, LETTERS)
    _replace("take_deliveries", TAKEN_OF, TAKEN)


def _replace(function: str, old: str, new: str) -> None:
    run = op.get_bind().exec_driver_sql
    definition = str(run("SELECT pg_get_functiondef(%s::regproc)", (function,)).scalar_one())
    assert definition.count(old) == 1, function
    run(definition.replace(old, new).replace("%", "%%"))
