"""Jobs, seen within the scope alone; and verdicts of a run by page."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import jiadi.server.database.keys
from jiadi.server.database.operations import Allow, protect


class Migration(migrations.Migration):
    """Table, row-level security, index."""

    dependencies = [("policy", "0002_protect"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.UUIDField(default=jiadi.server.database.keys.new, editable=False, primary_key=True, serialize=False)),
                ("division", models.BigIntegerField()),
                ("code", models.TextField()),
                (
                    "kind",
                    models.TextField(choices=[("judge", "判定"), ("whatif", "试算"), ("compare", "比较")], default="judge"),
                ),
                ("wanted", models.JSONField(default=dict)),
                ("why", models.TextField()),
                ("by_name", models.TextField(default="")),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("waiting", "等待"),
                            ("running", "进行"),
                            ("done", "完成"),
                            ("refused", "未办理"),
                            ("failed", "出错"),
                            ("cancelled", "已取消"),
                        ],
                        default="waiting",
                    ),
                ),
                ("fault", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["division", "id"], name="job_place")]},
        ),
        migrations.AddIndex(model_name="verdict", index=models.Index(fields=["run", "id"], name="verdict_page")),
        protect("policy_job"),
        Allow("SELECT, INSERT, UPDATE", "policy_job"),
    ]
