"""Lists that were asked for as files."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import jiadi.server.database.keys


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.UUIDField(default=jiadi.server.database.keys.new, editable=False, primary_key=True, serialize=False)),
                ("division", models.BigIntegerField()),
                ("code", models.TextField(default="")),
                ("ranges", models.TextField(default="{}")),
                (
                    "table",
                    models.TextField(
                        choices=[
                            ("house", "house"),
                            ("parcel", "parcel"),
                            ("household", "household"),
                            ("person", "person"),
                            ("verdict", "verdict"),
                        ],
                        default="house",
                    ),
                ),
                (
                    "form",
                    models.TextField(
                        choices=[("xlsx", "xlsx"), ("csv", "csv"), ("csv_gb18030", "csv_gb18030"), ("gpkg", "gpkg")], default="xlsx"
                    ),
                ),
                ("q", models.TextField(default="")),
                ("verdict", models.TextField(default="")),
                ("as_of", models.DateField(null=True)),
                ("clear", models.BooleanField(default=False)),
                ("why", models.TextField()),
                ("by_name", models.TextField(default="")),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "running"),
                            ("done", "done"),
                            ("refused", "refused"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                            ("removed", "removed"),
                            ("expired", "expired"),
                        ],
                        default="waiting",
                    ),
                ),
                ("attempt", models.IntegerField(default=0)),
                ("rows", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(null=True)),
                ("name", models.TextField(default="")),
                ("bytes", models.BigIntegerField(default=0)),
                ("sha256", models.TextField(default="")),
                ("fault", models.JSONField(default=dict)),
                ("done_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["by", "-id"], name="export_own"),
                    models.Index(fields=["division", "id"], name="export_place"),
                    models.Index(condition=models.Q(("state", "done")), fields=["expires_at"], name="export_to_end"),
                ],
            },
        ),
    ]
