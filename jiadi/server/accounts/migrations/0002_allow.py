"""What the server may do with users and grants: a grant is revoked, never deleted."""

from django.db import migrations

from jiadi.server.database.operations import Allow


class Migration(migrations.Migration):
    """Rights of the app's role."""

    dependencies = [("accounts", "0001_users_and_grants"), ("sessions", "0001_initial"), ("contenttypes", "0002_remove_content_type_name")]
    operations = [
        Allow("SELECT, INSERT, UPDATE", "accounts_user", "accounts_grant"),
        Allow("SELECT, INSERT, UPDATE, DELETE", "django_session"),
        Allow("SELECT", "django_content_type", "django_migrations"),
    ]
