"""Cells that could not be read, what lists cover, and the versions of both and of sources."""

from django.db import migrations, models

import jiadi.server.database.keys


class Migration(migrations.Migration):
    dependencies = [
        ("register", "0002_protect"),
    ]

    operations = [
        migrations.CreateModel(
            name="Coverage",
            fields=[
                ("id", models.UUIDField(default=jiadi.server.database.keys.new, editable=False, primary_key=True, serialize=False)),
                ("division", models.BigIntegerField()),
                ("key", models.TextField()),
                ("source_id", models.UUIDField(null=True)),
                ("source_row", models.IntegerField(null=True)),
                ("unreadable", models.TextField(null=True)),
                ("table", models.TextField()),
                ("divisions", models.TextField()),
                ("covers_from", models.DateField(null=True)),
                ("covers_to", models.DateField(null=True)),
                ("kind", models.TextField(default="")),
            ],
        ),
        migrations.CreateModel(
            name="CoverageVersion",
            fields=[
                ("version", models.BigAutoField(primary_key=True, serialize=False)),
                ("id", models.UUIDField()),
                ("known_from", models.DateTimeField()),
                ("known_to", models.DateTimeField(null=True)),
                ("act", models.UUIDField()),
                ("ended_by", models.UUIDField(null=True)),
                ("division", models.BigIntegerField()),
                ("key", models.TextField()),
                ("source_id", models.UUIDField(null=True)),
                ("source_row", models.IntegerField(null=True)),
                ("unreadable", models.TextField(null=True)),
                ("table", models.TextField()),
                ("divisions", models.TextField()),
                ("covers_from", models.DateField(null=True)),
                ("covers_to", models.DateField(null=True)),
                ("kind", models.TextField(default="")),
            ],
            options={
                "db_table": "register_coverage_version",
            },
        ),
        migrations.CreateModel(
            name="SourceVersion",
            fields=[
                ("version", models.BigAutoField(primary_key=True, serialize=False)),
                ("id", models.UUIDField()),
                ("known_from", models.DateTimeField()),
                ("known_to", models.DateTimeField(null=True)),
                ("act", models.UUIDField()),
                ("ended_by", models.UUIDField(null=True)),
                ("division", models.BigIntegerField()),
                ("delivery", models.UUIDField(null=True)),
                ("number", models.IntegerField()),
                ("file", models.TextField()),
                ("sheet", models.TextField(default="")),
                ("table", models.TextField(default="")),
                ("sha256", models.TextField(default="")),
                ("headers", models.TextField(default="{}")),
                ("delivered_on", models.DateField(null=True)),
            ],
            options={
                "db_table": "register_source_version",
            },
        ),
        migrations.AddField(
            model_name="account",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="accountversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="aid",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="aidversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="approval",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="approvalversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="holder",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="holderversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="house",
            name="division_code",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="house",
            name="footprint_source_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="house",
            name="footprint_source_row",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="house",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="household",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="householdversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="houseversion",
            name="division_code",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="houseversion",
            name="footprint_source_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="houseversion",
            name="footprint_source_row",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="houseversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="link",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="linkversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="member",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="memberversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="parcel",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="parcelversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="person",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="personversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="right",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="rightversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="source",
            name="delivered_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="source",
            name="headers",
            field=models.TextField(default="{}"),
        ),
        migrations.AddField(
            model_name="zone",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="zoneversion",
            name="unreadable",
            field=models.TextField(null=True),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(fields=["division"], name="source_place"),
        ),
        migrations.AddConstraint(
            model_name="coverage",
            constraint=models.UniqueConstraint(fields=("division", "key"), name="coverage_key"),
        ),
        migrations.AddIndex(
            model_name="coverageversion",
            index=models.Index(fields=["id", "known_from"], name="coverage_version_row"),
        ),
        migrations.AddIndex(
            model_name="coverageversion",
            index=models.Index(fields=["division", "known_from"], name="coverage_version_place"),
        ),
        migrations.AddIndex(
            model_name="sourceversion",
            index=models.Index(fields=["id", "known_from"], name="source_version_row"),
        ),
        migrations.AddIndex(
            model_name="sourceversion",
            index=models.Index(fields=["division", "known_from"], name="source_version_place"),
        ),
    ]
