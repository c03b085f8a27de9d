"""Rows are seen within the scope alone, and every version of them is kept."""

from django.db import migrations

from jiadi.server.database.operations import Allow, keep_versions, protect

KEPT = ("household", "person", "member", "aid", "account", "parcel", "house", "right", "holder", "approval", "zone", "link")
ROWS = tuple(f"register_{name}" for name in KEPT)
VERSIONS = tuple(f"{table}_version" for table in ROWS)


class Migration(migrations.Migration):
    """Row-level security and histories."""

    dependencies = [("register", "0001_rows"), ("database", "0001_scope_and_versions")]
    operations = [
        *(protect(table) for table in (*ROWS, *VERSIONS, "register_source")),
        *(step for table in ROWS for step in keep_versions(table, f"{table}_version")),
        Allow("SELECT, INSERT, UPDATE, DELETE", *ROWS),
        Allow("SELECT", *VERSIONS),
        Allow("SELECT, INSERT", "register_source"),
        Allow("SELECT", "register_division"),
    ]
