"""Everything that migrations make in a database, in words, so that two states can be compared."""

import psycopg
from psycopg.rows import TupleRow

_OURS = "c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'alembic_version%'"

QUERIES = {
    "columns": f"""
        SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
               || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
               || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '')
               || ' ' || a.attidentity::text
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE {_OURS} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped""",
    "storage": f"""
        SELECT c.relname || '.' || a.attname || ' ' || a.attstorage::text
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE {_OURS} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": f"""
        SELECT c.relname || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid)
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE {_OURS} AND k.contype <> 't'""",
    "indexes": f"""
        SELECT t.relname || '.' || pg_get_indexdef(c.oid)
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
         WHERE {_OURS}""",
    "tables": f"""
        SELECT c.relname || ' ' || c.relkind::text || ' row security ' || c.relrowsecurity || ' ' || coalesce(
                 (SELECT string_agg(acl::text, ' ' ORDER BY acl::text) FROM unnest(c.relacl) AS acl
                   WHERE acl::text NOT LIKE pg_get_userbyid(c.relowner) || '=%'), '')
          FROM pg_class c WHERE {_OURS} AND c.relkind IN ('r', 'S', 'v')""",
    "grants on columns": f"""
        SELECT c.relname || '.' || a.attname || ' ' || a.attacl::text
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE {_OURS} AND a.attacl IS NOT NULL AND NOT a.attisdropped""",
    "policies": "SELECT concat_ws(' ', tablename, policyname, roles, cmd, qual, with_check) FROM pg_policies",
    "triggers": f"""
        SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE {_OURS} AND NOT t.tgisinternal""",
    "functions": r"""
        SELECT regexp_replace(pg_get_functiondef(p.oid), '\s+', ' ', 'g') || ' ' || coalesce(p.proacl::text, '')
          FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')""",
    "types": """
        SELECT t.typname || ' ' || t.typtype::text FROM pg_type t
         WHERE t.typnamespace = 'public'::regnamespace AND t.typname NOT LIKE '%alembic_version%'""",
    "grants on the schema": """
        SELECT acl::text FROM pg_namespace n, unnest(n.nspacl) AS acl WHERE n.nspname = 'public'""",
}


def snapshot(connection: psycopg.Connection[TupleRow]) -> dict[str, list[str]]:
    """Kind of thing → every one of it, sorted."""
    return {
        kind: sorted(row[0] for row in connection.execute(query.encode()).fetchall()) for kind, query in QUERIES.items()
    }
