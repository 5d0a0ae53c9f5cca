"""Have no member that owes its signature let in by the next version of the agreement.

It owes from when the first version that it has not signed, after the last that it has, should have been: at once, if it
was admitted after that was published, else thirty days later. Its signature to the newest settles those before.
"""

from alembic import op

revision = "20261128_0120"
down_revision = "20261128_0110"
branch_labels = None
depends_on = None

OF_NEWEST = """     AND NOT EXISTS (SELECT FROM agreement_signature s WHERE s.member_id = m.id AND s.version = a.version)
     AND (m.admitted_at >= a.published_at OR moment >= a.published_at + interval '30 days')
    FROM member m CROSS JOIN (SELECT version, published_at FROM agreement ORDER BY version DESC LIMIT 1) a
"""
OF_ANY = """     AND EXISTS (
           SELECT FROM agreement a
            WHERE a.version > coalesce((SELECT max(s.version) FROM agreement_signature s WHERE s.member_id = m.id), 0)
              AND (m.admitted_at >= a.published_at OR moment >= a.published_at + interval '30 days'))
    FROM member m
"""


def upgrade() -> None:
    """Each version that was not signed counts."""
    _replace(OF_NEWEST, OF_ANY)


def downgrade() -> None:
    """The newest alone counts."""
    _replace(OF_ANY, OF_NEWEST)


def _replace(old: str, new: str) -> None:
    run = op.get_bind().exec_driver_sql
    definition = str(run("SELECT pg_get_functiondef('owes_agreement'::regproc)").scalar_one())
    assert definition.count(old) == 1
    run(definition.replace(old, new).replace("%", "%%"))
