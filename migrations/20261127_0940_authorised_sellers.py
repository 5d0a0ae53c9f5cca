"""Authorised sellers: each brand's own list, read by it alone; whether a listing is of one is asked of one function."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_0940"
down_revision = "20261127_0920"
branch_labels = None
depends_on = None

OWN = "brand_id = (SELECT reader_member()) AND current_setting('hub.kind', true) = 'brand'"
LISTED = sa.text("ended_at IS NULL")
SCOPES = (
    *("contribution:share", "contribution:withdraw", "contribution:read-own"),
    *("match:run", "match:read-own", "list:fetch", "right:enter", "right:read"),
    *("report:file", "report:read", "evidence:store", "evidence:read", "question:answer", "question:read"),
    *("testbuy:run", "testbuy:read"),
)
MORE = ("seller:manage",)
# On whose lists the sellers of up to 1,000 listings stand, by the listings' places from 1. It reads all lists, and so
# tells no more than this: to a brand alone, of members in standing (members.rules.ACTIVE), of entries that hold today.
# A name counts on a marketplace and on hosts below it. Names are looked up once, however many listings give them.
FUNCTION = """
CREATE FUNCTION authorised_among(digests bytea[], hosts text[], names bytea[], today date)
  RETURNS TABLE (n integer, brand_id integer, by_address boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH asked AS MATERIALIZED (
    SELECT q.n::integer AS n, q.digest, q.host, q.name
      FROM unnest(digests, hosts, names) WITH ORDINALITY q (digest, host, name, n)
     WHERE cardinality(digests) <= 1000 AND current_setting('hub.kind', true) = 'brand'),
  named AS MATERIALIZED (SELECT DISTINCT host, name FROM asked WHERE name IS NOT NULL),
  known AS (
    SELECT DISTINCT named.host, named.name, a.brand_id
      FROM named JOIN authorised_seller a ON a.seller_digest = named.name
       AND (a.host = named.host OR right(a.host, length(named.host) + 1) = '.' || named.host)
     WHERE a.ended_at IS NULL AND (a.last_day IS NULL OR a.last_day >= today)),
  found AS (
    SELECT asked.n, a.brand_id, true AS by_address FROM asked JOIN authorised_seller a ON a.digest = asked.digest
     WHERE a.ended_at IS NULL AND (a.last_day IS NULL OR a.last_day >= today)
    UNION ALL
    SELECT asked.n, known.brand_id, false FROM asked JOIN known ON known.host = asked.host AND known.name = asked.name)
  SELECT found.n, found.brand_id, found.by_address FROM found JOIN member m ON m.id = found.brand_id
   WHERE m.state IN ('admitted', 'probation')
$$;
"""


def upgrade() -> None:
    """The table, who keeps and reads it, the function, and one more scope of an authorisation."""
    _table()
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FUNCTION)
    run("REVOKE EXECUTE ON FUNCTION authorised_among FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION authorised_among TO {app}")
    run(f"GRANT SELECT, INSERT, UPDATE (ended_at) ON authorised_seller TO {app}")
    run("ALTER TABLE authorised_seller ENABLE ROW LEVEL SECURITY")
    run(
        "CREATE TRIGGER owe_record AFTER INSERT OR DELETE OR UPDATE ON authorised_seller FOR EACH STATEMENT"
        f" WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
    )
    run(f"CREATE POLICY own ON authorised_seller FOR ALL USING ({OWN}) WITH CHECK ({OWN})")
    _scopes(*SCOPES, *MORE)


def downgrade() -> None:
    """Take it back; the lists are lost, and so are authorisations to nothing else."""
    run = op.get_bind().exec_driver_sql
    run("DELETE FROM authorisation WHERE scopes <@ %s", (list(MORE),))
    run(f"UPDATE authorisation SET scopes = array_remove(scopes, '{MORE[0]}')")
    _scopes(*SCOPES)
    run("DROP FUNCTION authorised_among")
    op.drop_table("authorised_seller")


def _scopes(*scopes: str) -> None:
    listed = ", ".join(f"'{scope}'::text" for scope in scopes)
    op.drop_constraint(op.f("ck_authorisation_scopes"), "authorisation")
    op.create_check_constraint(
        op.f("ck_authorisation_scopes"), "authorisation", f"scopes <@ ARRAY[{listed}] AND cardinality(scopes) > 0"
    )


def _table() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "authorised_seller",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seller", sa.String(length=120), nullable=False),
        sa.Column("seller_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("by_agent", sa.Boolean(), nullable=False),
        sa.Column("added_by", sa.String(length=24), nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["member.id"], name=op.f("fk_authorised_seller_brand_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorised_seller")),
        sa.UniqueConstraint("name", name=op.f("uq_authorised_seller_name")),
    )
    of, own = "authorised_seller", ["brand_id", "id"]
    op.create_index("uq_authorised_seller_listed", of, ["digest", "brand_id"], unique=True, postgresql_where=LISTED)
    names = ["seller_digest", "host", "brand_id"]
    op.create_index("ix_authorised_seller_name", of, names, postgresql_where=LISTED)
    op.create_index("ix_authorised_seller_listed", of, own, postgresql_where=LISTED)
    op.create_index("ix_authorised_seller_ended", of, own, postgresql_where=sa.text("ended_at IS NOT NULL"))


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
