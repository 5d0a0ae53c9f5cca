"""Notices: made of the record in its own order by a function, since the job that makes them reads for no member.

A notice says of which entry a member is told, and no more: what it says is read in the member's own part of the record.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_0740"
down_revision = "20261127_0730"
branch_labels = None
depends_on = None

OWN = "member_id = (SELECT reader_member())"
BY_ITSELF = "(SELECT coalesce(current_setting('hub.agent', true), '') = '')"
TOPICS = "'reports', 'questions', 'rights', 'evidence', 'matches', 'membership', 'keys', 'ledger'"
FUNCTIONS = """
CREATE FUNCTION make_notices(actions text[], topics text[], need_acts boolean[], of_own boolean[], moment timestamptz,
  most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first bigint;
  past bigint;
BEGIN
  SELECT p.next INTO first FROM notice_place p FOR UPDATE SKIP LOCKED;
  SELECT max(l.leaf_index) + 1 INTO past FROM
    (SELECT leaf_index FROM ledger_leaf WHERE leaf_index >= first ORDER BY leaf_index LIMIT most) l;
  IF past IS NULL THEN
    RETURN 0;
  END IF;
  WITH told AS (
    INSERT INTO notice (member_id, place, entry_id, topic, acts, at)
      SELECT DISTINCT ON (p.party, l.leaf_index) p.party, l.leaf_index, l.entry_id, t.topic, t.acts, p.at
        FROM ledger_leaf l
        JOIN ledger_part p ON p.entry_id = l.entry_id
        JOIN unnest(actions, topics, need_acts, of_own) AS t(action, topic, acts, own) ON t.action = p.action
       WHERE l.leaf_index >= first AND l.leaf_index < past AND p.view IS NOT NULL
         AND (p.role IN ('counterparty', 'owner') OR (t.own AND p.role = 'actor'))
       ORDER BY p.party, l.leaf_index
    RETURNING member_id, place)
  INSERT INTO notice_reader AS r (person_id, member_id, read_to, at_once_to, daily_to, look_at)
    SELECT p.id, p.member_id, least(n.place, first) - 1, first - 1, first - 1, moment
      FROM (SELECT member_id, min(place) AS place FROM told GROUP BY member_id) n
      JOIN person p ON p.member_id = n.member_id AND p.active
    ON CONFLICT (person_id) DO UPDATE SET look_at = least(r.look_at, excluded.look_at);
  UPDATE notice_place SET next = past;
  RETURN past - first;
END $$;

CREATE FUNCTION member_with_letters_due(moment timestamptz) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT member_id FROM notice_reader WHERE look_at <= moment ORDER BY look_at LIMIT 1
$$;

CREATE FUNCTION forget_notices(before timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM notice WHERE at < before RETURNING member_id, place),
       marks AS (DELETE FROM notice_read r USING gone WHERE r.member_id = gone.member_id AND r.place = gone.place)
  SELECT count(*) FROM gone
$$;
"""
NAMES = "make_notices, member_with_letters_due, forget_notices"
TABLES = ("notice", "notice_reader", "notice_read")
MARKED = "read_to, letters, hour, zone, look_at, at_once_to, daily_to, daily_at"


def upgrade() -> None:
    """The tables, who reads them, and what makes notices; of what is in the log already nobody is told."""
    _tables()
    run, app = op.get_bind().exec_driver_sql, _app()
    run("INSERT INTO notice_place (one, next) SELECT true, coalesce((SELECT size FROM ledger_state), 0)")
    run(FUNCTIONS)
    run(f"REVOKE EXECUTE ON FUNCTION {NAMES} FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION {NAMES} TO {app}")
    run(f"GRANT SELECT ON notice TO {app}")
    run(f"GRANT SELECT, INSERT, UPDATE ({MARKED}) ON notice_reader TO {app}")
    run(f"GRANT SELECT, INSERT, DELETE ON notice_read TO {app}")
    for table in TABLES:
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"CREATE POLICY own ON {table} USING ({OWN}) WITH CHECK ({OWN})")
        run(f"CREATE POLICY by_itself ON {table} AS RESTRICTIVE TO {app} USING ({BY_ITSELF})")


def downgrade() -> None:
    """Take them back; the record keeps what they told of."""
    op.get_bind().exec_driver_sql(f"DROP FUNCTION {NAMES}")
    for table in ("notice_read", "notice_reader", "notice", "notice_place"):
        op.drop_table(table)


def _tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "notice_place",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_notice_place_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_notice_place")),
    )
    op.create_table(
        "notice",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=12), nullable=False),
        sa.Column("acts", sa.Boolean(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.CheckConstraint(f"topic IN ({TOPICS})", name=op.f("ck_notice_topic")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_notice_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", "place", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_topic", "notice", ["member_id", "topic", "place"])
    op.create_index("ix_notice_at", "notice", ["at"])
    op.create_table(
        "notice_reader",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("read_to", sa.BigInteger(), nullable=False),
        sa.Column("letters", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("hour", sa.SmallInteger(), server_default="8", nullable=False),
        sa.Column("zone", sa.String(length=40), server_default="UTC", nullable=False),
        sa.Column("look_at", moment, nullable=True),
        sa.Column("at_once_to", sa.BigInteger(), nullable=False),
        sa.Column("daily_to", sa.BigInteger(), nullable=False),
        sa.Column("daily_at", moment, nullable=True),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_notice_reader_hour")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_reader_person_id_person")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_notice_reader_member_id_member")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notice_reader")),
    )
    waiting = sa.text("look_at IS NOT NULL")
    op.create_index("ix_notice_reader_look_at", "notice_reader", ["look_at"], postgresql_where=waiting)
    op.create_index("ix_notice_reader_member_id", "notice_reader", ["member_id"])
    op.create_table(
        "notice_read",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["notice_reader.person_id"], name=op.f("fk_notice_read_person_id_notice_reader")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_notice_read_member_id_member")),
        sa.PrimaryKeyConstraint("person_id", "place", name=op.f("pk_notice_read")),
    )
    op.create_index("ix_notice_read_member_id", "notice_read", ["member_id", "place"])


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
