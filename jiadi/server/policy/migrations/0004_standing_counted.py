"""Houses of one verdict by page, and how many there are in each division."""

from django.db import migrations, models

from jiadi.server.database.operations import keep_tally


class Migration(migrations.Migration):
    """Index and triggers."""

    dependencies = [("policy", "0003_jobs"), ("register", "0011_tally")]
    operations = [
        migrations.AddIndex("standing", models.Index(fields=["verdict", "division", "house"], name="standing_verdict")),
        *keep_tally("policy_standing", "verdict", "verdict"),
    ]
