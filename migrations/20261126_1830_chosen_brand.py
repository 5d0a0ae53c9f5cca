"""The brand that a person of an agent chose to act for, kept with its session.

It is kept as the authorisation that it was chosen under, so that it ends with that one.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_1830"
down_revision = "20261126_1810"
branch_labels = None
depends_on = None

# As before, and what the session's person chose, if what it chose was its member's.
HOLDER = """
CREATE FUNCTION session_holder(given bytea, moment timestamptz)
  RETURNS TABLE (session_id bigint, person_id integer, email text, pseudonym text, role text, enrolled boolean,
                 proven_at timestamptz, fresh_at timestamptz, touched boolean,
                 member_id integer, code text, name text, kind text, state text, sector text,
                 addresses integer[]{columns})
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE holder record;
BEGIN
  SELECT s.id, s.person_id, s.seen_at < moment - interval '5 minutes' AS touched, s.proven_at, s.fresh_at, p.email,
         p.pseudonym, p.role,
         EXISTS (SELECT FROM factor f WHERE f.person_id = p.id AND f.kind <> 'recovery') AS enrolled,
         m.id AS member_id, m.code, m.name, m.kind, m.state,
         m.sector, member_addresses(m.id) AS addresses{chosen}
    INTO holder
    FROM session s JOIN person p ON p.id = s.person_id JOIN member m ON m.id = p.member_id{join}
   WHERE s.digest = given AND s.ended_at IS NULL AND moment < s.ends_at
     AND moment < s.seen_at + make_interval(secs => s.idle_seconds) AND p.active;
  IF NOT FOUND THEN RETURN; END IF;
  holder.state := stand(holder.member_id);
  IF holder.touched THEN
    UPDATE session SET seen_at = moment WHERE id = holder.id;
  END IF;
  PERFORM set_config('hub.member', holder.member_id::text, true), set_config('hub.kind', holder.kind, true),
          set_config('hub.sector', coalesce(holder.sector, ''), true),
          set_config('hub.addresses', holder.addresses::text, true);
  RETURN QUERY SELECT holder.id, holder.person_id, holder.email::text, holder.pseudonym::text, holder.role::text,
                      holder.enrolled, holder.proven_at, holder.fresh_at, holder.touched, holder.member_id,
                      holder.code::text, holder.name::text, holder.kind::text, holder.state::text, holder.sector::text,
                      holder.addresses{given};
END $$;
"""
WITHOUT = dict.fromkeys(("columns", "chosen", "join", "given"), "")
WITH = {
    "columns": ", acting_under integer, brand text, brand_name text",
    "chosen": ", a.id AS acting_under, b.code AS brand, b.name AS brand_name",
    "join": "\n    LEFT JOIN authorisation a ON a.id = s.acting_under AND a.agent_id = m.id"
    "\n    LEFT JOIN member b ON b.id = a.brand_id",
    "given": ", holder.acting_under, holder.brand::text, holder.brand_name::text",
}
# The brand of that code that lets the reader, an agent, act for it, by that authorisation or, where none is named, by
# whichever lives; becomes the reader. No row: it does not.
TAKE_UP = """
CREATE FUNCTION take_up(brand text, moment timestamptz{parameter})
  RETURNS TABLE (authorisation integer, scopes text[], member_id integer, code text, name text, kind text, sector text,
                 addresses integer[])
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE found_one record;
BEGIN
  SELECT a.id, a.scopes, m.id AS member_id, m.code, m.name, m.kind, m.sector, member_addresses(m.id) AS addresses
    INTO found_one
    FROM authorisation a JOIN member m ON m.id = a.brand_id
   WHERE m.code = brand AND a.agent_id = reader_member() AND a.ended_at IS NULL{condition};
  IF NOT FOUND THEN RETURN; END IF;
  IF NOT authorised(found_one.id, moment, false) THEN RETURN; END IF;
  PERFORM set_config('hub.agent', reader_member()::text, true);
  PERFORM set_config('hub.member', found_one.member_id::text, true), set_config('hub.kind', found_one.kind, true),
          set_config('hub.sector', coalesce(found_one.sector, ''), true),
          set_config('hub.addresses', found_one.addresses::text, true);
  RETURN QUERY SELECT found_one.id, found_one.scopes, found_one.member_id, found_one.code::text, found_one.name::text,
                      found_one.kind::text, found_one.sector::text, found_one.addresses;
END $$;
"""
ANY = {"parameter": "", "condition": ""}
ONE = {
    "parameter": ", under integer DEFAULT NULL",
    "condition": "\n     AND a.id = coalesce(take_up.under, a.id)",
}


def upgrade() -> None:
    """The column, and the two functions that read it."""
    op.add_column("session", sa.Column("acting_under", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_session_acting_under_authorisation"), "session", "authorisation", ["acting_under"], ["id"]
    )
    op.get_bind().exec_driver_sql(f"GRANT SELECT (acting_under), UPDATE (acting_under) ON session TO {_app()}")
    _functions("take_up(text, timestamptz)", HOLDER.format(**WITH), TAKE_UP.format(**ONE))


def downgrade() -> None:
    """Take them back; then people act for their own members alone."""
    _functions("take_up(text, timestamptz, integer)", HOLDER.format(**WITHOUT), TAKE_UP.format(**ANY))
    op.drop_column("session", "acting_under")


def _functions(gone: str, *made: str) -> None:
    run = op.get_bind().exec_driver_sql
    run(f"DROP FUNCTION {gone}, session_holder(bytea, timestamptz)")
    for each in made:
        run(each)
    run("REVOKE EXECUTE ON FUNCTION session_holder, take_up FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION session_holder, take_up TO {_app()}")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
