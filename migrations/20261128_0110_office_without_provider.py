"""Have the office's people sign in at the hub alone: whoever runs a provider says who is one of its people.

Whom a provider brought into the office is shut out, and the sessions of who was linked to one end.
"""

from alembic import op

revision = "20261128_0110"
down_revision = "20261128_0010"
branch_labels = None
depends_on = None

TABLES = ("identity_provider", "sign_in_domain", "provided_identity")
REFUSES = """
CREATE FUNCTION refuse_office() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM public.member m WHERE m.id = NEW.member_id AND m.kind = 'administration') THEN
    RAISE insufficient_privilege USING MESSAGE = 'nobody signs in for the office by a provider';
  END IF;
  RETURN NEW;
END $$;
"""
OFFICE = "(SELECT id FROM member WHERE kind = 'administration')"


def upgrade() -> None:
    """What the office has of it goes; then none comes."""
    run = op.get_bind().exec_driver_sql
    run(f"UPDATE person SET active = false WHERE password IS NULL AND member_id IN {OFFICE}")
    run(
        "UPDATE session SET ended_at = now() WHERE ended_at IS NULL"
        f" AND person_id IN (SELECT person_id FROM provided_identity WHERE member_id IN {OFFICE})"
    )
    run(REFUSES)
    for table in TABLES:
        run(f"DELETE FROM {table} WHERE member_id IN {OFFICE}")
        run(
            f"CREATE TRIGGER refuse_office BEFORE INSERT OR UPDATE OF member_id ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_office()"
        )


def downgrade() -> None:
    """Take it back; nobody is let in again by that."""
    run = op.get_bind().exec_driver_sql
    for table in TABLES:
        run(f"DROP TRIGGER refuse_office ON {table}")
    run("DROP FUNCTION refuse_office")
