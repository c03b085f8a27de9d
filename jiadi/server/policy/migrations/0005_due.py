"""What a change touched, to be judged again; and what a part must know of the whole run that it goes by."""

from django.db import migrations, models

import jiadi.server.database.keys
from jiadi.server.database.operations import Allow, protect


class Migration(migrations.Migration):
    """Columns, table, row-level security."""

    dependencies = [("policy", "0004_standing_counted")]
    operations = [
        migrations.AddField("run", "base", models.UUIDField(null=True)),
        migrations.AddField("run", "context", models.TextField(default="")),
        migrations.CreateModel(
            name="Due",
            fields=[
                ("id", models.UUIDField(default=jiadi.server.database.keys.new, editable=False, primary_key=True, serialize=False)),
                ("division", models.BigIntegerField()),
                ("act", models.UUIDField()),
                ("touched", models.JSONField(default=dict)),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["division", "asked_at"], name="due_place"),
                    models.Index(fields=["asked_at"], name="due_open", condition=models.Q(("done_at", None))),
                ],
            },
        ),
        protect("policy_due"),
        Allow("SELECT, INSERT, UPDATE", "policy_due"),
    ]
