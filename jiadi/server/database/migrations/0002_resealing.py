"""Values may be sealed anew without a version: by the owner of the table alone, who says so in the transaction."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("jiadi.server.database.migrations.0001_scope_and_versions").KEEP_VERSION.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
FIRST = """BEGIN
    IF act IS NULL"""
RESEALING = """BEGIN
    -- The role that signed in, not the one as which this function runs: the server's own role passes no change by the histories.
    IF TG_OP = 'UPDATE' AND current_setting('jiadi.resealing', true) = 'on'
        AND session_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RETURN NULL;
    END IF;
    IF act IS NULL"""


class Migration(migrations.Migration):
    """Rotation of keys."""

    dependencies = [("database", "0001_scope_and_versions")]
    operations = [migrations.RunSQL(BEFORE.replace(FIRST, RESEALING), BEFORE)]
