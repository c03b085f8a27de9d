"""Exports are seen within the scope alone."""

from django.db import migrations

from jiadi.server.database.operations import Allow, protect


class Migration(migrations.Migration):
    """Row-level security."""

    dependencies = [("exports", "0001_exports"), ("database", "0001_scope_and_versions")]
    operations = [protect("exports_export"), Allow("SELECT, INSERT, UPDATE", "exports_export")]
