"""Runs are seen within the scope alone, and are never edited."""

from django.db import migrations

from jiadi.server.database.operations import Allow, protect


class Migration(migrations.Migration):
    """Row-level security."""

    dependencies = [("policy", "0001_runs"), ("database", "0001_scope_and_versions")]
    operations = [
        *(protect(table) for table in ("policy_run", "policy_verdict", "policy_standing")),
        Allow("SELECT, INSERT", "policy_run", "policy_verdict"),
        Allow("SELECT, INSERT, UPDATE, DELETE", "policy_standing"),
    ]
