"""What is about a whole division is seen from within it: lists, their coverage, and zones. Both keep their versions."""

from django.db import migrations

from jiadi.server.database.operations import Allow, keep_versions, protect

NEW = ("register_coverage", "register_coverage_version", "register_source_version")
REACHING = ("register_source", "register_zone", "register_zone_version", *NEW)

END = """
CREATE FUNCTION jiadi_division_end(code bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- Trailing zeros count as "the whole of", as in the app's own ranges.
    SELECT code + CASE WHEN code = 0 THEN 1000000000000 WHEN code % 10000000000 = 0 THEN 10000000000
        WHEN code % 100000000 = 0 THEN 100000000 WHEN code % 1000000 = 0 THEN 1000000 WHEN code % 1000 = 0 THEN 1000 ELSE 1 END
$$;
"""


def reach(table: str) -> migrations.RunSQL:
    """Read from within; written as any other row."""
    return migrations.RunSQL(
        f"CREATE POLICY seen_from_within ON {table} FOR SELECT "
        "USING ((SELECT jiadi_scope()) && int8range(division, jiadi_division_end(division)))",
        f"DROP POLICY seen_from_within ON {table}",
    )


class Migration(migrations.Migration):
    """Row-level security and histories of what is new."""

    dependencies = [("register", "0003_unreadable_cells_and_coverage")]
    operations = [
        migrations.RunSQL(END, "DROP FUNCTION jiadi_division_end(bigint)"),
        *(protect(table) for table in NEW),
        *map(reach, REACHING),
        *(step for table in ("register_source", "register_coverage") for step in keep_versions(table, f"{table}_version")),
        Allow("SELECT, INSERT, UPDATE, DELETE", "register_source", "register_coverage"),
        Allow("SELECT", "register_source_version", "register_coverage_version"),
    ]
