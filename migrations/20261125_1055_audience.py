"""To whom a contribution passes: addressees, sectors, platforms alone; and whom it passed to before it was narrowed.

`addressees` takes the place of `group_ids`. A contribution is addressed to the contributor's own seat in a group; the
others of that group have its seat among their addresses for as long as both are in. So leaving, and dissolving, take
effect at the next request, in both directions, without touching a contribution.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.db import Xid8

revision = "20261125_1055"
down_revision = "20261125_1050"
branch_labels = None
depends_on = None

READER = """
CREATE FUNCTION reader_addresses() RETURNS integer[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(current_setting('hub.addresses', true), ''), '{}')::integer[];
CREATE FUNCTION reader_sector() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('hub.sector', true), '');
"""
READER_BEFORE = """
CREATE FUNCTION reader_groups() RETURNS integer[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(current_setting('hub.groups', true), ''), '{}')::integer[];
"""
FUNCTIONS = """
-- Under which addresses a member is reached: the seats of its groups, and its own number, negated.
CREATE FUNCTION member_addresses(who integer) RETURNS integer[] LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public AS $$
  SELECT array_prepend(-who, ARRAY(SELECT theirs.id FROM sharing_group_member own
                                     JOIN sharing_group_member theirs ON theirs.group_id = own.group_id
                                    WHERE own.member_id = who ORDER BY 1))
$$;

-- A member's contributions keep to its sector when that changes, but for those widened to all. Who changes it has waited
-- for whatever the member was sharing (hold_still), so none is missed.
CREATE FUNCTION carry_sector() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  UPDATE contribution SET sector = NEW.sector WHERE member_id = NEW.id AND widening IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER carry_sector AFTER UPDATE OF sector ON member
  FOR EACH ROW WHEN (NEW.sector IS DISTINCT FROM OLD.sector) EXECUTE FUNCTION carry_sector();

-- Whom a contribution passed to before its contributor amended that: those who lose it are told that it is gone. A
-- change of sector does not move changed_xid: every list starts over then.
CREATE FUNCTION keep_past_audience() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO past_audience (key_id, token, member_id, tlp, sector, platforms_only, addressees)
    VALUES (OLD.key_id, OLD.token, OLD.member_id, OLD.tlp, OLD.sector, OLD.platforms_only, OLD.addressees)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_past_audience AFTER UPDATE OF tlp, sector, platforms_only, addressees ON contribution
  FOR EACH ROW WHEN (OLD.changed_xid IS DISTINCT FROM NEW.changed_xid
    AND (OLD.tlp, OLD.sector, OLD.platforms_only, OLD.addressees)
        IS DISTINCT FROM (NEW.tlp, NEW.sector, NEW.platforms_only, NEW.addressees))
  EXECUTE FUNCTION keep_past_audience();
"""
PASSES = """member_id = (SELECT reader_member())
  OR (tlp <= (SELECT reader_ceiling())
      AND coalesce(sector = (SELECT reader_sector()), true)
      AND (NOT platforms_only OR current_setting('hub.kind', true) = 'platform')
      AND (addressees IS NULL OR addressees && (SELECT reader_addresses())))"""
PASSED_BEFORE = """member_id = (SELECT reader_member())
  OR (tlp <= (SELECT reader_ceiling())
      AND (group_ids = '{}'::integer[] OR group_ids && (SELECT reader_groups())))"""

# Whom a key stands for. Runs as the owner, since the application may not read digests; sets the reader itself.
HOLDER = """
CREATE FUNCTION credential_holder(given bytea, moment timestamptz, address inet)
  RETURNS TABLE (credential_id integer, pseudonym text, scopes text[], outside boolean, expired boolean,
                 member_id integer, code text, name text, kind text, state text,{columns})
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
#variable_conflict use_column
DECLARE holder record;
BEGIN
  SELECT c.id, c.pseudonym, c.expires_at <= moment AS expired, c.last_used_on, m.id AS member_id, m.code, m.name,
         m.kind, m.state, c.scopes,
         NOT (c.networks = '{{}}' OR coalesce(address <<= ANY (c.networks), false)) AS outside,
         {found}
    INTO holder
    FROM credential c JOIN member m ON m.id = c.member_id
   WHERE c.digest = given AND c.revoked_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;
  holder.state := stand(holder.member_id);
  IF holder.last_used_on IS DISTINCT FROM (moment AT TIME ZONE 'UTC')::date AND NOT holder.expired
     AND NOT holder.outside THEN
    UPDATE credential SET last_used_on = (moment AT TIME ZONE 'UTC')::date WHERE id = holder.id;
  END IF;
  PERFORM set_config('hub.member', holder.member_id::text, true), set_config('hub.kind', holder.kind, true),
          {told};
  RETURN QUERY SELECT holder.id, holder.pseudonym::text, holder.scopes, holder.outside, holder.expired,
                      holder.member_id, holder.code::text, holder.name::text, holder.kind::text, holder.state::text,
                      {returned};
END $$;
"""
NOW = {
    "columns": " sector text, addresses integer[]",
    "found": "m.sector, member_addresses(m.id) AS addresses",
    "told": "set_config('hub.sector', coalesce(holder.sector, ''), true),"
    " set_config('hub.addresses', holder.addresses::text, true)",
    "returned": "holder.sector::text, holder.addresses",
}
BEFORE = {
    "columns": " group_ids integer[]",
    "found": "ARRAY(SELECT g.group_id FROM sharing_group_member g WHERE g.member_id = m.id ORDER BY 1) AS group_ids",
    "told": "set_config('hub.groups', holder.group_ids::text, true)",
    "returned": "holder.group_ids",
}


def upgrade() -> None:
    """Seats, addressees and past audiences; the functions, policies and triggers that read them."""
    run, app = op.get_bind().exec_driver_sql, _app()
    op.drop_constraint("pk_sharing_group_member", "sharing_group_member")
    op.add_column("sharing_group_member", sa.Column("id", sa.Integer(), sa.Identity(), nullable=False))
    op.create_primary_key("pk_sharing_group_member", "sharing_group_member", ["id"])
    op.create_unique_constraint(
        "uq_sharing_group_member_group_id_member_id", "sharing_group_member", ["group_id", "member_id"]
    )
    op.add_column("contribution", sa.Column("addressees", postgresql.ARRAY(sa.Integer()), nullable=True))
    for flag in ("platforms_only", "shows_contributor"):
        op.add_column("contribution", sa.Column(flag, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("contribution", sa.Column("widening", sa.String(length=20), nullable=True))
    op.add_column("contribution", sa.Column("widening_note", sa.String(length=200), nullable=True))
    run(
        "UPDATE contribution c SET addressees = ARRAY(SELECT s.id FROM sharing_group_member s"
        " WHERE s.member_id = c.member_id AND s.group_id = ANY (c.group_ids)) WHERE group_ids <> '{}'"
    )
    run(
        "UPDATE contribution c SET sector = m.sector FROM member m"
        " WHERE m.id = c.member_id AND c.sector IS DISTINCT FROM m.sector"
    )
    _constraints()
    _past_audience()
    run("DROP POLICY read ON contribution")
    run("DROP FUNCTION reader_groups")
    run("DROP FUNCTION credential_holder")
    op.drop_column("contribution", "group_ids")
    run(READER)
    run(FUNCTIONS)
    run(HOLDER.format(**NOW))
    run(f"CREATE POLICY read ON contribution FOR SELECT USING ({PASSES})")
    run("ALTER TABLE past_audience ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY read ON past_audience FOR SELECT USING ({PASSES})")
    run(f"GRANT SELECT ON past_audience TO {app}")
    run("REVOKE EXECUTE ON FUNCTION credential_holder, member_addresses, carry_sector, keep_past_audience FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION credential_holder, member_addresses TO {app}")


def _constraints() -> None:
    op.drop_constraint("ck_contribution_red_names_its_group", "contribution")
    for name, holds in (
        ("red_names_its_addressees", "tlp < 5 OR addressees IS NOT NULL"),
        ("widening", "widening IN ('several-trades', 'organised', 'safety', 'authority')"),
        ("widened_has_no_sector", "widening IS NULL OR sector IS NULL"),
        ("note_has_its_reason", "widening_note IS NULL OR widening IS NOT NULL"),
    ):
        op.create_check_constraint(op.f(f"ck_contribution_{name}"), "contribution", holds)


def _past_audience() -> None:
    op.create_table(
        "past_audience",
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.SmallInteger(), nullable=False),
        sa.Column("sector", sa.String(length=40), nullable=True),
        sa.Column("platforms_only", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("addressees", postgresql.ARRAY(sa.Integer()), nullable=True),
        sa.Column("changed_xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id", "token", "member_id"],
            ["contribution.key_id", "contribution.token", "contribution.member_id"],
            name=op.f("fk_past_audience_key_id_token_member_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key_id", "token", "member_id", "changed_xid", name=op.f("pk_past_audience")),
    )
    op.create_index("ix_past_audience_changes", "past_audience", ["key_id", "changed_xid"])


def downgrade() -> None:
    """Take them back. What passed to platforms or to named members alone then passes to nobody: to group 0."""
    run, app = op.get_bind().exec_driver_sql, _app()
    for table in ("contribution", "past_audience"):
        run(f"DROP POLICY read ON {table}")
    run("DROP TRIGGER carry_sector ON member")
    run("DROP TRIGGER keep_past_audience ON contribution")
    run(
        "DROP FUNCTION credential_holder, member_addresses, carry_sector, keep_past_audience,"
        " reader_addresses, reader_sector"
    )
    op.drop_table("past_audience")
    for name in ("red_names_its_addressees", "widening", "widened_has_no_sector", "note_has_its_reason"):
        op.drop_constraint(f"ck_contribution_{name}", "contribution")
    op.add_column(
        "contribution",
        sa.Column("group_ids", postgresql.ARRAY(sa.Integer()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.alter_column("contribution", "group_ids", server_default=None)
    run(
        "UPDATE contribution SET group_ids = ARRAY(SELECT s.group_id FROM sharing_group_member s"
        " WHERE s.id = ANY (addressees) ORDER BY 1) WHERE addressees IS NOT NULL AND NOT platforms_only"
    )
    run(
        "UPDATE contribution SET group_ids = '{0}' WHERE group_ids = '{}' AND (platforms_only OR addressees IS NOT NULL)"
    )
    op.create_check_constraint(
        op.f("ck_contribution_red_names_its_group"), "contribution", "tlp < 5 OR cardinality(group_ids) > 0"
    )
    for column in ("addressees", "platforms_only", "shows_contributor", "widening", "widening_note"):
        op.drop_column("contribution", column)
    op.drop_constraint("pk_sharing_group_member", "sharing_group_member")
    op.drop_constraint("uq_sharing_group_member_group_id_member_id", "sharing_group_member")
    op.drop_column("sharing_group_member", "id")
    op.create_primary_key("pk_sharing_group_member", "sharing_group_member", ["group_id", "member_id"])
    run(READER_BEFORE)
    run(f"CREATE POLICY read ON contribution FOR SELECT USING ({PASSED_BEFORE})")
    run(HOLDER.format(**BEFORE))
    run("REVOKE EXECUTE ON FUNCTION credential_holder FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION credential_holder TO {app}")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
