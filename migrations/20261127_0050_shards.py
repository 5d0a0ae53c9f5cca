"""The log in shards, each a tree of its own; places, and so sizes, count on through all of them.

So leaves, checkpoints, cosignatures and retirements keep their keys, and only a tile and a key say whose they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0050"
down_revision = "20261127_0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The log so far is the first shard."""
    run = op.get_bind().exec_driver_sql
    op.create_table(
        "ledger_shard",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor", sa.Text(), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (successor IS NULL)", name=op.f("ck_ledger_shard_closed")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_ledger_shard")),
        sa.UniqueConstraint("origin", name=op.f("uq_ledger_shard_origin")),
        sa.UniqueConstraint("first", name=op.f("uq_ledger_shard_first")),
    )
    run(
        "INSERT INTO ledger_shard (n, origin, first, began_at)"
        " SELECT 1, origin, 0, coalesce((SELECT min(at) FROM ledger_checkpoint), now()) FROM ledger_state"
    )
    op.add_column("ledger_state", sa.Column("shard", sa.Integer(), server_default="1", nullable=False))
    op.alter_column("ledger_state", "shard", server_default=None)
    op.create_foreign_key("fk_ledger_state_shard_ledger_shard", "ledger_state", "ledger_shard", ["shard"], ["n"])
    op.drop_column("ledger_state", "origin")
    op.add_column("ledger_tile", sa.Column("shard", sa.Integer(), server_default="1", nullable=False))
    op.alter_column("ledger_tile", "shard", server_default=None)
    run("ALTER TABLE ledger_tile DROP CONSTRAINT pk_ledger_tile")
    op.create_primary_key("pk_ledger_tile", "ledger_tile", ["shard", "level", "n"])
    op.add_column("ledger_key", sa.Column("shard", sa.Integer(), server_default="1", nullable=False))
    op.alter_column("ledger_key", "shard", server_default=None)
    op.drop_index("uq_ledger_key_newest", "ledger_key")
    op.create_index(
        "uq_ledger_key_newest", "ledger_key", ["shard"], unique=True, postgresql_where=sa.text("until IS NULL")
    )
    app, sequencer = _roles()
    run(f"GRANT SELECT ON ledger_shard TO {app}, {sequencer}")
    run(f"GRANT UPDATE (asked_at) ON ledger_shard TO {app}")
    run(f"GRANT INSERT, UPDATE ON ledger_shard TO {sequencer}")
    run(f"GRANT INSERT ON ledger_entry TO {sequencer}")
    run(
        "CREATE TRIGGER owe_record AFTER UPDATE ON ledger_shard FOR EACH STATEMENT"
        f" WHEN (session_user = '{app.strip(chr(34))}') EXECUTE FUNCTION owe_record()"
    )


def downgrade() -> None:
    """One log again. Refused once a second shard has begun: its entries could stand nowhere."""
    run = op.get_bind().exec_driver_sql
    if run("SELECT count(*) FROM ledger_shard").scalar_one() > 1:
        raise RuntimeError("the log has a second shard: there is no way back")
    _, sequencer = _roles()
    run(f"REVOKE INSERT ON ledger_entry FROM {sequencer}")
    op.drop_index("uq_ledger_key_newest", "ledger_key")
    op.create_index(
        "uq_ledger_key_newest",
        "ledger_key",
        [sa.text("(until IS NULL)")],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.drop_column("ledger_key", "shard")
    run("ALTER TABLE ledger_tile DROP CONSTRAINT pk_ledger_tile")
    op.drop_column("ledger_tile", "shard")
    op.create_primary_key("pk_ledger_tile", "ledger_tile", ["level", "n"])
    op.add_column("ledger_state", sa.Column("origin", sa.String(length=200), nullable=True))
    run("UPDATE ledger_state s SET origin = h.origin FROM ledger_shard h WHERE h.n = s.shard")
    op.alter_column("ledger_state", "origin", nullable=False)
    op.drop_column("ledger_state", "shard")
    op.drop_table("ledger_shard")


def _roles() -> tuple[str, str]:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    app, sequencer = (
        str(run("SELECT quote_ident(%s)", (f"{database}_{role}",)).scalar_one()) for role in ("app", "sequencer")
    )
    return app, sequencer
