"""Webhooks: addresses of members that their notices are sent to, each delivery, and each of its tries.

A delivery is made with its notice, in the same transaction. The sender reads for no member: a function hands it the next
delivery of each webhook that is due, and leases the webhook to it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_0750"
down_revision = "20261127_0740"
branch_labels = None
depends_on = None

OWN = "member_id = (SELECT reader_member())"
BY_ITSELF = "(SELECT coalesce(current_setting('hub.agent', true), '') = '')"
FUNCTIONS = """
CREATE FUNCTION make_deliveries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO webhook_delivery (name, webhook_id, member_id, entry_id, topic, made_at, state, tries, due_at)
    SELECT 'msg_' || replace(gen_random_uuid()::text, '-', ''), w.id, w.member_id, m.entry_id, m.topic, now(), 'waits', 0, now()
      FROM made m
      JOIN webhook w ON w.member_id = m.member_id AND m.topic = ANY (w.topics) AND w.disabled_at IS NULL
     ORDER BY m.place;
  RETURN NULL;
END $$;
CREATE TRIGGER make_deliveries AFTER INSERT ON notice REFERENCING NEW TABLE AS made
  FOR EACH STATEMENT EXECUTE FUNCTION make_deliveries();

CREATE FUNCTION take_deliveries(moment timestamptz, until timestamptz, most integer)
  RETURNS TABLE (delivery bigint, member integer) LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH due AS (
    SELECT w.id, d.id AS delivery FROM webhook w
     CROSS JOIN LATERAL (SELECT id, due_at FROM webhook_delivery
                          WHERE webhook_id = w.id AND due_at <= moment ORDER BY due_at, id LIMIT 1) d
     WHERE w.disabled_at IS NULL AND (w.held_until IS NULL OR w.held_until <= moment)
       AND (w.leased_until IS NULL OR w.leased_until <= moment)
     ORDER BY d.due_at LIMIT most FOR UPDATE OF w SKIP LOCKED)
  UPDATE webhook w SET leased_until = until FROM due WHERE w.id = due.id RETURNING due.delivery, w.member_id
$$;

CREATE FUNCTION forget_deliveries(before timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  DELETE FROM webhook_try t USING webhook_delivery d WHERE d.id = t.delivery_id AND d.made_at < before AND d.due_at IS NULL;
  DELETE FROM webhook_delivery WHERE made_at < before AND due_at IS NULL
$$;
"""
NAMES = "make_deliveries, take_deliveries, forget_deliveries"
ASKED = "take_deliveries, forget_deliveries"
TABLES = ("webhook", "webhook_delivery", "webhook_try")
SAID = "topics, sealed_secret, former_secret, former_until"
STANDS = "leased_until, held_until, failing_since, disabled_at, disabled_for"


def upgrade() -> None:
    """The tables, their owners' alone, and what makes, hands out and forgets deliveries."""
    _tables()
    run, app = op.get_bind().exec_driver_sql, _app()
    run(FUNCTIONS)
    run(f"REVOKE EXECUTE ON FUNCTION {NAMES} FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION {ASKED} TO {app}")
    run(f"GRANT SELECT, INSERT, DELETE, UPDATE ({SAID}, {STANDS}) ON webhook TO {app}")
    run(f"GRANT SELECT, INSERT, DELETE, UPDATE (state, tries, due_at) ON webhook_delivery TO {app}")
    run(f"GRANT SELECT, INSERT, DELETE ON webhook_try TO {app}")
    for table in TABLES:
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"CREATE POLICY own ON {table} USING ({OWN}) WITH CHECK ({OWN})")
        run(f"CREATE POLICY by_itself ON {table} AS RESTRICTIVE TO {app} USING ({BY_ITSELF})")
    # that one of its deliveries is under way, or failed, is not recorded
    run(
        "CREATE TRIGGER owe_record AFTER INSERT OR DELETE OR UPDATE OF topics, sealed_secret, disabled_at ON webhook"
        f" FOR EACH STATEMENT WHEN (session_user = '{_plain_app()}') EXECUTE FUNCTION owe_record()"
    )


def downgrade() -> None:
    """Take them back; notices are sent nowhere any more."""
    op.get_bind().exec_driver_sql("DROP TRIGGER make_deliveries ON notice")
    op.get_bind().exec_driver_sql(f"DROP FUNCTION {NAMES}")
    for table in ("webhook_try", "webhook_delivery", "webhook"):
        op.drop_table(table)


def _tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", moment, nullable=True),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("leased_until", moment, nullable=True),
        sa.Column("held_until", moment, nullable=True),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("disabled_at", moment, nullable=True),
        sa.Column("disabled_for", sa.String(length=8), nullable=True),
        sa.CheckConstraint("(former_secret IS NULL) = (former_until IS NULL)", name=op.f("ck_webhook_former_secret")),
        sa.CheckConstraint("(disabled_at IS NULL) = (disabled_for IS NULL)", name=op.f("ck_webhook_disabled")),
        sa.CheckConstraint("disabled_for IN ('gone', 'failing')", name=op.f("ck_webhook_disabled_for")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_webhook_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("name", name=op.f("uq_webhook_name")),
    )
    op.create_index("ix_webhook_member_id", "webhook", ["member_id", "id"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("topic", sa.String(length=12), nullable=True),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.CheckConstraint("state IN ('waits', 'delivered', 'failed')", name=op.f("ck_webhook_delivery_state")),
        sa.CheckConstraint("(state = 'waits') = (due_at IS NOT NULL)", name=op.f("ck_webhook_delivery_due")),
        sa.CheckConstraint("(entry_id IS NULL) = (topic IS NULL)", name=op.f("ck_webhook_delivery_of_a_notice")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_webhook_delivery_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("name", name=op.f("uq_webhook_delivery_name")),
    )
    op.create_index("ix_webhook_delivery_webhook", "webhook_delivery", ["webhook_id", "id"])
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["webhook_id", "due_at", "id"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_webhook_delivery_made_at", "webhook_delivery", ["made_at"])
    op.create_table(
        "webhook_try",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("failure", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_delivery.id"], name=op.f("fk_webhook_try_delivery_id_webhook_delivery")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_webhook_try_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_try")),
    )
    op.create_index("ix_webhook_try_delivery_id", "webhook_try", ["delivery_id"])


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())


def _plain_app() -> str:
    """The application's role in a text of SQL."""
    database = op.get_bind().exec_driver_sql("SELECT current_database()").scalar_one()
    return f"{database}_app".replace("'", "''")
