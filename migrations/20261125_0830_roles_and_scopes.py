"""Roles of people, and the name, scopes and networks of API keys, which a member's owners issue and revoke themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261125_0830"
down_revision = "20261124_0530"
branch_labels = None
depends_on = None

# Whom a key stands for. Runs as the owner, since the application may not read digests; sets the reader itself.
HOLDER = """
CREATE FUNCTION credential_holder(given bytea, moment timestamptz{address})
  RETURNS TABLE (credential_id integer, pseudonym text,{columns} expired boolean,
                 member_id integer, code text, name text, kind text, state text, group_ids integer[])
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
#variable_conflict use_column
DECLARE holder record;
BEGIN
  SELECT c.id, c.pseudonym, c.expires_at <= moment AS expired, c.last_used_on, m.id AS member_id, m.code, m.name,
         m.kind, m.state,{found}
         ARRAY(SELECT g.group_id FROM sharing_group_member g WHERE g.member_id = m.id ORDER BY 1) AS group_ids
    INTO holder
    FROM credential c JOIN member m ON m.id = c.member_id
   WHERE c.digest = given AND c.revoked_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;
  IF holder.last_used_on IS DISTINCT FROM (moment AT TIME ZONE 'UTC')::date AND NOT holder.expired{inside} THEN
    UPDATE credential SET last_used_on = (moment AT TIME ZONE 'UTC')::date WHERE id = holder.id;
  END IF;
  PERFORM set_config('hub.member', holder.member_id::text, true), set_config('hub.kind', holder.kind, true),
          set_config('hub.groups', holder.group_ids::text, true);
  RETURN QUERY SELECT holder.id, holder.pseudonym::text,{returned} holder.expired, holder.member_id,
                      holder.code::text, holder.name::text, holder.kind::text, holder.state::text, holder.group_ids;
END $$;
"""
SCOPED = {
    "address": ", address inet",
    "columns": " scopes text[], outside boolean,",
    "found": " c.scopes, NOT (c.networks = '{}' OR coalesce(address <<= ANY (c.networks), false)) AS outside,",
    "inside": " AND NOT holder.outside",
    "returned": " holder.scopes, holder.outside,",
}
OWN = "member_id = (SELECT reader_member())"
ISSUED = "member_id, digest, pseudonym, name, scopes, networks, created_at, expires_at"


def upgrade() -> None:
    """New columns; the function that knows them; members write their own keys, and read no digest."""
    op.add_column("person", sa.Column("role", sa.String(length=12), server_default="owner", nullable=False))
    op.create_check_constraint(op.f("ck_person_role"), "person", "role IN ('owner', 'analyst', 'counsel', 'viewer')")
    op.add_column("credential", sa.Column("name", sa.String(length=60), server_default="", nullable=False))
    op.add_column("credential", sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column(
        "credential", sa.Column("networks", postgresql.ARRAY(postgresql.CIDR()), server_default="{}", nullable=False)
    )
    run, app = op.get_bind().exec_driver_sql, _app()
    run("DROP FUNCTION credential_holder(bytea, timestamptz)")
    run(HOLDER.format(**SCOPED))
    run("REVOKE EXECUTE ON FUNCTION credential_holder FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION credential_holder TO {app}")
    run(
        f"GRANT SELECT (name, scopes, networks), INSERT ({ISSUED}), UPDATE (revoked_at, expires_at) ON credential TO {app}"
    )
    run(f"CREATE POLICY issue ON credential FOR INSERT WITH CHECK ({OWN})")
    run(f"CREATE POLICY revoke ON credential FOR UPDATE USING ({OWN}) WITH CHECK ({OWN})")


def downgrade() -> None:
    """Take them back; keys with scopes or networks are revoked, since nothing would hold them to those any more."""
    run, app = op.get_bind().exec_driver_sql, _app()
    run(
        "UPDATE credential SET revoked_at = now() WHERE revoked_at IS NULL AND (scopes IS NOT NULL OR networks <> '{}')"
    )
    run("DROP POLICY issue ON credential")
    run("DROP POLICY revoke ON credential")
    run(f"REVOKE INSERT ({ISSUED}), UPDATE (revoked_at, expires_at) ON credential FROM {app}")
    run("DROP FUNCTION credential_holder(bytea, timestamptz, inet)")
    run(HOLDER.format(**dict.fromkeys(SCOPED, "")))
    run("REVOKE EXECUTE ON FUNCTION credential_holder FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION credential_holder TO {app}")
    for column in ("networks", "scopes", "name"):
        op.drop_column("credential", column)
    op.drop_constraint("ck_person_role", "person")
    op.drop_column("person", "role")


def _app() -> str:
    run = op.get_bind().exec_driver_sql
    database = run("SELECT current_database()").scalar_one()
    return str(run("SELECT quote_ident(%s)", (f"{database}_app",)).scalar_one())
