"""Rows by the parcels and households that they name: what one change touches is found without reading the county."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes."""

    dependencies = [("register", "0012_heads_and_days")]
    operations = [
        migrations.AddIndex("account", models.Index(fields=["household_code"], name="account_household")),
        migrations.AddIndex("right", models.Index(fields=["parcel_code"], name="right_by_parcel_code")),
        migrations.AddIndex(
            "right",
            models.Index(
                fields=["returned_parcel_code"], name="right_returned", condition=models.Q(("returned_parcel_code__isnull", False))
            ),
        ),
        migrations.AddIndex(
            "approval",
            models.Index(
                fields=["removed_parcel_code"], name="approval_removed", condition=models.Q(("removed_parcel_code__isnull", False))
            ),
        ),
    ]
