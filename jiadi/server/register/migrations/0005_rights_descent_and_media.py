"""Rights with shares and days, descent of rows, photos and documents."""

import django.db.models.deletion
from django.db import migrations, models

import jiadi.server.database.keys


class Migration(migrations.Migration):
    dependencies = [
        ("register", "0004_reach"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="is_head",
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name="personversion",
            name="is_head",
            field=models.BooleanField(null=True),
        ),
        migrations.CreateModel(
            name="Descent",
            fields=[
                ("id", models.UUIDField(default=jiadi.server.database.keys.new, editable=False, primary_key=True, serialize=False)),
                ("division", models.BigIntegerField()),
                ("table", models.TextField()),
                ("word", models.TextField()),
                ("from_id", models.UUIDField()),
                ("to_id", models.UUIDField()),
                ("happened_on", models.DateField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["from_id"], name="descent_from"), models.Index(fields=["to_id"], name="descent_to")],
                "constraints": [models.UniqueConstraint(fields=("from_id", "to_id"), name="descent_once")],
            },
        ),
        migrations.CreateModel(
            name="DescentVersion",
            fields=[
                ("version", models.BigAutoField(primary_key=True, serialize=False)),
                ("id", models.UUIDField()),
                ("known_from", models.DateTimeField()),
                ("known_to", models.DateTimeField(null=True)),
                ("act", models.UUIDField()),
                ("ended_by", models.UUIDField(null=True)),
                ("division", models.BigIntegerField()),
                ("table", models.TextField()),
                ("word", models.TextField()),
                ("from_id", models.UUIDField()),
                ("to_id", models.UUIDField()),
                ("happened_on", models.DateField(null=True)),
            ],
            options={
                "db_table": "register_descent_version",
                "indexes": [
                    models.Index(fields=["id", "known_from"], name="descent_version_row"),
                    models.Index(fields=["division", "known_from"], name="descent_version_place"),
                ],
            },
        ),
        migrations.CreateModel(
            name="InterestVersion",
            fields=[
                ("version", models.BigAutoField(primary_key=True, serialize=False)),
                ("id", models.UUIDField()),
                ("known_from", models.DateTimeField()),
                ("known_to", models.DateTimeField(null=True)),
                ("act", models.UUIDField()),
                ("ended_by", models.UUIDField(null=True)),
                ("division", models.BigIntegerField()),
                ("kind", models.TextField()),
                ("parcel_id", models.UUIDField(null=True)),
                ("house_id", models.UUIDField(null=True)),
                ("household_id", models.UUIDField(null=True)),
                ("person_id", models.UUIDField(null=True)),
                ("holder_name", models.TextField(null=True)),
                ("share_numerator", models.IntegerField(null=True)),
                ("share_denominator", models.IntegerField(null=True)),
                ("joint", models.BooleanField(default=False)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("certificate", models.TextField(null=True)),
                ("cause", models.TextField(default="")),
            ],
            options={
                "db_table": "register_interest_version",
                "indexes": [
                    models.Index(fields=["id", "known_from"], name="interest_version_row"),
                    models.Index(fields=["division", "known_from"], name="interest_version_place"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Media",
            fields=[
                ("id", models.UUIDField(default=jiadi.server.database.keys.new, editable=False, primary_key=True, serialize=False)),
                ("division", models.BigIntegerField()),
                ("table", models.TextField()),
                ("subject_id", models.UUIDField()),
                ("sha256", models.TextField()),
                ("shown_sha256", models.TextField()),
                ("size_bytes", models.BigIntegerField()),
                ("media_type", models.TextField()),
                ("name", models.TextField()),
                ("taken_at", models.TextField(null=True)),
                ("longitude_deg", models.FloatField(null=True)),
                ("latitude_deg", models.FloatField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["subject_id"], name="media_subject"),
                    models.Index(fields=["division", "id"], name="media_place"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MediaVersion",
            fields=[
                ("version", models.BigAutoField(primary_key=True, serialize=False)),
                ("id", models.UUIDField()),
                ("known_from", models.DateTimeField()),
                ("known_to", models.DateTimeField(null=True)),
                ("act", models.UUIDField()),
                ("ended_by", models.UUIDField(null=True)),
                ("division", models.BigIntegerField()),
                ("table", models.TextField()),
                ("subject_id", models.UUIDField()),
                ("sha256", models.TextField()),
                ("shown_sha256", models.TextField()),
                ("size_bytes", models.BigIntegerField()),
                ("media_type", models.TextField()),
                ("name", models.TextField()),
                ("taken_at", models.TextField(null=True)),
                ("longitude_deg", models.FloatField(null=True)),
                ("latitude_deg", models.FloatField(null=True)),
            ],
            options={
                "db_table": "register_media_version",
                "indexes": [
                    models.Index(fields=["id", "known_from"], name="media_version_row"),
                    models.Index(fields=["division", "known_from"], name="media_version_place"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Interest",
            fields=[
                ("id", models.UUIDField(default=jiadi.server.database.keys.new, editable=False, primary_key=True, serialize=False)),
                ("division", models.BigIntegerField()),
                ("kind", models.TextField()),
                ("holder_name", models.TextField(null=True)),
                ("share_numerator", models.IntegerField(null=True)),
                ("share_denominator", models.IntegerField(null=True)),
                ("joint", models.BooleanField(default=False)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("certificate", models.TextField(null=True)),
                ("cause", models.TextField(default="")),
                (
                    "house",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="interests", to="register.house"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="interests", to="register.household"
                    ),
                ),
                (
                    "parcel",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="interests", to="register.parcel"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="interests", to="register.person"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["division", "id"], name="interest_place")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("eligibility", "use", "ownership", "lease", "mortgage"))), name="interest_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("house", None), ("kind", "eligibility"), ("parcel", None)),
                            models.Q(
                                models.Q(("kind", "eligibility"), _negated=True),
                                models.Q(("parcel", None), ("house", None), _connector="XOR"),
                            ),
                            _connector="OR",
                        ),
                        name="interest_in_one_thing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("household", None), ("person", None), _negated=True),
                            models.Q(("holder_name__isnull", False), models.Q(("kind", "eligibility"), _negated=True)),
                            _connector="OR",
                        ),
                        name="interest_of_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("share_denominator", None), ("share_numerator", None)),
                            models.Q(("joint", False), ("share_numerator__gt", 0), ("share_numerator__lte", models.F("share_denominator"))),
                            _connector="OR",
                        ),
                        name="interest_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"),
                        name="interest_days",
                    ),
                ],
            },
        ),
    ]
