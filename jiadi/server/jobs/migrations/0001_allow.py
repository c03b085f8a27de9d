"""What the server may do with jobs: all, for jobs hold no register's rows; but it does not own them."""

from django.db import migrations

from jiadi.server.database.operations import Allow

TABLES = ("procrastinate_jobs", "procrastinate_events", "procrastinate_periodic_defers", "procrastinate_workers")
NUMBERS = tuple(f"{table}_id_seq" for table in TABLES)


class Migration(migrations.Migration):
    """Rights of the app's role."""

    initial = True
    dependencies = [("procrastinate", "0041_post_retry_failed_job")]
    operations = [
        Allow("SELECT, INSERT, UPDATE, DELETE", *TABLES),
        Allow("SELECT, UPDATE, USAGE", *NUMBERS),
    ]
