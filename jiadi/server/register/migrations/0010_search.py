"""Indexes for the beginnings of texts, how names sound, and how many rows each division has."""

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("register", "0009_lists_grown"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("division", models.BigIntegerField()),
                ("what", models.TextField()),
                ("count", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="house",
            name="initials",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="house",
            name="pinyin",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="houseversion",
            name="initials",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="houseversion",
            name="pinyin",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="person",
            name="pinyin",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="personversion",
            name="pinyin",
            field=models.TextField(null=True),
        ),
        migrations.AddIndex(
            model_name="house",
            index=models.Index(
                django.db.models.functions.comparison.Collate("survey_code", "C"), models.F("id"), name="house_text_survey_code"
            ),
        ),
        migrations.AddIndex(
            model_name="house",
            index=models.Index(
                django.db.models.functions.comparison.Collate("unit_code", "C"), models.F("id"), name="house_text_unit_code"
            ),
        ),
        migrations.AddIndex(
            model_name="house",
            index=models.Index(
                django.db.models.functions.comparison.Collate("parcel_code", "C"), models.F("id"), name="house_text_parcel_code"
            ),
        ),
        migrations.AddIndex(
            model_name="house",
            index=models.Index(
                django.db.models.functions.comparison.Collate("house_number", "C"), models.F("id"), name="house_text_house_number"
            ),
        ),
        migrations.AddIndex(
            model_name="house",
            index=models.Index(
                django.db.models.functions.comparison.Collate("owner_name", "C"), models.F("id"), name="house_text_owner_name"
            ),
        ),
        migrations.AddIndex(
            model_name="house",
            index=models.Index(django.db.models.functions.comparison.Collate("initials", "C"), models.F("id"), name="house_text_initials"),
        ),
        migrations.AddIndex(
            model_name="house",
            index=models.Index(django.db.models.functions.comparison.Collate("pinyin", "C"), models.F("id"), name="house_text_pinyin"),
        ),
        migrations.AddIndex(
            model_name="household",
            index=models.Index(
                django.db.models.functions.comparison.Collate("household_code", "C"), models.F("id"), name="household_text_code"
            ),
        ),
        migrations.AddIndex(
            model_name="parcel",
            index=models.Index(
                django.db.models.functions.comparison.Collate("parcel_code", "C"), models.F("id"), name="parcel_text_parcel_code"
            ),
        ),
        migrations.AddIndex(
            model_name="parcel",
            index=models.Index(
                django.db.models.functions.comparison.Collate("unit_code", "C"), models.F("id"), name="parcel_text_unit_code"
            ),
        ),
        migrations.AddIndex(
            model_name="parcel",
            index=models.Index(
                django.db.models.functions.comparison.Collate("holder_name", "C"), models.F("id"), name="parcel_text_holder_name"
            ),
        ),
        migrations.AddIndex(
            model_name="parcel",
            index=models.Index(django.db.models.functions.comparison.Collate("location", "C"), models.F("id"), name="parcel_text_location"),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(django.db.models.functions.comparison.Collate("name", "C"), models.F("id"), name="person_text_name"),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(django.db.models.functions.comparison.Collate("initials", "C"), models.F("id"), name="person_text_initials"),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(django.db.models.functions.comparison.Collate("pinyin", "C"), models.F("id"), name="person_text_pinyin"),
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.UniqueConstraint(fields=("what", "division"), name="tally_once"),
        ),
    ]
