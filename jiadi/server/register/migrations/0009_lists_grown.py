"""How many persons each part of a split household has, in the ledger of farm households too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("register", "0008_floors_apart"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="split_persons",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="accountversion",
            name="split_persons",
            field=models.TextField(null=True),
        ),
    ]
