"""Imports are seen within the scope alone; only a file or a decision is ever deleted."""

from django.db import migrations

from jiadi.server.database.operations import Allow, protect


class Migration(migrations.Migration):
    """Row-level security."""

    dependencies = [("survey", "0001_imports"), ("database", "0001_scope_and_versions")]
    operations = [
        *(protect(table) for table in ("survey_import", "survey_file", "survey_decision")),
        Allow("SELECT, INSERT, UPDATE", "survey_import"),
        Allow("SELECT, INSERT, UPDATE, DELETE", "survey_file", "survey_decision"),
    ]
