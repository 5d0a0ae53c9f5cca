"""Keep each tally in sixteen shares, so that two exchanges of one member do not wait for each other until they commit."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "20261127_0900"
down_revision = "20261127_0824"
branch_labels = None
depends_on = None

MAKE = "member_id, key_id, evidence_level, tlp, expires_on, state"
MINE = "(pg_backend_pid() % 16)::smallint"
WRITTEN = (
    (f"({MAKE}, contributions)", f"({MAKE}, share, contributions)"),
    (f"SELECT {MAKE}, count(*)", f"SELECT {MAKE}, {MINE}, count(*)"),
    (f"SELECT {MAKE}, sum(one)", f"SELECT {MAKE}, {MINE}, sum(one)"),
    (f"ON CONFLICT ({MAKE})", f"ON CONFLICT ({MAKE}, share)"),
)


def upgrade() -> None:
    """What was counted so far is the first share."""
    op.add_column("contribution_tally", sa.Column("share", sa.SmallInteger(), nullable=False, server_default="0"))
    op.alter_column("contribution_tally", "share", server_default=None)
    _key(f"{MAKE}, share")
    _rewrite(WRITTEN)


def downgrade() -> None:
    """One row of all shares."""
    run = op.get_bind().exec_driver_sql
    run(f"CREATE TEMPORARY TABLE summed AS SELECT {MAKE}, sum(contributions) FROM contribution_tally GROUP BY {MAKE}")
    run("DELETE FROM contribution_tally")
    _key(MAKE)
    op.drop_column("contribution_tally", "share")
    run(f"INSERT INTO contribution_tally ({MAKE}, contributions) SELECT * FROM summed")
    run("DROP TABLE summed")
    _rewrite([(new, old) for old, new in WRITTEN])


def _key(columns: str) -> None:
    op.drop_constraint("pk_contribution_tally", "contribution_tally")
    op.create_primary_key("pk_contribution_tally", "contribution_tally", columns.split(", "))


def _rewrite(parts: Sequence[tuple[str, str]]) -> None:
    run = op.get_bind().exec_driver_sql
    definition = str(run("SELECT pg_get_functiondef('tally_contributions'::regproc)").scalar_one())
    for old, new in parts:
        assert old in definition, old
        definition = definition.replace(old, new)
    run(definition.replace("%", "%%"))
