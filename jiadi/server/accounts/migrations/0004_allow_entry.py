"""What the server may do with sign-ins, failures and second factors: only a second factor and its codes are ever deleted."""

from django.db import migrations

from jiadi.server.database.operations import Allow


class Migration(migrations.Migration):
    """Rights of the app's role."""

    dependencies = [("accounts", "0003_entry")]
    operations = [
        Allow("SELECT, INSERT, UPDATE", "accounts_signin", "accounts_attempt"),
        Allow("SELECT, INSERT, UPDATE, DELETE", "accounts_secondfactor", "accounts_recoverycode"),
    ]
